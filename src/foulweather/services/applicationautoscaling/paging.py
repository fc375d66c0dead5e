"""Listings in pages: the token is where the next page begins."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.errors import AwsError
from foulweather.services.applicationautoscaling import limits


def page(request: Mapping[str, Any], member: str, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One page of a listing."""
    size = request.get("MaxResults")
    if size is None:
        size = limits.PAGE_MAX
    elif not 1 <= size <= limits.PAGE_MAX:
        raise limits.invalid(f"MaxResults must be between 1 and {limits.PAGE_MAX}", *limits.facts(MaxResults=size))
    start = _start(request.get("NextToken"))
    response: dict[str, Any] = {member: list(found[start : start + size])}
    if start + size < len(found):
        response["NextToken"] = b2a_base64(f"from {start + size}".encode(), newline=False).decode()
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
    raise AwsError("InvalidNextTokenException", "The next token supplied was invalid.")
