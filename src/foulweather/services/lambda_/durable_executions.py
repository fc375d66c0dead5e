"""Durable executions: shown, listed, stopped, and what has happened in them.

https://docs.aws.amazon.com/durable-execution/getting-started/manage-executions/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import (
    durable_endings,
    durable_history,
    durable_shapes,
    durable_tokens,
    naming,
    refusals,
)
from foulweather.services.lambda_.durable_state import RUNNING, DurableState, Execution

Request = Mapping[str, Any]


def get_durable_execution(call: Call, request: Request) -> dict[str, Any]:
    """An execution: what it was started with, and what it came to."""
    _, execution = durable_tokens.require(call, request["DurableExecutionArn"])
    return durable_shapes.described(execution)


def get_durable_execution_history(call: Call, request: Request) -> dict[str, Any]:
    """What has happened in an execution, event by event."""
    state, execution = durable_tokens.require(call, request["DurableExecutionArn"])
    numbers = list(range(1, execution.events + 1))
    if request.get("ReverseOrder"):
        numbers.reverse()
    page, more = durable_shapes.page(numbers, str, request)
    with_data = request.get("IncludeExecutionData", True)
    events = [
        durable_history.shown(state.history[f"{execution.id}/{number}"], number, with_data=with_data) for number in page
    ]
    return {"Events": events, **more}


def list_durable_executions_by_function(call: Call, request: Request) -> dict[str, Any]:
    """The executions of a function's version: those of $LATEST where none is named."""
    found = naming.described(call, request["FunctionName"], request.get("Qualifier"))
    state = call.state(DurableState, found.function.account)
    executions = [each for each in state.executions.values() if _is_asked_for(each, found, request)]
    executions.sort(key=lambda each: (each.started_ms, each.id), reverse=bool(request.get("ReverseOrder")))
    page, more = durable_shapes.page(executions, lambda each: each.id, request)
    return {"DurableExecutions": [durable_shapes.summary(each) for each in page], **more}


def stop_durable_execution(call: Call, request: Request) -> dict[str, Any]:
    """Stop an execution: an invocation under way goes on until its next checkpoint, which is refused."""
    state, execution = durable_tokens.require(call, request["DurableExecutionArn"])
    if execution.status != RUNNING:
        raise refusals.invalid(
            f"The durable execution is not running: its status is {execution.status}.",
            Fact(execution.arn, "status", execution.status),
        )
    durable_endings.close(call, state, execution, "STOPPED", error=dict(request.get("Error") or {}))
    call.changed("lambda.DurableExecutionStopped", execution.arn, Status="STOPPED")
    return {"StopTimestamp": execution.ended_ms}


def _is_asked_for(execution: Execution, found: naming.Reference, request: Request) -> bool:
    if execution.function != found.function.name or execution.version != found.configuration.version:
        return False
    if request.get("DurableExecutionName") and execution.name != request["DurableExecutionName"]:
        return False
    if request.get("Statuses") and execution.status not in request["Statuses"]:
        return False
    if request.get("StartedAfter") is not None and execution.started_ms <= request["StartedAfter"]:
        return False
    return request.get("StartedBefore") is None or execution.started_ms < request["StartedBefore"]
