"""A page of memory that tells every environment of a world what time it is there."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import tempfile
import time

from foulweather.world.clock import RATE_UNIT, Clock

PAGE_BYTES = 4096
SEALS = "F_ADD_SEALS"
F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_FUTURE_WRITE = 1, 2, 4, 16
_turn = struct.Struct("<q")
_told = struct.Struct("<qqq")


class ClockPage:
    """Written whenever the world's clock is moved, held or released; `foulweather_inside.world_clock` reads it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.descriptor = _memory()
        os.ftruncate(self.descriptor, PAGE_BYTES)
        self._page = mmap.mmap(self.descriptor, PAGE_BYTES)
        _seal(self.descriptor)
        self._turn = 0
        self.write()
        clock.watchers.append(self.write)

    def write(self) -> None:
        """Tell the time as it is now."""
        clock = self._clock
        rate = 0 if clock.mode == "held" else clock.rate_permille
        _turn.pack_into(self._page, 0, self._turn + 1)
        _told.pack_into(self._page, _turn.size, clock.now_ms, time.monotonic_ns(), rate)
        self._turn += 2
        _turn.pack_into(self._page, 0, self._turn)

    def close(self) -> None:
        """Tell no more."""
        self._clock.watchers.remove(self.write)
        self._page.close()
        os.close(self.descriptor)


def _memory() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("foulweather-clock", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    descriptor, path = tempfile.mkstemp(prefix="foulweather-clock-")
    os.unlink(path)
    return descriptor


def _seal(descriptor: int) -> None:
    """Let nobody write to it or cut it short but through the mapping that is there: functions hold it too."""
    add = getattr(fcntl, SEALS, None)
    if add is not None and hasattr(os, "memfd_create"):
        fcntl.fcntl(descriptor, add, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)


assert RATE_UNIT == 1000, "the page tells thousandths of real time"
