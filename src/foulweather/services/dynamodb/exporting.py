"""What an export writes: a file for each partition, manifests that list them, and their checksums.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
"""

from __future__ import annotations

import gzip
from base64 import b64encode
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.dynamodb import history, packing, transfers
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.partitions import spread_number
from foulweather.services.dynamodb.records import Transfer
from foulweather.services.dynamodb.state import DynamoState

_json = msgspec.json.Encoder().encode
Lines = list[bytes]


async def write_export(call: Call, transfer: Transfer) -> None:
    """Write an export's files, data first; what goes wrong is told in its description."""
    told = transfer.told
    try:
        await _write(call, transfer, _table_of(call, told))
    except AwsError as error:
        transfers.failed(call, transfer, "ExportStatus", error)
    call.state(DynamoState).exports.touch(transfer.arn)
    call.changed("dynamodb.ExportEnded", transfer.arn, ExportStatus=told["ExportStatus"])
    call.happened("dynamodb.Exported", told["TableArn"], bytes=told.get("BilledSizeBytes", 0))


def _table_of(call: Call, told: Mapping[str, Any]) -> LiveTable:
    name = told["TableArn"].rpartition("/")[2]
    live = call.state(DynamoState).table(name, call.now)
    if live is None or live.row.id != told["TableId"]:
        raise AwsError("TableNotFound", f"Table not found: {name}", facts=(Fact(told["TableArn"], "exists", False),))
    return live


async def _write(call: Call, transfer: Transfer, live: LiveTable) -> None:
    told = transfer.told
    start = "/".join([*filter(None, [told.get("S3Prefix", "").rstrip("/")]), "AWSDynamoDB"])
    folder = f"{start}/{transfer.arn.rpartition('/')[2]}"
    is_full = told["ExportType"] == "FULL_EXPORT"
    files, size, count = _full(live, told) if is_full else _incremental(live, told)
    data = f"{folder}/data" if is_full else f"{start}/data"

    async def put(key: str, body: bytes) -> str:
        request: dict[str, Any] = {"Bucket": told["S3Bucket"], "Key": key, "Body": body}
        if told["S3SseAlgorithm"] == "KMS":
            request["ServerSideEncryption"] = "aws:kms"
            if told.get("S3SseKmsKeyId"):
                request["SSEKMSKeyId"] = told["S3SseKmsKeyId"]
        else:
            request["ServerSideEncryption"] = "AES256"
        answer = await transfers.s3(call, transfer, "put_object", request, told.get("S3BucketOwner"))
        return answer["ETag"].strip('"')

    await put(f"{folder}/_started", b"")
    listed: list[bytes] = []
    for lines in files:
        body = gzip.compress(b"".join(line + b"\n" for line in lines), mtime=0)
        key = f"{data}/{call.world.ids.hex(26)}.json.gz"
        etag = await put(key, body)
        about = {"itemCount": len(lines), "md5Checksum": _checksum(body), "etag": etag, "dataFileS3Key": key}
        listed.append(_json(about) + b"\n")
    call.reread_clock()
    summary = _json(_summary(call, transfer, f"{folder}/manifest-files.json", size, count))
    for name, body in (("manifest-files", b"".join(listed)), ("manifest-summary", summary)):
        await put(f"{folder}/{name}.json", body)
        await put(f"{folder}/{name}.checksum", _checksum(body).encode())
    told |= {
        "ExportStatus": "COMPLETED",
        "EndTime": call.now,
        "ExportManifest": f"{folder}/manifest-summary.json",
        "BilledSizeBytes": size,
        "ItemCount": count,
    }


def _full(live: LiveTable, told: Mapping[str, Any]) -> tuple[list[Lines], int, int]:
    rows = history.rows_at(live, told["ExportTime"])
    lines = ((key, _json({"Item": packing.unpacked(row)})) for key, row in rows.items())
    return _by_partition(live, lines), sum(map(packing.size_of, rows.values())), len(rows)


def _incremental(live: LiveTable, told: Mapping[str, Any]) -> tuple[list[Lines], int, int]:
    asked = told["IncrementalExportSpecification"]
    with_old = asked["ExportViewType"] == "NEW_AND_OLD_IMAGES"
    changed = history.changed_between(live, asked["ExportFromTime"], asked["ExportToTime"])
    # A change at the very end of the window is in the next one.
    after = history.rows_at(live, asked["ExportToTime"] - 1)
    lines: list[tuple[str, bytes]] = []
    size = 0
    for key, (at_ms, old_row) in changed.items():
        new_row = after.get(key, b"")
        if not new_row and not old_row:
            continue  # made and deleted within the window
        item = packing.unpacked(new_row or old_row)
        line: dict[str, Any] = {
            "Metadata": {"WriteTimestampMicros": {"N": str(at_ms * 1000)}},
            "Keys": {name: item[name] for name in live.key_names},
        }
        if old_row and with_old:
            line["OldImage"] = packing.unpacked(old_row)
        if new_row:
            line["NewImage"] = packing.unpacked(new_row)
        size += packing.size_of(new_row or old_row)
        lines.append((key, _json(line)))
    return _by_partition(live, lines), size, len(lines)


def _by_partition(live: LiveTable, lines: Iterable[tuple[str, bytes]]) -> list[Lines]:
    """Lines by partition: AWS writes "at least 1 file per partition", an empty one where there are no items."""
    lows, begin = live.meter.partitions.lows(), len(live.prefix)
    files: list[Lines] = [[] for _ in lows]
    for key, line in lines:
        files[bisect_right(lows, spread_number(key[begin:])) - 1].append(line)
    return files


def _summary(call: Call, transfer: Transfer, files: str, size: int, count: int) -> dict[str, Any]:
    told = transfer.told
    is_full = told["ExportType"] == "FULL_EXPORT"
    asked = told.get("IncrementalExportSpecification", {})
    times: dict[str, Any] = {"exportTime": _iso(told["ExportTime"])} if is_full else {}
    if not is_full:
        times = {"exportFromTime": _iso(asked["ExportFromTime"]), "exportToTime": _iso(asked["ExportToTime"])}
    return {
        "version": "2020-06-30" if is_full else "2023-08-01",
        "exportArn": transfer.arn,
        "startTime": _iso(told["StartTime"]),
        "endTime": _iso(call.now),
        "tableArn": told["TableArn"],
        "tableId": told["TableId"],
        **times,
        "s3Bucket": told["S3Bucket"],
        "s3Prefix": told.get("S3Prefix"),
        "s3SseAlgorithm": told["S3SseAlgorithm"],
        "s3SseKmsKeyId": told.get("S3SseKmsKeyId"),
        "manifestFilesS3Key": files,
        "billedSizeBytes": size,
        "itemCount": count,
        "outputFormat": "DYNAMODB_JSON",
        **({} if is_full else {"outputView": asked["ExportViewType"]}),
        "exportType": told["ExportType"],
    }


def _checksum(body: bytes) -> str:
    return b64encode(md5(body, usedforsecurity=False).digest()).decode()


def _iso(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"
