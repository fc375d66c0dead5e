"""Whether a bucket keeps every version of its objects, and whether deleting one takes an MFA device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import mfa, refusals
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3 import GetBucketVersioningOutput, GetBucketVersioningRequest, PutBucketVersioningRequest


def put_bucket_versioning(call: Call, request: PutBucketVersioningRequest) -> None:
    """Enable or suspend versioning; a bucket that had it once never becomes unversioned again."""
    bucket = bucket_of(call, request)
    wanted: dict[str, Any] = dict(request.get("VersioningConfiguration") or {})
    status, mfa_delete = wanted.get("Status"), wanted.get("MFADelete")
    if status is not None and status not in ("Enabled", "Suspended"):
        raise refusals.malformed_xml("Status")
    if mfa_delete is not None and mfa_delete not in ("Enabled", "Disabled"):
        raise refusals.malformed_xml("MfaDelete")
    if status is None:
        raise AwsError(
            "IllegalVersioningConfigurationException",
            "The Versioning element must be specified",
            400,
            facts=(Fact("request", "Status", None),),
        )
    if status == "Suspended" and bucket.has_lock:
        words = "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
        raise _fixed(words, bucket.arn, "ObjectLockEnabled")
    if status == "Suspended" and "replication" in bucket.settings:
        words = (
            "A replication configuration is present on this bucket, so you cannot change the versioning state. To "
            "change the versioning state, first delete the replication configuration."
        )
        raise _fixed(words, bucket.arn, "ReplicationConfiguration")
    if bucket.mfa_delete or mfa_delete == "Enabled":
        mfa.check(call, bucket, request.get("MFA"))
    bucket.versioning = status
    if mfa_delete is not None:
        bucket.mfa_delete = mfa_delete == "Enabled"
    call.state(S3State).buckets.touch(bucket.name)
    facts = {"Status": status, **({"MFADelete": mfa_delete} if mfa_delete is not None else {})}
    call.changed("s3.BucketVersioningSet", bucket.arn, **facts)


def _fixed(words: str, arn: str, setting: str) -> AwsError:
    return AwsError("InvalidBucketState", words, 409, facts=(Fact(arn, setting, "configured"),))


def get_bucket_versioning(call: Call, request: GetBucketVersioningRequest) -> GetBucketVersioningOutput:
    """Whether versioning is enabled or suspended; nothing for a bucket that never had it."""
    bucket = bucket_of(call, request)
    result: GetBucketVersioningOutput = {}
    if bucket.versioning:
        result["Status"] = bucket.versioning  # type: ignore[typeddict-item]
    if bucket.mfa_delete:
        result["MFADelete"] = "Enabled"
    elif bucket.settings.get("had_mfa_delete"):
        result["MFADelete"] = "Disabled"
    return result
