"""Listings in pages: `position` says where the next page begins."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from foulweather.services.apigateway import refusals

T = TypeVar("T")
LIMIT = 25
LIMIT_MAX = 500


def page(items: Sequence[T], request: Mapping[str, Any]) -> tuple[Sequence[T], dict[str, str]]:
    """One page of a list (`limit`: 25 unless told, at most 500), and the position of the next.

    https://docs.aws.amazon.com/apigateway/latest/api/API_GetRestApis.html
    """
    limit = request.get("limit")
    size = LIMIT if limit is None or limit <= 0 else min(limit, LIMIT_MAX)
    start = _start(request.get("position"))
    end = start + size
    more = {"position": b2a_base64(f"from {end}".encode(), newline=False).decode()} if end < len(items) else {}
    return items[start:end], more


def _start(position: str | None) -> int:
    if not position:
        return 0
    try:
        word, _, start = a2b_base64(position, strict_mode=True).decode().partition(" ")
        if word == "from":
            return int(start)
    except (Error, ValueError):
        pass
    raise refusals.invalid("Invalid position parameter", position=position)
