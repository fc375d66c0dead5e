"""One call of another service, in a session of the state machine's role: its answer or refusal, at once or later."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from typing import Any, NamedTuple, cast

from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Session
from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from foulweather.services.stepfunctions import gateways, http_requests, http_tasks, roles
from foulweather.services.stepfunctions.records import Execution
from foulweather.services.stepfunctions.running import Run, advance
from foulweather.services.stepfunctions.state import SfnState
from foulweather.world.world import World


class Asked(NamedTuple):
    """An operation of a service, by its model's name and its own, and the request."""

    model: str
    operation: str
    request: Mapping[str, Any]
    exchange: http_tasks.Exchange | None = None
    """Where an HTTP task notes what goes over the wire, if somebody wants to see it."""


class Answer(NamedTuple):
    """What a service answered."""

    response: Mapping[str, Any]
    request_id: str


class Failure(NamedTuple):
    """What a service refused, or that the role may not be assumed."""

    error: AwsError
    request_id: str
    is_role: bool = False


Outcome = Answer | Failure
Then = Callable[[Run, Outcome], None]


def perform(call: Call, machine: str, role: str, other: str, asked: Asked) -> Outcome | Awaitable[Outcome]:
    """Ask a service with a state machine's role (or with `other`, which that role assumes)."""
    try:
        principal = roles.assume(call, machine, role, other)
    except AwsError as error:
        return Failure(error, "", True)
    if isinstance(principal, Principal):
        return _ask(call, machine, principal, asked)
    return _asked_later(call, machine, principal, asked)


async def _asked_later(call: Call, machine: str, assumed: Awaitable[Principal], asked: Asked) -> Outcome:
    try:
        principal = await assumed
    except AwsError as error:
        return Failure(error, "", True)
    outcome = _ask(call, machine, principal, asked)
    return await outcome if inspect.isawaitable(outcome) else outcome


async def _visited(call: Call, machine: str, principal: Principal, asked: Asked) -> Outcome:
    try:
        if asked.model == gateways.MODEL:
            return Answer(await gateways.visit(call, machine, principal, asked.request), "")
        return Answer(await http_tasks.invoke(call, machine, principal, asked.request, asked.exchange), "")
    except AwsError as error:
        return Failure(error, "")


def _ask(call: Call, machine: str, principal: Principal, asked: Asked) -> Outcome | Awaitable[Outcome]:
    if asked.model in (gateways.MODEL, http_requests.MODEL):
        return _visited(call, machine, principal, asked)
    pipeline = call.pipeline
    try:
        operation = pipeline.services.operation(asked.model, asked.operation)
    except AwsError as error:
        return Failure(error, "")
    inner = Call(
        pipeline,
        operation.service.name,
        operation.name,
        principal.account,
        "us-east-1" if operation.service.is_global else call.region,
        principal,
        session=Session(issued_ms=call.world.clock.now_ms),
        origin=call.origin,
        trace_id=call.trace_id,
        parent_id=call.request_id,
    )
    try:
        response = pipeline.run(inner, operation, dict(asked.request))
    except AwsError as error:
        return Failure(error, inner.request_id)
    if inspect.isawaitable(response) or _streams(response):
        return _answered(response, inner.request_id)
    return Answer(response or {}, inner.request_id)


def _streams(response: Mapping[str, Any] | None) -> bool:
    return response is not None and isinstance(response.get("Body"), AsyncIterable)


async def _answered(response: Any, request_id: str) -> Outcome:
    try:
        found = dict((await response if inspect.isawaitable(response) else response) or {})
        if _streams(found):
            found["Body"] = b"".join([piece async for piece in found["Body"]])
    except AwsError as error:
        return Failure(error, request_id)
    return Answer(found, request_id)


class Flying:
    """The calls of a world's tasks that have not been answered yet, by execution, branch and turn."""

    def __init__(self) -> None:
        self.tasks: dict[tuple[str, int, int], asyncio.Future[None]] = {}

    @classmethod
    def of(cls, world: World) -> Flying:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Flying, found)


def later(run: Run, key: tuple[str, int, int], outcome: Awaitable[Outcome], then: Then) -> None:
    """Go on with an execution when a call is answered, in flight meanwhile: held time waits for it."""
    world = run.world
    flying = Flying.of(world).tasks
    world.started()
    task = asyncio.ensure_future(_landed(run.call, run.state, run.execution, outcome, then))
    flying[key] = task
    task.add_done_callback(lambda _: flying.pop(key, None))


async def _landed(call: Call, state: SfnState, execution: Execution, outcome: Awaitable[Outcome], then: Then) -> None:
    world = call.world
    try:
        with world.lent():
            found = await outcome
        call.reread_clock()
        if execution.is_open and execution.arn in state.executions:
            advance(call, state, state.executions[execution.arn], lambda run: then(run, found))
    finally:
        world.ended()
