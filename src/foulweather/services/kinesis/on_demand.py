"""Streams on demand: their shards follow the highest rate of a minute within thirty days.

"a data stream … accommodates up to double its previous peak write throughput observed in the last 30 days":
https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.kinesis import limits, scaling
from foulweather.services.kinesis.live import Live
from foulweather.services.kinesis.state import KinesisState

_MINUTE_MS = 60_000


def count(call: Call, state: KinesisState, live: Live, records: int, size: int) -> None:
    """Count what was put, and look at each minute that is over."""
    minute = call.now // _MINUTE_MS
    if minute != live.minute:
        if live.minute_records:
            _look(call, state, live)
        live.minute = minute
        live.minute_records = live.minute_bytes = 0
    live.minute_records += records
    live.minute_bytes += size


def wanted(call: Call, live: Live) -> int:
    """How many shards hold double the peak."""
    stream = live.stream
    first_day = call.now // limits.DAY_MS - limits.ON_DEMAND_PEAK_DAYS
    peak = max([peak for day, peak in stream.peaks if day > first_day], default=0)
    # The peak is in thousandths of a shard.
    shards = max(limits.ON_DEMAND_SHARDS, -(-2 * peak // 1000))
    return min(shards, limits.on_demand_shards_max(stream.region))


def _look(call: Call, state: KinesisState, live: Live) -> None:
    stream = live.stream
    by_bytes = live.minute_bytes * 1000 // (60 * limits.WRITE_BYTES_PER_S)
    by_records = live.minute_records * 1000 // (60 * limits.WRITE_RECORDS_PER_S)
    peak, day = max(by_bytes, by_records), call.now // limits.DAY_MS
    if not stream.peaks or stream.peaks[-1][0] != day:
        first_day = day - limits.ON_DEMAND_PEAK_DAYS
        stream.peaks = [each for each in stream.peaks if each[0] > first_day] + [(day, peak)]
    elif peak > stream.peaks[-1][1]:
        stream.peaks[-1] = (day, peak)
    else:
        return
    state.streams.touch(stream.name)
    shards, now = wanted(call, live), len(live.open)
    if shards == now or stream.status != "ACTIVE":
        return
    # "You can see throttling if your traffic grows more than double the previous peak within a 15-minute duration."
    if call.now - stream.scaled_ms >= limits.ON_DEMAND_DOUBLING_MS:
        stream.scaled_ms, stream.scaled_from = call.now, now
    target = min(shards, 2 * stream.scaled_from) if shards > now else max(shards, -(-stream.scaled_from // 2))
    if target == now:
        return
    # The stream stays ACTIVE: scaling on demand is AWS's own affair.
    scaling.scale(call, state, live, target)
    call.changed("kinesis.OnDemandScaled", stream.arn, ShardCount=target)
