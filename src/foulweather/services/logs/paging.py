"""Listings in pages: a token tells where the next page begins."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Callable, Sequence
from typing import TypeVar

from foulweather.kernel.why import Fact
from foulweather.services.logs.refusals import invalid

T = TypeVar("T")


def page(
    items: Sequence[T], key: Callable[[T], str], limit: int, token: str | None
) -> tuple[Sequence[T], dict[str, str]]:
    """One page of items that are in order of key, and the member that names the next page, if there is one."""
    if token:
        after = read(token, "after")
        items = [item for item in items if key(item) > after]
    shown = items[:limit]
    return shown, {"nextToken": written("after", key(shown[-1]))} if len(items) > limit else {}


def numbered(items: Sequence[T], limit: int, token: str | None) -> tuple[Sequence[T], dict[str, str]]:
    """One page of items in any order, counted through."""
    start = int(read(token, "from")) if token else 0
    more = len(items) > start + limit
    return items[start : start + limit], {"nextToken": written("from", str(start + limit))} if more else {}


def written(mark: str, text: str) -> str:
    """A token that says something."""
    return b2a_base64(f"{mark} {text}".encode(), newline=False).decode()


def read(token: str, mark: str) -> str:
    """What a token says; a refusal of one that nobody was given."""
    try:
        found, _, text = a2b_base64(token, strict_mode=True).decode().partition(" ")
    except (Error, ValueError):
        found = text = ""
    if found != mark:
        raise invalid("The specified nextToken is invalid.", Fact("request", "nextToken", token))
    return text
