"""What Lambda does later: event source mappings poll, what was queued is delivered, states settle."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.lambda_ import (
    asynchronous,
    durable_chains,
    durable_endings,
    durable_running,
    durable_timers,
    polling,
    settling,
    unwritten,
)
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


async def drive_durable_execution(call: Call, execution_id: str, failures: int = 0, lost_token: int = 0) -> None:
    """Go on with a durable execution."""
    await durable_running.drive(call, execution_id, failures, lost_token)


def ring_durable_operation(call: Call, execution_id: str, operation_id: str) -> None:
    """A wait is over, an attempt is due, a callback times out."""
    durable_timers.ring(call, execution_id, operation_id)


async def chain_durable_operation(call: Call, execution_id: str, operation_id: str) -> None:
    """Invoke a function for a durable execution."""
    await durable_chains.carry_on(call, execution_id, operation_id)


def time_out_durable_execution(call: Call, execution_id: str) -> None:
    """A durable execution has run for as long as it may."""
    durable_running.time_out(call, execution_id)


async def bury_durable_execution(call: Call, execution_id: str) -> None:
    """Send the event of a durable execution that failed to its function's dead-letter queue."""
    await durable_endings.bury(call, execution_id)


def forget_durable_execution(call: Call, execution_id: str) -> None:
    """The retention period of a durable execution is over."""
    durable_endings.forget(call, execution_id)


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
