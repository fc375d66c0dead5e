"""When a buffer is emptied: at its size, or when its oldest record has waited for its interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.firehose import checking, limits
from foulweather.services.firehose.records import Delivery, Row, unpacked
from foulweather.services.firehose.state import Buffer, FirehoseState, Live


def hints(stream: Delivery, stage: str) -> tuple[int, int]:
    """The bytes, and the milliseconds, that a buffer holds."""
    told = stream.destination
    if stage == "in":
        named = checking.function(told)
        size = float(named.get("BufferSizeInMBs", limits.LAMBDA_MB))
        return int(size * limits.MEBIBYTE), 1000 * int(named.get("BufferIntervalInSeconds", limits.LAMBDA_INTERVAL_S))
    held: Mapping[str, Any] = told["S3BackupDescription"] if stage == "raw" else told
    return held["BufferingHints"]["SizeInMBs"] * limits.MEBIBYTE, 1000 * held["BufferingHints"]["IntervalInSeconds"]


def accept(call: Call, state: FirehoseState, live: Live, rows: list[Row]) -> None:
    """Take records in: to wait for the function or for the bucket, and for the backup as they are."""
    told = live.stream.destination
    add(call, state, live, "in" if checking.processors(told) else "out", rows)
    if told.get("S3BackupMode") == "Enabled":
        add(call, state, live, "raw", rows)


def add(call: Call, state: FirehoseState, live: Live, stage: str, rows: list[Row]) -> None:
    """Put records into a buffer, and see to it that it is emptied."""
    if not rows:
        return
    buffer = live.buffers[stage]
    was_empty, before = buffer.first == buffer.next, buffer.size
    for row in rows:
        state.put(buffer, row)
    most, interval_ms = hints(live.stream, stage)
    if before < most <= buffer.size:
        schedule(call, live, stage, call.now)
    elif was_empty:
        schedule(call, live, stage, call.now + interval_ms)


def again(call: Call, state: FirehoseState, live: Live, stage: str, *, failed: bool) -> None:
    """See to what is left in a buffer after it was emptied as far as it went."""
    buffer = live.buffers[stage]
    if buffer.first == buffer.next:
        return
    most, interval_ms = hints(live.stream, stage)
    if failed:
        when_ms = call.now + limits.RETRY_MS
    elif buffer.size >= most:
        when_ms = call.now
    else:
        when_ms = max(call.now, _oldest_ms(state, buffer) + interval_ms)
    schedule(call, live, stage, when_ms)


def schedule(call: Call, live: Live, stage: str, when_ms: int) -> int:
    """Have a buffer emptied at a time, unless it has been by then."""
    stream, buffer = live.stream, live.buffers[stage]
    return call.later(
        when_ms, "firehose.flush", stream=stream.name, stream_id=stream.id, stage=stage, first=buffer.first
    )


def _oldest_ms(state: FirehoseState, buffer: Buffer) -> int:
    return unpacked(state.rows[f"{buffer.prefix}{buffer.first}"]).at_ms
