"""Objects written to the bucket, with the role that is really assumed, until they are or a day is over.

https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.firehose import checking, limits, prefixes, roles
from foulweather.services.firehose.records import Delivery, Row
from foulweather.services.firehose.state import FirehoseState, Live

_LOGGED = {
    "AccessDenied": (
        "S3.AccessDenied",
        "Access was denied. Ensure that the trust policy for the provided IAM role allows Firehose to assume the role, "
        "and the access policy allows access to the S3 bucket.",
    ),
    "NoSuchBucket": (
        "S3.NoSuchBucket",
        "The specified bucket does not exist. Create the bucket or use a different bucket that does exist.",
    ),
}
Group = tuple[str, tuple[str, ...]]


async def deliver(call: Call, state: FirehoseState, live: Live, stage: str) -> bool:
    """Write what waits in a buffer, an object for each partition; whether all of it was written."""
    stream, buffer = live.stream, live.buffers[stage]
    told: Mapping[str, Any] = stream.destination
    if stage == "raw":
        told = told["S3BackupDescription"]
    groups = _grouped(told, state.waiting(buffer), is_partitioned=stage == "out")
    is_whole = True
    for (error, _), rows in groups.items():
        try:
            await _put(call, stream, told, error, [row for _, row in rows], is_backup=stage == "raw")
        except AwsError as refusal:
            is_whole = False
            await _failed(call, stream, told, refusal, len(rows))
            rows = [(place, row) for place, row in rows if row.at_ms < call.now - limits.KEPT_MS]
            if rows:
                _lost(call, stream, len(rows), refusal)
        if state.live.get(stream.name) is not live:
            return True  # it was deleted meanwhile
        state.done(buffer, [place for place, _ in rows])
    return is_whole


def _grouped(
    told: Mapping[str, Any], waiting: list[tuple[int, Row]], *, is_partitioned: bool
) -> dict[Group, list[tuple[int, Row]]]:
    """The records of each object: those that failed alike, and those of each partition."""
    names = prefixes.partition_names(told.get("Prefix", "")) if is_partitioned else []
    groups: dict[Group, list[tuple[int, Row]]] = {}
    for place, row in waiting:
        values = () if row.error else tuple(row.keys.get(name, "") for name in names)
        groups.setdefault((row.error, values), []).append((place, row))
    return groups


async def _put(
    call: Call, stream: Delivery, told: Mapping[str, Any], error: str, rows: list[Row], *, is_backup: bool
) -> None:
    oldest_ms = min(row.at_ms for row in rows)
    zone = told.get("CustomTimeZone", "UTC")
    pattern = prefixes.pattern_of(told.get("Prefix", ""), told.get("ErrorOutputPrefix", ""), error)
    compression = "UNCOMPRESSED" if error else told["CompressionFormat"]
    extension = told.get("FileExtension") or prefixes.EXTENSIONS.get(compression, "")
    named = prefixes.suffix(call, stream.name, stream.version, oldest_ms, zone, "" if error else extension)
    key = prefixes.evaluated(call, pattern, oldest_ms, zone, error, rows[0].keys) + named
    data = b"".join([row.data for row in rows])
    body = _compressed(compression, data, named)
    bucket = told["BucketARN"].rpartition(":")[2]
    request: dict[str, Any] = {"Bucket": bucket, "Key": key, "Body": body, "ContentType": "application/octet-stream"}
    kms = told["EncryptionConfiguration"].get("KMSEncryptionConfig")
    if kms:
        request |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms["AWSKMSKeyARN"]}
    ports = await roles.acting(call, stream, told["RoleARN"])
    await roles.answered(ports.s3.put_object(request))
    call.reread_clock()
    call.happened(
        "firehose.BackedUp" if is_backup or error else "firehose.Delivered",
        stream.arn,
        bucket=bucket,
        key=key,
        records=len(rows),
        bytes=len(data),
        freshness_ms=call.now - oldest_ms,
        is_partitioned=checking.partitioned(told),
        **({"error": error} if error else {}),
    )


def _compressed(compression: str, data: bytes, name: str) -> bytes:
    if compression == "GZIP":
        return gzip.compress(data, 6, mtime=0)
    if compression == "ZIP":
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo(name.removesuffix(".zip")), data, zipfile.ZIP_DEFLATED)
        return written.getvalue()
    return data


async def _failed(call: Call, stream: Delivery, told: Mapping[str, Any], error: AwsError, records: int) -> None:
    """Tell of a delivery that was refused, in the trace, the metrics and the log group that the stream has."""
    cause = f"The delivery stream {stream.name} could not write {records} records to {told['BucketARN']}."
    facts = (
        call.fact(stream.arn, "RoleARN", told["RoleARN"]),
        call.fact(stream.arn, "BucketARN", told["BucketARN"]),
    )
    call.explain("Deliver", stream.arn, Why("failed", cause, facts, because=(error.why,)), error.code)
    call.happened("firehose.DeliveryFailed", stream.arn, error=error.code, records=records)
    code, message = _LOGGED.get(error.code, (f"S3.{error.code}", error.message))
    await log(call, stream, told, told["BucketARN"], code, message)


async def log(
    call: Call, stream: Delivery, told: Mapping[str, Any], to: str, code: str, message: str, **more: Any
) -> None:
    """Write an error to the log group of a destination, where it has one and the role may."""
    options = told["CloudWatchLoggingOptions"]
    if not options.get("Enabled"):
        return
    line = {
        "deliveryStreamARN": stream.arn,
        "destination": to,
        "deliveryStreamVersionId": stream.version,
        "message": message,
        "errorCode": code,
        **more,
    }
    request = {
        "logGroupName": options.get("LogGroupName", ""),
        "logStreamName": options.get("LogStreamName", ""),
        "logEvents": [{"timestamp": call.now, "message": json.dumps(line)}],
    }
    try:
        ports = await roles.acting(call, stream, told["RoleARN"])
        await roles.answered(ports.logs.put_log_events(request))
    except AwsError as error:
        call.explain("Log", stream.arn, error.why, error.code)


def _lost(call: Call, stream: Delivery, records: int, error: AwsError) -> None:
    cause = f"{records} records of {stream.name} were dropped: for 24 hours its bucket did not take them."
    why = Why("dropped", cause, (Fact(stream.arn, "hours", 24),), because=(error.why,))
    call.explain("DropRecords", stream.arn, why, error.code)
    call.happened("firehose.Dropped", stream.arn, records=records)
