"""What a function answers about a batch: which of its items are to be tried again.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

import msgspec

PAYLOAD_BYTES_MAX = 6_291_556


def are_reports(settings: Mapping[str, Any]) -> bool:
    """Whether a mapping's function reports which items of a batch failed."""
    return "ReportBatchItemFailures" in (settings.get("FunctionResponseTypes") or ())


def failed_items(payload: bytes, known: Collection[str]) -> set[str] | None:
    """The identifiers that an answer reports as failed (none: all went well); None when the whole batch failed.

    "Invalid JSON response", "empty string itemIdentifier", "null itemIdentifier" and "itemIdentifier with a bad key
    name" are complete failures, and so is an identifier of nothing in the batch; an empty or null list, or
    response, is complete success.
    """
    try:
        answer = msgspec.json.decode(payload or b"null")
    except msgspec.DecodeError:
        return None
    if answer is None:
        return set()
    if not isinstance(answer, dict):
        return None
    listed = cast("dict[str, Any]", answer).get("batchItemFailures")
    if listed is None:
        return set()
    if not isinstance(listed, list):
        return None
    failed: set[str] = set()
    for item in cast("list[Any]", listed):
        named = cast("dict[str, Any]", item).get("itemIdentifier") if isinstance(item, dict) else None
        if not isinstance(named, str) or named not in known:
            return None
        failed.add(named)
    return failed


def payloads(records: list[dict[str, Any]], room_bytes: int = PAYLOAD_BYTES_MAX) -> list[tuple[int, bytes]]:
    """Events that hold the records in order, each within Lambda's payload quota, and how many each holds."""
    whole = msgspec.json.encode({"Records": records})
    if len(whole) <= room_bytes or len(records) == 1:
        return [(len(records), whole)]
    found: list[tuple[int, bytes]] = []
    start, size = 0, 0
    for place, record in enumerate(records):
        record_bytes = len(msgspec.json.encode(record)) + 1
        if place > start and size + record_bytes > room_bytes - len('{"Records":[]}'):
            found.append((place - start, msgspec.json.encode({"Records": records[start:place]})))
            start, size = place, 0
        size += record_bytes
    found.append((len(records) - start, msgspec.json.encode({"Records": records[start:]})))
    return found
