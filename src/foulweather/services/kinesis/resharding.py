"""Shards split and merged by hand, and their number changed evenly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.kinesis import limits, refusals, rooms
from foulweather.services.kinesis.live import Lane, Live
from foulweather.services.kinesis.records import ON_DEMAND, Stream
from foulweather.services.kinesis.state import KinesisState, located, require_active, shard_named

Request = Mapping[str, Any]


def split_shard(call: Call, request: Request) -> None:
    """Split a shard in two at a hash key; its records go on in its children a while later."""
    state, live = located(call, request)
    stream = _changeable(call, live)
    lane = shard_named(call, live, request["ShardToSplit"])
    _check_open(stream, lane)
    at = int(request["NewStartingHashKey"])
    low, high = lane.low, int(lane.shard.high)
    if not low + 1 < at < high:
        raise refusals.invalid(
            f"NewStartingHashKey {at} used in SplitShard() on shard {lane.id} in stream {stream.name} under account "
            f"{stream.account} is not both greater than one plus the shard's StartingHashKey {low} and less than the "
            f"shard's EndingHashKey {high}.",
            Fact("request", "NewStartingHashKey", str(at)),
        )
    rooms.check_shards(call, state, 1)
    _start(call, state, live, "kinesis.split", shard=lane.shard.number, at=str(at))
    call.changed("kinesis.ShardSplit", stream.arn, ShardToSplit=lane.id, NewStartingHashKey=str(at))


def merge_shards(call: Call, request: Request) -> None:
    """Merge two shards whose ranges touch."""
    state, live = located(call, request)
    stream = _changeable(call, live)
    lane = shard_named(call, live, request["ShardToMerge"])
    adjacent = shard_named(call, live, request["AdjacentShardToMerge"])
    _check_open(stream, lane)
    _check_open(stream, adjacent)
    touches = (int(lane.shard.high) + 1 == adjacent.low, int(adjacent.shard.high) + 1 == lane.low)
    if not any(touches):
        raise refusals.invalid(
            f"Shards {lane.id} and {adjacent.id} in stream {stream.name} under account {stream.account} are not an "
            "adjacent pair of shards eligible for merging",
            Fact(f"{live.arn}/{lane.id}", "HashKeyRange", [lane.shard.low, lane.shard.high]),
            Fact(f"{live.arn}/{adjacent.id}", "HashKeyRange", [adjacent.shard.low, adjacent.shard.high]),
        )
    _start(call, state, live, "kinesis.merge", shard=lane.shard.number, adjacent=adjacent.shard.number)
    call.changed("kinesis.ShardsMerged", stream.arn, ShardToMerge=lane.id, AdjacentShardToMerge=adjacent.id)


def update_shard_count(call: Call, request: Request) -> dict[str, Any]:
    """Change the number of shards by splitting and merging, ten times a day, to between half and double."""
    state, live = located(call, request)
    stream = _changeable(call, live)
    target, current = request["TargetShardCount"], len(live.open)
    if target > 2 * current:
        raise _beyond("up over double", current, target)
    if 2 * target < current:
        raise _beyond("down below half", current, target)
    if target > limits.STREAM_SHARDS_MAX:
        raise refusals.over_limit(
            f"UpdateShardCount cannot scale a stream up to more than {limits.STREAM_SHARDS_MAX} shards.",
            Fact("request", "TargetShardCount", target),
        )
    if target > current:
        rooms.check_shards(call, state, target - current)
    recent = [each for each in stream.counted if each > call.now - limits.DAY_MS]
    if len(recent) >= limits.SCALINGS_A_DAY:
        raise refusals.over_limit(
            f"UpdateShardCount cannot be used more than {limits.SCALINGS_A_DAY} times in a rolling 24-hour period for "
            f"stream {stream.name} under account {stream.account}.",
            Fact(stream.arn, "UpdateShardCount calls within 24 hours", recent),
            remedy=("Use SplitShard and MergeShards, or wait until the first of these calls is a day old.",),
        )
    stream.counted = [*recent, call.now]
    _start(call, state, live, "kinesis.scale", count=target)
    call.changed("kinesis.ShardCountSet", stream.arn, ShardCount=target)
    return {
        "StreamName": stream.name,
        "CurrentShardCount": current,
        "TargetShardCount": target,
        "StreamARN": stream.arn,
    }


def _changeable(call: Call, live: Live) -> Stream:
    stream = live.stream
    if stream.mode == ON_DEMAND:
        raise AwsError(
            "ValidationException",
            f"{call.operation} is only supported for data streams with the provisioned capacity mode.",
            facts=(call.fact(stream.arn, "StreamMode", stream.mode),),
        )
    return require_active(call, live)


def _check_open(stream: Stream, lane: Lane) -> None:
    if lane.shard.closed_ms:
        raise refusals.invalid(
            f"Shard {lane.id} in stream {stream.name} under account {stream.account} has already been merged or split, "
            "and thus is not eligible for merging or splitting.",
            Fact(f"{stream.arn}/{lane.id}", "closed", lane.shard.closed_ms),
        )


def _beyond(how: str, current: int, target: int) -> AwsError:
    return refusals.over_limit(
        f"UpdateShardCount cannot scale {how} your current open shard count. Current open shard count: {current} "
        f"Target shard count: {target}",
        Fact("request", "TargetShardCount", target),
        Fact("request", "open shards", current),
    )


def _start(call: Call, state: KinesisState, live: Live, action: str, **arguments: Any) -> None:
    stream = live.stream
    stream.status = "UPDATING"
    state.streams.touch(stream.name)
    when_ms = call.now + limits.RESHARD_MS
    call.later(when_ms, action, stream=stream.name, stream_id=stream.id, **arguments)
