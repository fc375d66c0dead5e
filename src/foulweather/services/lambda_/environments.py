"""The environments of a world's functions: made when needed, used again, frozen in between, and let go when idle.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, cast

from foulweather.engines.functions.deadlines import Deadline
from foulweather.engines.functions.host import Door, Host, NotStarted, OwnHosts
from foulweather.engines.functions.interpreters import NoInterpreter
from foulweather.engines.functions.outcomes import Outcome
from foulweather.engines.functions.packages import Packages
from foulweather.kernel.call import Call
from foulweather.kernel.doors import Doors, Hosts, Open
from foulweather.kernel.errors import AwsError
from foulweather.kernel.parking import Parking
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import logging, roles, specs, telling
from foulweather.services.lambda_.concurrency_gate import Gate
from foulweather.services.lambda_.instances import Instance
from foulweather.services.lambda_.records import LATEST, Configuration, Function
from foulweather.services.lambda_.reports import SNAP_START
from foulweather.world.flights import Flight
from foulweather.world.world import World

INIT_MS = 10_000
"""https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib"""
IDLE_MS = 10 * 60_000
"""How long an environment is kept that nobody uses; AWS does not say, and people measure five minutes and more."""
INVALID_ENTRYPOINT = "Runtime.InvalidEntrypoint"
STARTING_MAX = 4
"""How many start at once on this machine; the others wait for them, or for one that becomes free."""
STARTING_S = 2.0
"""An initialization that takes longer does not keep the others from starting: it may wait for the world's time."""


class Fleet:
    """All environments of a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._host: Host | None = None
        self._packages = Packages()
        self._idle: dict[tuple[str, str], deque[Instance]] = {}
        self._starting = 0
        self._waiting: deque[tuple[tuple[str, str], asyncio.Future[Instance | None]]] = deque()
        self._sweep = 0
        self._process = os.getpid()
        self.running: set[asyncio.Future[Any]] = set()
        """Invocations that go on whoever waits for them."""
        world.closing.append(self.close)

    @classmethod
    def of(cls, world: World) -> Fleet:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls(world)
        return cast(Fleet, found)

    def close(self) -> None:
        """End everything, with the world."""
        for task in list(self.running):
            task.cancel()
        if self._host is not None:
            self._host.close()
        self._packages.close()
        self._idle.clear()

    def idle(self, function_arn: str) -> int:
        """How many environments of a function wait for an invocation."""
        return sum(len(found) for (arn, _), found in self._idle.items() if arn == function_arn)

    # --- one for an invocation

    async def take(self, call: Call, function: Function, configuration: Configuration, kind: str) -> Instance:
        """An environment for an invocation: a warm one, or a new one, which has initialized or failed to."""
        self._leave_to_parent()
        key = function.arn, configuration.version
        warm = self._warm(key, configuration)
        while warm is None and self._starting >= STARTING_MAX:
            waiting: asyncio.Future[Instance | None] = asyncio.get_running_loop().create_future()
            self._waiting.append((key, waiting))
            try:
                warm = await waiting
            except asyncio.CancelledError:
                if waiting.done() and not waiting.cancelled():
                    self._pass_on(waiting.result())
                raise
            if warm is not None and not self._serves(warm, configuration):
                self.end(warm)
                warm = None
        if warm is not None:
            warm.serve(call)
            return warm
        return await self.make(call, function, configuration, kind)

    async def make(self, call: Call, function: Function, configuration: Configuration, kind: str) -> Instance:
        """A new environment, which has initialized or failed to."""
        started = self._begin_start()
        instance = Instance(self._world, function, configuration, environment_kind(configuration, kind))
        instance.serve(call)
        try:
            await self._prepare(call, function, configuration, instance)
        except BaseException:
            self.end(instance)
            raise
        finally:
            started()
        return instance

    async def _prepare(self, call: Call, function: Function, configuration: Configuration, instance: Instance) -> None:
        instance.session = await roles.assume(call, function, configuration)
        await roles.open_variables(call, instance.session, function, configuration)
        instance.log = logging.Log.new(call, function, configuration)
        now_ms = self._world.clock.now_ms
        instance.log.add(now_ms, instance.writer.init_start(now_ms, instance.kind))
        instance.started_ms = now_ms
        outcome = await self.initialize(instance, call, function, INIT_MS)
        now_ms = self._world.clock.now_ms
        if outcome.kind == "response":
            instance.init_ms = now_ms - instance.started_ms
        else:
            instance.failed = outcome
            self._report_init(instance, now_ms - instance.started_ms, "init", outcome)

    async def initialize(
        self, instance: Instance, call: Call, function: Function, limit_ms: int, phase: str = "init"
    ) -> Outcome:
        """Start its process, and let it initialize; where that fails the process is no more."""
        began_ms = self._world.clock.now_ms
        assert instance.session is not None
        configuration, log = instance.configuration, instance.log
        variables = specs.variables(function, configuration, instance.session, instance.kind, log.group, log.stream)
        spec = await specs.spec(call, self._packages, function, configuration, variables)
        if configuration.runtime.startswith("provided") and not spec.command:
            return _no_entrypoint(call)
        try:
            name = f"{function.name[:40]}-{self._world.ids.hex(16)}"
            doors, flight = Doors.of(self._world), instance.flight
            door = None if doors.open is None else _door(doors.open, flight)
            hosts = None if doors.hosts is None else _own_hosts(doors.hosts, flight)
            environment = await self._hosted().start(
                name, spec, instance.print, instance.sleep, door, hosts, doors.port()
            )
            environment.gone = instance.gone
            instance.environment = environment
            telling.init_began(instance, function, phase)
        except NoInterpreter as error:
            raise _no_runtime(function, configuration, str(error)) from None
        except NotStarted as error:
            raise _not_started(function, str(error)) from None
        deadline = Deadline(self._world, instance.flight, limit_ms, environment.time_out)
        try:
            outcome = await environment.started()
        finally:
            deadline.lift()
            instance.flight.take_back()
        if outcome.kind == "timeout":
            await wait_until(call, deadline.at_ms)
        telling.init_ended(instance, outcome, self._world.clock.now_ms - began_ms, phase)
        if outcome.kind != "response":
            self._hosted().end(environment, "timeout" if outcome.kind == "timeout" else "failure")
            instance.environment = None
        return outcome

    def _report_init(self, instance: Instance, duration_ms: int, phase: str, outcome: Outcome) -> None:
        now_ms = self._world.clock.now_ms
        status = "timeout" if outcome.kind == "timeout" else "error"
        line = instance.writer.init_report(now_ms, instance.kind, duration_ms, phase, status, outcome.error_type)
        instance.log.add(now_ms, line)

    async def initialize_again(self, instance: Instance, call: Call, function: Function, limit_ms: int) -> Outcome:
        """What Lambda does at the first invocation after an initialization failed: it is done once more, in it.

        https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-invoke-with-errors
        """
        began_ms = self._world.clock.now_ms
        instance.failed = None
        outcome = await self.initialize(instance, call, function, limit_ms, "invoke")
        if outcome.kind != "response":
            self._report_init(instance, self._world.clock.now_ms - began_ms, "invoke", outcome)
        return outcome

    # --- afterwards

    def give_back(self, instance: Instance) -> None:
        """Keep an environment for the next invocation, frozen, or hand it to one that waits."""
        instance.serve(None)
        now_ms = self._world.clock.now_ms
        if not instance.is_good(now_ms):
            self.end(instance)
            return
        key = instance.arn, instance.configuration.version
        for index, (wanted, waiting) in enumerate(self._waiting):
            if wanted == key and not waiting.done():
                del self._waiting[index]
                waiting.set_result(instance)
                return
        assert instance.environment is not None
        instance.environment.freeze_soon()
        instance.idle_since_ms = now_ms
        self._idle.setdefault(key, deque()).append(instance)
        if not self._sweep:
            self._sweep = self._world.agenda.alarm(now_ms + IDLE_MS, self._let_go)

    def end(self, instance: Instance, reason: str = "spindown") -> None:
        """Let an environment go; its extensions are told why."""
        instance.serve(None)
        instance.flight.take_back()
        if instance.environment is not None:
            self._hosted().end(instance.environment, reason)
            instance.environment = None
            Gate.of(self._world).shrank(instance.arn)

    def stop(self, instance: Instance, reason: str) -> None:
        """Have an environment's runtime run no more, before what it came to is known; its extensions are told why."""
        if instance.environment is not None:
            self._hosted().end(instance.environment, reason)

    def end_all_of(self, function_arn: str) -> None:
        """A function is no more: nor are its idle environments."""
        for key in [key for key in self._idle if key[0] == function_arn]:
            for instance in self._idle.pop(key):
                self.end(instance)

    # --- within

    def _warm(self, key: tuple[str, str], configuration: Configuration) -> Instance | None:
        """The environment that was used last and still serves; those that do not go."""
        idle = self._idle.get(key)
        while idle:
            instance = idle.pop()
            if self._serves(instance, configuration):
                return instance
            self.end(instance)
        return None

    def _serves(self, instance: Instance, configuration: Configuration) -> bool:
        return instance.revision_id == configuration.revision_id and instance.is_good(self._world.clock.now_ms)

    def _begin_start(self) -> Callable[[], None]:
        """Count a start in; what is given counts it out again, once, as does a long time."""
        self._starting += 1

        def started() -> None:
            nonlocal is_over
            timer.cancel()
            if not is_over:
                is_over = True
                self._starting -= 1
                self._wake()

        is_over = False
        timer = asyncio.get_running_loop().call_later(STARTING_S, started)
        return started

    def _wake(self) -> None:
        """Whoever waits first may start one too, now."""
        while self._waiting:
            _, waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(None)
                return

    def _pass_on(self, instance: Instance | None) -> None:
        """What somebody was given who has left meanwhile."""
        if instance is not None:
            self.give_back(instance)
        else:
            self._wake()

    def _let_go(self) -> None:
        """End what was idle for long."""
        self._leave_to_parent()
        now_ms = self._world.clock.now_ms
        self._sweep = 0
        for idle in self._idle.values():
            while idle and now_ms - idle[0].idle_since_ms >= IDLE_MS:
                self.end(idle.popleft())
        for key in [key for key, idle in self._idle.items() if not idle]:
            del self._idle[key]
        oldest = min((instance.idle_since_ms for instance in self._all_idle()), default=None)
        if oldest is not None:
            self._sweep = self._world.agenda.alarm(oldest + IDLE_MS, self._let_go)

    def _all_idle(self) -> Iterator[Instance]:
        for idle in self._idle.values():
            yield from idle

    def _leave_to_parent(self) -> None:
        """In a fork of this process (a drill's future being tried) its environments are the parent's, not ours."""
        if self._process != os.getpid():
            self._process, self._packages = os.getpid(), Packages()
            self._idle.clear()

    def _hosted(self) -> Host:
        if self._host is None:
            self._host = Host(self._world.clock)
        return self._host


def environment_kind(configuration: Configuration, kind: str) -> str:
    """How an environment comes to be: of a snapshot, for published versions that have SnapStart."""
    is_on = configuration.snap_start == "PublishedVersions" and configuration.version != LATEST
    return SNAP_START if is_on else kind


def _door(opening: Open, flight: Flight) -> Door:
    """How an environment reaches the world's API."""
    return lambda listener: opening(listener, flight)


def _own_hosts(hosts: Hosts, flight: Flight) -> OwnHosts:
    """How an environment reaches the world's own hosts."""
    return OwnHosts(_door(hosts.open_https, flight), _door(hosts.open_http, flight), hosts.serves, hosts.root)


async def wait_until(call: Call, when_ms: int) -> None:
    """Let the world's time come, for a call that is in flight."""
    if call.world.clock.now_ms < when_ms:
        await Parking().wait(call, when_ms)
    call.reread_clock()


def _no_entrypoint(call: Call) -> Outcome:
    """A package for an OS-only runtime has no program to run."""
    words = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
    told = {"errorType": INVALID_ENTRYPOINT, "errorMessage": f"RequestId: {call.request_id} Error: {words}"}
    return Outcome("error", json.dumps(told).encode(), INVALID_ENTRYPOINT)


def _no_runtime(function: Function, configuration: Configuration, words: str) -> AwsError:
    return AwsError(
        "InvalidRuntimeException",
        words,
        502,
        facts=(Fact(function.arn, "Runtime", configuration.runtime), Fact("this machine", "has no", words)),
    )


def _not_started(function: Function, words: str) -> AwsError:
    return AwsError(
        "ServiceException",
        f"An environment for the function could not be started: {words}.",
        500,
        facts=(Fact(function.arn, "environment", words),),
    )
