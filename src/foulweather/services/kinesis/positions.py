"""Where in a shard an iterator or a subscription begins."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.kinesis import refusals, sequence
from foulweather.services.kinesis.live import Lane, Live
from foulweather.services.kinesis.records import shard_id
from foulweather.services.kinesis.state import KinesisState

_BY_NUMBER = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


def place_of(
    call: Call,
    state: KinesisState,
    live: Live,
    lane: Lane,
    kind: str,
    number: str | None,
    at_ms: int | None,
) -> int:
    """The place that an iterator type, with its sequence number or time, means."""
    _check_combination(kind, number, at_ms)
    if kind == "TRIM_HORIZON":
        return lane.first
    if kind == "LATEST":
        return lane.next
    if number is not None:
        place = _numbered(live, lane, number)
        return place + 1 if kind == "AFTER_SEQUENCE_NUMBER" else place
    assert at_ms is not None
    if at_ms > call.now:
        raise refusals.invalid(
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            f"timestampInMillis: {at_ms}, currentTimestampInMillis: {call.now}",
            Fact("request", "Timestamp", at_ms),
        )
    return state.place_at(lane, at_ms)


def _check_combination(kind: str, number: str | None, at_ms: int | None) -> None:
    if kind in _BY_NUMBER:
        told, wants = "StartingSequenceNumber", number is not None and at_ms is None
    elif kind == "AT_TIMESTAMP":
        told, wants = "timestamp", at_ms is not None and number is None
    else:
        told, wants = "", number is None and at_ms is None
    if wants:
        return
    given = "no StartingSequenceNumber" if number is None else "also a StartingSequenceNumber"
    if told == "timestamp" or at_ms is not None:
        given = "no timestamp" if at_ms is None else "also a timestamp"
    raise refusals.invalid(
        "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or "
        "(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
        f"Request specified {kind} and {given}.",
        Fact("request", "ShardIteratorType", kind),
    )


def _numbered(live: Live, lane: Lane, number: str) -> int:
    """The place of a sequence number; those that were trimmed stand before the first."""
    stream, parts = live.stream, sequence.parts(number)
    if parts is not None and parts.base == lane.base:
        return max(parts.place, lane.first - 1)
    other = None if parts is None else live.lanes.get(parts.shard)
    if parts is not None and other is not None and other.base == parts.base:
        raise AwsError(
            "InvalidArgumentException",
            f"Invalid StartingSequenceNumber. It encodes {shard_id(parts.shard)}, while it was used in a call to "
            f"{lane.id}",
            facts=(Fact("request", "StartingSequenceNumber", number), Fact(number, "shard", shard_id(parts.shard))),
        )
    raise refusals.invalid(
        f"StartingSequenceNumber {number} used in GetShardIterator on shard {lane.id} in stream {stream.name} under "
        f"account {stream.account} is invalid because it did not come from this stream.",
        Fact("request", "StartingSequenceNumber", number),
        Fact(live.arn, "StreamCreationTimestamp", stream.created_ms),
    )
