"""Callbacks of durable executions: completed, failed, or kept alive by whoever was given their id.

https://docs.aws.amazon.com/lambda/latest/api/API_SendDurableExecutionCallbackSuccess.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import durable_limits, durable_timers, durable_tokens, durable_updates, refusals
from foulweather.services.lambda_.durable_state import RUNNING, DurableState, Execution, Operation

Request = Mapping[str, Any]


def send_durable_execution_callback_success(call: Call, request: Request) -> dict[str, Any]:
    """Complete a callback: its execution goes on with the result."""
    state, execution, operation = _open(call, request["CallbackId"])
    given = request.get("Result")
    result = bytes(given).decode("utf-8", "replace") if given else None
    durable_limits.check_room(execution, 0, len(given or b""))
    durable_timers.finish(call, state, execution, operation, "Succeeded", result=result)
    return {}


def send_durable_execution_callback_failure(call: Call, request: Request) -> dict[str, Any]:
    """Fail a callback: its execution goes on with the error."""
    state, execution, operation = _open(call, request["CallbackId"])
    error = dict(request.get("Error") or {})
    durable_timers.finish(call, state, execution, operation, "Failed", error=error)
    return {}


def send_durable_execution_callback_heartbeat(call: Call, request: Request) -> dict[str, Any]:
    """Say that somebody is still at it: the heartbeat time-out begins anew."""
    state, execution, operation = _open(call, request["CallbackId"])
    durable_updates.beat(call, execution, operation)
    state.operations.touch(f"{execution.id}/{operation.id}")
    return {}


def _open(call: Call, callback_id: str) -> tuple[DurableState, Execution, Operation]:
    """A callback for which its execution still waits."""
    found = durable_tokens.callback(call, callback_id)
    if found is None:
        raise refusals.invalid("Invalid callback id.", Fact("request", "CallbackId", callback_id))
    _, execution, operation = found
    name = operation.name or operation.id
    if execution.status != RUNNING:
        raise durable_limits.callback_is_over(f"its execution is {execution.status}", name)
    if operation.is_over or (operation.due_ms and operation.due_ms <= call.now):
        raise durable_limits.callback_is_over(operation.status, name)
    return found
