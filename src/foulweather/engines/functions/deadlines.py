"""How long a function may take: in the world's time, and in real time where it computes and the clock stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from foulweather.world.clock import RATE_UNIT
from foulweather.world.flights import Flight
from foulweather.world.world import World

GRACE_S = 1.0
"""Real time that code has at least to compute in, however fast the world's clock runs."""


class Deadline:
    """Calls `passed` once when the time is over, unless it is lifted before.

    A function that waits (sleeps, or has asked for something) is out of time when the world's clock says so. One that
    computes is, on a paced clock, too, but never before it has had a second of real time; and where the clock is held,
    when it has computed at a stretch for as long as it may take in all.
    """

    def __init__(self, world: World, flight: Flight, limit_ms: int, passed: Callable[[], None]) -> None:
        self._world = world
        self._flight = flight
        self._limit_s = max(limit_ms / 1000, GRACE_S)
        self._passed = passed
        self.at_ms = world.clock.now_ms + limit_ms
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._began_s = loop.time()
        self._alarm = world.agenda.alarm(self.at_ms, self._ring)
        self._timer: asyncio.TimerHandle | None = None
        if world.clock.mode == "held":
            self._timer = loop.call_later(self._limit_s, self._look)

    def lift(self) -> None:
        """Be none any more."""
        self._world.agenda.cancel(self._alarm)
        if self._timer is not None:
            self._timer.cancel()

    def _ring(self) -> None:
        """The world's clock shows the time."""
        clock = self._world.clock
        if clock.mode == "paced" and clock.rate_permille > RATE_UNIT and not self._flight.is_waiting:
            left_s = self._began_s + min(GRACE_S, self._limit_s) - self._loop.time()
            if left_s > 0:
                self._timer = self._loop.call_later(left_s, self._over)
                return
        self._over()

    def _look(self) -> None:
        """So much real time has passed on a held clock."""
        if self._flight.is_waiting:
            self._timer = self._loop.call_later(self._limit_s, self._look)
        elif self._world.clock.mode == "held":
            self._over()

    def _over(self) -> None:
        self.lift()
        self._flight.take_back()
        self._passed()
