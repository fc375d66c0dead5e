"""What becomes of delivery streams after a while, and of what waits in them."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.firehose import buffering, delivering, limits, sources, transforming
from foulweather.services.firehose.state import FirehoseState, Live, Sources
from foulweather.world.journal import Event
from foulweather.world.world import World


def settle(call: Call, stream: str, stream_id: str) -> None:
    """A delivery stream that was made is ACTIVE; one that was to be deleted is gone."""
    state, live = _found(call, stream, stream_id)
    if live is None:
        return
    row = live.stream
    if row.status == "DELETING":
        Sources.of(call.world).remove(row)
        state.remove(live)
        call.changed("firehose.StreamGone", row.arn, DeliveryStreamStatus="")
        return
    row.status = "ACTIVE"
    row.start_ms = call.now
    state.streams.touch(stream)
    call.happened("firehose.StreamActive", row.arn)


def settle_key(call: Call, stream: str, stream_id: str) -> None:
    """Encryption that was turned on or off is."""
    state, live = _found(call, stream, stream_id)
    if live is not None:
        live.stream.key_status = "ENABLED" if live.stream.key_status == "ENABLING" else "DISABLED"
        state.streams.touch(stream)


async def flush(call: Call, stream: str, stream_id: str, stage: str, first: int) -> None:
    """Empty a buffer that is due: through the processors, or to the bucket."""
    state, live = _found(call, stream, stream_id)
    if live is None:
        return
    buffer = live.buffers[stage]
    if buffer.is_busy or buffer.first != first or buffer.first == buffer.next:
        return
    buffer.is_busy = True
    # Where the server is killed meanwhile, or something goes wrong in it, this one is still on the agenda.
    spare = buffering.schedule(call, live, stage, call.now + limits.RETRY_MS)
    is_whole = True
    try:
        if stage == "in":
            await transforming.transform(call, state, live)
        else:
            is_whole = await delivering.deliver(call, state, live, stage)
    finally:
        buffer.is_busy = False
    call.world.agenda.cancel(spare)
    call.reread_clock()
    if state.live.get(stream) is live:
        buffering.again(call, state, live, stage, failed=not is_whole)


def source_written(world: World, event: Event) -> None:
    """Records came to a Kinesis stream: whoever reads it does so a second later."""
    for account, region, name in Sources.of(world).readers.get(event.resource, ()):
        live = world.state(FirehoseState, account, region).live.get(name)
        if live is not None and not live.is_polling and live.stream.status == "ACTIVE":
            live.is_polling = True
            asked = {"stream": name, "stream_id": live.stream.id}
            when_ms = event.at_ms + limits.POLL_MS
            world.agenda.at(when_ms, "firehose.poll", asked, account=account, region=region)


async def poll(call: Call, stream: str, stream_id: str) -> None:
    """Read a source, and again where there is more."""
    state, live = _found(call, stream, stream_id)
    if live is None or live.stream.status != "ACTIVE":
        return
    live.is_polling = False  # what comes from here on has itself read
    wait_ms = await sources.read(call, state, live)
    call.reread_clock()
    if wait_ms and state.live.get(stream) is live and not live.is_polling:
        live.is_polling = True
        call.later(call.now + wait_ms, "firehose.poll", stream=stream, stream_id=stream_id)


def _found(call: Call, stream: str, stream_id: str) -> tuple[FirehoseState, Live | None]:
    state = call.state(FirehoseState)
    live = state.live.get(stream)
    return state, live if live is not None and live.stream.id == stream_id else None
