"""Listings in pages."""

from __future__ import annotations

import base64
from binascii import Error
from collections.abc import Sequence

from foulweather.kernel.why import Fact
from foulweather.services.cognito_identity.refusals import invalid


def page(keys: Sequence[str], size: int, token: str | None) -> tuple[Sequence[str], dict[str, str]]:
    """One page of keys that are in order, and the member that names the next page, if there is one."""
    if token:
        after = _read(token)
        keys = [key for key in keys if key > after]
    shown = keys[:size]
    return shown, {"NextToken": _written(shown[-1])} if len(keys) > size else {}


def _written(after: str) -> str:
    return base64.urlsafe_b64encode(f"after {after}".encode()).decode()


def _read(token: str) -> str:
    try:
        mark, _, after = base64.urlsafe_b64decode(token).decode().partition(" ")
    except (Error, ValueError):
        mark = after = ""
    if mark != "after":
        raise invalid("Invalid pagination token.", Fact("request", "NextToken", token))
    return after
