"""What Lambda does later: event source mappings poll, what was queued is delivered, states settle."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.lambda_ import asynchronous, polling
from foulweather.services.lambda_.feeds import Feeds
from foulweather.world.journal import Event
from foulweather.world.world import World


def poll(call: Call, uuid: str) -> None:
    """See to an event source mapping: it is polled for while it is enabled."""
    polling.keep(call, uuid)


async def deliver(call: Call, event_id: str) -> None:
    """Try an event that was sent asynchronously."""
    await asynchronous.deliver(call, event_id)


def stream_written(world: World, event: Event) -> None:
    """Have the mappings of a stream read the shard that was written to."""
    feeds = world.attached.get(Feeds)
    if isinstance(feeds, Feeds):
        for feed in feeds.by_source.get(event.resource, ()):
            feed.touch(event.facts["shard"])
