"""Parameter mappings: where a value comes from, of the request or of the integration's response.

https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-parameter-mapping.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from foulweather.services.apigateway.rest import context, json_paths
from foulweather.services.apigateway.rest.plans import IntegrationPlan
from foulweather.services.apigateway.rest.velocity import text_of
from foulweather.services.apigateway.rest.visit import Visit

Pairs = list[tuple[str, str]]

_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Answer(NamedTuple):
    """What stands behind a method answered; `matched` is what selection patterns look at."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes
    matched: str


class Mapped(NamedTuple):
    """What parameter mappings put into the request to the backend."""

    headers: dict[str, list[str]]
    query: dict[str, list[str]]
    path: dict[str, str]


def request(visit: Visit, integration: IntegrationPlan) -> Mapped:
    """The parameters that an integration sets: `integration.request.<place>.<name>` from an expression."""
    found = Mapped({}, {}, {})
    for target, expression in integration.parameters.items():
        _, _, place, name = target.split(".", 3)
        values = request_values(visit, expression)
        if values is None:
            continue
        if place == "path":
            found.path[name] = values[-1]
        elif place == "querystring":
            found.query[name] = values
        else:
            found.headers[name] = [_clean(value) for value in values]
    overrides = visit.overrides
    found.headers.update({name: [_clean(str(value))] for name, value in overrides.get("header", {}).items()})
    found.query.update({name: [_whole(str(value))] for name, value in overrides.get("querystring", {}).items()})
    found.path.update({name: _whole(str(value)) for name, value in overrides.get("path", {}).items()})
    return found


def clean(value: str) -> str:
    """A header's value as an answer may have it: without what would end it, and in Latin-1, which has no other."""
    if value.isascii() and value.isprintable():
        return value
    return _CONTROLS.sub("", value).encode("latin-1", "replace").decode("latin-1")


def _clean(value: str) -> str:
    """A header's value as a backend may get it."""
    if value.isascii() and value.isprintable():
        return value
    return _whole(_CONTROLS.sub("", value))


def _whole(text: str) -> str:
    """Text without halves of surrogate pairs, which JSON may have and UTF-8 has not: Java writes question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def request_values(visit: Visit, expression: str) -> list[str] | None:
    """The values of an expression over the request; None where it has none."""
    if expression.startswith("'"):
        return [expression[1:].removesuffix("'")]
    if expression.startswith("context."):
        found = context.value(visit, expression[8:])
        return None if found is None else [found]
    if expression.startswith("stageVariables."):
        held = visit.variables.get(expression[15:])
        return None if held is None else [held]
    if expression.startswith("method.request.body"):
        return _of_body(visit.body, expression[len("method.request.body") :])
    parts = expression.split(".", 3)
    if len(parts) < 4:
        return None
    return _of_place(visit, parts[2], parts[3])


def _of_place(visit: Visit, place: str, name: str) -> list[str] | None:
    if place == "path":
        value = visit.path_parameters.get(name)
        return None if value is None else [value]
    if place in ("querystring", "multivaluequerystring"):
        values = visit.query.get(name)
        return values if values is None or place != "querystring" else values[-1:]
    lower = name.lower()
    for each, values in visit.headers.items():
        if each.lower() == lower:
            return values if place == "multivalueheader" else values[-1:]
    return None


def _of_body(body: bytes, path: str) -> list[str] | None:
    if not path:
        return [body.decode("utf-8", "replace")]
    try:
        found = json_paths.compiled(f"${path}")(json.loads(body))
        return None if found is json_paths.MISSING or found is None else [_whole(text_of(found))]
    except (ValueError, RecursionError):
        return None


def response_headers(visit: Visit, parameters: Mapping[str, str], answer: Answer) -> Pairs:
    """The headers that an integration response sets (`method.response.header.<name>`)."""
    found: Pairs = []
    for target, expression in parameters.items():
        name = target.split(".", 3)[3]
        found += [(name, value) for value in _response_values(visit, expression, answer)]
    return found


def _response_values(visit: Visit, expression: str, answer: Answer) -> list[str]:
    if expression.startswith("'"):
        return [expression[1:].removesuffix("'")]
    if expression.startswith("integration.response.body"):
        return _of_body(answer.body, expression[len("integration.response.body") :]) or []
    if expression.startswith("integration.response."):
        _, _, place, name = expression.split(".", 3)
        values = [value for each, value in answer.headers if each.lower() == name.lower()]
        return values if place == "multivalueheader" else values[-1:]
    return request_values(visit, expression) or []


def parameters(visit: Visit) -> dict[str, dict[str, str]]:
    """The request's parameters by place, as `$input.params()` has them."""
    return {
        "path": visit.path_parameters,
        "querystring": {name: values[-1] for name, values in visit.query.items()},
        "header": {name: values[-1] for name, values in visit.headers.items()},
    }


def shown(pairs: Mapping[str, Any]) -> str:
    """A map in the execution log's way."""
    return "{" + ", ".join(f"{name}={value}" for name, value in pairs.items()) + "}"


_REMAPPED = {
    "server": "x-amzn-Remapped-Server",
    "date": "x-amzn-Remapped-Date",
    "www-authenticate": "x-amzn-Remapped-WWW-Authenticate",
}


def renamed(name: str) -> str:
    """Under which name a header of a backend's or a function's comes out: some are API Gateway's own.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
    """
    return _REMAPPED.get(name.lower(), name)
