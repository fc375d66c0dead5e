"""Makes Python's time the world's: what `time`, `datetime` and asyncio tell, and what sleeping means.

The world's clock lies on a page of memory that the server writes and every environment reads: a counter that is odd
while it is written, the world's time and the machine's monotonic time of the last move (ms, ns), and the rate
(thousandths of real time; 0 while the clock is held).

A clock that is held stands still while code computes, and moves when it sleeps: the server is asked to let the time
pass. What waits in C (a lock with a time-out, a socket's time-out) waits in real time.
"""

from __future__ import annotations

import copyreg
import datetime as datetimes
import mmap
import queue
import selectors
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

PAGE_BYTES = 4096
_fields = struct.Struct("<qqqq")
_real_ns = time.monotonic_ns
_real_monotonic = time.monotonic
_real_sleep = time.sleep
_real_select: dict[type, Callable[..., Any]] = {}
SELECTORS = ("EpollSelector", "PollSelector", "SelectSelector", "KqueueSelector")
SHORT_S = 0.05
REPLY_S = 0.05
REPLY_OF_THREADS_S = 0.25
ALONE = 1
"""Only its own waking pipe: a selector with no more to wait for waits for time alone."""


class Page:
    """Reads the page; `let_pass` asks the server to let seconds pass, from a time on (ms) if others may, too."""

    def __init__(self, descriptor: int, let_pass: Callable[[float, int], None]) -> None:
        self._page = mmap.mmap(descriptor, PAGE_BYTES, prot=mmap.PROT_READ)
        self.let_pass = let_pass
        self._began_ns = self.now_ns()

    def read(self) -> tuple[int, int, int]:
        """The time and the machine's time of the last move, and the rate."""
        while True:
            before, base_ms, base_ns, rate = _fields.unpack_from(self._page)
            if before % 2 == 0 and _fields.unpack_from(self._page)[0] == before:
                return base_ms, base_ns, rate

    def now_ns(self) -> int:
        """The world's time in nanoseconds since 1970."""
        base_ms, base_ns, rate = self.read()
        return base_ms * 1_000_000 + (_real_ns() - base_ns) * rate // 1000

    def passed_ns(self) -> int:
        """Nanoseconds of the world's time since this page was opened."""
        return self.now_ns() - self._began_ns

    def sleep(self, seconds: float) -> None:
        """Let seconds of the world's time pass."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        rate = self.read()[2]
        if rate and seconds < SHORT_S:
            _real_sleep(seconds * 1000 / rate)
        elif seconds:  # the server says when it is time: somebody may move the clock meanwhile
            among_others = not rate and threading.active_count() > 1
            self.let_pass(seconds, self.now_ns() // 1_000_000 if among_others else 0)


def install(page: Page) -> None:
    """Put the world's clock in the place of the machine's."""
    _install_time(page)
    _install_datetime(page)
    # A queue waits for a lock, in real time: by a clock that stands still its time-out would never be over.
    queue.time = _real_monotonic  # type: ignore[attr-defined]
    for name in SELECTORS:
        found = getattr(selectors, name, None)
        if found is not None:
            _install_select(page, found)


def _install_time(page: Page) -> None:
    machine_ns, machine_perf_ns = time.monotonic_ns(), time.perf_counter_ns()
    local, universal, formatted, told = time.localtime, time.gmtime, time.strftime, time.ctime

    def now() -> float:
        return page.now_ns() / 1e9

    def at(convert: Callable[[float], Any]) -> Callable[..., Any]:
        def converted(seconds: float | None = None) -> Any:
            return convert(now() if seconds is None else seconds)

        return converted

    def strftime(form: str, moment: Any = None) -> str:
        return formatted(form, local(now()) if moment is None else moment)

    replaced: dict[str, Any] = {
        "time": now,
        "time_ns": page.now_ns,
        "monotonic": lambda: (machine_ns + page.passed_ns()) / 1e9,
        "monotonic_ns": lambda: machine_ns + page.passed_ns(),
        "perf_counter": lambda: (machine_perf_ns + page.passed_ns()) / 1e9,
        "perf_counter_ns": lambda: machine_perf_ns + page.passed_ns(),
        "sleep": page.sleep,
        "localtime": at(local),
        "gmtime": at(universal),
        "ctime": at(told),
        "strftime": strftime,
    }
    for name, function in replaced.items():
        setattr(time, name, function)


def _install_datetime(page: Page) -> None:
    real_datetime, real_date = datetimes.datetime, datetimes.date

    class InstanceOfReal(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, cls.__mro__[1])

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, cls.__mro__[1])

    class datetime(real_datetime, metaclass=InstanceOfReal):  # noqa: N801
        @classmethod
        def now(cls, tz: datetimes.tzinfo | None = None) -> Any:
            return real_datetime.fromtimestamp(page.now_ns() // 1000 / 1e6, tz)

        @classmethod
        def utcnow(cls) -> Any:
            return real_datetime.fromtimestamp(page.now_ns() // 1000 / 1e6, datetimes.UTC).replace(tzinfo=None)

        @classmethod
        def today(cls) -> Any:
            return real_datetime.fromtimestamp(page.now_ns() // 1000 / 1e6)

        def __new__(cls, *given: Any, **named: Any) -> Any:
            return real_datetime.__new__(real_datetime, *given, **named)

    class date(real_date, metaclass=InstanceOfReal):  # noqa: N801
        @classmethod
        def today(cls) -> Any:
            return real_date.fromtimestamp(page.now_ns() / 1e9)

        def __new__(cls, *given: Any, **named: Any) -> Any:
            return real_date.__new__(real_date, *given, **named)

    for fake, real in ((datetime, real_datetime), (date, real_date)):
        fake.__module__, fake.__qualname__ = "datetime", fake.__name__
        copyreg.pickle(real, _reduced_to(fake))
    datetimes.datetime = datetime  # type: ignore[misc]
    datetimes.date = date  # type: ignore[misc]


def _reduced_to(fake: type) -> Callable[[Any], Any]:
    """How a real moment is pickled: as the class that the module shows."""
    return lambda moment: (fake, moment.__reduce_ex__(2)[1])


def _install_select(page: Page, cls: Any) -> None:
    """What asyncio does to sleep is to wait in its selector: with nothing else to wait for, the world's time passes."""
    real = _real_select[cls] = cls.select

    def select(self: Any, timeout: float | None = None) -> Any:
        if timeout is None or timeout <= 0 or page.read()[2] == 1000:
            return real(self, timeout)
        ready = real(self, 0)
        if ready:
            return ready
        if len(self.get_map()) > ALONE:
            # Something else may happen first: a reply that is on its way, or what a thread computes.
            ready = real(self, min(timeout, REPLY_OF_THREADS_S if threading.active_count() > 1 else REPLY_S))
            if ready:
                return ready
        page.sleep(timeout)
        return real(self, 0)

    cls.select = select
