"""Batches: up to ten requests in one, each with an outcome of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from foulweather.kernel.errors import AwsError
from foulweather.services.sqs.limits import BATCH_ENTRIES_MAX
from foulweather.services.sqs.refusals import missing

if TYPE_CHECKING:
    from aws_types.sqs import BatchResultErrorEntry

E = TypeVar("E", bound=Mapping[str, object])
R = TypeVar("R")

_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")


def checked_batch(entries: Sequence[E] | None, entry_shape: str) -> Sequence[E]:
    """A batch's entries: one to ten, each with an id of its own."""
    if not entries:
        raise AwsError("EmptyBatchRequest", f"There should be at least one {entry_shape} in the request.")
    if len(entries) > BATCH_ENTRIES_MAX:
        raise AwsError(
            "TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are {BATCH_ENTRIES_MAX}. You have sent {len(entries)}.",
        )
    seen: set[str] = set()
    for entry in entries:
        entry_id = str(entry.get("Id") or "")
        if not entry_id:
            raise missing(f"{entry_shape}.Id")
        if not _ENTRY_ID.fullmatch(entry_id):
            raise AwsError(
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
                "It can be at most 80 letters long.",
            )
        if entry_id in seen:
            raise AwsError("BatchEntryIdsNotDistinct", f"Id {entry_id} repeated.")
        seen.add(entry_id)
    return entries


def each_entry(entries: Sequence[E], run: Callable[[E], R]) -> tuple[list[R], list[BatchResultErrorEntry]]:
    """What came of each entry of a batch: those that went well, those that did not."""
    successful: list[R] = []
    failed: list[BatchResultErrorEntry] = []
    for entry in entries:
        try:
            successful.append(run(entry))
        except AwsError as error:
            failed.append(
                {
                    "Id": str(entry["Id"]),
                    "SenderFault": error.senders_fault,
                    "Code": error.code,
                    "Message": error.message,
                }
            )
    return successful, failed
