"""Listings in pages: `NextToken` says where the next begins."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from foulweather.services.apigateway.v2 import refusals
from foulweather.services.apigateway.v2.records import told

T = TypeVar("T")
SIZE = 100
SIZE_MAX = 500


def listed(items: Iterable[T], request: Mapping[str, Any], show: Callable[[Any], dict[str, Any]] = told) -> Any:
    """One page of a list (`MaxResults`), shown, and the token of the next."""
    asked = request.get("MaxResults") or str(SIZE)
    if not asked.isdigit() or not 0 < int(asked) <= SIZE_MAX:
        raise refusals.invalid(f"MaxResults must be between 1 and {SIZE_MAX}", MaxResults=asked)
    held, start = list(items), _start(request.get("NextToken"))
    end = start + int(asked)
    page: dict[str, Any] = {"Items": [show(item) for item in held[start:end]]}
    if end < len(held):
        page["NextToken"] = b2a_base64(f"from {end}".encode(), newline=False).decode()
    return page


def _start(token: str | None) -> int:
    if not token:
        return 0
    try:
        word, _, start = a2b_base64(token, strict_mode=True).decode().partition(" ")
        if word == "from":
            return int(start)
    except (Error, ValueError):
        pass
    raise refusals.invalid("Invalid nextToken", NextToken=token)
