"""Listings: which secrets match, in which order, and page by page.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.secretsmanager.state import Secret, SecretsState

T = TypeVar("T")
_WORDS = re.compile(r"[A-Za-z0-9]+")

_SORTED: Mapping[str, Callable[[Secret], Any]] = {
    "created-date": lambda secret: (secret.created_ms, secret.name),
    "last-accessed-date": lambda secret: (secret.accessed_ms, secret.name),
    "last-changed-date": lambda secret: (secret.changed_ms, secret.name),
    "name": lambda secret: secret.name,
}


def matching(call: Call, request: Mapping[str, Any]) -> list[Secret]:
    """The secrets that a request's filters find, sorted."""
    found = [
        secret
        for secret in call.state(SecretsState).secrets.values()
        if (request.get("IncludePlannedDeletion") or not secret.deletion_ms)
        and all(_passes(secret, each) for each in request.get("Filters") or ())
    ]
    key = _SORTED[request.get("SortBy") or "created-date"]
    return sorted(found, key=key, reverse=request.get("SortOrder") == "desc")


def page(items: Sequence[T], request: Mapping[str, Any], default: int) -> tuple[Sequence[T], dict[str, str]]:
    """One page of a list, and the token of the next."""
    start = _start(request.get("NextToken"))
    end = start + int(request.get("MaxResults") or default)
    more = {"NextToken": b2a_base64(f"from {end}".encode(), newline=False).decode()} if end < len(items) else {}
    return items[start:end], more


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
        "InvalidNextTokenException", "Invalid NextToken provided.", facts=(Fact("request", "NextToken", token),)
    )


def _passes(secret: Secret, given: Mapping[str, Any]) -> bool:
    """Whether one of a filter's values fits; `!` before a value turns it round."""
    key: str = given.get("Key") or "all"
    values: Sequence[str] = given.get("Values") or ()
    return any(
        _fits(secret, key, value[1:]) is False if value[:1] == "!" else _fits(secret, key, value) for value in values
    )


def _fits(secret: Secret, key: str, value: str) -> bool:
    match key:
        case "name":
            return secret.name.startswith(value)
        case "description":
            return secret.description.lower().startswith(value.lower())
        case "tag-key":
            return any(each.startswith(value) for each in secret.tags)
        case "tag-value":
            return any(each.startswith(value) for each in secret.tags.values())
        case "primary-region":
            return bool(secret.primary_region) and secret.primary_region.startswith(value)
        case "owning-service":
            return bool(secret.owner) and secret.owner.startswith(value)
        case _:
            held = " ".join([secret.name, secret.description, *secret.tags, *secret.tags.values()]).lower()
            words = _WORDS.findall(held)
            return all(any(one.startswith(word) for one in words) for word in _WORDS.findall(value.lower()))
