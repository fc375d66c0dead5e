"""Shards split and merged: who are whose children, and the way from one even division to another."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.kinesis import limits, sequence
from foulweather.services.kinesis.live import Lane, Live
from foulweather.services.kinesis.records import Shard
from foulweather.services.kinesis.state import KinesisState


def even(count: int) -> list[int]:
    """Where that many even ranges of the hash keys begin."""
    return [limits.HASH_KEYS * each // count for each in range(count)]


def first_shards(count: int, now_ms: int) -> list[Shard]:
    """The shards of a new stream."""
    lows = even(count)
    ends = [*lows[1:], limits.HASH_KEYS]
    return [
        Shard(number, str(low), str(end - 1), now_ms) for number, (low, end) in enumerate(zip(lows, ends, strict=True))
    ]


def split(call: Call, state: KinesisState, live: Live, lane: Lane, at: int) -> tuple[Lane, Lane]:
    """Close a shard and open two in its place."""
    shard = lane.shard
    _close(call, lane)
    lower = _open(call, state, live, int(shard.low), at - 1, shard.number)
    upper = _open(call, state, live, at, int(shard.high), shard.number)
    return lower, upper


def merge(call: Call, state: KinesisState, live: Live, lane: Lane, adjacent: Lane) -> Lane:
    """Close two neighbours and open one in their place."""
    low, high = sorted((lane.shard, adjacent.shard), key=_low)
    _close(call, lane)
    _close(call, adjacent)
    return _open(call, state, live, int(low.low), int(high.high), lane.shard.number, adjacent.shard.number)


def scale(call: Call, state: KinesisState, live: Live, count: int) -> None:
    """Split at each new border, then merge what lies between two of them.

    "This can cause short-lived shards to be created, in addition to the final shards": UpdateShardCount.
    """
    lows = even(count)
    for low in lows[1:]:
        lane = live.lane_of(low)
        if lane.low != low:
            split(call, state, live, lane, low)
            live.arranged()
    ends = [*lows[1:], limits.HASH_KEYS]
    for low, end in zip(lows, ends, strict=True):
        within = [lane for lane in live.open if low <= lane.low < end]
        joined = within[0]
        for lane in within[1:]:
            joined = merge(call, state, live, joined, lane)
        live.arranged()
    tidy(call, state, live)


def tidy(call: Call, state: KinesisState, live: Live) -> None:
    """Forget expired shards, and have all of it written."""
    visible = {shard.number for shard in live.stream.visible_shards(call.now)}
    for shard in [shard for shard in live.stream.shards if shard.number not in visible]:
        state.forget_shard(live, shard)
    live.arranged()
    state.streams.touch(live.stream.name)


def _close(call: Call, lane: Lane) -> None:
    lane.shard.closed_ms = call.now
    lane.shard.last = str(sequence.number(lane.base, sequence.LAST_PLACE, call.now))
    lane.parking.wake(len(lane.parking))


def _open(call: Call, state: KinesisState, live: Live, low: int, high: int, parent: int, adjacent: int = -1) -> Lane:
    number = live.stream.shards[-1].number + 1
    shard = Shard(number, str(low), str(high), call.now, parent, adjacent)
    state.open_shard(live, shard)
    return live.lanes[number]


def _low(shard: Shard) -> int:
    return int(shard.low)
