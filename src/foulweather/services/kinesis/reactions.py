"""What becomes of streams and consumers after a while."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.kinesis import scaling
from foulweather.services.kinesis.live import Live
from foulweather.services.kinesis.records import ON_DEMAND
from foulweather.services.kinesis.state import KinesisState


def settle(call: Call, stream: str, stream_id: str) -> None:
    """A stream that was made or changed is ACTIVE; one that was to be deleted is gone."""
    state, live = _found(call, stream, stream_id)
    if live is None:
        return
    if live.stream.status == "DELETING":
        arn = live.arn
        state.remove(live)
        call.changed("kinesis.StreamGone", arn, StreamStatus="")
        call.happened("kinesis.Standing", arn, shards=0, is_on_demand=False, retention_h=0, consumers=0)
        return
    _active(call, state, live)


def split(call: Call, stream: str, stream_id: str, shard: int, at: str) -> None:
    """Split a shard."""
    state, live = _found(call, stream, stream_id)
    if live is None or live.stream.status == "DELETING":
        return
    scaling.split(call, state, live, live.lanes[shard], int(at))
    scaling.tidy(call, state, live)
    _active(call, state, live)


def merge(call: Call, stream: str, stream_id: str, shard: int, adjacent: int) -> None:
    """Merge two shards."""
    state, live = _found(call, stream, stream_id)
    if live is None or live.stream.status == "DELETING":
        return
    scaling.merge(call, state, live, live.lanes[shard], live.lanes[adjacent])
    scaling.tidy(call, state, live)
    _active(call, state, live)


def scale(call: Call, stream: str, stream_id: str, count: int) -> None:
    """Divide a stream evenly among that many shards."""
    state, live = _found(call, stream, stream_id)
    if live is None or live.stream.status == "DELETING":
        return
    scaling.scale(call, state, live, count)
    _active(call, state, live)


def settle_consumer(call: Call, arn: str) -> None:
    """A consumer that was registered is ACTIVE; one that was deregistered is gone."""
    state = call.state(KinesisState)
    known = state.known.get(arn)
    if known is None:
        return
    consumer = known.consumer
    if consumer.status == "CREATING":
        consumer.status = "ACTIVE"
        state.consumers.touch(arn)
        _tell_standing(call, state, state.live[consumer.stream])
        return
    if consumer.status == "DELETING":
        del state.known[arn]
        state.consumers.delete(arn)
        live = state.live.get(consumer.stream)
        if live is not None:
            _tell_standing(call, state, live)
        for lane in live.lanes.values() if live is not None else ():
            lane.parking.wake(len(lane.parking))  # its subscriptions see that it is gone


def _found(call: Call, stream: str, stream_id: str) -> tuple[KinesisState, Live | None]:
    state = call.state(KinesisState)
    live = state.live.get(stream)
    return state, live if live is not None and live.stream.id == stream_id else None


def _active(call: Call, state: KinesisState, live: Live) -> None:
    live.stream.status = "ACTIVE"
    state.streams.touch(live.stream.name)
    call.happened("kinesis.StreamActive", live.arn, shards=len(live.open))
    _tell_standing(call, state, live)


def _tell_standing(call: Call, state: KinesisState, live: Live) -> None:
    """What a stream is charged for by the hour."""
    stream = live.stream
    consumers = len([each for each in state.consumers_of(stream.name) if each.status != "CREATING"])
    call.happened(
        "kinesis.Standing",
        live.arn,
        shards=len(live.open),
        is_on_demand=stream.mode == ON_DEMAND,
        retention_h=stream.retention_h,
        consumers=consumers,
    )
