"""Listings in pages."""

from __future__ import annotations

import base64
from binascii import Error
from collections.abc import Callable, Sequence
from typing import TypeVar

from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp.limits import PAGE_MAX
from foulweather.services.cognito_idp.refusals import invalid

T = TypeVar("T")


def page(
    items: Sequence[T],
    key: Callable[[T], str],
    size: int | None,
    token: str | None,
    member: str = "NextToken",
    default: int = PAGE_MAX,
) -> tuple[Sequence[T], dict[str, str]]:
    """One page of items that are in order of key, and the member that names the next page, if there is one."""
    limit = size or default
    if token:
        after = _read(token, member)
        items = [item for item in items if key(item) > after]
    shown = items[:limit]
    return shown, {member: _written(key(shown[-1]))} if len(items) > limit else {}


def _written(after: str) -> str:
    return base64.urlsafe_b64encode(f"after {after}".encode()).decode()


def _read(token: str, member: str) -> str:
    try:
        mark, _, after = base64.urlsafe_b64decode(token).decode().partition(" ")
    except (Error, ValueError):
        mark = after = ""
    if mark != "after":
        raise invalid("Invalid pagination token.", Fact("request", member, token))
    return after
