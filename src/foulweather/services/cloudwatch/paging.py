"""Pages of a listing, and the tokens that lead from one to the next."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import TypeVar

from foulweather.services.cloudwatch import refusals

T = TypeVar("T")


def page(items: Sequence[T], token: str | None, size: int) -> tuple[list[T], str | None]:
    """The items of a page, and the token of the next one."""
    start = offset(token)
    until = start + size
    return list(items[start:until]), (token_of(until) if until < len(items) else None)


def token_of(position: int) -> str:
    """A token that says where to go on."""
    return urlsafe_b64encode(f"v1:{position}".encode()).decode()


def offset(token: str | None) -> int:
    """Where a token says to go on."""
    if token is None:
        return 0
    try:
        version, _, number = urlsafe_b64decode(token.encode()).decode().partition(":")
        position = int(number)
    except ValueError:
        raise refusals.bad_token() from None
    if version != "v1" or position < 0:
        raise refusals.bad_token()
    return position
