"""Chained invocations: a durable execution has another function run, and goes on when that has ended.

The execution role needs lambda:InvokeFunction on what it invokes. A durable function is started as an execution of its
own, which reports to this one; any other function is invoked.
https://docs.aws.amazon.com/durable-execution/sdk-reference/operations/invoke/
"""

from __future__ import annotations

import inspect
import json
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Why
from foulweather.services.lambda_ import (
    asynchronous,
    durable_history,
    durable_limits,
    durable_starting,
    durable_timers,
    judging,
    lineages,
    naming,
    roles,
)
from foulweather.services.lambda_.durable_state import RUNNING, DurableState, Execution, Operation
from foulweather.services.lambda_.naming import Reference

_SYNC_MS_MAX = durable_limits.SYNC_S_MAX * 1000


def start(call: Call, state: DurableState, execution: Execution, operation: Operation) -> None:
    """Begin a chained invocation; one that may not be is over at once."""
    details: dict[str, Any] = {
        "FunctionName": operation.target,
        "Input": durable_history.whole(operation.payload),
    }
    child, error = None, None
    try:
        found = _allowed(call, execution, operation)
        details["ExecutedVersion"] = found.configuration.version
        if durable_limits.config_of(found.configuration) is not None:
            child = durable_starting.begin_chained(call, found, execution, operation)
            details["DurableExecutionArn"] = child.arn
    except AwsError as refused:
        error = refused
    durable_history.of_operation(state, execution, operation, call.now, "Started", **details)
    if error is not None:
        _refused(call, state, execution, operation, error)
    elif child is None:
        _later(call, execution, operation, call.now)


def _allowed(call: Call, execution: Execution, operation: Operation) -> Reference:
    """What is to be invoked, if the execution role may."""
    role = naming.resolve(call, execution.function_arn, None).configuration.role
    principal = judging.session_of(call, role, execution.function)
    asked = {"FunctionName": operation.target, "Payload": (operation.payload or "{}").encode()}
    refused = judging.refusal(call, principal, "lambda", "Invoke", asked)
    if refused is not None:
        raise refused
    found = naming.resolve(call, operation.target, None)
    durable_limits.check_invocation(call, found, "", is_sync=False)
    return found


async def carry_on(call: Call, execution_id: str, operation_id: str) -> None:
    """Invoke a function that is not durable, as the execution role, and tell the execution what it answered."""
    state = call.state(DurableState)
    execution = state.executions.get(execution_id)
    operation = state.parts(execution).get(operation_id) if execution is not None else None
    if execution is None or operation is None or operation.is_over or execution.status != RUNNING:
        return
    # Should this process die meanwhile the function is invoked again.
    operation.timer = _later(call, execution, operation, call.now + _SYNC_MS_MAX + asynchronous.GUARD_MS)
    state.operations.touch(f"{execution.id}/{operation.id}")
    try:
        answer = await _invoked(call, execution, operation)
    except AwsError as error:
        if error.status in (429, 500, 502, 503):
            _put_off(call, state, execution, operation)
        else:
            _refused(call, state, execution, operation, error)
        return
    if execution.status != RUNNING or operation.is_over:
        return
    text = (answer.get("Payload") or b"null").decode("utf-8", "replace")
    if not answer.get("FunctionError"):
        durable_timers.finish(call, state, execution, operation, "Succeeded", result=text)
        return
    durable_timers.finish(call, state, execution, operation, "Failed", error=_told(text))


async def _invoked(call: Call, execution: Execution, operation: Operation) -> dict[str, Any]:
    found = naming.resolve(call, execution.function_arn, None)
    lineages.begin(call, lineages.passed_on(found.function.arn, execution.lineage))
    session = await roles.assume(call, found.function, found.configuration)
    asked = {"FunctionName": operation.target, "Payload": (operation.payload or "null").encode()}
    answer = session.ports(call).lambda_.invoke(asked)
    return await answer if inspect.isawaitable(answer) else answer


def _told(text: str) -> dict[str, Any]:
    """The error of a function, as its answer tells it."""
    try:
        raised: Any = json.loads(text)
    except ValueError:
        raised = None
    if not isinstance(raised, dict):
        return {"ErrorMessage": text[:1000]}
    error = cast("dict[str, Any]", raised)
    shown: dict[str, Any] = {}
    for member, name in (("ErrorType", "errorType"), ("ErrorMessage", "errorMessage")):
        if error.get(name) is not None:
            shown[member] = str(error[name])
    trace: list[Any] = error.get("stackTrace") or []
    return {**shown, "StackTrace": [str(line) for line in trace]} if trace else shown


def _put_off(call: Call, state: DurableState, execution: Execution, operation: Operation) -> None:
    """It could not be run now: later, with growing intervals, as asynchronous invocations."""
    call.world.agenda.cancel(operation.timer)
    operation.failures += 1
    delay_ms = min(asynchronous.BACK_OFF_MS_FIRST << min(operation.failures - 1, 20), asynchronous.BACK_OFF_MS_MAX)
    operation.timer = _later(call, execution, operation, call.world.clock.now_ms + delay_ms)
    state.operations.touch(f"{execution.id}/{operation.id}")


def _refused(call: Call, state: DurableState, execution: Execution, operation: Operation, error: AwsError) -> None:
    words = f"The durable execution {execution.name} could not invoke {operation.target}."
    call.explain("ChainedInvoke", execution.arn, Why("failed", words, because=(error.why,)), error.code)
    told = {"ErrorType": error.code, "ErrorMessage": error.message}
    durable_timers.finish(call, state, execution, operation, "Failed", error=told)


def _later(call: Call, execution: Execution, operation: Operation, when_ms: int) -> int:
    return durable_timers.later(call, execution, when_ms, "lambda.chain_durable_operation", operation_id=operation.id)
