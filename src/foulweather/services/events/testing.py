"""TestEventPattern: whether a pattern matches an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.event_documents import parsed
from foulweather.services.events import limits, refusals

# "the following fields are mandatory" (API_TestEventPattern).
MANDATORY = ("id", "account", "source", "time", "region", "resources", "detail-type")


def test_event_pattern(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Whether an event pattern matches an event."""
    group = limits.checked_pattern(request["EventPattern"])
    try:
        event = parsed(request["Event"])
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise refusals.invalid("Parameter Event is not valid.", Event=request["Event"])
    missing = [name for name in MANDATORY if name not in cast("dict[str, Any]", event)]
    if missing:
        raise refusals.invalid("Parameter Event is not valid.", Event=request["Event"], missing=missing)
    return {"Result": group.accepts(event)}
