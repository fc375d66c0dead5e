"""Waiting for a backend, no longer than allowed on the world's clock."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable
from typing import Any, TypeVar

from foulweather.kernel.call import Call
from foulweather.kernel.parking import Parking
from foulweather.world.world import World

T = TypeVar("T")


class OutOfTime(Exception):
    """No answer came in time; what was asked goes on without anybody who waits for it."""


class _Running:
    """What goes on after nobody waits for it any more, so that it is not thrown away."""

    def __init__(self) -> None:
        self.tasks: set[asyncio.Future[Any]] = set()

    @classmethod
    def of(cls, world: World) -> set[asyncio.Future[Any]]:
        found = world.attached.get(cls)
        if not isinstance(found, cls):
            found = world.attached[cls] = cls()
        return found.tasks


async def within(call: Call, timeout_ms: int, working: Awaitable[T]) -> T:
    """What comes of something in another task; raises OutOfTime when it takes longer.

    Meanwhile the request is parked: a held clock waits for the backend, not for the request.
    """
    world, parking = call.world, Parking()
    task = asyncio.ensure_future(_counted(world, parking, working))
    await asyncio.sleep(0)  # it is in flight from here on
    if task.done():
        return task.result()
    running = _Running.of(world)
    running.add(task)
    task.add_done_callback(running.discard)
    with world.awaited():
        await parking.wait(call, world.clock.now_ms + timeout_ms)
    if not task.done():
        await asyncio.sleep(0)
    if not task.done():
        task.add_done_callback(_forgotten)
        raise OutOfTime
    return task.result()


async def _counted(world: World, parking: Parking, working: Awaitable[T]) -> T:
    world.started()
    try:
        # Held time passes for whoever waits for the answer, and no longer.
        with world.lent():
            return await working
    finally:
        parking.wake()
        world.ended()


def _forgotten(task: asyncio.Future[Any]) -> None:
    """Nobody asks for what came of it."""
    if not task.cancelled():
        task.exception()


async def answered(answer: Any) -> Any:
    """A port's answer; it is awaitable when it takes time."""
    return await answer if inspect.isawaitable(answer) else answer
