"""The binary form of OTLP's requests, read into the same trees as their JSON form.

https://protobuf.dev/programming-guides/encoding/
https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, NamedTuple


class Field(NamedTuple):
    """A field of a message: its JSON name, its kind (or the message that it is), and whether there are many."""

    name: str
    kind: str
    is_many: bool = False


Message = Mapping[int, Field]
MESSAGES: dict[str, Message] = {
    "Request": {1: Field("resourceSpans", "ResourceSpans", True)},
    "ResourceSpans": {1: Field("resource", "Resource"), 2: Field("scopeSpans", "ScopeSpans", True)},
    "Resource": {1: Field("attributes", "KeyValue", True)},
    "ScopeSpans": {2: Field("spans", "Span", True)},
    "Span": {
        1: Field("traceId", "hex"),
        2: Field("spanId", "hex"),
        4: Field("parentSpanId", "hex"),
        5: Field("name", "text"),
        6: Field("kind", "number"),
        7: Field("startTimeUnixNano", "fixed"),
        8: Field("endTimeUnixNano", "fixed"),
        9: Field("attributes", "KeyValue", True),
        11: Field("events", "Event", True),
        15: Field("status", "Status"),
    },
    "Event": {2: Field("name", "text"), 3: Field("attributes", "KeyValue", True)},
    "Status": {2: Field("message", "text"), 3: Field("code", "number")},
    "KeyValue": {1: Field("key", "text"), 2: Field("value", "AnyValue")},
    "AnyValue": {
        1: Field("stringValue", "text"),
        2: Field("boolValue", "truth"),
        3: Field("intValue", "signed"),
        4: Field("doubleValue", "double"),
    },
}
DEPTH_MAX = 16
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def read(data: bytes, message: str = "Request", depth: int = 0) -> dict[str, Any]:
    """A message as a tree; raises ValueError where it is none. Fields that are not known are passed over."""
    if depth > DEPTH_MAX:
        raise ValueError("messages are nested too deep")
    fields, made = MESSAGES[message], dict[str, Any]()
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
        elif wire in (_FIXED64, _FIXED32):
            size = 8 if wire == _FIXED64 else 4
            value, at = data[at : at + size], at + size
        elif wire == _BYTES:
            size, at = _varint(data, at)
            value, at = data[at : at + size], at + size
        else:
            raise ValueError(f"wire type {wire}")
        if at > len(data):
            raise ValueError("a field ends behind its message")
        field = fields.get(number)
        if field is None:
            continue
        told = _value(field.kind, value, depth)
        if field.is_many:
            made.setdefault(field.name, []).append(told)
        else:
            made[field.name] = told
    return made


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("a number has no end")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _value(kind: str, value: int | bytes, depth: int) -> Any:
    if isinstance(value, int):
        if kind not in ("number", "truth", "signed"):
            raise ValueError(f"a number where {kind} belongs")
        return bool(value) if kind == "truth" else value - (1 << 64) if kind == "signed" and value >> 63 else value
    if kind in MESSAGES:
        return read(value, kind, depth + 1)
    if kind == "text":
        return value.decode("utf-8", "replace")
    if kind == "hex":
        return value.hex()
    if kind in ("fixed", "double") and len(value) == 8:
        return int.from_bytes(value, "little") if kind == "fixed" else struct.unpack("<d", value)[0]
    raise ValueError(f"bytes where {kind} belongs")
