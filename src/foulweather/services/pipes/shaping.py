"""Events on their way through a pipe, and what input templates and dynamic parameters make of them.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast

from foulweather.kernel.event_paths import MISSING, PathSyntax, find, steps
from foulweather.kernel.input_templates import PLACEHOLDER, QUOTED, dumps, each_part, filled
from foulweather.services.pipes.state import Pipe

EVENT, EVENT_JSON, INGESTED = "aws.pipes.event", "aws.pipes.event.json", "aws.pipes.event.ingestion-time"
_RESERVED: Final = (
    "aws.pipes.pipe-arn",
    "aws.pipes.pipe-name",
    "aws.pipes.source-arn",
    "aws.pipes.enrichment-arn",
    "aws.pipes.target-arn",
    INGESTED,
    EVENT,
    EVENT_JSON,
)
_CONTENTS: Final = {"aws:sqs": "body", "aws:kinesis": "data"}
_PATH = re.compile(r"\$(\.[\w/_-]+(\[(\d+|\*)\])*)*")


class Event:
    """An event from a source: its record, and what is in the field that holds the sender's own data.

    That field is read as JSON, if it is some, by filters and templates: `<$.body.order>`.
    """

    __slots__ = ("at_ms", "content", "content_name", "id", "record", "text")

    def __init__(self, record: dict[str, Any], id: str, at_ms: int) -> None:
        self.record = record
        self.id = id
        self.at_ms = at_ms
        self.content_name = _CONTENTS.get(record["eventSource"], "")
        self.text: str = record.get(self.content_name) or ""
        if self.content_name == "data":
            self.text = base64.b64decode(self.text).decode("utf-8", "replace")
        self.content: Any = _json(self.text) if self.content_name else None

    @property
    def document(self) -> dict[str, Any]:
        """The record with its content read."""
        if self.content is None or self.content is MISSING:
            return self.record
        return {**self.record, self.content_name: self.content}


def _json(text: str) -> Any:
    if text.lstrip()[:1] not in ("{", "["):
        return MISSING
    try:
        return json.loads(text)
    except ValueError:
        return MISSING


def iso(ms: int) -> str:
    """A time as templates have it."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def shaped(pipe: Pipe, template: str, document: Any, plain: Any, now_ms: int) -> str:
    """What a template makes of an event: `document` is what paths look into, `plain` the event as it came."""
    values: dict[str, Any] = {
        "aws.pipes.pipe-arn": pipe.arn,
        "aws.pipes.pipe-name": pipe.name,
        "aws.pipes.source-arn": pipe.source,
        "aws.pipes.enrichment-arn": pipe.settings.get("Enrichment") or "",
        "aws.pipes.target-arn": pipe.target,
        INGESTED: iso(now_ms),
        EVENT: dumps(plain) if not isinstance(plain, str) else plain,
        EVENT_JSON: document,
    }
    for name in PLACEHOLDER.findall(template):
        if name.startswith("$"):
            values[name] = find(document, name)
    if is_free_text(template):
        return PLACEHOLDER.sub(lambda found: _text(values.get(found[1], MISSING)), template)
    return filled(template, values)


def is_free_text(template: str) -> bool:
    """Whether a template is no JSON, but text, or nothing but a placeholder."""
    return template.lstrip()[:1] not in ("{", "[", '"')


def _text(value: Any) -> str:
    if value is MISSING:
        return ""
    return value if isinstance(value, str) else dumps(value)


def template_error(template: str) -> str:
    """What is wrong with a template; empty when nothing is."""
    for name in PLACEHOLDER.findall(template):
        if name.startswith("$"):
            try:
                steps(name)
            except PathSyntax:
                return f"the path {name} is not supported"
        elif name.startswith("aws.") and name not in _RESERVED:
            return f"there is no variable {name}"
    if is_free_text(template):
        return ""
    tried = each_part(template, lambda found: "0", lambda found: "0")
    if tried.lstrip()[:1] == '"':
        return "" if not QUOTED.sub("", tried, count=1).strip() else "text must be in quotation marks"
    try:
        json.loads(tried)
    except ValueError as error:
        return str(error)
    return ""


def dynamic(value: str, document: Any) -> Any:
    """A parameter that may be a path into the event; MISSING where nothing is there."""
    return find(document, value) if _PATH.fullmatch(value) else value


def dynamic_text(value: str, document: Any) -> str:
    """A parameter as text."""
    return _text(dynamic(value, document))


def as_json(text: str) -> Any:
    """What a text is within an array of JSON: what it says, or a string of it."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def items_of(answer: bytes) -> list[Any]:
    """The events that an enrichment answers with: those of an array, or one; none of an empty answer."""
    if not answer.strip():
        return []
    told: Any = as_json(answer.decode("utf-8", "replace"))
    if isinstance(told, list):
        return cast("list[Any]", told)
    # An empty answer is how an enrichment says that there is nothing to send on.
    return [] if told in ({}, "", None) else [told]


def text_of(item: Any) -> str:
    """An event as a target gets it that takes one by one."""
    return item if isinstance(item, str) else dumps(item)


def mapping_of(item: Any) -> Mapping[str, Any]:
    """An event as paths look into it."""
    return cast("Mapping[str, Any]", item) if isinstance(item, dict) else {}
