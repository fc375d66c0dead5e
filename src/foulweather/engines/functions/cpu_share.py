"""CPU in proportion to memory: what computes more than its share is stopped for as long as it is ahead.

"At 1,769 MB, a function has the equivalent of one vCPU": https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable

from foulweather.engines.process_tree import Tree, is_visible

MIB_PER_CPU = 1769
LOOK_S, LOOK_S_MAX = 0.010, 0.050
"""How long something computes before it is looked at, and how seldom what does not compute is."""
CREDIT_NS = 10_000_000
"""What may be saved while nothing is computed: as much as nobody would notice."""
TICK_NS = 1_000_000_000 // (os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100)


class CpuShare:
    """The share of one environment; `holds` says whether it is kept to it at all."""

    def __init__(self, memory_mib: int, holds: Callable[[], bool]) -> None:
        self._share = memory_mib / MIB_PER_CPU
        self._holds = holds
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._stopped: list[int] = []
        self._pid = 0
        self._used_ns: int | None = None
        self._balance_ns = 0.0
        self._looked_s = self._began_s = 0.0
        self._every_s = LOOK_S
        self._is_real = self._share < (os.cpu_count() or 1) and is_visible()

    def begin(self, pid: int) -> None:
        """An invocation begins: look whether it computes, once it has lasted for a moment."""
        if not self._is_real or not self._holds():
            return
        self._pid, self._used_ns, self._balance_ns, self._every_s = pid, None, 0.0, LOOK_S
        self._began_s = self._loop.time()
        self._timer = self._loop.call_later(LOOK_S, self._look)

    def end(self) -> None:
        """It is over: nothing is stopped any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._go_on()

    def _look(self) -> None:
        """Stop what has computed more than its share, until the time has caught up with it."""
        members = Tree(self._pid).members()
        used_ns, now_s = sum(map(_cpu_ns, members)), self._loop.time()
        if self._used_ns is None:
            # What it used before is not known: the first moments count as those that follow them.
            self._used_ns, self._looked_s = used_ns, now_s
            self._timer = self._loop.call_later(LOOK_S, self._look)
            return
        passed_s, more_ns = now_s - self._looked_s, max(0, used_ns - self._used_ns)
        if self._began_s:
            more_ns = int(more_ns * (now_s - self._began_s) / passed_s)
            passed_s, self._began_s = now_s - self._began_s, 0.0
        self._used_ns, self._looked_s = used_ns, now_s
        self._balance_ns = min(CREDIT_NS, self._balance_ns + passed_s * 1e9 * self._share - more_ns)
        if self._balance_ns >= 0:
            self._every_s = min(self._every_s * 2, LOOK_S_MAX)
            self._timer = self._loop.call_later(self._every_s, self._look)
            return
        self._every_s = LOOK_S
        self._stopped = members
        _signal(members, signal.SIGSTOP)
        self._timer = self._loop.call_later(-self._balance_ns / 1e9 / self._share, self._resume)

    def _resume(self) -> None:
        self._go_on()
        self._timer = self._loop.call_later(LOOK_S, self._look)

    def _go_on(self) -> None:
        if self._stopped:
            _signal(self._stopped, signal.SIGCONT)
            self._stopped = []


def _signal(pids: list[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _cpu_ns(pid: int) -> int:
    """What a process has computed: to the nanosecond, as far as its threads are there to tell, else by ticks."""
    found = 0
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            ticks = sum(map(int, file.read().rpartition(b") ")[2].split()[11:15])) * TICK_NS
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat", "rb") as file:
                found += int(file.read().split()[0])
    except OSError:
        return found
    return max(found, ticks)
