"""The encryption that a bucket gives to what is written without asking for any.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from foulweather.services.s3.records import Bucket

SETTING = "encryption"


class Default(NamedTuple):
    """A bucket's default encryption; `blocked` are the kinds that nothing may be written with."""

    algorithm: str = "AES256"
    key_id: str = ""
    with_bucket_key: bool = False
    blocked: tuple[str, ...] = ("SSE-C",)


UNSET = Default()
"""SSE-S3, for every bucket since January 2023; SSE-C is blocked since April 2026.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/blocking-unblocking-s3-c-encryption-gpb.html
"""


def default_of(bucket: Bucket) -> Default:
    """A bucket's default encryption, set or not."""
    given: Mapping[str, Any] | None = bucket.settings.get(SETTING)
    if given is None:
        return UNSET
    rule: Mapping[str, Any] = given["Rules"][0]
    by_default: Mapping[str, Any] = rule.get("ApplyServerSideEncryptionByDefault") or {}
    kinds: Mapping[str, Any] = rule.get("BlockedEncryptionTypes") or {}
    blocked: list[str] | None = kinds.get("EncryptionType")
    return Default(
        by_default.get("SSEAlgorithm", "AES256"),
        by_default.get("KMSMasterKeyID", ""),
        bool(rule.get("BucketKeyEnabled")),
        UNSET.blocked if blocked is None else tuple(blocked),
    )


def shown(bucket: Bucket) -> dict[str, Any]:
    """The configuration as GetBucketEncryption gives it, which always has a rule."""
    found = default_of(bucket)
    by_default = {"SSEAlgorithm": found.algorithm}
    if found.key_id:
        by_default["KMSMasterKeyID"] = found.key_id
    rule: dict[str, Any] = {
        "ApplyServerSideEncryptionByDefault": by_default,
        "BucketKeyEnabled": found.with_bucket_key,
    }
    blocked = [kind for kind in found.blocked if kind != "NONE"]
    if blocked:
        rule["BlockedEncryptionTypes"] = {"EncryptionType": blocked}
    return {"Rules": [rule]}
