"""Event patterns: which records a mapping's filters let through to the function.

The grammar is EventBridge's (`kernel/event_patterns.py`).
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

from foulweather.kernel.event_documents import Node, PatternSyntax, parsed
from foulweather.kernel.event_documents import read as read_document
from foulweather.kernel.event_patterns import Group, group_of


class Pattern(NamedTuple):
    """One filter of a mapping, ready to be asked."""

    text: str
    group: Group
    has_plain_body: bool
    has_json_body: bool

    def accepts(self, record: Mapping[str, Any]) -> bool:
        """Whether a record (as `parsed` gives it) passes."""
        return self.group.accepts(record)

    def accepts_message(self, record: Mapping[str, Any], body: str) -> bool:
        """Whether a record whose `body` is a text passes: JSON for a pattern of JSON, plain text for a plain one.

        Where the formats differ the record is dropped.
        https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
        """
        document = _document(body)
        if self.has_json_body:
            return document is not None and self.group.accepts({**record, "body": document})
        if self.has_plain_body and document is not None:
            return False
        return self.group.accepts(record)


@lru_cache(maxsize=1024)
def read(text: str) -> Pattern:
    """Take a filter's pattern apart, or refuse it (PatternSyntax)."""
    try:
        node = read_document(text)
    except PatternSyntax as error:
        raise PatternSyntax("Event pattern is not valid JSON", error.at) from None
    group = group_of(node)
    body: Node | None = node.value.get("body")
    kind = body.kind if body is not None else ""
    return Pattern(text, group, kind == "array", kind == "object")


def patterns(settings: Mapping[str, Any]) -> list[Pattern]:
    """The patterns of a mapping's filters; a record passes that any of them accepts, or where there is none."""
    criteria: Mapping[str, Any] = settings.get("FilterCriteria") or {}
    filters: Sequence[Mapping[str, str]] = criteria.get("Filters") or ()
    return [read(each["Pattern"]) for each in filters if each.get("Pattern")]


def _document(body: str) -> dict[str, Any] | None:
    if not body.lstrip().startswith("{"):
        return None
    try:
        found = parsed(body)
    except ValueError:
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None
