"""Listings in pages: the token is where the next page begins."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from foulweather.services.pipes import limits

T = TypeVar("T")
PAGE_MAX = 100


def page(items: Sequence[T], request: Mapping[str, Any]) -> tuple[Sequence[T], dict[str, str]]:
    """One page of a list, and the token of the next."""
    start = _start(request.get("NextToken"))
    end = start + int(request.get("Limit") or PAGE_MAX)
    more = {"NextToken": b2a_base64(f"from {end}".encode(), newline=False).decode()} if end < len(items) else {}
    return items[start:end], more


def _start(token: str | None) -> int:
    if not token:
        return 0
    try:
        word, _, start = a2b_base64(token, strict_mode=True).decode().partition(" ")
        if word == "from":
            return int(start)
    except (Error, ValueError):
        pass
    raise limits.invalid("Invalid NextToken.", NextToken=token)
