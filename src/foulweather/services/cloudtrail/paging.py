"""Pages of a listing, and the tokens that lead from one to the next."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import TypeVar

from foulweather.services.cloudtrail import refusals

T = TypeVar("T")


def page(items: Sequence[T], token: str | None, size: int, of: str = "") -> tuple[list[T], str]:
    """The items of a page, and the token of the next one; `of` says what is listed, which tokens are bound to."""
    start = position(token, of)
    until = start + size
    return list(items[start:until]), token_of(until, of) if until < len(items) else ""


def token_of(place: int, of: str = "") -> str:
    """A token that says where to go on."""
    return urlsafe_b64encode(f"1:{place}:{of}".encode()).decode()


def position(token: str | None, of: str = "") -> int:
    """Where a token says to go on."""
    if not token:
        return 0
    try:
        version, place, listed = urlsafe_b64decode(token.encode()).decode().split(":", 2)
        found = int(place)
    except ValueError:
        raise refusals.bad_token() from None
    if version != "1" or listed != of or found < 0:
        raise refusals.bad_token()
    return found
