"""Listings in pages: the token is where the next page begins."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.servicequotas import limits


def page(
    request: Mapping[str, Any], member: str, found: Sequence[dict[str, Any]], size: int = limits.PAGE
) -> dict[str, Any]:
    """One page of a listing."""
    start = _start(request.get("NextToken"))
    end = start + request.get("MaxResults", size)
    response: dict[str, Any] = {member: list(found[start:end])}
    if end < len(found):
        response["NextToken"] = b2a_base64(f"from {end}".encode(), newline=False).decode()
    return response


def _start(token: str | None) -> int:
    if token is None:
        return 0
    try:
        word, _, start = a2b_base64(token, strict_mode=True).decode().partition(" ")
        if word == "from":
            return int(start)
    except (Error, ValueError):
        pass
    raise AwsError(
        "InvalidPaginationTokenException", "Invalid input was provided.", facts=(Fact("request", "NextToken", token),)
    )
