"""What Lambda tells of durable executions, to clients and to the functions themselves.

https://docs.aws.amazon.com/lambda/latest/api/API_Operation.html
"""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from foulweather.kernel.why import Fact
from foulweather.services.lambda_.durable_state import DurableState, Execution, Operation
from foulweather.services.lambda_.refusals import invalid

PAGE = 100
EVENT_OPERATIONS_MAX = 1_000
EVENT_BYTES_MAX = 5 << 20
"""How much of the state a function gets with its event; it asks GetDurableExecutionState for the rest."""
T = TypeVar("T")


def operation(found: Operation) -> dict[str, Any]:
    """An operation."""
    shown: dict[str, Any] = {
        "Id": found.id,
        "Type": found.kind,
        "StartTimestamp": found.started_ms,
        "Status": found.status,
    }
    for member, value in (
        ("ParentId", found.parent),
        ("Name", found.name),
        ("SubType", found.sub_type),
        ("EndTimestamp", found.ended_ms),
    ):
        if value:
            shown[member] = value
    outcome: dict[str, Any] = {}
    if found.result is not None:
        outcome["Result"] = found.result
    if found.error is not None:
        outcome["Error"] = found.error
    if found.kind == "STEP":
        next_ms = {"NextAttemptTimestamp": found.due_ms} if found.status == "PENDING" else {}
        shown["StepDetails"] = {"Attempt": found.attempt, **next_ms, **outcome}
    elif found.kind == "CONTEXT":
        shown["ContextDetails"] = {"ReplayChildren": found.replays_children, **outcome}
    elif found.kind == "WAIT":
        shown["WaitDetails"] = {"ScheduledEndTimestamp": found.due_ms}
    elif found.kind == "CALLBACK":
        shown["CallbackDetails"] = {"CallbackId": found.callback_id, **outcome}
    else:
        shown["ChainedInvokeDetails"] = outcome
    return shown


def itself(execution: Execution) -> dict[str, Any]:
    """The execution as the first of its operations."""
    return {
        "Id": execution.id,
        "Name": execution.name,
        "Type": "EXECUTION",
        "StartTimestamp": execution.started_ms,
        "Status": "STARTED",
        "ExecutionDetails": {"InputPayload": execution.payload},
    }


def replayed(state: DurableState, execution: Execution) -> list[tuple[int, Operation | None]]:
    """What a function needs to be run again, each with its number: the execution itself (None), then its operations.

    "Completed operations with children don't include child operation details since they don't need to be replayed",
    unless their context wants that.
    """
    parts = state.parts(execution)
    hidden: set[str] = set()
    needed: list[tuple[int, Operation | None]] = [(0, None)]
    for each in parts.values():
        above = parts.get(each.parent)
        if above is not None and (above.id in hidden or (above.is_over and not above.replays_children)):
            hidden.add(each.id)
        else:
            needed.append((each.number, each))
    return needed


def state_page(state: DurableState, execution: Execution, after: int, count_max: int) -> tuple[list[Any], str]:
    """Operations from one number on, as many as fit into an event, and the marker of those that do not."""
    shown: list[Any] = []
    size, last = 0, after
    for number, found in replayed(state, execution):
        if number <= after:
            continue
        told = itself(execution) if found is None else operation(found)
        size += len(msgspec.json.encode(told))
        if shown and (len(shown) >= count_max or size > EVENT_BYTES_MAX):
            return shown, _marker(str(last))
        shown.append(told)
        last = number
    return shown, ""


def summary(execution: Execution) -> dict[str, Any]:
    """An execution as listings tell it."""
    told: dict[str, Any] = {
        "DurableExecutionArn": execution.arn,
        "DurableExecutionName": execution.name,
        "FunctionArn": execution.function_arn,
        "Status": execution.status,
        "StartTimestamp": execution.started_ms,
    }
    if execution.ended_ms:
        told["EndTimestamp"] = execution.ended_ms
    return told


def described(execution: Execution) -> dict[str, Any]:
    """An execution with what it was given and what it came to."""
    told = {**summary(execution), "InputPayload": execution.payload, "Version": execution.version}
    if execution.ended_ms and execution.result is not None:
        told["Result"] = execution.result
    if execution.ended_ms and execution.error is not None:
        told["Error"] = execution.error
    if execution.trace_header:
        told["TraceHeader"] = {"XAmznTraceId": execution.trace_header}
    return told


def page(items: Sequence[T], key: Callable[[T], str], request: Mapping[str, Any]) -> tuple[Sequence[T], dict[str, str]]:
    """One page of items, which begins after the one that the marker names."""
    most = request.get("MaxItems") or PAGE
    if request.get("Marker"):
        after = read_marker(request["Marker"])
        places = [place for place, item in enumerate(items) if key(item) == after]
        if not places:
            raise _bad_marker(request["Marker"])
        items = items[places[0] + 1 :]
    shown = items[:most]
    return shown, {"NextMarker": _marker(key(shown[-1]))} if len(items) > most else {}


def read_marker(marker: str) -> str:
    """What a marker names."""
    try:
        word, _, text = a2b_base64(marker, strict_mode=True).decode().partition(" ")
    except (Error, ValueError):
        word = text = ""
    if word != "after":
        raise _bad_marker(marker)
    return text


def _bad_marker(marker: str) -> Exception:
    return invalid("The provided Marker is invalid.", Fact("request", "Marker", marker))


def _marker(text: str) -> str:
    return b2a_base64(f"after {text}".encode(), newline=False).decode()
