"""How durable executions end: their result on record, and told to whoever waits for it.

https://docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html
"""

from __future__ import annotations

import json
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.parking import Parking
from foulweather.kernel.why import Fact, Why
from foulweather.services.lambda_ import destinations, durable_history, durable_timers, naming
from foulweather.services.lambda_.destinations import Outcome
from foulweather.services.lambda_.durable_state import RUNNING, DurableState, Execution, JsonObject, Operation
from foulweather.services.lambda_.invoking import Invoked
from foulweather.services.lambda_.queued import QueuedEvent
from foulweather.world.world import World

DAY_MS = 24 * 3600 * 1000
_EVENTS = {
    "SUCCEEDED": "ExecutionSucceeded",
    "FAILED": "ExecutionFailed",
    "TIMED_OUT": "ExecutionTimedOut",
    "STOPPED": "ExecutionStopped",
}
_OF_PARENTS = {"SUCCEEDED": "Succeeded", "FAILED": "Failed", "TIMED_OUT": "TimedOut", "STOPPED": "Stopped"}


class Ends:
    """Who waits for the end of an execution, by its id."""

    def __init__(self) -> None:
        self.parked: dict[str, Parking] = {}
        self.tails: dict[str, bytes] = {}
        """The last lines that each has logged, for who waits for it."""

    @classmethod
    def of(cls, world: World) -> Ends:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Ends, found)


async def ended(call: Call, execution: Execution) -> None:
    """Wait until an execution has ended."""
    until_ms = execution.started_ms + execution.timeout_s * 1000
    while execution.status == RUNNING:
        await Ends.of(call.world).parked.setdefault(execution.id, Parking()).wait(call, until_ms + 1)


def close(
    call: Call,
    state: DurableState,
    execution: Execution,
    status: str,
    *,
    result: str | None = None,
    error: JsonObject | None = None,
) -> None:
    """End an execution: no checkpoint is taken from now on, and no invocation begins."""
    now_ms = call.world.clock.now_ms
    execution.status, execution.ended_ms = status, now_ms
    execution.result, execution.error = result, error
    call.world.agenda.cancel(execution.timer)
    for operation in state.parts(execution).values():
        call.world.agenda.cancel(operation.timer)
    state.running -= 1
    outcome = {"Result": durable_history.whole(result)} if status == "SUCCEEDED" else _error_of(status, error)
    durable_history.of_execution(state, execution, now_ms, _EVENTS[status], **outcome)
    forget_ms = now_ms + execution.retention_days * DAY_MS
    durable_timers.later(call, execution, forget_ms, "lambda.forget_durable_execution")
    tell(call, state, execution)
    if status != "SUCCEEDED":
        call.explain("DurableExecution", execution.arn, why(state, execution), str((error or {}).get("ErrorType", "")))
        if execution.is_async:
            durable_timers.later(call, execution, now_ms, "lambda.bury_durable_execution")
    if execution.parent:
        _report(call, execution)
    waiting = Ends.of(call.world).parked.pop(execution.id, None)
    if waiting is not None:
        waiting.wake(len(waiting))


def tell(call: Call, state: DurableState, execution: Execution) -> None:
    """Tell the journal of an execution's status: metrics, and EventBridge's events, are made of that."""
    resource = f"arn:aws:lambda:{execution.region}:{execution.account}:function:{execution.function}"
    facts: dict[str, Any] = {
        "arn": execution.arn,
        "name": execution.name,
        "function": execution.function,
        "version": execution.version,
        "status": execution.status,
        "started_ms": execution.started_ms,
        "ended_ms": execution.ended_ms,
        "running": state.running,
        "operations": execution.operations,
        "bytes_written": execution.bytes_written,
    }
    # It happens where the function is, whoever has invoked it.
    call.world.journal.append(
        call.world.clock.now_ms,
        "lambda.DurableExecutionStatusChanged",
        execution.account,
        execution.region,
        resource,
        call.principal.arn,
        call.request_id,
        facts,
    )


def answered(execution: Execution, tail: bytes = b"") -> Invoked:
    """An execution's end as whoever has invoked the function synchronously gets it."""
    if execution.status == "SUCCEEDED":
        payload, failed, error_type = (execution.result or "null").encode(), "", ""
    else:
        error = execution.error or {}
        error_type = str(error.get("ErrorType") or execution.status)
        told: dict[str, Any] = {"errorType": error_type, "errorMessage": error.get("ErrorMessage") or ""}
        if error.get("ErrorData"):
            told["errorData"] = error["ErrorData"]
        if error.get("StackTrace"):
            told["stackTrace"] = error["StackTrace"]
        payload, failed = json.dumps(told).encode(), "Unhandled"
    return Invoked(
        payload=payload,
        function_error=failed,
        status=200,
        request_id=execution.id,
        version=execution.version,
        error_type=error_type,
        content_type="application/json",
        tail=tail,
        durable_execution_arn=execution.arn,
    )


def why(state: DurableState, execution: Execution) -> Why:
    """Why an execution did not succeed: its error, and the innermost operation that failed last."""
    error = execution.error or {}
    facts = [Fact(execution.arn, "status", execution.status), Fact(execution.arn, "ErrorType", error.get("ErrorType"))]
    if error.get("ErrorMessage"):
        facts.append(Fact(execution.arn, "ErrorMessage", str(error["ErrorMessage"])[:500]))
    parts = state.parts(execution).values()
    failed = [each for each in parts if each.status in ("FAILED", "TIMED_OUT", "STOPPED")]
    reasons: tuple[Why, ...] = ()
    if failed:
        last = max(failed, key=lambda each: (each.ended_ms, each.number))
        reasons = (_why_failed(last),)
    elif execution.status == "TIMED_OUT":
        facts.append(Fact(execution.function_arn, "DurableConfig.ExecutionTimeout", execution.timeout_s))
        facts += [Fact(each.name or each.id, each.kind, each.status) for each in parts if not each.is_over][:5]
    if execution.failures:
        facts.append(Fact(execution.function_arn, "failed invocations", execution.failures))
        facts += _last_failure(state, execution)
    words = f"The durable execution {execution.name} of {execution.function} ended as {execution.status}."
    return Why("failed", words, tuple(facts), because=reasons)


def _last_failure(state: DurableState, execution: Execution) -> list[Fact]:
    """What the last invocation raised that was not done again in time."""
    for number in range(execution.events, 0, -1):
        details = state.history[f"{execution.id}/{number}"].details
        if "RequestId" in details and "Error" in details:
            error: JsonObject = details["Error"]["Payload"]
            request = Fact(execution.function_arn, "RequestId", details["RequestId"])
            return [request, *(Fact(execution.function_arn, member, str(error[member])[:500]) for member in error)]
    return []


def _why_failed(operation: Operation) -> Why:
    error = operation.error or {}
    facts = [Fact(operation.name or operation.id, "status", operation.status)]
    facts += [Fact(operation.name or operation.id, member, str(value)[:500]) for member, value in error.items()]
    if operation.kind == "STEP":
        facts.append(Fact(operation.name or operation.id, "attempts", operation.attempt))
    if operation.target:
        facts.append(Fact(operation.name or operation.id, "FunctionName", operation.target))
    words = f"Its operation {operation.name or operation.id} ({operation.sub_type or operation.kind}) has failed."
    return Why("failed", words, tuple(facts))


async def bury(call: Call, execution_id: str) -> None:
    """Send the event of an execution that failed to its function's dead-letter queue.

    "When a durable execution reaches a terminal state (FAILED, STOPPED, or TIMED_OUT) after an asynchronous invocation,
    Lambda sends the original triggering event to the DLQ":
    https://docs.aws.amazon.com/lambda/latest/dg/durable-best-practices.html
    """
    execution = call.state(DurableState).executions.get(execution_id)
    if execution is None:
        return
    try:
        found = naming.resolve(call, execution.function_arn, None)
    except AwsError:
        return  # the function is gone, and nobody knows where its events should go
    event = QueuedEvent(
        id=execution.id,
        function_arn=execution.function_arn,
        payload=execution.payload.encode(),
        accepted_ms=execution.started_ms,
        attempts=1,
        source=execution.source,
    )
    outcome = Outcome("RetriesExhausted", answered(execution))
    await destinations.send(call, event, found, None, outcome)


def forget(call: Call, execution_id: str) -> None:
    """The retention period of an execution is over."""
    state = call.state(DurableState)
    execution = state.executions.get(execution_id)
    if execution is not None and execution.status != RUNNING:
        state.forget(execution)


def _error_of(status: str, error: JsonObject | None) -> JsonObject:
    if status == "TIMED_OUT" and error is None:
        return {}
    return {"Error": durable_history.whole(error)}


def _report(call: Call, execution: Execution) -> None:
    """Tell the execution that has invoked this one."""
    state = call.state(DurableState, execution.parent_account, execution.region)
    above = state.executions.get(execution.parent)
    operation = state.parts(above).get(execution.parent_operation) if above is not None else None
    if above is not None and operation is not None and above.status == RUNNING and not operation.is_over:
        how = _OF_PARENTS[execution.status]
        durable_timers.finish(call, state, above, operation, how, result=execution.result, error=execution.error)
