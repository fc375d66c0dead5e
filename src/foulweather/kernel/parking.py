"""Calls that wait for something to happen to a resource: long polls, parked without a task of their own."""

from __future__ import annotations

import asyncio
from collections import deque

from foulweather.kernel.call import Call


class Parking:
    """Those who wait for one resource, first come first woken."""

    __slots__ = ("_parked",)

    def __init__(self) -> None:
        self._parked: deque[_Parked] = deque()

    def __len__(self) -> int:
        return len(self._parked)

    async def wait(self, call: Call, until_ms: int) -> bool:
        """Wait until woken (True) or until the world's clock shows `until_ms` (False)."""
        world = call.world
        parked = _Parked(call)
        alarm = world.agenda.alarm(until_ms, parked.give_up)
        self._parked.append(parked)
        world.ended()
        try:
            return await parked.woken
        except asyncio.CancelledError:
            if parked.was_woken:  # and its client left before it went on: the next in line goes in its place
                self.wake()
            raise
        finally:
            world.agenda.cancel(alarm)
            if parked in self._parked:
                self._parked.remove(parked)
            if not parked.is_resumed:
                world.started()
            call.reread_clock()

    def wake(self, count: int = 1) -> None:
        """Let the first that wait go on."""
        while count > 0 and self._parked:
            if self._parked.popleft().resume(True):
                count -= 1


class _Parked:
    __slots__ = ("call", "is_resumed", "woken")

    def __init__(self, call: Call) -> None:
        self.call = call
        self.woken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.is_resumed = False

    @property
    def was_woken(self) -> bool:
        return self.woken.done() and not self.woken.cancelled() and self.woken.result()

    def give_up(self) -> None:
        self.resume(False)

    def resume(self, woken: bool) -> bool:
        if self.woken.done():
            return False
        self.is_resumed = True
        self.call.world.started()
        self.woken.set_result(woken)
        return True
