"""Listings in pages: the token is where the next page begins."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from foulweather.kernel.why import Fact
from foulweather.services.resourcegroups import limits

T = TypeVar("T")


def page(request: Mapping[str, Any], found: Sequence[T]) -> tuple[list[T], dict[str, Any]]:
    """One page of a listing, and the token of the next if there is one."""
    start = _start(request.get("NextToken"))
    end = start + request.get("MaxResults", limits.PAGE)
    more = {"NextToken": b2a_base64(f"from {end}".encode(), newline=False).decode()} if end < len(found) else {}
    return list(found[start:end]), more


def _start(token: str | None) -> int:
    if not token:
        return 0
    try:
        word, _, start = a2b_base64(token, strict_mode=True).decode().partition(" ")
        if word == "from":
            return int(start)
    except (Error, ValueError):
        pass
    raise limits.bad("NextToken is not valid.", Fact("request", "NextToken", token))
