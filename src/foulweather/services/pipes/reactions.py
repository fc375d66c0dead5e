"""What EventBridge Pipes does by the clock, and when streams are written to."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.pipes import settling
from foulweather.services.pipes.working import Works
from foulweather.world.journal import Event
from foulweather.world.world import World


def beat(call: Call, pipe: str) -> None:
    """See to it that a pipe is at work as long as it runs."""
    settling.keep(call, pipe)


async def settle(call: Call, pipe: str, turn: int) -> None:
    """Bring a change of a pipe's state to its end."""
    await settling.settle(call, pipe, turn)


def stream_written(world: World, event: Event) -> None:
    """Have the pipes of a stream read the shards that were written to."""
    works = world.attached.get(Works)
    if isinstance(works, Works):
        for work in works.reading(event.resource):
            work.touch(tuple(event.facts["shards"]) if "shards" in event.facts else (event.facts["shard"],))


def stream_changed(world: World, event: Event) -> None:
    """Have the pipes of a stream look at its shards anew."""
    works = world.attached.get(Works)
    if isinstance(works, Works):
        for work in works.reading(event.resource):
            work.touch()
