"""Event streams (`application/vnd.amazon.eventstream`): frames of headers and a payload, each with checksums."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any, Final

from foulweather.kernel.errors import AwsError
from foulweather.wire.codecs.refusals import NotAMember

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from foulweather.kernel.model import Shape

Header = tuple[str, Any]
_BLOB_TYPE: Final = "application/octet-stream"


def event_stream_member(shape: Shape) -> str | None:
    """The member of `shape` that is an event stream, if one is."""
    for name, member in shape.members.items():
        if member.trait("eventstream"):
            return name
    return None


def _header(name: str, value: Any) -> bytes:
    encoded = name.encode()
    head = bytes([len(encoded)]) + encoded
    if isinstance(value, bool):
        return head + (b"\x00" if value else b"\x01")
    if isinstance(value, _Timestamp):
        return head + b"\x08" + struct.pack(">q", value.at_ms)
    if isinstance(value, int):
        return head + (
            b"\x04" + struct.pack(">i", value) if -(2**31) <= value < 2**31 else b"\x05" + struct.pack(">q", value)
        )
    if isinstance(value, bytes):
        return head + b"\x06" + struct.pack(">H", len(value)) + value
    text = str(value).encode()
    return head + b"\x07" + struct.pack(">H", len(text)) + text


class _Timestamp:
    """A header's value that is a point in time."""

    __slots__ = ("at_ms",)

    def __init__(self, at_ms: int) -> None:
        self.at_ms = at_ms


def frame(headers: list[Header], payload: bytes) -> bytes:
    """One message of an event stream."""
    encoded = b"".join([_header(name, value) for name, value in headers])
    prelude = struct.pack(">II", 16 + len(encoded) + len(payload), len(encoded))
    checked = prelude + struct.pack(">I", zlib.crc32(prelude)) + encoded + payload
    return checked + struct.pack(">I", zlib.crc32(checked))


class _Event:
    """How one kind of event is written."""

    def __init__(
        self, name: str, shape: Shape, document: Callable[[Shape], Callable[[Any], bytes]], content_type: str
    ) -> None:
        kind = "exception" if shape.trait("exception") else "event"
        self._head: list[Header] = [(f":{kind}-type", name)]
        self._tail: Header = (":message-type", kind)
        self._shape = shape
        self._headers = {name: member for name, member in shape.members.items() if member.trait("eventheader")}
        payload = [name for name, member in shape.members.items() if member.trait("eventpayload")]
        self._payload = payload[0] if payload else None
        self._write: Callable[[Any], bytes] | None = None
        self._content_type: str | None = content_type
        if self._payload is not None:
            member = shape.members[self._payload]
            if member.type == "blob":
                self._content_type = _BLOB_TYPE
            elif member.type == "string":
                self._content_type, self._write = "text/plain", str.encode
            else:
                self._write = document(member)
        elif len(self._headers) < len(shape.members) or not shape.members:
            self._write = document(shape)
        else:
            self._content_type = None
        if not shape.members:
            self._content_type = None

    def frame(self, event: Mapping[str, Any]) -> bytes:
        """`event` as a message."""
        unknown = event.keys() - self._shape.members.keys()
        if unknown:
            raise NotAMember(self._shape.name, next(iter(unknown)))
        headers = list(self._head)
        if self._content_type is not None:
            headers.append((":content-type", self._content_type))
        headers.append(self._tail)
        for name, member in self._headers.items():
            if event.get(name) is not None:
                value = event[name]
                headers.append((name, _Timestamp(value) if member.type == "timestamp" else value))
        if self._content_type is None:
            return frame(headers, b"")
        if self._payload is not None:
            payload = event.get(self._payload)
            if payload is None:
                return frame(headers, b"")
            return frame(headers, payload if self._write is None else self._write(payload))
        assert self._write is not None
        return frame(headers, self._write({name: event[name] for name in event if name not in self._headers}))


class EventStreamWriter:
    """Writes the events of one stream shape as messages."""

    def __init__(self, shape: Shape, document: Callable[[Shape], Callable[[Any], bytes]], content_type: str) -> None:
        self._shape = shape
        self._content_type = content_type
        self._events = {name: _Event(name, member, document, content_type) for name, member in shape.members.items()}

    async def frames(
        self, events: AsyncIterator[tuple[str, Mapping[str, Any]]], *, initial: bytes | None = None
    ) -> AsyncIterator[bytes]:
        """Messages as the events come; a refusal half-way is the stream's last message."""
        if initial is not None:
            headers = [
                (":event-type", "initial-response"),
                (":content-type", self._content_type),
                (":message-type", "event"),
            ]
            yield frame(headers, initial)
        try:
            async for name, event in events:
                if name not in self._events:
                    raise NotAMember(self._shape.name, name)
                yield self._events[name].frame(event)
        except AwsError as error:
            yield self._refusal(error)

    def _refusal(self, error: AwsError) -> bytes:
        for name, member in self._shape.members.items():
            if member.name == error.code and member.trait("exception"):
                message = next((each for each in member.members if each.lower() == "message"), None)
                members = {message: error.message} if message else {}
                return self._events[name].frame({**members, **error.members})
        return frame([(":error-code", error.code), (":error-message", error.message), (":message-type", "error")], b"")
