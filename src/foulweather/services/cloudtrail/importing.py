"""The work of an import: lists a trail's files under the role that it was given, and reads some of them at a time.

Only log files that are compressed are read, by their names and the dates in them; events that are older than the event
data store keeps them are passed over.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-copy-trail-to-lake-eds.html
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Fact, Why
from foulweather.policy.principal import Principal
from foulweather.services.cloudtrail.checking import answered
from foulweather.services.cloudtrail.consuming import PRINCIPAL
from foulweather.services.cloudtrail.records import EventDataStore, Failure, Import
from foulweather.services.cloudtrail.refusals import refused
from foulweather.services.cloudtrail.state import Lake

STEP_MS: Final = 1000
FILES_A_STEP: Final = 25
FILE_BYTES_MAX: Final = 64 << 20
DAY_MS: Final = 86_400_000
_FILE: Final = re.compile(r"(?:.*/)?\d{12}_CloudTrail_[a-z0-9-]+_(\d{8}T\d{4}Z)_[^/]+\.json\.gz")
_URI: Final = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")


async def check(call: Call, store: EventDataStore, source: Mapping[str, str]) -> None:
    """Refuse a source that is none, or that the role may not read."""
    found = _URI.fullmatch(source["S3LocationUri"])
    if found is None:
        raise _bad_source(source, "S3LocationUri")
    try:
        ports = await _acting(call, store.arn, source)
        await answered(ports.s3.get_bucket_acl({"Bucket": found[1]}))
        await answered(ports.s3.list_objects_v2({"Bucket": found[1], "Prefix": found[2] or "", "MaxKeys": 1}))
        located = await answered(ports.s3.head_bucket({"Bucket": found[1]}))
    except AwsError as error:
        if error.status == 501:
            raise
        raise _bad_source(source, "S3BucketAccessRoleArn", error) from error
    if located.get("BucketRegion", source["S3BucketRegion"]) != source["S3BucketRegion"]:
        raise _bad_source(source, "S3BucketRegion")


def _bad_source(source: Mapping[str, str], name: str, error: AwsError | None = None) -> AwsError:
    message = "The provided source S3 bucket is not valid for import."
    facts = [Fact("request", name, source[name])]
    if error is not None:
        facts.append(Fact(source["S3LocationUri"], "answer", error.code))
    return refused("InvalidImportSource", message, *facts, because=None if error is None else error.why)


async def _acting(call: Call, store_arn: str, source: Mapping[str, str]) -> Ports:
    """S3 under the role of an import, which CloudTrail assumes on behalf of the event data store."""
    role = source["S3BucketAccessRoleArn"]
    own = call.acting_as(PRINCIPAL, source_arn=store_arn, source_account=call.account)
    made = await answered(own.sts.assume_role({"RoleArn": role, "RoleSessionName": "CloudTrailImport"}))
    user = made["AssumedRoleUser"]
    principal = Principal("assumed-role", user["Arn"], role.split(":")[4], user["AssumedRoleId"], role)
    return call.acting_as(principal, region=source["S3BucketRegion"])


def schedule(call: Call, found: Import) -> None:
    """Go on in a moment."""
    call.later(call.now + STEP_MS, "cloudtrail.go_on_importing", import_id=found.id)


def take_up(call: Call, found: Import) -> None:
    """Read again what failed, and what was not read yet."""
    for location, failure in found.failures.items():
        if failure.status == "FAILED":
            failure.status, failure.updated_ms = "RETRY", call.now
            key = location.split("/", 3)[3]
            found.left.append(key)
            _count(found, key, 1)
    found.status, found.updated_ms = "INITIALIZING", call.now
    call.state(Lake).imports.touch(found.id)
    schedule(call, found)


async def go_on(call: Call, import_id: str) -> None:
    """List the files, or read the next of them; the last step says what came of it."""
    lake = call.state(Lake)
    found = lake.imports.get(import_id)
    if found is None or found.status not in ("INITIALIZING", "IN_PROGRESS"):
        return
    store = lake.stores.get(found.store)
    if store is None or store.status == "PENDING_DELETION":
        _end(call, lake, found, "FAILED")
        return
    found.status = "IN_PROGRESS"
    try:
        ports = await _acting(call, store.arn, found.source)
        if not found.is_listed:
            found.left = await _keys(ports, found)
            found.is_listed = True
            for key in found.left:
                _count(found, key, 1)
    except AwsError as error:
        _end(call, lake, found, "FAILED")
        cause = f"The import {found.id} could not read {found.source['S3LocationUri']}: {error.message}"
        facts = tuple(Fact(found.id, name, value) for name, value in found.source.items())
        call.explain("Import", store.arn, Why("failed", cause, facts, (), (error.why,)), error.code)
        return
    for key in found.left[:FILES_A_STEP]:
        await _read(call, lake, ports, (found, store), key)
        _count(found, key, -1)
    found.left = found.left[FILES_A_STEP:]
    call.reread_clock()
    found.updated_ms = call.now
    lake.imports.touch(found.id)
    if found.status != "IN_PROGRESS":
        return  # it was stopped while it read
    if found.left:
        schedule(call, found)
    else:
        is_whole = all(each.status == "SUCCEEDED" for each in found.failures.values())
        _end(call, lake, found, "COMPLETED" if is_whole else "FAILED")


def _end(call: Call, lake: Lake, found: Import, status: str) -> None:
    found.status, found.updated_ms = status, call.now
    lake.imports.touch(found.id)
    arn = f"arn:aws:cloudtrail:{found.region}:{found.account}:eventdatastore/{found.store}"
    call.happened("cloudtrail.ImportEnded", arn, status=status, files=found.files, events=found.events)


def _count(found: Import, key: str, change: int) -> None:
    folder = key.rpartition("/")[0]
    found.prefixes[folder] = found.prefixes.get(folder, 0) + change


def _place(found: Import) -> tuple[str, str]:
    matched = _URI.fullmatch(found.source["S3LocationUri"])
    return (matched[1], matched[2] or "") if matched is not None else ("", "")


async def _keys(ports: Ports, found: Import) -> list[str]:
    """The log files of the source, of the days that were asked for."""
    bucket, prefix = _place(found)
    keys: list[str] = []
    request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix}
    while True:
        page = await answered(ports.s3.list_objects_v2(request))
        for each in page.get("Contents", ()):
            name = _FILE.fullmatch(each["Key"])
            # "By default, CloudTrail only imports events contained in the S3 bucket's CloudTrail prefix."
            if name is not None and (prefix or "/CloudTrail/" in f"/{each['Key']}") and _is_within(found, name[1]):
                keys.append(each["Key"])
        if not page.get("IsTruncated"):
            return keys
        request["ContinuationToken"] = page["NextContinuationToken"]


def _is_within(found: Import, stamp: str) -> bool:
    at_ms = int(datetime.strptime(stamp, "%Y%m%dT%H%MZ").replace(tzinfo=UTC).timestamp()) * 1000
    return at_ms >= found.start_ms and (not found.end_ms or at_ms <= found.end_ms)


async def _read(call: Call, lake: Lake, ports: Ports, to: tuple[Import, EventDataStore], key: str) -> None:
    """Bring the events of a file into the store, all or none of them."""
    found, store = to
    bucket, _ = _place(found)
    location = f"s3://{bucket}/{key}"
    try:
        body = (await answered(ports.s3.get_object({"Bucket": bucket, "Key": key})))["Body"]
        data = body if isinstance(body, bytes) else b"".join([piece async for piece in body])
        records = _records(data)
    except AwsError as error:
        found.failures[location] = Failure("FAILED", error.code, error.message, call.now)
        return
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        message = f"The file is not a log file of CloudTrail: {error}"
        found.failures[location] = Failure("FAILED", "InvalidFormat", message, call.now)
        return
    oldest_ms = call.now - store.retention_days * DAY_MS
    for at_ms, record in records:
        if at_ms >= oldest_ms:
            lake.ingest(
                store, b'{"at_ms":%d,"record":%s}' % (at_ms, json.dumps(record, separators=(",", ":")).encode())
            )
            found.events += 1
    found.files += 1
    failure = found.failures.get(location)
    if failure is not None:
        failure.status, failure.updated_ms = "SUCCEEDED", call.now


def _records(data: bytes) -> list[tuple[int, dict[str, Any]]]:
    """The events of a file with their times."""
    reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
    text = reader.decompress(data, FILE_BYTES_MAX)
    if reader.unconsumed_tail or not reader.eof:
        raise ValueError("it is too large, or not whole")
    records = cast("list[dict[str, Any]]", json.loads(text)["Records"])
    return [(int(datetime.fromisoformat(each["eventTime"]).timestamp() * 1000), each) for each in records]
