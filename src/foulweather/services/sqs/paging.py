"""Listings in pages: the token is where the next page begins."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Sequence

from foulweather.kernel.errors import AwsError
from foulweather.services.sqs import limits
from foulweather.services.sqs.records import Queue


def page(queues: Sequence[Queue], page_size: int | None, token: str | None) -> tuple[Sequence[Queue], str | None]:
    """One page of queues in order of name, and the token of the next if the caller asked for pages.

    Without MaxResults there are at most 1,000 results and no token (ListQueues, API reference).
    """
    if token:
        after = _read(token)
        queues = [queue for queue in queues if queue.name > after]
    size = page_size or limits.LISTED_MAX
    more = page_size is not None and len(queues) > size
    return queues[:size], _token(queues[size - 1].name) if more else None


def _token(name: str) -> str:
    return b2a_base64(f"after {name}".encode(), newline=False).decode()


def _read(token: str) -> str:
    try:
        mark, _, name = a2b_base64(token, strict_mode=True).decode().partition(" ")
    except (Error, ValueError):
        mark = name = ""
    if mark != "after":
        raise AwsError("InvalidParameterValue", "Invalid or expired next token.")
    return name
