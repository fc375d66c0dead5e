"""Block public access: which settings are in force for a bucket, and what they refuse.

The settings of the bucket, of its account and of its organization add up: the most restrictive holds.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.s3.accounts import S3ControlState
from foulweather.services.s3.records import Bucket, Grant

SETTING = "public_access_block"
FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
ALL_BLOCKED: Mapping[str, bool] = dict.fromkeys(FLAGS, True)
"""What every bucket that was made since April 2023 begins with."""
_PUBLIC_GROUPS = "http://acs.amazonaws.com/groups/global/"


def begin(bucket: Bucket) -> None:
    """Block all public access to a new bucket, as AWS has done since April 2023.

    https://aws.amazon.com/blogs/aws/heads-up-amazon-s3-security-changes-are-coming-in-april-of-2023/
    """
    bucket.settings[SETTING] = dict(ALL_BLOCKED)


class Blocked(NamedTuple):
    """A flag that is set, and where: on the bucket, the access point, the account or the organization."""

    flag: str
    arn: str
    facts: tuple[Fact, ...]
    remedy: tuple[str, ...]


def blocked(call: Call, bucket: Bucket, flag: str) -> Blocked | None:
    """Where a flag is set that concerns a bucket; None where it is set nowhere."""
    facts: list[Fact] = []
    remedy: list[str] = []
    arn = ""
    given: Mapping[str, Any] | None = bucket.settings.get(SETTING)
    if given is not None and given.get(flag):
        arn = bucket.arn
        facts.append(call.fact(arn, flag, True))
        remedy.append(_command(f"s3api put-public-access-block --bucket {bucket.name}", given, flag))
    above = of_organization(call, bucket.account)
    if above is not None:
        policy, assigned = above
        if assigned == "all":
            arn = arn or policy
            facts.append(call.fact(policy, flag, True))
            remedy.append(f"aws organizations describe-policy --policy-id {policy.rpartition('/')[2]}")
        return Blocked(flag, arn, tuple(facts), tuple(remedy)) if arn else None
    account = call.state(S3ControlState).accounts.get(bucket.account)
    of_account = account.public_access_block if account is not None else None
    if of_account is not None and of_account.get(flag):
        place = f"arn:aws:s3::{bucket.account}:account"
        arn = arn or place
        facts.append(call.fact(place, flag, True))
        command = f"s3control put-public-access-block --account-id {bucket.account}"
        remedy.append(_command(command, of_account, flag))
    return Blocked(flag, arn, tuple(facts), tuple(remedy)) if arn else None


def of_organization(call: Call, account: str) -> tuple[str, str] | None:
    """The S3 policy of its organization that stands in the place of an account's own settings, and what it assigns.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_s3.html
    """
    guardrails = call.pipeline.guardrails
    return guardrails.public_access_block(account) if guardrails is not None else None


def is_blocked(call: Call, bucket: Bucket, flag: str) -> bool:
    """Whether a flag is set for a bucket, on itself, its account or its organization."""
    given: Mapping[str, Any] | None = bucket.settings.get(SETTING)
    if given is not None and given.get(flag):
        return True
    above = of_organization(call, bucket.account)
    if above is not None:
        return above[1] == "all"
    account = call.state(S3ControlState).accounts.get(bucket.account)
    return bool(account is not None and (account.public_access_block or {}).get(flag))


def _command(start: str, given: Mapping[str, Any], flag: str) -> str:
    """The command that takes one flag back and leaves the others."""
    left = {name: bool(given.get(name)) and name != flag for name in FLAGS}
    return f"aws {start} --public-access-block-configuration {shlex.quote(json.dumps(left))}"


def check_grants(call: Call, bucket: Bucket, grants: Sequence[Grant]) -> None:
    """Refuse a public access control list where BlockPublicAcls is set."""
    public = next((grant for grant in grants if grant.group.startswith(_PUBLIC_GROUPS)), None)
    found = blocked(call, bucket, "BlockPublicAcls") if public is not None else None
    if public is not None and found is not None:
        words = "public access control lists (ACLs) are prevented"
        raise refused(call, bucket, found, words, Fact("request", f"grant of {public.permission}", public.group))


def refused(call: Call, bucket: Bucket, found: Blocked, words: str, *further: Fact) -> AwsError:
    """The refusal of what would be public.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
    """
    resource = call.resource or bucket.arn
    message = (
        f"User: {call.principal.arn} is not authorized to perform: s3:{call.operation} on resource: "
        f'"{resource}" because {words} by the {found.flag} setting in S3 Block Public Access.'
    )
    where = "its account" if found.arn.endswith(":account") else "the bucket"
    if ":policy/" in found.arn:
        where = "its organization"
    if len(found.facts) > 1:
        where = "the bucket and for its account"
    cause = f"{found.flag} is on for {where}: {words}."
    return AwsError(
        "AccessDenied",
        message if call.principal.account == bucket.account else "Access Denied",
        403,
        why=Why("denied", cause, (*found.facts, *further), found.remedy),
    )
