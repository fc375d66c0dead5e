"""Archived objects restored for a while.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.s3 import refusals, schema, storage_classes
from foulweather.services.s3.dates import http_date
from foulweather.services.s3.finding import bucket_of, version_asked
from foulweather.services.s3.lifecycle_rules import after_days
from foulweather.services.s3.records import Version
from foulweather.services.s3.schema import part
from foulweather.services.s3.state import S3State
from foulweather.services.s3.storage_classes import RESTORE

if TYPE_CHECKING:
    from aws_types.s3 import RestoreObjectOutput, RestoreObjectRequest

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 3_600_000
# From and to how long a restore takes:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
TIMES: Final[dict[tuple[str, str], tuple[int, int]]] = {
    ("GLACIER", "Expedited"): (1 * _MINUTE_MS, 5 * _MINUTE_MS),
    ("GLACIER", "Standard"): (3 * _HOUR_MS, 5 * _HOUR_MS),
    ("GLACIER", "Bulk"): (5 * _HOUR_MS, 12 * _HOUR_MS),
    ("DEEP_ARCHIVE", "Standard"): (9 * _HOUR_MS, 12 * _HOUR_MS),
    ("DEEP_ARCHIVE", "Bulk"): (24 * _HOUR_MS, 48 * _HOUR_MS),
}
_SPEED: Final = ("Bulk", "Standard", "Expedited")


def restore_object(call: Call, request: RestoreObjectRequest) -> RestoreObjectOutput:
    """Have a copy of an archived object made that can be read for some days, or keep such a copy for longer."""
    bucket = bucket_of(call, request)
    schema.check(call, request)
    asked: dict[str, Any] = dict(part(request, "RestoreRequest"))
    for name in ("Type", "SelectParameters", "OutputLocation"):
        if name in asked:
            raise not_implemented("s3", f"RestoreObject.RestoreRequest.{name}")
    version = version_asked(call, bucket, request["Key"], request.get("VersionId"), "POST")
    if version is None:
        raise refusals.no_such_key(bucket.name, request["Key"])
    archive = storage_classes.archive_of(version)
    if not archive:
        raise _not_archived(call, version)
    tier: str = part(asked, "GlacierJobParameters").get("Tier") or asked.get("Tier") or "Standard"
    days = _checked_days(version, asked)
    if (archive, tier) not in TIMES:
        message = "Retrieval option is not supported by this storage class"
        raise refusals.invalid_argument("Tier", tier, message)
    if storage_classes.is_restored(version, call.now):
        _extend(call, version, days)
        return _answer(200)
    _begin(call, version, archive, tier, days)
    return _answer(202)


def _answer(status: int) -> RestoreObjectOutput:
    """202 where a restore was begun, 200 where a copy is kept for longer; the codec makes the answer's status of it."""
    return {"StatusCode": status}  # type: ignore[typeddict-unknown-key]


def _checked_days(version: Version, asked: dict[str, Any]) -> int:
    days: int | None = asked.get("Days")
    if version.about.storage_class == "INTELLIGENT_TIERING":
        if days is not None:  # it goes back to Frequent Access for good
            raise refusals.invalid_request(
                "Days is not supported for restores of objects in S3 Intelligent-Tiering", Fact("request", "Days", days)
            )
        return 0
    if days is None:
        raise schema.malformed(Fact("request", "Days", None))
    if days <= 0:
        raise refusals.invalid_argument("Days", days, "restoration days should be at least 1")
    return days


def _begin(call: Call, version: Version, archive: str, tier: str, days: int) -> None:
    if storage_classes.is_being_restored(version, call.now):
        under_way = version.notes[RESTORE]
        if _SPEED.index(tier) <= _SPEED.index(under_way["tier"]):
            raise AwsError(
                "RestoreAlreadyInProgress",
                "Object restore is already in progress",
                409,
                facts=(
                    Fact(version.arn, "Restore", f"under way until {http_date(under_way['ready_ms'])}"),
                    Fact(version.arn, "Tier", under_way["tier"]),
                ),
            )
    shortest_ms, longest_ms = TIMES[archive, tier]
    ready_ms = call.now + call.world.random.randrange(shortest_ms, longest_ms)
    until_ms = after_days(ready_ms, days) if days else 1 << 62
    version.notes[RESTORE] = {"asked_ms": call.now, "ready_ms": ready_ms, "until_ms": until_ms, "tier": tier}
    call.state(S3State).touch_version(version)
    call.later(ready_ms, "s3.finish_restore", sequence=version.sequence, ready_ms=ready_ms)
    _tell(call, "s3.RestoreInitiated", version, tier)


def _extend(call: Call, version: Version, days: int) -> None:
    """A copy that is there already is kept until some days from now."""
    restore = version.notes[RESTORE]
    restore["until_ms"] = after_days(call.now, days)
    call.state(S3State).touch_version(version)
    call.later(restore["until_ms"], "s3.end_restore", sequence=version.sequence, until_ms=restore["until_ms"])


def _not_archived(call: Call, version: Version) -> AwsError:
    name = version.about.storage_class
    return AwsError(
        "InvalidObjectState",
        "Restore is not allowed for the object's current storage class",
        403,
        facts=(call.fact(version.arn, "StorageClass", name),),
        members={"StorageClass": name},
    )


def _tell(call: Call, kind: str, version: Version, tier: str) -> None:
    call.happened(
        kind,
        version.arn,
        bucket=version.bucket,
        key=version.key,
        version_id=version.id,
        size=version.size,
        etag=version.etag,
        storage_class=version.about.storage_class,
        tier=tier,
        sequence=version.sequence,
    )
