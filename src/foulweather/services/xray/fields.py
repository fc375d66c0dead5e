"""What filter expressions look at: of a whole trace, of one service in it, or of the calls between two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, cast

from foulweather.services.xray.reading import Node, Span, Trace


class Subject(NamedTuple):
    """What an expression is asked of: a trace, its root segment standing for it, or one segment or call."""

    trace: Trace
    span: Span | None
    is_trace: bool = True
    is_inferred: bool = False

    def annotations(self) -> dict[str, list[Any]]:
        """The annotations of all segments of the trace, or of the one."""
        found: dict[str, list[Any]] = {}
        for span in self._within():
            for key, value in span.part("annotations").items():
                found.setdefault(key, []).append(value)
        return found

    def texts(self, read: Callable[[Span], Iterable[Any]]) -> list[str]:
        """What the spans that are looked at say, without what is not there."""
        return [str(value) for span in self._within() for value in read(span) if value]

    def _within(self) -> list[Span]:
        if self.is_trace:
            return list(self.trace.spans.values())
        if self.span is None:
            return []
        own = self.span
        return [span for span in self.trace.spans.values() if span is own or (own.is_segment and span.owner is own)]


def of_trace(trace: Trace) -> Subject:
    """A whole trace."""
    return Subject(trace, trace.root)


def of_service(trace: Trace) -> Iterator[tuple[Node, Subject]]:
    """Each service of a trace, once for each segment or call."""
    for node, spans in trace.nodes().items():
        for span in spans:
            yield node, Subject(trace, span, False, not span.is_segment)


def of_edge(trace: Trace) -> Iterator[tuple[Node, Node, Subject]]:
    """Each call between two services of a trace, as its caller saw it."""
    for span, node, _answered in trace.calls():
        yield span.owner.node, node, Subject(trace, span, False, not span.is_segment)


def _flag(name: str) -> Callable[[Subject], bool]:
    def read(subject: Subject) -> bool:
        return subject.span is not None and subject.span.is_(name)

    return read


def _position(which: int) -> Callable[[Subject], bool]:
    def read(subject: Subject) -> bool:
        found = subject.trace.segments
        return bool(found) and subject.span is found[which]

    return read


BOOLEANS: Mapping[str, Callable[[Subject], bool]] = {
    "ok": lambda subject: subject.span is not None and subject.span.is_ok,
    "error": _flag("error"),
    "throttle": _flag("throttle"),
    "fault": _flag("fault"),
    "partial": lambda subject: any(span.in_progress for span in subject.trace.spans.values()),
    "inferred": lambda subject: subject.is_inferred,
    "first": _position(0),
    "last": _position(-1),
    "remote": lambda subject: subject.span is not None and subject.span.document.get("namespace") == "remote",
    "root": lambda subject: subject.span is not None and subject.span is subject.trace.root,
}


def _response_time(subject: Subject) -> list[float]:
    return [] if subject.span is None else [round(subject.span.took, 3)]


def _duration(subject: Subject) -> list[float]:
    if subject.is_trace:
        return [round(subject.trace.end - subject.trace.start, 3)]
    return _response_time(subject)


def _status(subject: Subject) -> list[float]:
    status = None if subject.span is None else subject.span.http("response").get("status")
    return [float(status)] if isinstance(status, int | float) else []


def _index(subject: Subject) -> list[float]:
    found = subject.trace.segments
    return [float(found.index(subject.span))] if subject.span is not None and subject.span in found else []


NUMBERS: Mapping[str, Callable[[Subject], list[float]]] = {
    "responsetime": _response_time,
    "duration": _duration,
    "http.status": _status,
    "index": _index,
}


def _request(name: str) -> Callable[[Subject], list[str]]:
    def read(subject: Subject) -> list[str]:
        value = None if subject.span is None else subject.span.http("request").get(name)
        return [str(value)] if value else []

    return read


def _cause(name: str) -> Callable[[Subject], list[str]]:
    """Of the exceptions in a cause."""

    def exceptions(span: Span) -> Iterator[Any]:
        listed: Any = span.part("cause").get("exceptions")
        if isinstance(listed, list):
            for each in cast("list[Any]", listed):
                if isinstance(each, dict):
                    yield cast("Mapping[str, Any]", each).get(name)

    return lambda subject: subject.texts(exceptions)


def _ec2(name: str) -> Callable[[Span], list[Any]]:
    def read(span: Span) -> list[Any]:
        ec2: Any = span.part("aws").get("ec2")
        return [cast("Mapping[str, Any]", ec2).get(name)] if isinstance(ec2, dict) else []

    return read


ZONES, INSTANCES = _ec2("availability_zone"), _ec2("instance_id")


def arns(span: Span) -> list[Any]:
    """The ARNs of the resources that a span ran on."""
    aws = span.part("aws")
    return [span.document.get("resource_arn"), aws.get("resource_arn"), aws.get("function_arn")]


STRINGS: Mapping[str, Callable[[Subject], list[str]]] = {
    "http.url": _request("url"),
    "http.method": _request("method"),
    "http.useragent": _request("user_agent"),
    "http.clientip": _request("client_ip"),
    "user": lambda subject: subject.texts(lambda span: [span.document.get("user")]),
    "name": lambda subject: [] if subject.span is None else [subject.span.node.name],
    "type": lambda subject: [] if subject.span is None else [subject.span.node.type],
    "message": _cause("message"),
    "availabilityzone": lambda subject: subject.texts(ZONES),
    "instance.id": lambda subject: subject.texts(INSTANCES),
    "resource.arn": lambda subject: subject.texts(arns),
}
