"""Block public access of a whole account.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutPublicAccessBlock.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3.accounts import AccountSettings, S3ControlState
from foulweather.services.s3.public_access import FLAGS

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
    flags = {flag: bool(given.get(flag)) for flag in FLAGS}
    call.state(S3ControlState).accounts.put(account, AccountSettings(flags))
    call.changed("s3control.PublicAccessBlockPut", _arn(account), **flags)


def get_public_access_block(call: Call, request: GetPublicAccessBlockRequest) -> GetPublicAccessBlockOutput:
    """The four flags of the account."""
    account = request["AccountId"]
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
    if account in state.accounts:
        state.accounts.delete(account)
        call.changed("s3control.PublicAccessBlockDeleted", _arn(account), **dict.fromkeys(FLAGS, False))


def _arn(account: str) -> str:
    return f"arn:aws:s3::{account}:account"
