"""Runs a program that nobody has read yet: limited, watched, and as far from everything else as the machine allows.

A child gets a session of its own, an empty environment, no open files but its channels, and limits. Where bubblewrap
or `unshare` work (no root is needed), it also has no network, no other processes in sight and read-only files.
"""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from foulweather.engines.process_tree import Tree, threads_of_user
from foulweather.engines.sandbox_walls import Isolation, wrapped

LOOK_S = 0.01
"""How often memory, processes and CPU time are looked at."""
BUSY_SHARE = 20
"""One that spends a twentieth of real time computing is busy."""
PATIENCE = 10
"""A busy child gets so many times its wall limit to reach the limit on CPU time."""
CHUNK_BYTES = 1 << 16
MIB = 1 << 20


class Limits(NamedTuple):
    """What a child may use, in all of its life and with all of its processes."""

    cpu_s: int = 60
    memory_bytes_max: int = 256 * MIB
    address_space_bytes_max: int = 0
    """RLIMIT_AS; 0 for runtimes that reserve far more than they use, as Go's does."""
    output_bytes_max: int = 64 << 10
    """Standard output and standard error together."""
    reply_bytes_max: int = 32 * MIB
    processes_max: int = 4
    files_open_max: int = 64
    file_bytes_max: int = 16 * MIB


class End(StrEnum):
    """Why a child gives no answer any more."""

    EXITED = "exited"
    CPU = "cpu"
    WALL = "wall"
    MEMORY = "memory"
    OUTPUT = "output"
    REPLY = "reply"
    PROCESSES = "processes"


class Answer(NamedTuple):
    """A line of the child, or why there is none."""

    line: bytes
    end: End | None
    cpu_ms: int
    wall_ms: int
    memory_bytes_peak: int


class Sandbox:
    """A temporary directory, which is all that children can write to, and the children."""

    def __init__(self, isolation: Isolation | None = None, writable: Sequence[Path] = ()) -> None:
        self.isolation = found() if isolation is None else isolation
        self.directory = Path(tempfile.mkdtemp(prefix="foulweather-")).resolve()
        self._writable = tuple(path.resolve() for path in writable)
        self._children: list[Child] = []

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End what still runs and remove the directory."""
        for child in self._children:
            child.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(
        self,
        program: Sequence[str],
        limits: Limits,
        environment: Mapping[str, str] | None = None,
        *,
        is_asked: bool = True,
    ) -> Child:
        """Start a program, whose first word is a whole path.

        One that is asked gets the numbers of its two channels as its last arguments: questions come in on the first,
        answers go out on the second.
        """
        writable = (self.directory, *self._writable)

        def command(asked: int, answered: int) -> list[str]:
            words = [*program, str(asked), str(answered)] if is_asked else program
            return wrapped(words, self.isolation, self.directory, writable, _rlimits(limits))

        child = Child(limits, command, dict(environment or {}))
        self._children.append(child)
        return child


def _rlimits(limits: Limits) -> dict[str, int]:
    found = {
        "RLIMIT_CPU": limits.cpu_s,
        "RLIMIT_FSIZE": limits.file_bytes_max,
        "RLIMIT_NOFILE": limits.files_open_max,
        "RLIMIT_CORE": 0,
        # Counts threads, and before Linux 5.14 those of the user everywhere; root is not limited by it at all.
        # The watch is what really counts processes; this stops a bomb that is faster than the watch.
        "RLIMIT_NPROC": threads_of_user() + limits.processes_max + 64,
    }
    if limits.address_space_bytes_max:
        found["RLIMIT_AS"] = limits.address_space_bytes_max
    return found


@cache
def found() -> Isolation:
    """The best isolation that works on this machine, found out by trying."""
    from foulweather.engines.sandbox_walls import candidates

    for isolation in candidates():
        if not isolation.tool or _works(isolation):
            return isolation
    raise AssertionError("the last candidate has no tool")


def _works(isolation: Isolation) -> bool:
    true = shutil.which("true")
    if true is None:
        return False
    with Sandbox(isolation) as sandbox:
        child = sandbox.start([os.path.realpath(true)], Limits(), is_asked=False)
        return child.finish(cpu_ms=5000, wall_ms=5000).end is End.EXITED and child.status == 0


class Child:
    """A running program. `output` is what it has printed so far."""

    def __init__(self, limits: Limits, command: Callable[[int, int], list[str]], environment: dict[str, str]) -> None:
        self._limits = limits
        self.output = b""
        self._reply = bytearray()
        self._request = memoryview(b"")
        self._memory_bytes_peak = 0
        self._cpu_ms = 0
        self._looked_s = 0.0
        self._end: End | None = None
        asked, self._asks = os.pipe()
        self._answers, answered = os.pipe()
        try:
            self._process = subprocess.Popen(
                command(asked, answered),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
                pass_fds=(asked, answered),
                start_new_session=True,
            )
        except BaseException:
            os.close(self._asks)
            os.close(self._answers)
            raise
        finally:
            os.close(asked)
            os.close(answered)
        assert self._process.stdout is not None
        self._printed = self._process.stdout.fileno()
        self._tree = Tree(self._process.pid)
        self._selector = selectors.DefaultSelector()
        for channel in (self._printed, self._answers):
            os.set_blocking(channel, False)
            self._selector.register(channel, selectors.EVENT_READ)
        os.set_blocking(self._asks, False)

    @property
    def status(self) -> int | None:
        """The exit status; below zero, the signal that ended it; None while it runs."""
        code = self._process.poll()
        # bubblewrap reports a signal as a shell does.
        return 128 - code if code is not None and code > 128 else code

    def ask(self, line: bytes, *, cpu_ms: int, wall_ms: int) -> Answer:
        """Send one line (or none) and wait for one; the wall limit is for one that waits instead of computing."""
        if line and self._end is None:
            self._request = memoryview(line + b"\n")
            self._selector.register(self._asks, selectors.EVENT_WRITE)
        return self._until(lambda: b"\n" in self._reply, cpu_ms, wall_ms)

    def finish(self, *, cpu_ms: int, wall_ms: int) -> Answer:
        """Wait until it has ended."""
        return self._until(lambda: False, cpu_ms, wall_ms)

    def _until(self, is_done: Callable[[], bool], cpu_ms: int, wall_ms: int) -> Answer:
        began_s, cpu_before_ms = time.monotonic(), self._cpu_ms
        while self._end is None and not is_done():
            for key, _ in self._selector.select(LOOK_S):
                self._moved(key.fd)
            now_s = time.monotonic()
            if self._end is None and now_s - self._looked_s >= LOOK_S:
                self._looked_s = now_s
                self._end = self._exceeded(cpu_before_ms, cpu_ms, wall_ms, (now_s - began_s) * 1000)
                if self._end is None and self._process.poll() is not None:
                    self._drain()
                    self._end = self._end or (End.CPU if self.status == -signal.SIGXCPU else End.EXITED)
        answered = is_done()
        if answered:
            if self._end is None:
                self._look()
            line, _, rest = bytes(self._reply).partition(b"\n")
            self._reply = bytearray(rest)
        else:
            line = b""
            self.kill()
        return Answer(
            line,
            None if answered else self._end,
            self._cpu_ms - cpu_before_ms,
            int((time.monotonic() - began_s) * 1000),
            self._memory_bytes_peak,
        )

    def _moved(self, channel: int) -> None:
        try:
            if channel == self._asks:
                self._request = self._request[os.write(channel, self._request) :]
                if not self._request:
                    self._selector.unregister(channel)
                return
            read = os.read(channel, CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            self._selector.unregister(channel)
            return
        if not read:
            self._selector.unregister(channel)
        elif channel == self._answers:
            self._reply += read
            if len(self._reply) > self._limits.reply_bytes_max:
                self._end = End.REPLY
        else:
            self.output += read
            if len(self.output) > self._limits.output_bytes_max:
                self.output = self.output[: self._limits.output_bytes_max]
                self._end = End.OUTPUT

    def _drain(self) -> None:
        """Read what an ended program has left behind."""
        while self._end is None:
            ready = [key.fd for key, _ in self._selector.select(0) if key.fd != self._asks]
            if not ready:
                return
            for channel in ready:
                self._moved(channel)

    def _look(self) -> int:
        """Measure all of its processes, and say how many they are."""
        usage = self._tree.usage()
        self._cpu_ms = max(self._cpu_ms, usage.cpu_ms)
        self._memory_bytes_peak = max(self._memory_bytes_peak, usage.memory_bytes, usage.memory_bytes_peak)
        return usage.processes

    def _exceeded(self, cpu_before_ms: int, cpu_ms: int, wall_ms: int, waited_ms: float) -> End | None:
        processes = self._look()
        spent_ms = self._cpu_ms - cpu_before_ms
        if processes > self._limits.processes_max:
            return End.PROCESSES
        if self._memory_bytes_peak > self._limits.memory_bytes_max:
            return End.MEMORY
        if spent_ms > cpu_ms:
            return End.CPU
        # On a crowded machine one that computes gets its turn seldom: that is not waiting.
        is_busy = spent_ms * BUSY_SHARE > waited_ms
        return End.WALL if waited_ms > wall_ms * (PATIENCE if is_busy else 1) else None

    def kill(self) -> None:
        """End it with all of its processes, and close its channels."""
        if self._asks < 0:
            return
        self._tree.kill()
        self._process.wait()
        self._drain()
        self._selector.close()
        assert self._process.stdout is not None
        self._process.stdout.close()
        os.close(self._asks)
        os.close(self._answers)
        self._asks = self._answers = -1
        self._end = self._end or End.EXITED
