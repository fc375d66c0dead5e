"""OpenTelemetry's spans as segments: what serves is a segment, what happens within is a subsegment.

https://aws-otel.github.io/docs/getting-started/x-ray
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

Tree = Mapping[str, Any]
Document = dict[str, Any]
# Kinds of spans, by number and as some send them in JSON.
_SERVES = (2, 5, "SPAN_KIND_SERVER", "SPAN_KIND_CONSUMER")
_CALLS = (3, 4, "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER")
_ERRORS = (2, "STATUS_CODE_ERROR")
_UNNAMED = re.compile(r"[^\w\s.:/%&#=+\\\-@]")
_HEX = re.compile(r"[0-9a-fA-F]+")
_HTTP = {
    "url": ("url.full", "http.url"),
    "method": ("http.request.method", "http.method"),
    "user_agent": ("user_agent.original", "http.user_agent"),
    "client_ip": ("client.address", "http.client_ip"),
}
_STATUS = ("http.response.status_code", "http.status_code")


def documents(request: Tree) -> Iterator[Document]:
    """The documents of all spans of a request; raises ValueError where one has no ids."""
    for resource in _many(request, "resourceSpans"):
        about = _attributes(_part(resource, "resource"))
        for scope in _many(resource, "scopeSpans"):
            for span in _many(scope, "spans"):
                yield _document(span, about)


def _document(span: Tree, about: dict[str, Any]) -> Document:
    trace, own, parent = _id(span, "traceId", 32), _id(span, "spanId", 16), str(span.get("parentSpanId") or "").lower()
    told = _attributes(span)
    kind = span.get("kind")
    is_segment = not parent or kind in _SERVES
    is_aws = told.get("rpc.system") == "aws-api"
    name = str(about.get("service.name") or span.get("name") or "unknown") if is_segment else _called(span, told, kind)
    made: Document = {
        "id": own,
        "trace_id": f"1-{trace[:8]}-{trace[8:]}",
        "name": _UNNAMED.sub("_", name)[:200],
        "start_time": int(span.get("startTimeUnixNano") or 0) / 1e9,
        "end_time": int(span.get("endTimeUnixNano") or 0) / 1e9,
        "annotations": {key.replace(".", "_"): value for key, value in told.items() if isinstance(value, bool | str)},
        "metadata": {"default": {"otel.resource": about, "otel.span": told}},
    }
    if parent:
        made["parent_id"] = parent
    if not is_segment:
        made["type"] = "subsegment"
        if kind in _CALLS:
            made["namespace"] = "aws" if is_aws else "remote"
    asked = {key: next((told[name] for name in names if name in told), None) for key, names in _HTTP.items()}
    status = next((told[name] for name in _STATUS if name in told), None)
    http: Document = {"request": {key: value for key, value in asked.items() if value is not None}}
    if status is not None:
        http["response"] = {"status": int(status)}
    if http["request"] or status is not None:
        made["http"] = http
    return {**made, **_flags(span, status)}


def _called(span: Tree, told: dict[str, Any], kind: Any) -> str:
    """The name of a subsegment: of a call, who was called."""
    if kind in _CALLS:
        for name in ("peer.service", "rpc.service", "server.address", "net.peer.name", "db.system", "messaging.system"):
            if told.get(name):
                return str(told[name])
    return str(span.get("name") or "unknown")


def _flags(span: Tree, status: Any) -> Document:
    code = int(status) if status is not None else 0
    if code == 429:
        return {"error": True, "throttle": True}
    if 400 <= code < 500:
        return {"error": True}
    state = _part(span, "status")
    if code >= 500 or state.get("code") in _ERRORS:
        exception = {"id": "0" * 16, "message": str(state.get("message") or "")}
        return {"fault": True, "cause": {"exceptions": [exception]}}
    return {}


def _id(span: Tree, name: str, digits: int) -> str:
    found = str(span.get(name) or "")
    if len(found) != digits or not _HEX.fullmatch(found):
        raise ValueError(f"{name} is not {digits} hexadecimal digits: {found[:64]!r}")
    return found.lower()


def _attributes(of: Tree) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in _many(of, "attributes"):
        value = _part(each, "value")
        if "intValue" in value:
            found[str(each.get("key"))] = int(value["intValue"])  # in JSON it may be a text
        else:
            kinds = ("stringValue", "boolValue", "doubleValue")
            found[str(each.get("key"))] = next((value[kind] for kind in kinds if kind in value), None)
    return {key: value for key, value in found.items() if value is not None}


def _many(of: Tree, name: str) -> list[Tree]:
    found: Any = of.get(name) or []
    if not isinstance(found, list):
        raise ValueError(f"{name} is no list")
    for each in cast("list[Any]", found):
        if not isinstance(each, dict):
            raise ValueError(f"{name} has something in it that is no object")
    return cast("list[Tree]", found)


def _part(of: Tree, name: str) -> Tree:
    found: Any = of.get(name) or {}
    if not isinstance(found, dict):
        raise ValueError(f"{name} is no object")
    return cast(Tree, found)
