"""Block public access of a whole account.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutPublicAccessBlock.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.s3.accounts import AccountSettings, S3ControlState
from foulweather.services.s3.public_access import FLAGS, of_organization

if TYPE_CHECKING:
    from aws_types.s3control import (
        DeletePublicAccessBlockRequest,
        GetPublicAccessBlockOutput,
        GetPublicAccessBlockRequest,
        PutPublicAccessBlockRequest,
    )


def put_public_access_block(call: Call, request: PutPublicAccessBlockRequest) -> None:
    """Set all four flags for every bucket of the account; those that are not given are off."""
    account, given = request["AccountId"], request["PublicAccessBlockConfiguration"]
    _check_own(call, account)
    flags = {flag: bool(given.get(flag)) for flag in FLAGS}
    call.state(S3ControlState).accounts.put(account, AccountSettings(flags))
    call.changed("s3control.PublicAccessBlockPut", _arn(account), **flags)


def get_public_access_block(call: Call, request: GetPublicAccessBlockRequest) -> GetPublicAccessBlockOutput:
    """The four flags of the account."""
    account = request["AccountId"]
    above = of_organization(call, account)
    if above is not None:
        return {"PublicAccessBlockConfiguration": dict.fromkeys(FLAGS, above[1] == "all")}  # type: ignore[typeddict-item]
    found = call.state(S3ControlState).accounts.get(account)
    if found is None or found.public_access_block is None:
        raise AwsError(
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
            404,
            facts=(Fact(_arn(account), "PublicAccessBlockConfiguration", None),),
            members={"AccountId": account},
        )
    return {"PublicAccessBlockConfiguration": found.public_access_block}  # type: ignore[typeddict-item]


def delete_public_access_block(call: Call, request: DeletePublicAccessBlockRequest) -> None:
    """Take all four flags off the account; those of its buckets stay."""
    account, state = request["AccountId"], call.state(S3ControlState)
    _check_own(call, account)
    if account in state.accounts:
        state.accounts.delete(account)
        call.changed("s3control.PublicAccessBlockDeleted", _arn(account), **dict.fromkeys(FLAGS, False))


def _check_own(call: Call, account: str) -> None:
    """Refuse to change what the organization decides: an account's own settings come back when that ends.

    AWS documents that it refuses; the words are ours.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/configuring-block-public-access-account.html
    """
    above = of_organization(call, account)
    if above is not None:
        policy, assigned = above
        cause = f"An S3 policy of the organization decides about public access to all buckets of {account}."
        raise AwsError(
            "AccessDenied",
            "Access Denied: the account's public access block is managed by an organization-level policy.",
            403,
            why=Why("denied", cause, (call.fact(policy, "public_access_block_configuration", assigned),)),
        )


def _arn(account: str) -> str:
    return f"arn:aws:s3::{account}:account"
