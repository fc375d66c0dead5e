"""The policies of buckets and access points as they are in force: compiled once, and the same object until changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, cast

from foulweather.kernel.call import Call
from foulweather.kernel.directory import Directory
from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.services.s3 import owners
from foulweather.services.s3.accounts import AccessPoint
from foulweather.services.s3.publicness import is_public
from foulweather.services.s3.records import Bucket
from foulweather.world.world import World

POLICY_IDS = "policy_ids"
"""The setting of a bucket that holds the unique ids of the principals that its policy names by ARN."""
_CANONICAL = re.compile(r'"CanonicalUser"\s*:\s*"([0-9a-f]{64})"')


class Known(NamedTuple):
    """A policy in force."""

    text: str
    held: Held
    is_public: bool
    denials: Held | None


class HeldPolicies:
    """A world's policies of S3, by the ARN of what they are attached to."""

    def __init__(self) -> None:
        self.by_arn: dict[str, Known] = {}

    @classmethod
    def of(cls, world: World) -> dict[str, Known]:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(HeldPolicies, found).by_arn


def policy_of(call: Call, bucket: Bucket) -> Known | None:
    """A bucket's policy."""
    if not bucket.policy:
        return None
    return _known(call, bucket.arn, bucket.policy, bucket.settings.get(POLICY_IDS))


def policy_of_point(call: Call, point: AccessPoint) -> Known | None:
    """An access point's policy."""
    return _known(call, point.arn, point.policy, point.policy_ids) if point.policy else None


def shown(call: Call, text: str, ids: Mapping[str, str] | None) -> str:
    """A policy as it reads now: who was deleted since it was set is in it by unique id.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    directory = call.pipeline.directory
    if not ids or directory is None:
        return text
    for arn, unique_id in ids.items():
        if id_at(directory, arn) != unique_id:
            text = text.replace(f'"{arn}"', f'"{unique_id}"')
    return text


def id_at(directory: Directory, arn: str) -> str:
    """The unique id of the user or role that has an ARN; empty where nobody has."""
    if ":user/" in arn:
        user = directory.user(arn)
        return user.user_id if user is not None else ""
    role = directory.role(arn) if ":role/" in arn else None
    return role.role_id if role is not None else ""


def _known(call: Call, arn: str, written: str, ids: Mapping[str, str] | None) -> Known:
    text = shown(call, written, ids) if ids else written
    known = HeldPolicies.of(call.world)
    found = known.get(arn)
    if found is None or found.text != text:
        found = known[arn] = _compiled(arn, text)
    return found


def _compiled(arn: str, text: str) -> Known:
    policy = parse(_CANONICAL.sub(_as_account, text), "resource")
    denying = tuple(statement for statement in policy.statements if not statement.allows)
    denials = None
    if denying:
        only_denying = type(policy)(
            kind=policy.kind, text=policy.text, version=policy.version, id=policy.id, statements=denying, remembered={}
        )
        denials = Held(arn, "resource", only_denying)
    return Known(text, Held(arn, "resource", policy), is_public(policy), denials)


def _as_account(found: re.Match[str]) -> str:
    """A canonical user is an account."""
    account = owners.account_of(found[1])
    return f'"AWS": "arn:aws:iam::{account}:root"' if account else found[0]
