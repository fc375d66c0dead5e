"""Which part of an API a documentation part is about.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-documenting-api-content-representation.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from foulweather.services.apigateway import refusals

_METHOD: Final = frozenset({"path", "method"})
_NAMED: Final = _METHOD | {"name"}
_ANSWER: Final = _METHOD | {"statusCode"}
# "The valid location fields of each type of entity".
FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "API": frozenset(),
    "AUTHORIZER": frozenset({"name"}),
    "MODEL": frozenset({"name"}),
    "RESOURCE": frozenset({"path"}),
    "METHOD": _METHOD,
    "PATH_PARAMETER": _NAMED,
    "QUERY_PARAMETER": _NAMED,
    "REQUEST_HEADER": _NAMED,
    "REQUEST_BODY": _METHOD,
    "RESPONSE": _ANSWER,
    "RESPONSE_HEADER": _ANSWER | {"name"},
    "RESPONSE_BODY": _ANSWER,
}


def checked_location(asked: Mapping[str, Any]) -> dict[str, str]:
    """A location with the fields that its type has."""
    kind = asked.get("type") or ""
    allowed = FIELDS.get(kind)
    if allowed is None:
        words = f"Invalid documentation part type specified. Must be one of: [{', '.join(sorted(FIELDS))}]"
        raise refusals.invalid(words, type=kind)
    location = {name: str(value) for name, value in asked.items() if value}
    wrong = sorted(set(location) - allowed - {"type"})
    if wrong:
        words = f"Invalid documentation part location: {wrong[0]} is not valid for type {kind}"
        raise refusals.invalid(words, location=location)
    if "name" in allowed and "name" not in location:
        words = f"Invalid documentation part location: name is required for type {kind}"
        raise refusals.invalid(words, location=location)
    return location


def checked_properties(text: str) -> str:
    """What is written: a JSON object."""
    try:
        if text and isinstance(json.loads(text), dict):
            return text
    except ValueError:
        pass
    raise refusals.invalid("Invalid documentation part properties: must be a JSON object", properties=text)
