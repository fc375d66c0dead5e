"""Invokes the functions of durable executions, again and again, until they have come to their end.

Each invocation gets the state so far, replays what is done, and answers SUCCEEDED, FAILED, or PENDING: it waits.
https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
"""

from __future__ import annotations

import json
from typing import Any, cast

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Why
from foulweather.services.lambda_ import (
    asynchronous,
    durable_endings,
    durable_history,
    durable_shapes,
    durable_timers,
    durable_tokens,
    invoking,
    naming,
)
from foulweather.services.lambda_.durable_state import RUNNING, DurableState, Execution
from foulweather.services.lambda_.invoking import Invoked
from foulweather.services.lambda_.naming import Reference
from foulweather.world.world import World

_WAITED_FOR = frozenset({"WAIT", "CALLBACK", "CHAINED_INVOKE"})


class Driven:
    """The executions whose functions run right now, by id: one invocation at a time."""

    def __init__(self) -> None:
        self.ids: set[str] = set()

    @classmethod
    def of(cls, world: World) -> Driven:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Driven, found)


async def drive_first(call: Call, execution: Execution) -> None:
    """Run a new execution for somebody who waits; one that cannot even begin is none, and raises why."""
    state = call.state(DurableState, execution.account, execution.region)
    try:
        await _drive(call, state, execution, is_first=True)
    except AwsError:
        call.world.agenda.cancel(execution.timer)
        state.forget(execution)
        raise


async def drive(call: Call, execution_id: str, failures: int = 0, lost_token: int = 0) -> None:
    """Go on with an execution: something came, its last invocation has failed, or was lost with its process."""
    state = call.state(DurableState)
    execution = state.executions.get(execution_id)
    if execution is None or execution.status != RUNNING:
        return
    if (failures and execution.failures != failures) or (lost_token and execution.token != lost_token):
        return
    if failures or lost_token:
        execution.is_due = True
    await _drive(call, state, execution)


async def _drive(call: Call, state: DurableState, execution: Execution, *, is_first: bool = False) -> None:
    ids = Driven.of(call.world).ids
    if execution.id in ids:
        return
    ids.add(execution.id)
    try:
        while execution.is_due and execution.status == RUNNING:
            await _invoke(call, state, execution, raises=is_first and execution.token == 0)
    finally:
        ids.discard(execution.id)


async def _invoke(call: Call, state: DurableState, execution: Execution, *, raises: bool) -> None:
    """One invocation, and what comes of it."""
    world = call.world
    try:
        found = naming.resolve(call, execution.function_arn, None)
    except AwsError as error:
        told = {"ErrorType": error.code, "ErrorMessage": error.message}
        durable_endings.close(call, state, execution, "FAILED", error=told)
        return
    own = _own(call, execution)
    began_ms, roused = own.now, execution.roused
    execution.is_due = False
    execution.token += 1
    payload = _event(state, execution)
    execution.told = execution.told_before = execution.changes
    execution.client_token = ""
    guard_ms = began_ms + found.configuration.timeout_s * 1000 + asynchronous.GUARD_MS
    execution.guard = durable_timers.later(
        call, execution, guard_ms, "lambda.drive_durable_execution", lost_token=execution.token
    )
    state.executions.touch(execution.id)
    try:
        invoked = await invoking.carry_out(own, _asked(execution, found, payload, own.request_id))
    except AwsError as error:
        if raises:
            raise
        _put_off(call, state, execution, error)
        return
    finally:
        world.agenda.cancel(execution.guard)
        execution.guard = 0
        if execution.id in state.executions:
            state.executions.touch(execution.id)
        call.reread_clock()
    if execution.status != RUNNING:
        return
    _completed(call, state, execution, invoked, began_ms)
    if execution.source == "lambda":
        durable_endings.Ends.of(world).tails[execution.id] = invoked.tail
    _settle(call, state, execution, invoked, has_news=execution.roused > roused)


def _own(call: Call, execution: Execution) -> Call:
    """A call for one invocation, in the execution's trace."""
    place = execution.account, execution.region
    parent_id = call.request_id
    own = Call(
        call.pipeline, "lambda", "Invoke", *place, call.principal, trace_id=execution.trace_id, parent_id=parent_id
    )
    own.resource = own.hop.resource = execution.function_arn
    call.world.state(Traces).begin(own.hop)
    return own


def _event(state: DurableState, execution: Execution) -> bytes:
    """What the function is given: where its checkpoints go, and all that is done already."""
    operations, marker = durable_shapes.state_page(state, execution, -1, durable_shapes.EVENT_OPERATIONS_MAX)
    news = [each.id for each in state.parts(execution).values() if each.changed > execution.told]
    event: dict[str, Any] = {
        "DurableExecutionArn": execution.arn,
        "CheckpointToken": durable_tokens.checkpoint_token(execution),
        "InitialExecutionState": {"Operations": operations, "NextMarker": marker},
    }
    if execution.token > 1:
        event["UpdatedOperationIds"] = news
    return msgspec.json.encode(event)


def _asked(execution: Execution, found: Reference, payload: bytes, request_id: str) -> Any:
    return invoking.asked_of(
        found,
        payload,
        request_id,
        source="durable",
        lineage=execution.lineage,
        trace_header=execution.trace_header,
    )


def _completed(call: Call, state: DurableState, execution: Execution, invoked: Invoked, began_ms: int) -> None:
    details: dict[str, Any] = {"StartTimestamp": began_ms, "EndTimestamp": call.now, "RequestId": invoked.request_id}
    if invoked.function_error:
        details["Error"] = durable_history.whole(_error(invoked))
    durable_history.of_execution(state, execution, call.now, "InvocationCompleted", **details)


def _settle(call: Call, state: DurableState, execution: Execution, invoked: Invoked, *, has_news: bool) -> None:
    """What an answer means."""
    if execution.settled:
        result, error = execution.result, execution.error
        durable_endings.close(call, state, execution, execution.settled, result=result, error=error)
        return
    if invoked.function_error:
        _retry(call, state, execution)
        return
    execution.failures = 0
    told = _answer(invoked)
    status = told.get("Status")
    if status == "SUCCEEDED":
        durable_endings.close(call, state, execution, status, result=told.get("Result"))
    elif status == "FAILED":
        durable_endings.close(call, state, execution, status, error=told.get("Error") or {})
    elif status != "PENDING":
        _close_unusable(call, state, execution, "Invalid Status in invocation output.")
    elif has_news:
        execution.is_due = True
    elif not _waits(state, execution):
        _close_unusable(call, state, execution, "The invocation is PENDING, and no operation is.")
    state.executions.touch(execution.id)


def _answer(invoked: Invoked) -> dict[str, Any]:
    try:
        told: Any = json.loads(invoked.payload)
    except ValueError:
        return {}
    return cast("dict[str, Any]", told) if isinstance(told, dict) else {}


def _waits(state: DurableState, execution: Execution) -> bool:
    """Whether something is to come that goes on with an execution."""
    for each in state.parts(execution).values():
        if not each.is_over and (each.kind in _WAITED_FOR or each.status in ("PENDING", "READY")):
            return True
    return False


def _close_unusable(call: Call, state: DurableState, execution: Execution, words: str) -> None:
    """The function does not answer as a durable function does: its handler lacks the SDK's decorator, most likely."""
    error = {"ErrorType": "InvalidParameterValueException", "ErrorMessage": words}
    durable_endings.close(call, state, execution, "FAILED", error=error)


def _retry(call: Call, state: DurableState, execution: Execution) -> None:
    """An invocation that has failed, timed out or crashed is made again; AWS does not tell after how long."""
    execution.failures += 1
    failures = execution.failures
    when_ms = call.now + _delay_ms(failures)
    durable_timers.later(call, execution, when_ms, "lambda.drive_durable_execution", failures=failures)
    state.executions.touch(execution.id)


def _put_off(call: Call, state: DurableState, execution: Execution, error: AwsError) -> None:
    """The function could not be run (throttled, or not ready): later, with growing intervals."""
    if execution.status != RUNNING:
        return
    _retry(call, state, execution)
    if execution.failures == 1:
        words = f"The durable execution {execution.name} of {execution.function} waits: it cannot be invoked."
        call.explain("DurableExecution", execution.arn, Why("delayed", words, because=(error.why,)), error.code)


def _delay_ms(failures: int) -> int:
    return min(asynchronous.BACK_OFF_MS_FIRST << min(failures - 1, 20), asynchronous.BACK_OFF_MS_MAX)


def _error(invoked: Invoked) -> dict[str, Any]:
    told = _answer(invoked)
    return {
        "ErrorType": str(told.get("errorType", invoked.error_type)),
        "ErrorMessage": str(told.get("errorMessage", invoked.payload[:1000].decode("utf-8", "replace"))),
    }


def time_out(call: Call, execution_id: str) -> None:
    """An execution has run for as long as it may."""
    state = call.state(DurableState)
    execution = state.executions.get(execution_id)
    if execution is not None and execution.status == RUNNING:
        words = f"The durable execution has timed out after {execution.timeout_s} seconds."
        durable_endings.close(call, state, execution, "TIMED_OUT", error={"ErrorMessage": words})
