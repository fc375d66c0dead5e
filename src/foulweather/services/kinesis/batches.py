"""Runs of records out of a shard, as GetRecords and SubscribeToShard give them."""

from __future__ import annotations

from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.services.kinesis import sealing, sequence
from foulweather.services.kinesis.live import Lane, Live
from foulweather.services.kinesis.records import came_ms, shard_id, unpacked


class Batch(NamedTuple):
    """Records from a place on, and where the next would begin."""

    records: list[dict[str, Any]]
    size: int
    next: int
    behind_ms: int
    """How far the last of them is from the shard's tip."""
    age_ms: int
    """How old the last of them is; 0 without any."""
    is_end: bool
    """Whether the shard is closed and there is no more in it."""


def read(call: Call, live: Live, lane: Lane, place: int, count: int, bytes_max: int) -> Batch:
    """Up to that many records, or bytes, from a place on."""
    horizon_ms, base = live.horizon_ms(call.now), lane.base
    place, end = max(place, lane.first), lane.next
    records: list[dict[str, Any]] = []
    size, at_ms = 0, call.now
    while place < end and len(records) < count:
        came, sealed, key, data = unpacked(lane.entry(place))
        if came >= horizon_ms:
            length = len(data) + len(key.encode())
            if size + length > bytes_max and records:
                break
            if sealed:
                sealing.check_open(call, live, sealed)
            size += length
            at_ms = came
            record: dict[str, Any] = {
                "SequenceNumber": str(sequence.number(base, place, came)),
                "ApproximateArrivalTimestamp": came,
                "Data": data,
                "PartitionKey": key,
            }
            if sealed:
                record["EncryptionType"] = "KMS"
            records.append(record)
        place += 1
    is_last = place >= end
    age_ms = call.now - at_ms if records else 0
    behind_ms = 0 if is_last else call.now - at_ms if records else call.now - came_ms(lane.entry(place))
    return Batch(records, size, place, behind_ms, age_ms, is_last and bool(lane.shard.closed_ms))


def children(live: Live, lane: Lane) -> list[dict[str, Any]]:
    """The shards that a closed shard went on in."""
    number = lane.shard.number
    return [
        {
            "ShardId": shard.id,
            "ParentShards": [shard_id(each) for each in (shard.parent, shard.adjacent) if each >= 0],
            "HashKeyRange": {"StartingHashKey": shard.low, "EndingHashKey": shard.high},
        }
        for shard in live.stream.shards
        if number in (shard.parent, shard.adjacent)
    ]
