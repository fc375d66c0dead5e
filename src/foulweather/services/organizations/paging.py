"""Lists by pages: MaxResults and NextToken."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from foulweather.services.organizations import refusals

T = TypeVar("T")

PAGE_MAX = 20


def page(
    request: Mapping[str, Any], member: str, items: Sequence[T], shown: Callable[[T], Any], size: int = PAGE_MAX
) -> dict[str, Any]:
    """One page of a list; its token tells where the next begins."""
    start = _start(request.get("NextToken"))
    end = start + request.get("MaxResults", size)
    response: dict[str, Any] = {member: [shown(item) for item in items[start:end]]}
    if end < len(items):
        response["NextToken"] = base64.b64encode(f"page:{end}".encode()).decode()
    return response


def _start(token: str | None) -> int:
    if token is None:
        return 0
    try:
        kind, _, at = base64.b64decode(token, validate=True).decode().partition(":")
        if kind == "page":
            return int(at)
    except (binascii.Error, ValueError):
        pass
    raise refusals.invalid("INVALID_NEXT_TOKEN", "You provided a value that does not match the required pattern.")
