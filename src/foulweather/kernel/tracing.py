"""Trace headers (`X-Amzn-Trace-Id`), X-Ray's ids, and how a header goes from a call to what comes of it.

https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple, cast

from foulweather.kernel.call import Call
from foulweather.world.world import World

TRACE_ID = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
HELD_MAX = 10_000


class Header(NamedTuple):
    """What a trace header says; `sampled` is `1`, `0`, or empty where nothing is decided yet."""

    root: str
    parent: str = ""
    sampled: str = ""
    lineage: str = ""

    def __str__(self) -> str:
        parts = [f"Root={self.root}"]
        parts += [f"Parent={self.parent}"] if self.parent else []
        parts += [f"Sampled={self.sampled}"] if self.sampled else []
        return ";".join([*parts, f"Lineage={self.lineage}"] if self.lineage else parts)


def read(text: str) -> Header | None:
    """A trace header taken apart; None if it has no trace id of X-Ray's form."""
    parts: dict[str, str] = {}
    for pair in text.split(";"):
        name, _, value = pair.strip().partition("=")
        parts[name] = value
    root, sampled = parts.get("Root", ""), parts.get("Sampled", "")
    if not TRACE_ID.fullmatch(root):
        return None
    return Header(root, parts.get("Parent", ""), sampled if sampled in ("0", "1") else "", parts.get("Lineage", ""))


def root_of(request_id: str, at_ms: int) -> str:
    """The trace id of what begins with a request: when it came, and the beginning of its request id."""
    return f"1-{at_ms // 1000:08x}-{request_id.replace('-', '')[:24]}"


def span_id(*of: str) -> str:
    """The id of a segment or subsegment, always the same for the same request."""
    return hashlib.sha256("/".join(of).encode()).hexdigest()[:16]


class _Carried(NamedTuple):
    header: Header
    is_of_caller: bool


class Headers:
    """The latest headers that calls carry on, by request id."""

    def __init__(self) -> None:
        self.by_request: dict[str, _Carried] = {}

    @classmethod
    def of(cls, world: World) -> Headers:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Headers, found)


def carry(call: Call, header: Header | None, *, is_of_caller: bool = True) -> None:
    """Have what a call asks for get its header: as its caller's, or (a delivery's) as it was handed to it."""
    if header is None:
        return
    held = Headers.of(call.world).by_request
    if len(held) >= HELD_MAX:
        del held[next(iter(held))]
    held[call.request_id] = _Carried(header, is_of_caller)


def carried(call: Call) -> Header | None:
    """The header that a call came with: its parent in it is the subsegment of this very call."""
    parent_id = call.hop.parent_id
    found = Headers.of(call.world).by_request.get(parent_id) if parent_id else None
    if found is None:
        return None
    return found.header._replace(parent=span_id(call.request_id)) if found.is_of_caller else found.header
