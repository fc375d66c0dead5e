"""What durable executions wait for: waits that end, attempts that are due, callbacks and executions that time out.

Everything that is to come lies on the world's agenda, by its name; a year of waiting is nothing on a held clock.
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.lambda_ import durable_history
from foulweather.services.lambda_.durable_state import RUNNING, DurableState, Execution, JsonObject, Operation

_STATUSES = {"Succeeded": "SUCCEEDED", "Failed": "FAILED", "TimedOut": "TIMED_OUT", "Stopped": "STOPPED"}


def later(call: Call, execution: Execution, when_ms: int, action: str, **more: Any) -> int:
    """Put an action for an execution on the agenda, where the execution is."""
    args = {"execution_id": execution.id, **more}
    place = {"account": execution.account, "region": execution.region}
    return call.world.agenda.at(when_ms, action, args, **place, trace_id=execution.trace_id)


def wake(call: Call, execution: Execution) -> None:
    """Have a function invoked again: something that it waits for is there."""
    if execution.status == RUNNING:
        execution.roused += 1
        execution.is_due = True
        later(call, execution, call.world.clock.now_ms, "lambda.drive_durable_execution")


def set_due(call: Call, execution: Execution, operation: Operation, due_ms: int) -> None:
    """Say when the next thing happens to an operation by itself; 0 is never."""
    call.world.agenda.cancel(operation.timer)
    operation.due_ms, operation.timer = due_ms, 0
    if due_ms:
        operation.timer = later(call, execution, due_ms, "lambda.ring_durable_operation", operation_id=operation.id)


def ring(call: Call, execution_id: str, operation_id: str) -> None:
    """An operation's time has come."""
    state = call.state(DurableState)
    execution = state.executions.get(execution_id)
    operation = state.parts(execution).get(operation_id) if execution is not None else None
    if execution is None or operation is None or execution.status != RUNNING:
        return
    if operation.is_over or operation.due_ms == 0 or operation.due_ms > call.now:
        return
    come(call, state, execution, operation)


def come(call: Call, state: DurableState, execution: Execution, operation: Operation) -> None:
    """Carry out what was due for an operation."""
    if operation.kind == "WAIT":
        finish(call, state, execution, operation, "Succeeded")
    elif operation.kind == "STEP":
        operation.status = "READY"
        wake(call, execution)
        state.changed(execution, operation)
    elif operation.due_ms == operation.heartbeat_ms != operation.timeout_ms:
        words = f"No heartbeat came for {operation.heartbeat_s} seconds."
        error = {"ErrorType": "Callback.Heartbeat", "ErrorMessage": words}
        finish(call, state, execution, operation, "TimedOut", error=error)
    else:
        error = {"ErrorType": "Callback.Timeout", "ErrorMessage": "The callback has timed out."}
        finish(call, state, execution, operation, "TimedOut", error=error)


def finish(
    call: Call,
    state: DurableState,
    execution: Execution,
    operation: Operation,
    how: str,
    *,
    result: str | None = None,
    error: JsonObject | None = None,
) -> None:
    """End an operation that its function waits for, and have the function invoked again."""
    now_ms = call.world.clock.now_ms
    call.world.agenda.cancel(operation.timer)
    operation.status, operation.ended_ms, operation.timer = _STATUSES[how], now_ms, 0
    operation.result, operation.error = result, error
    details: dict[str, Any] = {"Result": durable_history.whole(result)}
    if operation.kind == "WAIT":
        details = {"Duration": operation.wait_s}
    elif how != "Succeeded":
        details = {"Error": durable_history.whole(error)}
    durable_history.of_operation(state, execution, operation, now_ms, how, **details)
    execution.bytes_written += len((result or "").encode())
    wake(call, execution)
    state.changed(execution, operation)
