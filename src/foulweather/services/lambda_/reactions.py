"""What Lambda does later: event source mappings poll, what was queued is delivered, states settle."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.lambda_ import asynchronous, polling, settling, unwritten
from foulweather.services.lambda_.environments import Fleet
from foulweather.services.lambda_.feeds import Feeds
from foulweather.world.journal import Event
from foulweather.world.world import World


def poll(call: Call, uuid: str) -> None:
    """See to an event source mapping: it is polled for while it is enabled."""
    polling.keep(call, uuid)


async def deliver(call: Call, event_id: str) -> None:
    """Try an event that was sent asynchronously."""
    await asynchronous.deliver(call, event_id)


def write_logs(call: Call) -> None:
    """Hand over to CloudWatch Logs what was held for a moment."""
    unwritten.write_logs(call)


def settle_function(call: Call, name: str, version: str, at_ms: int) -> None:
    """A function was made or updated."""
    settling.settle_function(call, name, version, at_ms)


def settle_provisioned(call: Call, name: str, qualifier: str, at_ms: int) -> None:
    """Environments that were asked for are ready."""
    settling.settle_provisioned(call, name, qualifier, at_ms)


def settle_mapping(call: Call, uuid: str, passing: str) -> None:
    """An event source mapping has passed through a state."""
    settling.settle_mapping(call, uuid, passing)


def function_deleted(world: World, event: Event) -> None:
    """A function is no more: nor are its environments."""
    fleet = world.attached.get(Fleet)
    if isinstance(fleet, Fleet):
        fleet.end_all_of(event.resource)


def stream_written(world: World, event: Event) -> None:
    """Have the mappings of a stream read the shards that were written to."""
    feeds = world.attached.get(Feeds)
    if isinstance(feeds, Feeds):
        for feed in feeds.by_source.get(event.resource, ()):
            for shard in event.facts["shards"] if "shards" in event.facts else (event.facts["shard"],):
                feed.touch(shard)


def stream_changed(world: World, event: Event) -> None:
    """Have the mappings of a stream look at its shards anew."""
    feeds = world.attached.get(Feeds)
    if isinstance(feeds, Feeds):
        for feed in feeds.by_source.get(event.resource, ()):
            feed.touch()
