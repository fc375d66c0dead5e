"""The history of durable executions: what has happened, event by event.

https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecutionHistory.html
"""

from __future__ import annotations

from typing import Any

from foulweather.services.lambda_.durable_state import DurableState, Execution, HistoryEvent, Operation

_NAMES = {
    "CONTEXT": "Context",
    "STEP": "Step",
    "WAIT": "Wait",
    "CALLBACK": "Callback",
    "CHAINED_INVOKE": "ChainedInvoke",
}


def of_execution(state: DurableState, execution: Execution, at_ms: int, kind: str, **details: Any) -> None:
    """Note what happened to an execution as a whole."""
    state.note(execution, HistoryEvent(kind=kind, at_ms=at_ms, details=_there(details)))


def of_operation(
    state: DurableState, execution: Execution, operation: Operation, at_ms: int, how: str, **details: Any
) -> None:
    """Note what happened to an operation: that it has `Started`, `Succeeded`, `Failed`, ..."""
    event = HistoryEvent(
        kind=f"{_NAMES[operation.kind]}{how}",
        at_ms=at_ms,
        operation=operation.id,
        parent=operation.parent,
        name=operation.name,
        sub_type=operation.sub_type,
        details=_there(details),
    )
    state.note(execution, event)


def whole(payload: Any) -> dict[str, Any]:
    """A payload as an event has it: nothing is cut off."""
    return {"Truncated": False} if payload is None else {"Payload": payload, "Truncated": False}


def shown(event: HistoryEvent, number: int, *, with_data: bool) -> dict[str, Any]:
    """An event as the API tells it."""
    details = event.details if with_data else _without_data(event.details)
    told = {
        "EventType": event.kind,
        "EventId": number,
        "EventTimestamp": event.at_ms,
        "Id": event.operation,
        "ParentId": event.parent,
        "Name": event.name,
        "SubType": event.sub_type,
    }
    return {**{member: value for member, value in told.items() if value}, f"{event.kind}Details": details}


def _there(details: dict[str, Any]) -> dict[str, Any]:
    return {member: value for member, value in details.items() if value is not None}


def _without_data(details: dict[str, Any]) -> dict[str, Any]:
    """What happened, without what it was about."""
    kept: dict[str, Any] = {}
    for member, value in details.items():
        if member in ("Result", "Input", "Error"):
            value = {each: told for each, told in value.items() if each != "Payload"}
        kept[member] = value
    return kept
