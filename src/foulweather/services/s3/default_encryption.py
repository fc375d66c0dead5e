"""The default encryption of a bucket, set and shown.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.s3 import defaults, refusals
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3 import (
        DeleteBucketEncryptionRequest,
        GetBucketEncryptionOutput,
        GetBucketEncryptionRequest,
        PutBucketEncryptionRequest,
    )

_ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")
_KINDS = ("NONE", "SSE-C")


def put_bucket_encryption(call: Call, request: PutBucketEncryptionRequest) -> None:
    """Set how objects are encrypted that come without saying how; and which kinds are not taken."""
    bucket = bucket_of(call, request)
    rules: Sequence[Mapping[str, Any]] = request["ServerSideEncryptionConfiguration"].get("Rules") or ()
    if len(rules) != 1:
        raise refusals.malformed_xml()
    rule = _checked(rules[0])
    # The key is not looked for: a wrong one is found out by the first upload (API reference).
    blocked = rule.get("BlockedEncryptionTypes")
    if blocked is None:  # what was blocked stays so
        rule["BlockedEncryptionTypes"] = {"EncryptionType": list(defaults.default_of(bucket).blocked) or ["NONE"]}
    bucket.settings[defaults.SETTING] = {"Rules": [rule]}
    call.state(S3State).buckets.touch(bucket.name)
    found = defaults.default_of(bucket)
    call.changed(
        "s3.BucketEncryptionPut",
        bucket.arn,
        SSEAlgorithm=found.algorithm,
        KMSMasterKeyID=found.key_id or None,
        BucketKeyEnabled=found.with_bucket_key,
        BlockedEncryptionTypes=list(found.blocked),
    )


def get_bucket_encryption(call: Call, request: GetBucketEncryptionRequest) -> GetBucketEncryptionOutput:
    """How objects are encrypted that come without saying how: with S3's keys, where nothing is set."""
    bucket = bucket_of(call, request)
    return {"ServerSideEncryptionConfiguration": defaults.shown(bucket)}  # type: ignore[typeddict-item]


def delete_bucket_encryption(call: Call, request: DeleteBucketEncryptionRequest) -> None:
    """Go back to encryption with S3's keys."""
    bucket = bucket_of(call, request)
    if bucket.settings.pop(defaults.SETTING, None) is not None:
        call.state(S3State).buckets.touch(bucket.name)
        found = defaults.UNSET
        call.changed(
            "s3.BucketEncryptionDeleted",
            bucket.arn,
            SSEAlgorithm=found.algorithm,
            KMSMasterKeyID=None,
            BucketKeyEnabled=False,
            BlockedEncryptionTypes=list(found.blocked),
        )


def _checked(rule: Mapping[str, Any]) -> dict[str, Any]:
    by_default: Mapping[str, Any] = rule.get("ApplyServerSideEncryptionByDefault") or {}
    kinds: Mapping[str, Any] = rule.get("BlockedEncryptionTypes") or {}
    blocked: list[str] | None = kinds.get("EncryptionType")
    if not by_default and blocked is None:
        raise refusals.malformed_xml()
    algorithm = by_default.get("SSEAlgorithm", "AES256")
    if algorithm not in _ALGORITHMS or any(kind not in _KINDS for kind in blocked or ()):
        raise refusals.malformed_xml()
    if algorithm == "AES256" and by_default.get("KMSMasterKeyID"):
        raise refusals.invalid_argument(
            "ApplyServerSideEncryptionByDefault",
            algorithm,
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
        )
    made: dict[str, Any] = {}
    if by_default:
        made["ApplyServerSideEncryptionByDefault"] = dict(by_default)
    if "BucketKeyEnabled" in rule:
        made["BucketKeyEnabled"] = bool(rule["BucketKeyEnabled"])
    if blocked is not None:
        if "NONE" in blocked and len(blocked) > 1:
            fact = Fact("request", "EncryptionType", list(blocked))
            raise refusals.invalid_request("EncryptionType NONE cannot be specified with other values", fact)
        made["BlockedEncryptionTypes"] = {"EncryptionType": list(blocked)}
    return made
