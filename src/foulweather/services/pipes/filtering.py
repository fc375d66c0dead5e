"""Which events a pipe lets through; what it does not is done with.

The grammar is EventBridge's (`kernel/event_patterns.py`).
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-filtering.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from foulweather.kernel.event_documents import parsed
from foulweather.kernel.event_documents import read as read_document
from foulweather.kernel.event_patterns import Group, group_of
from foulweather.kernel.input_templates import dumps
from foulweather.services.pipes.shaping import Event
from foulweather.services.pipes.state import Pipe, part


@lru_cache(maxsize=1024)
def read(text: str) -> tuple[Group, str]:
    """A pattern, and the kind of what it says of the body or data: `object`, `array` or nothing."""
    node = read_document(text)
    members: Mapping[str, Any] = node.value
    held = members.get("body") or members.get("data")
    return group_of(node), held.kind if held is not None else ""


def passes(pipe: Pipe, event: Event) -> bool:
    """Whether any of the pipe's patterns accepts an event, or it has none."""
    filters: Sequence[Mapping[str, str]] = (
        part(pipe.settings, "SourceParameters", "FilterCriteria").get("Filters") or ()
    )
    wanted = [each["Pattern"] for each in filters if each.get("Pattern")]
    return not wanted or any(_accepts(event, *read(pattern)) for pattern in wanted)


def _accepts(event: Event, group: Group, body_kind: str) -> bool:
    """A pattern of JSON is about a body of JSON, a pattern of text about one of plain text; otherwise it is dropped."""
    is_object = isinstance(event.content, dict)
    if body_kind and is_object != (body_kind == "object"):
        return False
    held: dict[str, Any] = event.record
    if body_kind:
        held = {**held, event.content_name: event.content if is_object else event.text}
    return group.accepts(parsed(dumps(held)))
