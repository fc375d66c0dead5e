"""The events of an execution's history, and how the API shows them.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

EVENTS_MAX: Final = 25_000
_DATA: Final = ("input", "output")
# Events that have no details of their own.
BARE: Final = frozenset(
    {
        "LambdaFunctionStarted",
        "ParallelStateStarted",
        "ParallelStateSucceeded",
        "ParallelStateFailed",
        "ParallelStateAborted",
        "MapStateSucceeded",
        "MapStateFailed",
        "MapStateAborted",
        "MapRunSucceeded",
        "MapRunAborted",
        "TaskStateAborted",
        "WaitStateAborted",
    }
)


class Happening(msgspec.Struct, array_like=True, gc=False):
    """One event of a history."""

    id: int
    at_ms: int
    kind: str
    previous: int
    details: dict[str, Any]


decoded = msgspec.msgpack.Decoder(list[Happening]).decode


def details_name(kind: str) -> str:
    """The member of HistoryEvent that tells of an event."""
    if kind.endswith("StateEntered"):
        return "stateEnteredEventDetails"
    if kind.endswith("StateExited"):
        return "stateExitedEventDetails"
    return f"{kind[0].lower()}{kind[1:]}EventDetails"


def shown(event: Happening, *, with_data: bool = True) -> dict[str, Any]:
    """An event as GetExecutionHistory shows it."""
    told: dict[str, Any] = {
        "timestamp": event.at_ms,
        "type": event.kind,
        "id": event.id,
        "previousEventId": event.previous,
    }
    if event.kind not in BARE:
        told[details_name(event.kind)] = _details(event, with_data=with_data)
    return told


def _details(event: Happening, *, with_data: bool) -> dict[str, Any]:
    details: dict[str, Any] = {}
    for name, value in event.details.items():
        if value is None:
            continue
        if name in _DATA:
            if with_data:
                details[name] = value
                details[f"{name}Details"] = {"truncated": False}
            continue
        if name == "assignedVariables":
            if with_data:
                details[name] = value
                details["assignedVariablesDetails"] = {"truncated": False}
            continue
        if name in ("parameters", "error", "cause") and not with_data and name == "parameters":
            continue
        details[name] = value
    return details
