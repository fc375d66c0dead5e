"""Inventory reports: a list of what is in a bucket, written to another with a manifest.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
"""

from __future__ import annotations

import gzip
import hashlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.s3 import storage_classes
from foulweather.services.s3.notification_records import iso
from foulweather.services.s3.records import Bucket, Version
from foulweather.services.s3.schema import part
from foulweather.services.s3.standing import replication_status
from foulweather.services.s3.state import S3State
from foulweather.services.s3.upkeep import DAY_MS, Upkeep, next_midnight
from foulweather.world.world import World

PRINCIPAL: Final = "s3.amazonaws.com"
ACTION: Final = "s3.write_inventory"
_SUNDAY: Final = 6


def schedule(world: World, bucket: Bucket, configuration: Mapping[str, Any], now_ms: int) -> None:
    """Have the next report written: at midnight, or on Sundays."""
    upkeep, name = world.state(Upkeep), f"inventory/{configuration['Id']}"
    upkeep.cancel(world, bucket.name, name)
    if not configuration["IsEnabled"]:
        return
    when_ms = next_midnight(now_ms)
    if configuration["Schedule"]["Frequency"] == "Weekly":
        while datetime.fromtimestamp(when_ms // 1000, UTC).weekday() != _SUNDAY:
            when_ms += DAY_MS
    upkeep.schedule(world, bucket, name, when_ms, ACTION, name=configuration["Id"])


async def write(call: Call, bucket: Bucket, configuration: Mapping[str, Any]) -> None:
    """Write a report: the list, what describes it, and its checksum."""
    destination: Mapping[str, Any] = configuration["Destination"]["S3BucketDestination"]
    target = str(destination["Bucket"]).removeprefix("arn:aws:s3:::")
    start = "/".join([*filter(None, [destination.get("Prefix")]), bucket.name, configuration["Id"]])
    at = datetime.fromtimestamp(call.now // 1000, UTC)
    columns = _columns(configuration)
    rows = list(_rows(call, bucket, configuration, columns))
    data = gzip.compress("".join([_line(row) for row in rows]).encode(), mtime=0)
    list_key = f"{start}/data/{call.world.ids.uuid()}.csv.gz"
    manifest = msgspec.json.encode(
        {
            "sourceBucket": bucket.name,
            "destinationBucket": destination["Bucket"],
            "version": "2016-11-30",
            "creationTimestamp": str(call.now),
            "fileFormat": "CSV",
            "fileSchema": ", ".join(columns),
            "files": [{"key": list_key, "size": len(data), "MD5checksum": _md5(data)}],
        }
    )
    folder = f"{start}/{at:%Y-%m-%dT%H-%MZ}"
    hive = f"{start}/hive/dt={at:%Y-%m-%d-%H-%M}/symlink.txt"
    try:
        await _put(call, bucket, destination, target, list_key, data)
        await _put(call, bucket, destination, target, hive, f"s3://{target}/{list_key}".encode())
        await _put(call, bucket, destination, target, f"{folder}/manifest.json", manifest)
        await _put(call, bucket, destination, target, f"{folder}/manifest.checksum", _md5(manifest).encode())
    except AwsError as error:
        cause = f"The inventory {configuration['Id']!r} of {bucket.name} could not be written to {target}."
        facts = (Fact(bucket.arn, "destination", destination["Bucket"]),)
        call.explain("WriteInventory", bucket.arn, Why("failed", cause, facts, (), (error.why,)), error.code)
        return
    call.happened("s3.InventoryWritten", bucket.arn, bucket=bucket.name, id=configuration["Id"], objects=len(rows))


async def _put(call: Call, bucket: Bucket, destination: Mapping[str, Any], target: str, key: str, data: bytes) -> None:
    request: dict[str, Any] = {"Bucket": target, "Key": key, "Body": data, "ACL": "bucket-owner-full-control"}
    encryption: Mapping[str, Any] = destination.get("Encryption") or {}
    if "SSEKMS" in encryption:
        request |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": encryption["SSEKMS"]["KeyId"]}
    elif "SSES3" in encryption:
        request["ServerSideEncryption"] = "AES256"
    if destination.get("AccountId"):
        request["ExpectedBucketOwner"] = destination["AccountId"]
    ports = call.acting_as(PRINCIPAL, source_arn=bucket.arn, source_account=bucket.account)
    answer: Any = ports.s3.put_object(request)
    if inspect.isawaitable(answer):
        await answer


def _columns(configuration: Mapping[str, Any]) -> list[str]:
    columns = ["Bucket", "Key"]
    if configuration["IncludedObjectVersions"] == "All":
        columns += ["VersionId", "IsLatest", "IsDeleteMarker"]
    return [*columns, *(configuration.get("OptionalFields") or ())]


def _rows(call: Call, bucket: Bucket, configuration: Mapping[str, Any], columns: Sequence[str]) -> Iterator[list[str]]:
    shelf = call.state(S3State).shelves[bucket.name]
    prefix: str = part(configuration, "Filter").get("Prefix") or ""
    every = configuration["IncludedObjectVersions"] == "All"
    for key in shelf.keys_from(prefix):
        if not key.startswith(prefix):
            break
        versions = shelf.versions(key)
        for version in versions if every else versions[:1]:
            if every or not version.is_delete_marker:
                told = _told(bucket, version, is_latest=version is versions[0])
                yield [told[column] for column in columns]


def _told(bucket: Bucket, version: Version, *, is_latest: bool) -> dict[str, str]:
    about, encryption = version.about, version.about.encryption
    kept, is_marker = about.retention, version.is_delete_marker
    encrypted = {"AES256": "SSE-S3", "aws:kms": "SSE-KMS", "aws:kms:dsse": "DSSE-KMS"}
    is_tiered = about.storage_class == storage_classes.TIERED
    return {
        "Bucket": bucket.name,
        "Key": quote(version.key),
        "VersionId": version.id if bucket.versioning else "",
        "IsLatest": _flag(is_latest),
        "IsDeleteMarker": _flag(is_marker),
        "Size": "" if is_marker else str(version.size),
        "LastModifiedDate": iso(version.modified_ms),
        "ETag": version.etag,
        "StorageClass": "" if is_marker else about.storage_class,
        "IsMultipartUploaded": _flag("-" in version.etag),
        "ReplicationStatus": replication_status(version),
        "EncryptionStatus": "" if is_marker else encrypted.get(encryption.algorithm, "SSE-C"),
        "ObjectLockRetainUntilDate": iso(kept.until_ms) if kept is not None else "",
        "ObjectLockMode": kept.mode if kept is not None else "",
        "ObjectLockLegalHoldStatus": "ON" if about.legal_hold else "OFF" if bucket.has_lock else "",
        "IntelligentTieringAccessTier": storage_classes.tier_of(version) if is_tiered else "",
        "BucketKeyStatus": "ENABLED" if encryption.has_bucket_key else "DISABLED",
        "ChecksumAlgorithm": version.checksum.algorithm if version.checksum is not None else "",
        "ObjectOwner": version.owner,
    }


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _line(row: Sequence[str]) -> str:
    return ",".join(['"' + value.replace('"', '""') + '"' for value in row]) + "\n"


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
