"""Marker, MaxItems and IsTruncated, the same in every list."""

from __future__ import annotations

import base64
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from foulweather.services.iam import limits

T = TypeVar("T")

MAX_ITEMS = 100  # "If you do not include this parameter, the number of items defaults to 100."


def page(request: Mapping[str, Any], items: Iterable[T], key: Callable[[T], str]) -> tuple[list[T], dict[str, Any]]:
    """The items of a page, in order of their keys, and the members that say whether there are more.

    A marker holds the key of the last item that was given, so that a list may change between pages.
    """
    ordered = sorted(items, key=key)
    start = bisect_right(ordered, _last(request["Marker"]), key=key) if "Marker" in request else 0
    end = start + request.get("MaxItems", MAX_ITEMS)
    chosen = ordered[start:end]
    if end >= len(ordered):
        return chosen, {"IsTruncated": False}
    return chosen, {"IsTruncated": True, "Marker": base64.b64encode(key(chosen[-1]).encode()).decode()}


def under(prefix: str | None, path: str) -> bool:
    """Whether a path begins with a request's PathPrefix."""
    return path.startswith(prefix or "/")


def _last(marker: str) -> str:
    try:
        return base64.b64decode(marker, validate=True).decode()
    except ValueError:
        raise limits.validation_error("Invalid Marker.") from None
