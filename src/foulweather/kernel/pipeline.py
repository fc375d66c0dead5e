"""The way of every call: through the gates to its operation, and its outcome on record."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from functools import cached_property, partial
from typing import Any, cast

import msgspec

from foulweather.kernel import validation
from foulweather.kernel.answers import NotYet, answered
from foulweather.kernel.call import NOWHERE, Call
from foulweather.kernel.connections import ConnectionBroken
from foulweather.kernel.directory import Directory, Guardrails
from foulweather.kernel.errors import AwsError
from foulweather.kernel.parking import Parking
from foulweather.kernel.recorder import Recorder
from foulweather.kernel.service import Access, Permission, Service
from foulweather.kernel.services import Operation, Services
from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Why
from foulweather.policy import principal as principals
from foulweather.world.agenda import Due
from foulweather.world.journal import Reader
from foulweather.world.world import World

Request = dict[str, Any]
Gate = Callable[[Call, Operation, Request], None]
"""Lets a call pass, or raises its refusal with the reasons."""
Delay = Callable[[Call, Operation], int]
"""Milliseconds of world time by which something holds a call up (0: nothing does)."""
Unreachable = Callable[[Call, str, str], Why | None]
"""Why a service in a region does not answer what a call's service sends it; None when it does."""


class Gates(msgspec.Struct, frozen=True):
    """What every call passes: `order` one after the other, then `delay`; `authorize` is the one of them that judges."""

    order: tuple[Gate, ...] = ()
    delay: Delay | None = None
    authorize: Gate | None = None
    unreachable: Unreachable | None = None


def _check_model(services: Services, operation: Operation, request: Request) -> None:
    """Refuse what breaks the model's constraints, in the service's words or those that most of AWS shares.

    A service says None where AWS takes what its model does not.
    """
    violations = validation.check(operation.model, request)
    if violations:
        if operation.service.words_violations:
            refusal = services.part(operation.service, "refusals").of_violations(violations)
            if refusal is None:
                return
            raise refusal
        raise validation.coral_error(violations, code=validation.common_code(operation.model))


class Pipeline:
    """One world's gates and services."""

    def __init__(self, world: World, services: Services, gates: Gates) -> None:
        self.world = world
        self.services = services
        self.gates = gates
        self._order = gates.order
        self._delay = gates.delay
        # Answers that will not reach their callers, by request: what breaks in place of them.
        self._lost: dict[str, ConnectionBroken] = {}
        self._traces = world.state(Traces)
        self._put_off: Callable[[], None] | None = None
        self._blind: frozenset[tuple[str, str]] = frozenset()
        world.act = self._act
        for service in services.all():
            for kind, function in service.reads.items():
                world.journal.read_by(kind, partial(self._reader, service, function))
            for kind, function in service.readers.items():
                world.journal.read_by(kind, partial(self._made_reader, service, function, kind))

    @cached_property
    def directory(self) -> Directory | None:
        """Who knows the identities: the iam service."""
        return cast("Directory | None", self._declared("directory"))

    @cached_property
    def guardrails(self) -> Guardrails | None:
        """Who knows the organization's policies: the organizations service."""
        return cast("Guardrails | None", self._declared("guardrails"))

    @cached_property
    def recorder(self) -> Recorder | None:
        """Who keeps the record of calls: the cloudtrail service."""
        return cast("Recorder | None", self._declared("recorder"))

    def run(self, call: Call, operation: Operation, request: Request) -> Any:
        """Take a call through the gates and its operation; an async operation's result is awaitable."""
        if self._put_off is not None and (call.service, call.operation) not in self._blind:
            self.settle()
        self._traces.begin(call.hop)
        try:
            if operation.service.checks_model:
                _check_model(self.services, operation, request)
            for gate in self._order:
                gate(call, operation, request)
            delay_ms = self._delay(call, operation) if self._delay is not None else 0
            if delay_ms:
                waiting = self._held_up(call, operation, request, delay_ms)
                return self._in_flight(call, waiting, operation, request)
            response: Any = operation.run(call, request)
        except NotYet as pending:
            response = answered(pending, lambda: operation.run(call, request))
        except ConnectionBroken as broken:
            error = _seen_by(call, broken)
            self.refused(call, error)
            if broken.held_ms and error is broken:
                return self.hold(call, broken)
            raise error from None
        except AwsError as error:
            self.refused(call, error)
            self._record(call, operation, request, None, error)
            if self._lost:
                self._lose(call)
            raise
        if response.__class__ is not dict and inspect.isawaitable(response):
            return self._in_flight(call, response, operation, request)
        self._ended(call, "", call.now)
        self._record(call, operation, request, response, None)
        if self._lost:
            self._lose(call)
        return response

    def put_off(self, settle: Callable[[], None], blind: frozenset[tuple[str, str]]) -> None:
        """Do something a moment later, with more of its kind, but before any call or action that is not `blind` to it.

        One service puts things off (Lambda, what functions log); it sees to it itself that the moment comes.
        """
        self._put_off, self._blind = settle, blind

    def settle(self) -> None:
        """Do what was put off."""
        settle, self._put_off = self._put_off, None
        if settle is not None:
            settle()

    def require(self, call: Call, permission: Permission) -> None:
        """Have a call's principal judged once more, in the middle of its operation: one key of many, a further fact.

        Raises the refusal, in the words of the call's service.
        """
        if self.gates.authorize is None:
            return
        service = cast("Service", self.services.find(call.service))
        operation = self.services.operation(call.service, call.operation)
        action, resource, conditions = permission
        access = Access(action, lambda _call, _request: (resource,), lambda _call, _request: conditions)
        named = call.resource
        try:
            self.gates.authorize(call, Operation(service, operation.model, operation.run, access, None), {})
        finally:
            call.resource = named

    def unreachable(self, call: Call, service: str, region: str) -> Why | None:
        """Why a service in a region does not answer what this call's service sends there; None when it does."""
        return None if self.gates.unreachable is None else self.gates.unreachable(call, service, region)

    def lose_answer(self, call: Call, broken: ConnectionBroken) -> None:
        """Let a call's operation take effect, and its caller see a broken connection in place of the answer."""
        self._lost[call.request_id] = broken

    def hold(self, call: Call, broken: ConnectionBroken) -> Awaitable[Any]:
        """Hold a call up, for as long as its connection takes to break; then that is raised."""
        return self._in_flight(call, _broken_later(call, broken))

    def refused(self, call: Call, error: AwsError) -> None:
        """Put a refusal on record."""
        hop = call.hop
        hop.resource = call.resource
        hop.code = error.code
        hop.why = error.why
        hop.ended_ms = self.world.clock.now_ms
        self._traces.keep(hop)
        if not isinstance(error, ConnectionBroken):  # of what never arrived, or died, the service knows nothing
            self._ended(call, error.code, hop.ended_ms)

    def _lose(self, call: Call) -> None:
        """Break the connection of a call whose answer is lost; what the service did stays on record."""
        broken = self._lost.pop(call.request_id, None)
        if broken is not None:
            self.refused(call, broken)
            raise broken

    def _ended(self, call: Call, code: str, at_ms: int) -> None:
        hop, resource = call.hop, call.resource
        hop.ended_ms = at_ms
        hop.resource = resource
        facts = {"service": call.service, "operation": call.operation, "error": code, "key": call.access_key_id}
        origin = call.origin
        if origin is not NOWHERE:
            facts["ip"] = origin.ip
            facts["user_agent"] = origin.user_agent
        self.world.journal.append(
            call.now, "api.Call", call.account, call.region, resource, call.principal.arn, call.request_id, facts
        )

    def _record(
        self, call: Call, operation: Operation, request: Request, response: Request | None, error: AwsError | None
    ) -> None:
        """Show a call that ended, and what it came to, to who keeps the record."""
        recorder = self.recorder
        if recorder is not None and recorder.wants(operation):
            recorder.record(call, operation, request, response, error)

    async def _in_flight(
        self, call: Call, waiting: Awaitable[Any], operation: Operation | None = None, request: Request | None = None
    ) -> Any:
        """An operation that waits: held time waits for it, but for the time it is parked."""
        try:
            with self.world.flight():
                response = await waiting
        except AwsError as raised:
            error = _seen_by(call, raised) if isinstance(raised, ConnectionBroken) else raised
            self.refused(call, error)
            if operation is not None and not isinstance(error, ConnectionBroken):
                self._record(call, operation, request or {}, None, error)
            if self._lost:
                self._lose(call)
            raise error from None
        except BaseException:  # its caller has left, or it failed: no answer is left to be lost
            self._lost.pop(call.request_id, None)
            raise
        call.reread_clock()
        self._ended(call, "", call.now)
        if operation is not None:
            self._record(call, operation, request or {}, response, None)
        if self._lost:
            self._lose(call)
        return response

    async def _held_up(self, call: Call, operation: Operation, request: Request, delay_ms: int) -> Any:
        """An operation that a fault holds up before it begins."""
        await Parking().wait(call, call.now + delay_ms)
        try:
            response = operation.run(call, request)
        except NotYet as pending:
            response = answered(pending, lambda: operation.run(call, request))
        return await response if inspect.isawaitable(response) else response

    def _act(self, due: Due) -> Any:
        """Carry out an agenda action as its service."""
        name = due.action.partition(".")[0]
        if self._put_off is not None and (name, due.action) not in self._blind:
            self.settle()
        call = Call(
            self,
            name,
            due.action,
            due.account,
            due.region,
            principals.service(f"{name}.amazonaws.com"),
            trace_id=due.trace_id,
            parent_id=due.trace_id,
        )
        reaction = partial(self.services.reaction(due.action), call, **due.args)
        try:
            return reaction()
        except NotYet as pending:
            return answered(pending, reaction)

    def _reader(self, service: Service, function: str) -> Reader:
        """A service's reader of events."""
        return partial(getattr(self.services.part(service, "reactions"), function), self.world)

    def _made_reader(self, service: Service, function: str, kind: str) -> Reader:
        """The reader that a service makes for a kind of events."""
        return getattr(self.services.part(service, "reactions"), function)(self.world, kind)

    def _declared(self, what: str) -> object | None:
        """What one service's manifest declares to answer for the others (`module:Class`), made anew."""
        for service in self.services.all():
            named = getattr(service, what)
            if named:
                module, _, cls = named.partition(":")
                return getattr(self.services.part(service, module), cls)(self.world)
        return None


def _seen_by(call: Call, broken: ConnectionBroken) -> AwsError:
    """What a call comes to by a broken connection: it breaks too if it is its own, and fails if it is a service's."""
    return broken if broken.request_id == call.request_id else broken.passed_on()


async def _broken_later(call: Call, broken: ConnectionBroken) -> Any:
    await Parking().wait(call, call.now + broken.held_ms)
    raise broken
