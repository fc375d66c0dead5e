"""Work that goes on while a world is open, such as polling: its tasks, in flight but for the time they are parked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.parking import Parking
from foulweather.world.world import World


class Background:
    """The tasks of one piece of work; `named` says in an error's report what failed."""

    named = "work in the background"

    def __init__(self, world: World) -> None:
        self.world = world
        self.is_stopped = False
        self._running: set[asyncio.Task[None]] = set()
        self._listening: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> int:
        """How many tasks it has."""
        return len(self._running)

    def spawn(self, work: Callable[[], Awaitable[None]]) -> None:
        """Begin a task, which counts as in flight from now on but for the time it is parked."""
        self.world.started()
        task = asyncio.ensure_future(self._counted(work))
        self._running.add(task)
        task.add_done_callback(self._ended)

    async def sleep(self, call: Call, until_ms: int) -> None:
        """Wait until a time, without holding time up."""
        if until_ms > call.now:
            await self.listening(Parking().wait(call, until_ms))
        call.reread_clock()

    async def listening(self, answer: Any) -> Any:
        """Wait for what may be given up at any moment, because nothing is in hand."""
        task = asyncio.current_task()
        assert task is not None
        self._listening.add(task)
        try:
            return await answer
        finally:
            self._listening.discard(task)

    def stop(self, *, is_closing: bool = False) -> None:
        """Begin nothing more; what is in hand is brought to its end, unless the world ends."""
        self.is_stopped = True
        for task in tuple(self._running if is_closing else self._listening):
            if not task.get_loop().is_closed():
                task.cancel()

    async def _counted(self, work: Callable[[], Awaitable[None]]) -> None:
        with self.world.lent():
            await work()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self.world.ended()
        if not task.cancelled() and (error := task.exception()) is not None:
            context = {"message": f"{self.named} failed", "exception": error, "future": task}
            asyncio.get_running_loop().call_exception_handler(context)
