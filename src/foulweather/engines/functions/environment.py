"""One environment in which a function runs: a process, the Runtime API that it speaks, its output, its end.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import struct
import termios
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

import msgspec

from foulweather.engines.functions.local_http import LocalServer
from foulweather.engines.functions.runtime_api import RuntimeApi
from foulweather.engines.process_tree import Tree, is_visible

LINE_BYTES_MAX = 256 << 10
READ_BYTES_MAX = 1 << 16
LOOK_S, MEASURED_S = 0.05, 0.005
FREEZE_S = 0.02
"""An environment that is used again this soon was never stopped: stopping and going on take their time."""
SHUTDOWN_MS = 2_000
"""https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown"""
EXTENSION_ENDED = 124
"""The status by which `foulweather_inside.zygote` tells that an extension has ended before its time."""
MIB = 1 << 20
SIGNALS = {signal.SIGKILL: "killed", signal.SIGSEGV: "segmentation fault", signal.SIGTERM: "terminated",
           signal.SIGABRT: "aborted", signal.SIGXCPU: "CPU time limit exceeded", signal.SIGILL: "illegal instruction",
           signal.SIGBUS: "bus error", signal.SIGFPE: "floating point exception"}  # fmt: skip
Kind = Literal["response", "error", "timeout", "exited", "memory"]


class Spec(msgspec.Struct, frozen=True):
    """What an environment is made of.

    `binds` are read-only directories by where they are seen (`/var/task`); `command` is what runs in place of the
    Python runtime; `search` and `search_last` are where Python looks for modules before and after its own.
    """

    runtime: str
    memory_mib: int
    tmp_mib: int
    environment: Mapping[str, str]
    binds: Mapping[str, str]
    directory: str = "/var/task"
    command: tuple[str, ...] = ()
    search: tuple[str, ...] = ("/var/task", "/opt/python")
    search_last: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()


class Invocation(msgspec.Struct, frozen=True):
    """One event on its way into an environment; `deadline_ms` is in the world's time."""

    request_id: str
    payload: bytes
    deadline_ms: int
    function_arn: str
    trace_id: str = ""
    client_context: str = ""
    identity: str = ""
    tenant_id: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """What an initialization or an invocation came to; of an error, `payload` is its JSON."""

    kind: Kind
    payload: bytes = b""
    error_type: str = ""
    content_type: str = ""
    exit_words: str = ""


Lines = Callable[[str], None]
Sleep = Callable[[int], Awaitable[None]]
"""Lets so many milliseconds of the world's time pass."""


class Environment:
    """A process that serves one invocation at a time, until it ends.

    `printed` gets every line of its output; `sleep` carries out what its code sleeps; one that is `apart` is the first
    process of a namespace of its own.
    """

    def __init__(
        self, name: str, memory_mib: int, output: int, printed: Lines, sleep: Sleep, *, apart: bool = False
    ) -> None:
        self.name = name
        self.pid = 0
        self.memory_bytes_peak = 0
        self.is_frozen = False
        self._memory_bytes_max = memory_mib * MIB
        self._is_apart = apart
        self._output = output
        self._printed = printed
        self._held = b""
        self._api = RuntimeApi(sleep)
        self.closing: list[Callable[[], None]] = []
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._out_of_memory = False
        self._watch: asyncio.TimerHandle | None = None
        self._freezing: asyncio.TimerHandle | None = None
        os.set_blocking(output, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(output, self._read)
        self._is_killed = False
        self._measured_s = 0.0

    @property
    def api(self) -> RuntimeApi:
        """What its runtime and extensions talk to."""
        return self._api

    @property
    def has_ended(self) -> bool:
        """Whether its process is no more."""
        return self._ended.done()

    async def open(self, runtime_door: socket.socket) -> None:
        """Serve the Runtime API on a socket of its network."""
        server = LocalServer(runtime_door, self._api.answer)
        await server.start()
        self.closing.append(server.close)

    def ended(self, status: int) -> None:
        """Note that the process is no more."""
        if not self._ended.done():
            self._ended.set_result(status)

    async def started(self, limit_s: float | None = None) -> Outcome:
        """Wait until it asks for its first invocation, or fails to; the limit is in real time."""
        return await self._until(self._api.ready, limit_s)

    async def invoke(self, invocation: Invocation, limit_s: float | None = None) -> Outcome:
        """Have one event handled; after a time-out, an exit or running out of memory the process is of no more use."""
        self.thaw()
        answered = self._api.begin(invocation)
        try:
            return await self._until(answered, limit_s)
        finally:
            self._api.end(invocation.request_id)

    def time_out(self) -> None:
        """Let what is awaited of it come to a time-out, now."""
        self._api.give_up(Outcome("timeout", error_type="Sandbox.Timedout"))

    async def _until(self, awaited: asyncio.Future[Outcome], limit_s: float | None) -> Outcome:
        self._watch = asyncio.get_running_loop().call_later(LOOK_S, self._look)
        try:
            done, _ = await asyncio.wait({awaited, self._ended}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stop_looking()
        self._drain()
        if awaited in done:
            return awaited.result()
        if self._out_of_memory:
            return Outcome("memory", error_type="Runtime.ExitError", exit_words="signal: killed")
        if self._ended in done and self._ended.result() == EXTENSION_ENDED:
            return Outcome("exited", error_type="Extension.Crash", exit_words="an extension has ended")
        if self._ended in done:
            return Outcome("exited", error_type="Runtime.ExitError", exit_words=_words(self._ended.result()))
        return Outcome("timeout", error_type="Sandbox.Timedout")

    def usage_mib(self) -> int:
        """The most memory that it has used so far, in MiB; what was measured just now is not measured again."""
        if self._loop.time() - self._measured_s > MEASURED_S:
            self._measure()
        return max(1, -(-self.memory_bytes_peak // MIB))

    def freeze_soon(self) -> None:
        """Stop all of its processes, unless there is work for it at once."""
        self._freezing = asyncio.get_running_loop().call_later(FREEZE_S, self.freeze)

    def freeze(self) -> None:
        """Stop all of its processes, as between invocations."""
        self._freezing = None
        if not self.is_frozen and not self.has_ended:
            self.is_frozen = True
            self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let its processes go on."""
        if self._freezing is not None:
            self._freezing.cancel()
            self._freezing = None
        if self.is_frozen:
            self.is_frozen = False
            self._signal(signal.SIGCONT)

    def shut_down(self, now_ms: int) -> bool:
        """Tell its extensions that it is over; whether there are any to be waited for."""
        if self._is_killed or self.has_ended or not self._api.shut_down("spindown", now_ms + SHUTDOWN_MS):
            return False
        self.thaw()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGUSR1)
        return True

    def when_ended(self, then: Callable[[], None]) -> None:
        """Have something done once its process is no more."""
        self._ended.add_done_callback(lambda _: then())

    def kill(self) -> None:
        """End all of its processes, and close its doors."""
        self._is_killed = True
        self.thaw()
        if self.pid and not self.has_ended:
            self._end()
        for close in self.closing:
            close()
        self.closing.clear()
        self._stop_looking()
        if self._output >= 0:
            self._drain()
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.remove_reader(self._output)
            os.close(self._output)
            self._output = -1

    # --- memory

    def _look(self) -> None:
        """Look at its memory from time to time, as long as it works."""
        self._measure()
        if self.memory_bytes_peak > self._memory_bytes_max and not self.has_ended:
            self._out_of_memory = True
            self._end()
            return
        self._watch = asyncio.get_running_loop().call_later(LOOK_S, self._look)

    def _stop_looking(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _measure(self) -> None:
        self._measured_s = self._loop.time()
        if self.pid and is_visible() and not self.has_ended:
            used = Tree(self.pid).usage()
            used_bytes = used.memory_bytes
            if used_bytes > self._memory_bytes_max and used.processes > 1:
                used_bytes = sum(map(_own_bytes, Tree(self.pid).members()))
            self.memory_bytes_peak = max(self.memory_bytes_peak, used_bytes)

    def _end(self) -> None:
        """End all of its processes: those of a namespace end with its first, however many and however fast."""
        if not self._is_apart:
            Tree(self.pid).kill()
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def _signal(self, number: int) -> None:
        for pid in Tree(self.pid).members():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)

    # --- output

    def _drain(self) -> None:
        """Print what has been written until now, and not what is being written meanwhile."""
        if self._output < 0:
            return
        left = struct.unpack("i", fcntl.ioctl(self._output, termios.FIONREAD, bytes(4)))[0]
        while self._read() and left > 0:
            left -= READ_BYTES_MAX

    def _read(self) -> bool:
        try:
            piece = os.read(self._output, READ_BYTES_MAX)
        except BlockingIOError:
            return False
        except OSError:
            piece = b""
        if not piece:
            if self._held:
                self._print(self._held)
                self._held = b""
            with contextlib.suppress(OSError, ValueError, RuntimeError):
                self._loop.remove_reader(self._output)
            return False
        *lines, self._held = (self._held + piece).split(b"\n")
        for line in lines:
            self._print(line)
        while len(self._held) > LINE_BYTES_MAX:
            self._print(self._held[:LINE_BYTES_MAX])
            self._held = self._held[LINE_BYTES_MAX:]
        return True

    def _print(self, line: bytes) -> None:
        self._printed(line.decode("utf-8", "replace").replace("\r", "\n").rstrip("\n"))


def _own_bytes(pid: int) -> int:
    """The memory of a process, its part alone of what it shares with others: what was forked shares most of it."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            return next((int(line.split()[1]) << 10 for line in file if line.startswith(b"Pss:")), 0)
    except OSError:
        return 0


def _words(status: int) -> str:
    """How a process ended, as AWS words it."""
    if status > 128:
        status = 128 - status
    if status < 0:
        return f"signal: {SIGNALS.get(signal.Signals(-status), signal.Signals(-status).name.lower())}"
    return f"exit status {status}"


def room_of(name: str, spec: Spec, extra: Mapping[str, Any]) -> dict[str, Any]:
    """What is told to the process that forks it."""
    return {
        "name": name,
        "environment": dict(spec.environment),
        "binds": dict(spec.binds),
        "directory": spec.directory,
        "command": list(spec.command),
        "python": not spec.command,
        "search": list(spec.search),
        "search_last": list(spec.search_last),
        "extensions": list(spec.extensions),
        "tmp_mib": spec.tmp_mib,
        "hostname": "169.254.100.1",
        **extra,
    }
