"""Object lock: what retention periods and legal holds forbid, and what new objects get of them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import refusals
from foulweather.services.s3.judging import may
from foulweather.services.s3.records import Bucket, Retention, Version

MODES: Final = ("GOVERNANCE", "COMPLIANCE")
DAY_MS: Final = 86_400_000
# "The maximum retention period is 100 years": https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
DAYS_MAX: Final = 36_500
YEARS_MAX: Final = 100
_MODE = "ObjectLockMode"
_UNTIL = "ObjectLockRetainUntilDate"
_HOLD = "ObjectLockLegalHoldStatus"


def check_deletable(call: Call, bucket: Bucket, version: Version, request: Mapping[str, Any]) -> None:
    """Refuse to delete a version for good that a legal hold or a retention period protects."""
    about = version.about
    if about.retention is None and not about.legal_hold:
        return
    if about.legal_hold:
        raise _protected(call, version, "LegalHold", "ON", _unhold(version))
    kept = in_force(version, call.now)
    if kept is None:
        return
    if kept.mode == "GOVERNANCE" and may_bypass(call, bucket, version.key, request):
        return
    raise _protected(call, version, "RetainUntilDate", _date(kept), _bypass(version, kept))


def in_force(version: Version, now_ms: int) -> Retention | None:
    """The retention period that a version is still in."""
    kept = version.about.retention
    return kept if kept is not None and kept.until_ms > now_ms else None


def is_locked(version: Version, now_ms: int) -> bool:
    """Whether nothing that happens by itself may delete a version for good."""
    return version.about.legal_hold or in_force(version, now_ms) is not None


def may_bypass(call: Call, bucket: Bucket, key: str, request: Mapping[str, Any]) -> bool:
    """Whether a request asks to bypass governance mode, and its caller may.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html#object-lock-managing-bypass
    """
    return bool(request.get("BypassGovernanceRetention")) and may(call, "s3:BypassGovernanceRetention", bucket, key)


def protected_by(call: Call, version: Version, kept: Retention) -> AwsError:
    """The refusal to weaken a retention period."""
    return _protected(call, version, "RetainUntilDate", _date(kept), _bypass(version, kept))


def retention_for(call: Call, bucket: Bucket, request: Mapping[str, Any]) -> tuple[Retention | None, bool]:
    """The retention period and legal hold of a new object: what its request says, else the bucket's default."""
    asked_mode, until_ms = request.get(_MODE), request.get(_UNTIL)
    hold: str | None = request.get(_HOLD)
    if not bucket.has_lock:
        if asked_mode or until_ms is not None or hold:
            raise no_lock(call, bucket)
        return None, False
    if (asked_mode is None) != (until_ms is None):
        message = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
        missing = "x-amz-object-lock-retain-until-date" if until_ms is None else "x-amz-object-lock-mode"
        raise refusals.invalid_argument(missing, None, message)
    if hold not in (None, "", "ON", "OFF"):
        message = "Legal Hold must be either of 'ON' or 'OFF'"
        raise refusals.invalid_argument("x-amz-object-lock-legal-hold", hold, message)
    kept = default_retention(bucket, call.now)
    if asked_mode is not None and until_ms is not None:
        if asked_mode not in MODES:
            raise refusals.invalid_argument("x-amz-object-lock-mode", asked_mode, "Unknown wormMode directive.")
        kept = Retention(asked_mode, checked_until(call.now, until_ms))
    if kept is not None and call.operation == "PutObject":
        _check_integrity(request)
    return kept, hold == "ON"


def default_retention(bucket: Bucket, now_ms: int) -> Retention | None:
    """The retention period that a bucket gives objects that come without one of their own."""
    rule = bucket.settings.get("object-lock")
    if not rule:
        return None
    if "Days" in rule:
        return Retention(rule["Mode"], now_ms + rule["Days"] * DAY_MS)
    return Retention(rule["Mode"], _years_later(now_ms, rule["Years"]))


def checked_until(now_ms: int, until_ms: int) -> int:
    """The end of a retention period, which must lie ahead."""
    if until_ms <= now_ms:
        message = "The retain until date must be in the future!"
        raise refusals.invalid_argument("x-amz-object-lock-retain-until-date", _text(until_ms), message)
    return until_ms


def no_lock(call: Call, bucket: Bucket) -> AwsError:
    """The refusal of locks in a bucket that has none."""
    fact = call.fact(bucket.arn, "ObjectLockEnabled", False)
    return AwsError(
        "InvalidRequest",
        "Bucket is missing Object Lock Configuration",
        400,
        facts=(fact,),
        remedy=(
            f"aws s3api put-object-lock-configuration --bucket {bucket.name} "
            "--object-lock-configuration ObjectLockEnabled=Enabled",
        ),
    )


def _check_integrity(request: Mapping[str, Any]) -> None:
    """An upload with a retention period must bring a hash of what it uploads.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
    """
    names = ("ContentMD5", "ChecksumAlgorithm")
    if any(name in request for name in names) or any(name.startswith("Checksum") for name in request):
        return
    raise refusals.invalid_request(
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters",
        Fact("request", "Content-MD5", None),
    )


def _years_later(now_ms: int, years: int) -> int:
    now = datetime.fromtimestamp(now_ms // 1000, UTC)
    try:
        later = now.replace(year=now.year + years)
    except ValueError:  # the 29th of February, in a year that has none
        later = now.replace(year=now.year + years, month=3, day=1)
    return int(later.timestamp()) * 1000 + now_ms % 1000


def _protected(call: Call, version: Version, name: str, value: str, remedy: tuple[str, ...]) -> AwsError:
    fact = call.fact(version.arn, name, value)
    facts = (fact, Fact(version.arn, "VersionId", version.id))
    if version.about.retention is not None:
        facts = (*facts, Fact(version.arn, "Mode", version.about.retention.mode))
    return AwsError(
        "AccessDenied", "Access Denied because object protected by object lock.", 403, facts=facts, remedy=remedy
    )


def _unhold(version: Version) -> tuple[str, ...]:
    return (
        f"aws s3api put-object-legal-hold --bucket {version.bucket} --key '{version.key}' "
        f"--version-id {version.id} --legal-hold Status=OFF",
    )


def _bypass(version: Version, kept: Retention) -> tuple[str, ...]:
    if kept.mode == "COMPLIANCE":  # nobody can, not even root
        return ()
    return (
        f"aws s3api delete-object --bucket {version.bucket} --key '{version.key}' "
        f"--version-id {version.id} --bypass-governance-retention",
    )


def _date(kept: Retention) -> str:
    return _text(kept.until_ms)


def _text(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
