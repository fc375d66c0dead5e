"""What an import reads: objects under a prefix, an item for each line.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Format.html
"""

from __future__ import annotations

import binascii
import csv
import gzip
import io
import zlib
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, cast

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.dynamodb import filling, packing, transfers
from foulweather.services.dynamodb.language.accept import accepted
from foulweather.services.dynamodb.language.refusals import LanguageError
from foulweather.services.dynamodb.language.sizes import ITEM_BYTES_MAX
from foulweather.services.dynamodb.language.values import Item
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.records import Transfer
from foulweather.services.dynamodb.standing import stands
from foulweather.services.dynamodb.state import DynamoState

_line = msgspec.json.Decoder(dict[str, dict[str, Any]]).decode


async def read_import(call: Call, transfer: Transfer) -> LiveTable | None:
    """Fill the new table; lines that are no items of it are counted, and the others are taken."""
    state, told = call.state(DynamoState), transfer.told
    live = state.table(told["TableArn"].rpartition("/")[2], call.now)
    if live is None or live.row.id != told["TableId"]:
        return None
    read = taken = failed = size = 0
    try:
        async for body in _objects(call, transfer):
            size += len(body)
            for item in _items(transfer, live, body):
                read += 1
                if item is None or not _take(live, item):
                    failed += 1
                else:
                    taken += 1
    except AwsError as error:
        transfers.failed(call, transfer, "ImportStatus", error)
    else:
        call.reread_clock()
        told |= {"ImportStatus": "COMPLETED", "EndTime": call.now}
    told |= {
        "ErrorCount": failed,
        "ProcessedItemCount": read,
        "ImportedItemCount": taken,
        "ProcessedSizeBytes": size,
    }
    state.imports.touch(transfer.arn)
    filling.gather_anew(live, call.now)
    call.changed("dynamodb.ImportEnded", transfer.arn, ImportStatus=told["ImportStatus"], ErrorCount=failed)
    call.happened("dynamodb.Imported", live.arn, bytes=size)
    stands(call, live)
    return live


async def _objects(call: Call, transfer: Transfer) -> AsyncIterator[bytes]:
    told = transfer.told
    source = told["S3BucketSource"]
    bucket, owner = source["S3Bucket"], source.get("S3BucketOwner")
    request: dict[str, Any] = {"Bucket": bucket, "Prefix": source.get("S3KeyPrefix", "")}
    while True:
        page = await transfers.s3(call, transfer, "list_objects_v2", dict(request), owner)
        for each in page.get("Contents", ()):
            found = {"Bucket": bucket, "Key": each["Key"]}
            body = (await transfers.s3(call, transfer, "get_object", found, owner))["Body"]
            if not isinstance(body, bytes):
                body = b"".join([piece async for piece in cast("AsyncIterator[bytes]", body)])
            if told["InputCompressionType"] == "GZIP":
                try:
                    body = gzip.decompress(body)
                except (OSError, EOFError, zlib.error):
                    words = f"The object {each['Key']} is not compressed with GZIP"
                    raise AwsError("ItemValidationError", words) from None
            yield body
        if not page.get("IsTruncated"):
            return
        request["ContinuationToken"] = page["NextContinuationToken"]


def _items(transfer: Transfer, live: LiveTable, body: bytes) -> Iterator[Item | None]:
    """An item for each line; nothing for a line that cannot be one."""
    if transfer.told["InputFormat"] == "CSV":
        given: Mapping[str, Any] = transfer.told.get("InputFormatOptions") or {}
        yield from _rows(live, body, given.get("Csv") or {})
        return
    for line in body.splitlines():
        if not line.strip():
            continue
        try:
            yield {name: _value(value) for name, value in _line(line)["Item"].items()}
        except (msgspec.DecodeError, KeyError, TypeError, AttributeError, ValueError):
            yield None


def _rows(live: LiveTable, body: bytes, options: Mapping[str, Any]) -> Iterator[Item | None]:
    """Rows of CSV: keys of the table and its indexes have their types, "all other attributes are strings"."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield None
        return
    rows = csv.reader(io.StringIO(text), delimiter=options.get("Delimiter", ","))
    names: list[str] = options.get("HeaderList") or next(rows, list[str]())
    types = live.row.types
    for row in rows:
        if not row:
            continue
        if len(row) != len(names):
            yield None
            continue
        try:
            yield {name: _typed(types.get(name, "S"), content) for name, content in zip(names, row, strict=True)}
        except (binascii.Error, ValueError):
            yield None


def _typed(kind: str, content: str) -> dict[str, Any]:
    return {kind: b64decode(content, validate=True) if kind == "B" else content}


def _value(value: dict[str, Any]) -> dict[str, Any]:
    """A value as JSON writes it, its bytes decoded."""
    ((kind, content),) = value.items()
    if kind == "B":
        return {"B": b64decode(content, validate=True)}
    if kind == "BS":
        return {"BS": [b64decode(each, validate=True) for each in content]}
    if kind == "M":
        return {"M": {name: _value(each) for name, each in content.items()}}
    if kind == "L":
        return {"L": [_value(each) for each in content]}
    if kind not in ("S", "N", "BOOL", "NULL", "SS", "NS"):
        raise ValueError(kind)
    return value


def _take(live: LiveTable, given: Item) -> bool:
    """Put an item into the table; of those with one key, the last stays."""
    try:
        item, size = accepted(given)
        if size > ITEM_BYTES_MAX:
            return False
        key, _ = live.checked_item(item)
    except (AwsError, LanguageError, TypeError, AttributeError):
        return False
    before = live.items.get(key)
    live.items.put(key, packing.packed(item, size))
    if before is None:
        live.count += 1
    live.size_bytes += size - (packing.size_of(before) if before is not None else 0)
    return True
