"""Listings in pages: the token tells where the next page begins, and since when it is good."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.resourcegroupstaggingapi import limits


def start(call: Call, token: str | None) -> int:
    """Where a page begins; of no token, or an empty one, at the beginning."""
    if not token:
        return 0
    try:
        at_ms, _, first = a2b_base64(token, strict_mode=True).decode().partition(" ")
        issued_ms, begin = int(at_ms), int(first)
    except (Error, ValueError):
        raise limits.invalid("The PaginationToken is not valid.", Fact("request", "PaginationToken", token)) from None
    if call.now > issued_ms + limits.TOKEN_LIFE_MS:
        raise AwsError(
            "PaginationTokenExpiredException",
            "The request failed because the specified PaginationToken has expired. A PaginationToken is valid for a "
            "maximum of 15 minutes.",
            facts=(Fact("request", "PaginationToken age (ms)", call.now - issued_ms),),
        )
    return begin


def token(call: Call, begin: int, count: int) -> str:
    """The token of the next page, empty where there is none."""
    return b2a_base64(f"{call.now} {begin}".encode(), newline=False).decode() if begin < count else ""
