"""Drives a world on an event loop: commits each tick's writes, and lets paced time pass."""

from __future__ import annotations

import asyncio
import logging

from foulweather.world.store import LOG_BYTES_MAX
from foulweather.world.world import World

FOLD_STEP_BYTES = 512 << 10
FOLD_PAUSE_S = 0.02
# While writes come in, folding waits for a quiet moment, until the log is this many times its usual limit; from
# then on it takes a tenth of the time, and what it needs when the log is longer still.
BUSY_FACTOR = 4
PRESSED_FACTOR = 16
SHARE = 10
QUIET_S = 0.25
RETRY_PAUSE_S = 1
LONGEST_NAP_S = 3600

log = logging.getLogger("foulweather")


class Driver:
    """Attaches one world to the running loop until it is stopped."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._folding: asyncio.TimerHandle | None = None
        self._commits = 0
        self._commits_seen = 0
        world.store.wake = self._wake
        world.agenda.changed = self.reschedule
        if world.store.is_dirty:
            self._wake()
        self.reschedule()

    def reschedule(self) -> None:
        """Set the timer anew, after the agenda or the clock has changed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.world.clock.mode == "held":
            return
        next_ms = self.world.agenda.next_ms()
        if next_ms is None:
            return
        nap_s = min(self.world.clock.real_delay_s(next_ms), LONGEST_NAP_S)
        self._timer = self._loop.call_later(nap_s, self._tick)

    async def advance_to(self, when_ms: int) -> None:
        """Move the clock, and set the timer by it."""
        await self.world.advance_to(when_ms)
        self.reschedule()

    def stop(self) -> None:
        """Let go of the loop; what is unwritten is committed."""
        for timer in (self._timer, self._folding):
            if timer is not None:
                timer.cancel()
        self.world.store.commit()
        self.world.store.wake = lambda: None
        self.world.agenda.changed = lambda: None

    def _tick(self) -> None:
        self._timer = None
        try:
            self.world.run_due()
        finally:  # an action that fails must not stop the clock for the others
            self.reschedule()

    def _wake(self) -> None:
        self._loop.call_soon(self._commit)

    def _commit(self) -> None:
        store = self.world.store
        try:
            store.commit()
        except Exception:
            log.exception("what was written cannot be kept, and is not acknowledged; trying again")
            self._loop.call_later(RETRY_PAUSE_S, self._commit)
            return
        self._commits += 1
        if store.log_bytes > LOG_BYTES_MAX and self._folding is None:
            self._folding = self._loop.call_later(FOLD_PAUSE_S, self._fold)

    def _fold(self) -> None:
        is_busy, self._commits_seen = self._commits != self._commits_seen, self._commits
        if is_busy and self.world.store.log_bytes < BUSY_FACTOR * LOG_BYTES_MAX:
            self._folding = self._loop.call_later(QUIET_S, self._fold)
            return
        began_s = self._loop.time()
        try:
            self.world.store.fold(FOLD_STEP_BYTES)
        except Exception:
            log.exception("the log cannot be folded; trying again")
            self._folding = self._loop.call_later(RETRY_PAUSE_S, self._fold)
            return
        left = self.world.store.log_bytes
        is_pressed = left > PRESSED_FACTOR * LOG_BYTES_MAX
        pause_s = FOLD_PAUSE_S
        if is_busy and not is_pressed:
            pause_s = max(pause_s, (self._loop.time() - began_s) * (SHARE - 1))
        self._folding = self._loop.call_later(pause_s, self._fold) if left > LOG_BYTES_MAX // 2 else None
