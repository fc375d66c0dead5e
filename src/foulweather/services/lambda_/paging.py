"""Listings in pages: a marker tells where the next page begins."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import limits
from foulweather.services.lambda_.refusals import invalid

T = TypeVar("T")


def page(items: Sequence[T], key: Callable[[T], str], request: Mapping[str, Any]) -> tuple[Sequence[T], dict[str, str]]:
    """One page of items in order of key, and the member that names the next page, if there is one.

    Lambda gives 50 items at most, whatever MaxItems says beyond that.
    """
    most = min(request.get("MaxItems") or limits.PAGE, limits.PAGE)
    marker = request.get("Marker")
    if marker:
        after = _read(marker)
        items = [item for item in items if key(item) > after]
    shown = items[:most]
    if len(items) <= most:
        return shown, {}
    return shown, {"NextMarker": b2a_base64(f"after {key(shown[-1])}".encode(), newline=False).decode()}


def _read(marker: str) -> str:
    try:
        word, _, text = a2b_base64(marker, strict_mode=True).decode().partition(" ")
    except (Error, ValueError):
        word = text = ""
    if word != "after":
        raise invalid("The provided Marker is invalid.", Fact("request", "Marker", marker))
    return text
