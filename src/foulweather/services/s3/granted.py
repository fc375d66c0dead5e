"""What access control lists allow, as policies of one statement that stand beside a bucket's.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.services.s3 import owners
from foulweather.services.s3.acl import ALL_USERS, AUTHENTICATED_USERS, PUBLIC_GROUPS
from foulweather.services.s3.records import Grant

_BUCKET_ACTIONS: dict[str, tuple[str, ...]] = {
    "READ": ("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"),
    "READ_ACP": ("s3:GetBucketAcl",),
    "WRITE_ACP": ("s3:PutBucketAcl",),
    "WRITE": ("s3:PutObject", "s3:DeleteObject"),
}
_OBJECT_ACTIONS: dict[str, tuple[str, ...]] = {
    "READ": ("s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTorrent"),
    "READ_ACP": ("s3:GetObjectAcl", "s3:GetObjectVersionAcl"),
    "WRITE_ACP": ("s3:PutObjectAcl", "s3:PutObjectVersionAcl"),
}
NOBODY: tuple[Held, ...] = ()


def of_bucket(grants: Sequence[Grant], arn: str, owner: str, *, ignores_public: bool) -> tuple[Held, ...]:
    """What a bucket's list allows; `owner` is the account that owns it."""
    return _of(grants, arn, owner, ignores_public, True)


def of_object(grants: Sequence[Grant], arn: str, owner: str, *, ignores_public: bool) -> tuple[Held, ...]:
    """What an object's list allows; `owner` is the account that owns it."""
    return _of(grants, arn, owner, ignores_public, False)


def _of(grants: Sequence[Grant], arn: str, owner: str, ignores_public: bool, is_bucket: bool) -> tuple[Held, ...]:
    if len(grants) <= 1 and (not grants or grants[0].canonical_id == owners.canonical_id(owner)):
        return NOBODY
    return tuple(
        [
            held
            for grant in grants
            if not (ignores_public and grant.group in PUBLIC_GROUPS)
            for held in _held(grant, arn, owner, is_bucket)
        ]
    )


@lru_cache(maxsize=4096)
def _held(grant: Grant, arn: str, owner: str, is_bucket: bool) -> tuple[Held, ...]:
    """One grant; the same object again for the same grant. None for what policies of the owner decide."""
    principal: dict[str, str] | str
    condition: dict[str, dict[str, str]] = {}
    if grant.group == ALL_USERS:
        principal, who = "*", "everybody (AllUsers)"
    elif grant.group == AUTHENTICATED_USERS:
        principal, who = "*", "everybody with an AWS account (AuthenticatedUsers)"
        condition = {"StringLike": {"aws:PrincipalAccount": "*"}}
    elif grant.group:
        principal, who = {"Service": "logging.s3.amazonaws.com"}, "the log delivery group"
    else:
        account = owners.account_of(grant.canonical_id)
        if not account or account == owner:
            return ()
        principal, who = {"AWS": f"arn:aws:iam::{account}:root"}, f"the account {account}"
    allowed = _BUCKET_ACTIONS if is_bucket else _OBJECT_ACTIONS
    permissions = tuple(allowed) if grant.permission == "FULL_CONTROL" else (grant.permission,)
    actions = [action for permission in permissions for action in allowed.get(permission, ())]
    if not actions:
        return ()
    statement: dict[str, Any] = {
        "Sid": f"ACL{grant.permission.replace('_', '')}",
        "Effect": "Allow",
        "Principal": principal,
        "Action": actions,
        "Resource": [arn, f"{arn}/*"] if is_bucket else arn.replace("*", "${*}").replace("?", "${?}"),
    }
    if condition:
        statement["Condition"] = condition
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    source = f"{grant.permission} to {who} in the access control list of {arn}"
    return (Held(source, "resource", parse(document, "resource")),)
