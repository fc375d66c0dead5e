"""A process and all that came out of it: what they use, and how to end them. On Linux; elsewhere nothing is seen."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
TICKS_PER_S = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
SWEEPS_MAX = 50
WRAPPERS = frozenset({"unshare", "bwrap"})
KIB = 1024


class Usage(NamedTuple):
    """What all processes use now; the peak is that of the largest of them."""

    processes: int = 0
    cpu_ms: int = 0
    memory_bytes: int = 0
    memory_bytes_peak: int = 0


def is_visible() -> bool:
    """Whether processes can be watched here."""
    return (PROC / "self" / "task" / str(os.getpid()) / "children").exists()


def threads_of_user() -> int:
    """How many threads this user has, as RLIMIT_NPROC counts them."""
    user, found = os.getuid(), 0
    if not is_visible():
        return 4096
    for path in PROC.iterdir():
        if path.name.isdigit():
            with contextlib.suppress(OSError):
                found += len(os.listdir(path / "task")) if path.stat().st_uid == user else 0
    return found


class Tree:
    """The process that leads a session of its own, and its descendants, also those that left the session."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def usage(self) -> Usage:
        """Add up what all of them use; the wrapper around the program does not count as a process."""
        processes = cpu = memory = peak = 0
        for pid in self.members():
            try:
                name, fields = _stat(pid)
                cpu += sum(map(int, fields[11:15])) * 1000 // TICKS_PER_S
                if name in WRAPPERS:
                    continue
                processes += 1
                resident, highest = _memory_bytes(pid)
            except OSError:
                continue
            memory += resident
            peak = max(peak, highest)
        return Usage(processes, cpu, memory, peak)

    def kill(self) -> None:
        """End all of them. What forks while it is looked at is met again by the next sweep."""
        # Held, the leader forks no more and stays the one that orphans come to (sandbox_start.py makes it that).
        _signal(self._pid, signal.SIGSTOP)
        for _ in range(SWEEPS_MAX):
            others = [pid for pid in self.members() if pid != self._pid and _is_alive(pid)]
            if not others:
                break
            for pid in others:
                _signal(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)
        _signal(self._pid, signal.SIGKILL)

    def members(self) -> list[int]:
        """All descendants that can be found from the leader."""
        found: list[int] = []
        waiting = [self._pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            tasks = f"/proc/{pid}/task"
            with contextlib.suppress(OSError):
                for task in os.listdir(tasks):
                    waiting += map(int, _read(f"{tasks}/{task}/children").split())
        return found


def _stat(pid: int) -> tuple[str, list[str]]:
    text = _read(f"/proc/{pid}/stat").decode(errors="replace")
    # The name is in brackets and may itself have brackets and blanks.
    name, _, fields = text.partition("(")[2].rpartition(") ")
    return name, fields.split()


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _is_alive(pid: int) -> bool:
    try:
        return _stat(pid)[1][0] not in "ZX"
    except OSError:
        return False


def _memory_bytes(pid: int) -> tuple[int, int]:
    """What is resident now, and was at most."""
    now = peak = 0
    for line in _read(f"/proc/{pid}/status").split(b"\n"):
        if line.startswith(b"VmHWM:"):
            peak = int(line.split()[1]) * KIB
        elif line.startswith(b"VmRSS:"):
            now = int(line.split()[1]) * KIB
            break
    return now, peak


def _read(path: str) -> bytes:
    """A small file of the system's: these are read often."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 1 << 16)
    finally:
        os.close(descriptor)
