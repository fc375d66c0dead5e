"""Listings in pages: the token is where the next page begins, and for which listing; it expires after 24 hours."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from foulweather.kernel.call import Call
from foulweather.services.stepfunctions import refusals

T = TypeVar("T")
PAGE = 100
EXPIRES_MS = 86_400_000


def page(call: Call, items: Sequence[T], request: Mapping[str, Any], *of: str) -> tuple[Sequence[T], dict[str, str]]:
    """One page of a list, and the token of the next; a size of 0 is the default's."""
    whose = " ".join((call.operation, *of))
    start = _start(call, request.get("nextToken"), whose)
    end = start + (int(request.get("maxResults") or 0) or PAGE)
    if end >= len(items):
        return items[start:end], {}
    token = f"{end} {call.now} {whose}"
    return items[start:end], {"nextToken": b2a_base64(token.encode(), newline=False).decode()}


def _start(call: Call, token: str | None, whose: str) -> int:
    if not token:
        return 0
    try:
        start, at_ms, listing = a2b_base64(token, strict_mode=True).decode().split(" ", 2)
        if listing == whose and call.now - int(at_ms) <= EXPIRES_MS:
            return int(start)
    except (Error, ValueError):
        pass
    raise refusals.invalid_token("Invalid Token")
