"""A trace read out of its documents: segments and subsegments, which one is whose parent, and which service each is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, cast

from foulweather.services.xray import limits
from foulweather.services.xray.state import Segment, XrayState

Document = Mapping[str, Any]
FUNCTION = "AWS::Lambda::Function"
_TYPES = {
    "DynamoDB": "AWS::DynamoDB::Table",
    "SQS": "AWS::SQS::Queue",
    "S3": "AWS::S3::Bucket",
    "Lambda": "AWS::Lambda",
}
_NAMED_BY = ("table_name", "queue_url", "topic_arn", "bucket_name", "function_name", "stream_name")


class Node(NamedTuple):
    """A service of the map: an application, an AWS resource, or something remote."""

    name: str
    type: str
    account: str = ""

    def shown(self) -> dict[str, Any]:
        """As a ServiceId."""
        made: dict[str, Any] = {"Name": self.name, "Names": [self.name]}
        made |= {"AccountId": self.account} if self.account else {}
        return {**made, "Type": self.type} if self.type else made


class Span:
    """A segment or a subsegment; `owner` is the segment that it is part of."""

    def __init__(self, document: Document, owner: Span | None, *, is_segment: bool) -> None:
        self.document = document
        self.is_segment = is_segment
        self.owner = self if owner is None else owner
        self.parent: Span | None = None
        self.children: list[Span] = []

    @property
    def id(self) -> str:
        """Its id."""
        return self.document["id"]

    @property
    def name(self) -> str:
        """Its name."""
        return self.document["name"]

    @property
    def start(self) -> float:
        """When it began, in seconds."""
        return self.document["start_time"]

    @property
    def end(self) -> float:
        """When it ended; of what goes on still, when it began."""
        return self.document.get("end_time") or self.start

    @property
    def took(self) -> float:
        """How long it took, in seconds."""
        return self.end - self.start

    @property
    def in_progress(self) -> bool:
        """Whether its end was not told yet."""
        return bool(self.document.get("in_progress"))

    def is_(self, flag: str) -> bool:
        """Whether it has a flag: error, throttle, fault."""
        return bool(self.document.get(flag))

    @property
    def is_ok(self) -> bool:
        """Whether it has none of them."""
        return not (self.is_("error") or self.is_("fault") or self.is_("throttle"))

    def part(self, name: str) -> Document:
        """A structure in its document; empty where there is none."""
        found: Any = self.document.get(name)
        return cast(Document, found) if isinstance(found, dict) else {}

    def http(self, part: str) -> Document:
        """What it tells of its request or response."""
        found: Any = self.part("http").get(part)
        return cast(Document, found) if isinstance(found, dict) else {}

    @property
    def is_call(self) -> bool:
        """Whether it is a call of another service."""
        return not self.is_segment and self.document.get("namespace") in ("aws", "remote")

    @property
    def node(self) -> Node:
        """The service that it is; a call's is the one that was called."""
        aws = self.part("aws")
        account = str(aws.get("account_id") or "")
        if self.is_segment:
            return Node(self.name, str(self.document.get("origin") or ""), account)
        if self.document.get("namespace") == "remote":
            return Node(self.name, "remote")
        name = next((str(aws[key]) for key in _NAMED_BY if aws.get(key)), self.name)
        return Node(name, _TYPES.get(self.name, f"AWS::{self.name}"), account)


class Trace:
    """All documents of a trace, put together."""

    def __init__(self, trace_id: str, segments: Mapping[str, Segment]) -> None:
        self.id = trace_id
        self.rows = segments
        self.spans: dict[str, Span] = {}
        self._same: dict[str, str] = {}
        """Calls that a function's code told of itself, by the ids that they have in its own segment."""
        documents = [_read(each.document) for each in segments.values()]
        told = {_request_id(each): str(each["id"]) for each in documents if each.get("type") == "subsegment"}
        for document in documents:
            self._add(document, None, told)
        for span in self.spans.values():
            parent = str(span.document.get("parent_id") or "")
            if span.parent is None and parent:
                span.parent = self.spans.get(self._same.get(parent, parent))
                if span.parent is not None:
                    span.parent.children.append(span)
                    if not span.is_segment:
                        span.owner = span.parent.owner

    def _add(self, document: Document, parent: Span | None, told: Mapping[str, str]) -> None:
        is_segment = parent is None and document.get("type") != "subsegment"
        span = self.spans[document["id"]] = Span(
            document, None if parent is None else parent.owner, is_segment=is_segment
        )
        if parent is not None:
            span.parent = parent
            parent.children.append(span)
        for each in cast("list[Document]", document.get("subsegments") or []):
            own = _request_id(each)
            if own and own in told and document.get("origin") == FUNCTION:
                self._same[each["id"]] = told[own]  # the function's code told of this call itself
            else:
                self._add(each, span, told)

    @property
    def segments(self) -> list[Span]:
        """Its segments, the earliest first."""
        return sorted((span for span in self.spans.values() if span.is_segment), key=lambda span: span.start)

    @property
    def root(self) -> Span | None:
        """The segment of its entry point."""
        found = self.segments
        return next((span for span in found if span.parent is None), found[0] if found else None)

    @property
    def start(self) -> float:
        """When it began."""
        return min(span.start for span in self.spans.values())

    @property
    def end(self) -> float:
        """When all of it had ended."""
        return max(span.end for span in self.spans.values())

    @property
    def at_ms(self) -> int:
        """The time in its id, or when it came."""
        return began_ms(self.id, self.rows)

    def calls(self) -> Iterator[tuple[Span, Node, Span | None]]:
        """Each call of another service: from which segment, to which service, and that one's segment if it sent any."""
        for span in self.spans.values():
            if span.is_call:
                answered = next((child for child in span.children if child.is_segment), None)
                yield span, span.node if answered is None else answered.node, answered

    def nodes(self) -> dict[Node, list[Span]]:
        """Every service in it, with what it was seen in; one that sent no segment is inferred from calls."""
        found: dict[Node, list[Span]] = {}
        for span in self.segments:
            found.setdefault(span.node, []).append(span)
        for span, node, answered in self.calls():
            if answered is None:
                found.setdefault(node, []).append(span)
        return found


def trace_of(state: XrayState, trace_id: str) -> Trace | None:
    """A trace, if anything of it is there."""
    held = state.traces.get(trace_id)
    return None if held is None else Trace(trace_id, held)


def traces_between(state: XrayState, start_ms: int, end_ms: int, by: str = "Service") -> list[Trace]:
    """The traces of a time: by the time in their ids (`TraceId`), or by when anything of them went on."""
    found: list[Trace] = []
    for trace_id, rows in state.traces.items():
        if by == "TraceId":
            at_ms = began_ms(trace_id, rows)
            if start_ms <= at_ms + 999 and at_ms <= end_ms:
                found.append(Trace(trace_id, rows))
            continue
        if max(row.received_ms for row in rows.values()) < start_ms:
            continue  # what is sent is over, or goes on: nothing of it is as late as that
        trace = Trace(trace_id, rows)
        if trace.start * 1000 <= end_ms and trace.end * 1000 >= start_ms:
            found.append(trace)
    return found


def began_ms(trace_id: str, rows: Mapping[str, Segment]) -> int:
    """When a trace began: as its id says, or (of an id that is random) when the first of it came."""
    came_ms = next(iter(rows.values())).received_ms
    told_ms = int(trace_id[2:10], 16) * 1000
    return told_ms if -limits.DAY_MS <= came_ms - told_ms <= limits.RETENTION_MS else came_ms


@lru_cache(maxsize=4_096)
def _read(text: str) -> Document:
    return json.loads(text)


def _request_id(document: Document) -> str:
    aws: Any = document.get("aws")
    return str(cast(Document, aws).get("request_id") or "") if isinstance(aws, dict) else ""
