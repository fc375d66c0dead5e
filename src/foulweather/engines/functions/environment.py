"""One environment in which a function runs: a process, the Runtime API that it speaks, its output, its end.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from foulweather.engines.forking import undivided
from foulweather.engines.functions.cpu_share import CpuShare
from foulweather.engines.functions.local_http import LocalServer
from foulweather.engines.functions.mail import Mail
from foulweather.engines.functions.outcomes import Invocation, Outcome
from foulweather.engines.functions.output import Output
from foulweather.engines.functions.runtime_api import RuntimeApi
from foulweather.engines.functions.telemetry import Telemetry
from foulweather.engines.process_tree import Tree, is_visible

LOOK_S, MEASURED_S = 0.05, 0.005
FREEZE_S = 0.02
"""An environment that is used again this soon was never stopped: stopping and going on take their time."""
SHUTDOWN_MS = 2_000
"""https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown"""
EXTENSIONS_S = 2.0
"""How long extensions may go on after an invocation before all is stopped, in real time."""
EXTENSION_ENDED = 124
"""The status by which `foulweather_inside.zygote` tells that an extension has ended before its time."""
MIB = 1 << 20
NO_LIMIT = contextlib.nullcontext()
SIGNALS = {signal.SIGKILL: "killed", signal.SIGSEGV: "segmentation fault", signal.SIGTERM: "terminated",
           signal.SIGABRT: "aborted", signal.SIGXCPU: "CPU time limit exceeded", signal.SIGILL: "illegal instruction",
           signal.SIGBUS: "bus error", signal.SIGFPE: "floating point exception"}  # fmt: skip


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


Lines = Callable[[str], None]
Sleep = Callable[[int], Awaitable[None]]
"""Lets so many milliseconds of the world's time pass."""


class Environment:
    """A process that serves one invocation at a time, until it ends.

    `printed` gets every line of its output; `sleep` carries out what its code sleeps; one that is `apart` is the first
    process of a namespace of its own; `in_proportion` says whether its CPU is in proportion to its memory now.
    """

    def __init__(
        self,
        name: str,
        memory_mib: int,
        output: int,
        printed: Lines,
        sleep: Sleep,
        *,
        apart: bool = False,
        in_proportion: Callable[[], bool] = lambda: False,
    ) -> None:
        self.name = name
        self.pid = 0
        self.memory_bytes_peak = 0
        self.is_frozen = False
        self._memory_bytes_max = memory_mib * MIB
        self._is_apart = apart
        self._share = CpuShare(memory_mib, in_proportion)
        self._printed = printed
        self._outputs = [Output(output, self._function_line)]
        self._api = RuntimeApi(sleep)
        self._api.runtime_ended = self._runtime_ended
        self._runtime_status: int | None = None
        self.telemetry: Telemetry | None = None
        """What its extensions hear; None where it has none."""
        self.mail: Mail | None = None
        """What it sends to X-Ray's daemon."""
        self.closing: list[Callable[[], None]] = []
        self.gone: Callable[[], None] = lambda: None
        """Called once, when all that it has printed was told."""
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._out_of_memory = False
        self._watch: asyncio.TimerHandle | None = None
        self._freezing: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._freeze_by_s = 0.0
        self._is_killed = False
        self._measured_s = 0.0

    @property
    def api(self) -> RuntimeApi:
        """What its runtime and extensions talk to."""
        return self._api

    @property
    def has_ended(self) -> bool:
        """Whether its runtime is no more, and all else but its extensions."""
        return self._ended.done() or self._is_killed or self._runtime_status is not None

    async def open(self, runtime_door: socket.socket) -> None:
        """Serve the Runtime API on a socket of its network."""
        server = LocalServer(runtime_door, self._api.answer)
        await server.start()
        self.closing.append(server.close)

    def hear(self, extensions_output: int, telemetry: Telemetry) -> None:
        """Have extensions: what they print comes by itself, and they may hear what happens."""
        self._outputs.append(Output(extensions_output, self._extension_line))
        self.telemetry = self._api.telemetry = telemetry

    def ended(self, status: int) -> None:
        """Note that the process is no more."""
        if not self._ended.done():
            self._ended.set_result(status)
            self._api.give_up(self._how_it_ended())

    async def started(self, limit_s: float | None = None) -> Outcome:
        """Wait until it asks for its first invocation, or fails to; the limit is in real time."""
        return await self._until(self._api.ready, limit_s)

    async def invoke(self, invocation: Invocation, limit_s: float | None = None) -> Outcome:
        """Have one event handled; after a time-out, an exit or running out of memory the process is of no more use.

        Where the runtime had ended before it got the event, the outcome is `gone`.
        """
        self.thaw()
        answered = self._api.begin(invocation)
        self._share.begin(self.pid)
        try:
            outcome = await self._until(answered, limit_s)
            is_gone = outcome.kind == "exited" and not self._api.is_taken
            return msgspec.structs.replace(outcome, kind="gone") if is_gone else outcome
        finally:
            self._share.end()
            self._api.end(invocation.request_id)

    def time_out(self) -> None:
        """Let what is awaited of it come to a time-out, now."""
        self._api.give_up(Outcome("timeout", error_type="Sandbox.Timedout"))

    async def _until(self, awaited: asyncio.Future[Outcome], limit_s: float | None) -> Outcome:
        if self.has_ended:
            self._api.give_up(self._how_it_ended())
        self._watch = self._loop.call_later(LOOK_S, self._look)
        try:
            with undivided(self._loop, self.name):
                async with asyncio.timeout(limit_s) if limit_s is not None else NO_LIMIT:
                    outcome = await awaited
        except TimeoutError:
            outcome = Outcome("timeout", error_type="Sandbox.Timedout")
        finally:
            self._stop_looking()
        self._drain()
        return outcome

    def _how_it_ended(self) -> Outcome:
        if self._out_of_memory:
            return Outcome("memory", error_type="Runtime.ExitError", exit_words="signal: killed")
        status = self._runtime_status if self._runtime_status is not None else self._ended.result()
        if status == EXTENSION_ENDED:
            return Outcome("exited", error_type="Extension.Crash", exit_words="an extension has ended")
        return Outcome("exited", error_type="Runtime.ExitError", exit_words=_words(status))

    def _runtime_ended(self, status: int) -> None:
        """The runtime is no more; its extensions are still there."""
        self._runtime_status = status
        self._api.give_up(self._how_it_ended())

    def usage_mib(self) -> int:
        """The most memory that it has used so far, in MiB; what was measured just now is not measured again."""
        if self._loop.time() - self._measured_s > MEASURED_S:
            self._measure()
        return max(1, -(-self.memory_bytes_peak // MIB))

    def segments(self) -> tuple[str, ...]:
        """What it has sent to X-Ray's daemon since this was asked last."""
        return () if self.mail is None else tuple(self.mail.take())

    def freeze_soon(self) -> None:
        """Stop all of its processes, unless there is work for it at once; its extensions may finish theirs."""
        self._freeze_by_s = self._loop.time() + EXTENSIONS_S
        self._freezing = self._loop.call_later(FREEZE_S, self._freeze_when_at_rest)

    def _freeze_when_at_rest(self) -> None:
        if self._api.is_at_rest or self._loop.time() > self._freeze_by_s:
            self.freeze()
        else:
            self._freezing = self._loop.call_later(FREEZE_S, self._freeze_when_at_rest)

    def freeze(self) -> None:
        """Stop all of its processes, as between invocations."""
        self._freezing = None
        if not self.is_frozen and not self._ended.done():
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

    def shut_down(self, now_ms: int, reason: str) -> bool:
        """Tell its extensions that it is over (`spindown`, `timeout`, `failure`); whether there are any to wait for."""
        if self._is_killed or self._ended.done() or not self._api.shut_down(reason, now_ms + SHUTDOWN_MS):
            return False
        self.thaw()
        if self.telemetry is not None:
            self.telemetry.flush()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGUSR1 if reason == "spindown" else signal.SIGUSR2)
        return True

    def when_ended(self, then: Callable[[], None]) -> None:
        """Have something done once its process is no more."""
        self._ended.add_done_callback(lambda _: then())

    def kill(self) -> None:
        """End all of its processes, and close its doors."""
        if self._is_killed:
            return
        self._is_killed = True
        self.thaw()
        if self.pid and not self._ended.done():
            self._end()
        self._close()
        self.gone()

    def leave(self) -> None:
        """In a fork of this process, leave its processes to the parent, as if they were gone."""
        self._is_killed = True
        if self._freezing is not None:
            self._freezing.cancel()
            self._freezing = None
        for output in self._outputs:
            output.leave()
        self._close()

    def _close(self) -> None:
        for close in self.closing:
            close()
        if self.mail is not None:
            self.mail.close()
        self.closing.clear()
        self._stop_looking()
        for output in self._outputs:
            output.close()

    def _drain(self) -> None:
        """Have all printed that has been written until now."""
        for output in self._outputs:
            output.finish()

    def _function_line(self, text: str) -> None:
        self._printed(text)
        if self.telemetry is not None:
            self.telemetry.line("function", text)

    def _extension_line(self, text: str) -> None:
        self._printed(text)
        if self.telemetry is not None:
            self.telemetry.line("extension", text)

    # --- memory

    def _look(self) -> None:
        """Look at its memory from time to time, as long as it works."""
        self._measure()
        if self.memory_bytes_peak > self._memory_bytes_max and not self._ended.done():
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
        if self.pid and is_visible() and not self._ended.done():
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


def _own_bytes(pid: int) -> int:
    """The memory of a process, its part alone of what it shares with others: what was forked shares most of it."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            return next((int(line.split()[1]) << 10 for line in file if line.startswith(b"Pss:")), 0)
    except OSError:
        return 0


def _words(status: int) -> str:
    """How a process ended, as AWS words it."""
    if status - 128 in SIGNALS:
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
