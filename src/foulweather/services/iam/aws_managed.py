"""The managed policies that AWS itself keeps, read from `data/aws_managed_policies.json` on first use.

AWS has more than a thousand of them; held are only those whose document AWS's documentation shows
whole (each entry names its page, see `data/SOURCES.md`), at their default version. Where AWS has a
policy that is not held, a refusal as if it did not exist would be false, and going on without it
would give other permissions than AWS does: the answer is 501, which names the policy.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.iam.records import ManagedPolicy, PolicyVersion

PREFIX = "arn:aws:iam::aws:"
_ARN = re.compile(r"arn:aws:iam::aws:policy/(?:[\w+=,.@-]+/)*[\w+=,.@-]{1,128}", re.ASCII)
_FILE = Path(__file__).parent / "data" / "aws_managed_policies.json"


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A policy as its page shows it; `read` says whether the document was read there, or is known without."""

    arn: str
    version: str
    created: str
    updated: str
    source: str
    read: Literal["page", "known"]
    document: dict[str, Any]


def find(arn: str) -> ManagedPolicy | None:
    """One of AWS's managed policies by ARN."""
    return catalogue().get(arn)


def not_held(arn: str, version_id: str = "") -> AwsError:
    """The answer for a policy of AWS's, or a version of one, whose document this project does not have."""
    what = f"Version {version_id} of AWS managed policy {arn}" if version_id else f"AWS managed policy {arn}"
    fact = Fact(arn, f"version {version_id} held" if version_id else "held", False)
    remedy = f"aws iam create-policy --policy-name {arn.rpartition('/')[2]} --policy-document file://policy.json"
    return AwsError("NotImplemented", f"{what} is not held.", 501, facts=(fact,), remedy=(remedy,))


def may_exist(arn: str) -> bool:
    """Whether an ARN has the form of an AWS managed policy's."""
    return _ARN.fullmatch(arn) is not None


@cache
def catalogue() -> dict[str, ManagedPolicy]:
    """All that are held, by ARN, in order of name."""
    entries = msgspec.json.decode(_FILE.read_bytes(), type=list[_Entry])
    return {entry.arn: _policy(entry) for entry in entries}


def _policy(entry: _Entry) -> ManagedPolicy:
    path, _, name = entry.arn.removeprefix(PREFIX + "policy").rpartition("/")
    document = msgspec.json.format(msgspec.json.encode(entry.document), indent=4).decode()
    return ManagedPolicy(
        account="aws",
        name=name,
        path=path + "/",
        # AWS's documentation does not tell the unique ids of its policies; the API's shapes do not require them.
        id="",
        created_ms=_ms(entry.created),
        updated_ms=_ms(entry.updated),
        versions=[PolicyVersion(id=entry.version, document=document, created_ms=_ms(entry.updated))],
        default_id=entry.version,
        made=int(entry.version[1:]),
    )


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000
