"""Records read by whoever asks for them; all that ask share what a shard gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.kinesis import batches, iterators, limits, positions, refusals, throughput
from foulweather.services.kinesis.iterators import Iterator
from foulweather.services.kinesis.records import ON_DEMAND
from foulweather.services.kinesis.state import KinesisState, located, shard_named, usable

Request = Mapping[str, Any]


def get_shard_iterator(call: Call, request: Request) -> dict[str, Any]:
    """A place in a shard to read from, good for five minutes."""
    state, live = located(call, request)
    stream = usable(call, live)
    lane = shard_named(call, live, request["ShardId"])
    state.trim(live, lane, call.now)
    place = positions.place_of(
        call,
        state,
        live,
        lane,
        request["ShardIteratorType"],
        request.get("StartingSequenceNumber"),
        request.get("Timestamp"),
    )
    throughput.check_iterators(call, live, lane)
    iterator = Iterator(stream.account, stream.region, stream.name, stream.id, lane.shard.number, place, call.now)
    return {"ShardIterator": iterator.written()}


def get_records(call: Call, request: Request) -> dict[str, Any]:
    """The records that follow an iterator: up to ten thousand, or 10 MiB; and the next iterator."""
    iterator = iterators.opened(request["ShardIterator"])
    if iterator is None or iterator.region != call.region:
        raise refusals.invalid("Invalid ShardIterator.", Fact("request", "ShardIterator", request["ShardIterator"]))
    iterators.check_fresh(iterator, call.now)
    state = call.state(KinesisState, iterator.account)
    live = state.live.get(iterator.name)
    if live is None or live.stream.id != iterator.stream_id:
        raise refusals.no_stream(iterator.account, iterator.region, iterator.name)
    if request.get("StreamARN", live.arn) != live.arn:
        raise refusals.invalid(
            "StreamARN does not match the stream of the ShardIterator.",
            Fact("request", "StreamARN", request["StreamARN"]),
            Fact("ShardIterator", "StreamARN", live.arn),
        )
    lane = live.lanes.get(iterator.shard)
    if lane is None:
        raise refusals.no_shard(live.stream, f"shardId-{iterator.shard:012d}")
    throughput.check_read(call, live, lane)
    state.trim(live, lane, call.now)
    count = request.get("Limit", limits.READ_RECORDS_MAX)
    batch = batches.read(call, live, lane, iterator.place, count, limits.READ_BYTES_MAX)
    lane.read_level -= batch.size * 1000
    told: dict[str, Any] = {"Records": batch.records, "MillisBehindLatest": batch.behind_ms}
    if batch.is_end:
        told["ChildShards"] = batches.children(live, lane)
    else:
        told["NextShardIterator"] = iterator._replace(place=batch.next, made_ms=call.now).written()
    call.happened(
        "kinesis.Got",
        live.arn,
        shard=lane.id,
        records=len(batch.records),
        bytes=batch.size,
        iterator_age_ms=batch.age_ms,
        is_on_demand=live.stream.mode == ON_DEMAND,
        **throughput.shard_metrics(live),
    )
    return told
