"""The managed policies that AWS itself keeps, read from `data/aws_managed_policies.json` on first use.

Each document is AWS's own, as GetPolicyVersion gives it and the AWS Managed Policy Reference Guide
prints it (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html); a policy
whose document is not known exactly is not in the file.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from foulweather.services.iam.records import ManagedPolicy, PolicyVersion

PREFIX = "arn:aws:iam::aws:"
_FILE = Path(__file__).parent / "data" / "aws_managed_policies.json"


class _Entry(msgspec.Struct, frozen=True):
    arn: str
    id: str
    version: str
    created: str
    updated: str
    document: dict[str, Any]


def find(arn: str) -> ManagedPolicy | None:
    """One of AWS's managed policies by ARN."""
    return catalogue().get(arn)


@cache
def catalogue() -> dict[str, ManagedPolicy]:
    """All of them by ARN, in order of name."""
    entries = msgspec.json.decode(_FILE.read_bytes(), type=list[_Entry])
    return {entry.arn: _policy(entry) for entry in entries}


def _policy(entry: _Entry) -> ManagedPolicy:
    path, _, name = entry.arn.removeprefix(PREFIX + "policy").rpartition("/")
    document = msgspec.json.format(msgspec.json.encode(entry.document), indent=4).decode()
    return ManagedPolicy(
        account="aws",
        name=name,
        path=path + "/",
        id=entry.id,
        created_ms=_ms(entry.created),
        updated_ms=_ms(entry.updated),
        versions=[PolicyVersion(id=entry.version, document=document, created_ms=_ms(entry.updated))],
        default_id=entry.version,
        made=int(entry.version[1:]),
    )


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000
