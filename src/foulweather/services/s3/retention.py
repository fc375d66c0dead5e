"""Object lock as it is set: of a bucket, and the retention periods and legal holds of versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.s3 import locks, refusals
from foulweather.services.s3.finding import bucket_of, version_asked
from foulweather.services.s3.records import Bucket, Retention, Version
from foulweather.services.s3.schema import part
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3 import (
        GetObjectLegalHoldOutput,
        GetObjectLegalHoldRequest,
        GetObjectLockConfigurationOutput,
        GetObjectLockConfigurationRequest,
        GetObjectRetentionOutput,
        GetObjectRetentionRequest,
        PutObjectLegalHoldOutput,
        PutObjectLegalHoldRequest,
        PutObjectLockConfigurationOutput,
        PutObjectLockConfigurationRequest,
        PutObjectRetentionOutput,
        PutObjectRetentionRequest,
    )


def put_object_lock_configuration(
    call: Call, request: PutObjectLockConfigurationRequest
) -> PutObjectLockConfigurationOutput:
    """Set a bucket's default retention; a bucket with versioning gets object lock by it, for good.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html
    """
    bucket = bucket_of(call, request)
    if "Token" in request:
        raise not_implemented("s3", "PutObjectLockConfiguration.Token")
    asked: dict[str, Any] = dict(part(request, "ObjectLockConfiguration"))
    if asked.get("ObjectLockEnabled") != "Enabled":
        raise refusals.malformed_xml("ObjectLockConfiguration")
    default = _checked_default(asked)
    if bucket.versioning != "Enabled":
        raise AwsError(
            "InvalidBucketState",
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
            409,
            facts=(call.fact(bucket.arn, "Status", bucket.versioning or "never enabled"),),
            remedy=(
                f"aws s3api put-bucket-versioning --bucket {bucket.name} --versioning-configuration Status=Enabled",
            ),
        )
    bucket.has_lock = True
    if default is None:
        bucket.settings.pop("object-lock", None)
    else:
        bucket.settings["object-lock"] = default
    call.state(S3State).buckets.touch(bucket.name)
    call.changed(
        "s3.ObjectLockConfigurationPut", bucket.arn, ObjectLockEnabled=True, DefaultRetention=default or "none"
    )
    return {}


def _checked_default(asked: dict[str, Any]) -> dict[str, Any] | None:
    rule = asked.get("Rule")
    if rule is None:
        return None
    default: dict[str, Any] = dict(part(rule, "DefaultRetention"))
    if default.get("Mode") not in locks.MODES or ("Days" in default) == ("Years" in default):
        raise refusals.malformed_xml("DefaultRetention")
    name = "Days" if "Days" in default else "Years"
    count: int = default[name]
    if count <= 0:
        message = "Default retention period must be a positive integer value."
        raise refusals.invalid_argument(name, count, message)
    if count > (locks.DAYS_MAX if name == "Days" else locks.YEARS_MAX):
        raise refusals.invalid_argument(name, count, "Default retention period too large.")
    return {"Mode": default["Mode"], name: count}


def get_object_lock_configuration(
    call: Call, request: GetObjectLockConfigurationRequest
) -> GetObjectLockConfigurationOutput:
    """A bucket's object lock, with its default retention."""
    bucket = bucket_of(call, request)
    if not bucket.has_lock:
        raise AwsError(
            "ObjectLockConfigurationNotFoundError",
            "Object Lock configuration does not exist for this bucket",
            404,
            facts=(Fact(bucket.arn, "ObjectLockEnabled", False),),
            members={"BucketName": bucket.name},
        )
    told: dict[str, Any] = {"ObjectLockEnabled": "Enabled"}
    if "object-lock" in bucket.settings:
        told["Rule"] = {"DefaultRetention": bucket.settings["object-lock"]}
    return {"ObjectLockConfiguration": told}  # type: ignore[typeddict-item]


def put_object_retention(call: Call, request: PutObjectRetentionRequest) -> PutObjectRetentionOutput:
    """Set, extend or, where it may be bypassed, weaken the retention period of a version."""
    bucket, version = _locked_version(call, request, "PUT")
    asked: dict[str, Any] = dict(part(request, "Retention"))
    kept = _checked_retention(call, asked)
    before = locks.in_force(version, call.now)
    if before is not None and _is_weaker(before, kept) and not _may_bypass(call, bucket, version, before, request):
        raise locks.protected_by(call, version, before)
    version.about.retention = kept
    call.state(S3State).touch_version(version)
    call.changed(
        "s3.ObjectRetentionPut",
        version.arn,
        VersionId=version.id,
        Mode=kept.mode if kept is not None else "none",
        RetainUntilDate=kept.until_ms if kept is not None else 0,
    )
    return {}


def _may_bypass(call: Call, bucket: Bucket, version: Version, before: Retention, request: Any) -> bool:
    return before.mode == "GOVERNANCE" and locks.may_bypass(call, bucket, version.key, request)


def _checked_retention(call: Call, asked: dict[str, Any]) -> Retention | None:
    if not asked:  # an empty Retention takes the period away
        return None
    if asked.get("Mode") not in locks.MODES or "RetainUntilDate" not in asked:
        raise refusals.malformed_xml("Retention")
    return Retention(asked["Mode"], locks.checked_until(call.now, asked["RetainUntilDate"]))


def _is_weaker(before: Retention, after: Retention | None) -> bool:
    """Whether a period ends earlier than before, or has another mode: who may not bypass may only extend it.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html#object-lock-retention-modes
    """
    return after is None or after.until_ms < before.until_ms or after.mode != before.mode


def get_object_retention(call: Call, request: GetObjectRetentionRequest) -> GetObjectRetentionOutput:
    """The retention period of a version."""
    _, version = _locked_version(call, request, "GET")
    kept = version.about.retention
    if kept is None:
        raise _none(version)
    return {"Retention": {"Mode": kept.mode, "RetainUntilDate": kept.until_ms}}  # type: ignore[typeddict-item]


def put_object_legal_hold(call: Call, request: PutObjectLegalHoldRequest) -> PutObjectLegalHoldOutput:
    """Place a version under a legal hold, or end it."""
    _, version = _locked_version(call, request, "PUT")
    status = part(request, "LegalHold").get("Status")
    if status not in ("ON", "OFF"):
        raise refusals.malformed_xml("LegalHold")
    version.about.legal_hold = status == "ON"
    version.notes["had_hold"] = True
    call.state(S3State).touch_version(version)
    call.changed("s3.ObjectLegalHoldPut", version.arn, VersionId=version.id, LegalHold=status)
    return {}


def get_object_legal_hold(call: Call, request: GetObjectLegalHoldRequest) -> GetObjectLegalHoldOutput:
    """Whether a version is under a legal hold."""
    _, version = _locked_version(call, request, "GET")
    if not version.about.legal_hold and "had_hold" not in version.notes:
        raise _none(version)
    return {"LegalHold": {"Status": "ON" if version.about.legal_hold else "OFF"}}


def _locked_version(call: Call, request: Any, method: str) -> tuple[Bucket, Version]:
    """The version that a request names, in a bucket with object lock."""
    bucket = bucket_of(call, request)
    if not bucket.has_lock:
        raise locks.no_lock(call, bucket)
    version = version_asked(call, bucket, request["Key"], request.get("VersionId"), method)
    if version is None:
        raise refusals.no_such_key(bucket.name, request["Key"])
    return bucket, version


def _none(version: Version) -> AwsError:
    return AwsError(
        "NoSuchObjectLockConfiguration",
        "The specified object does not have a ObjectLock configuration",
        404,
        facts=(Fact(version.arn, "ObjectLock", "none"),),
        members={"Key": version.key},
    )
