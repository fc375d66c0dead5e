"""Parameter mappings: which parameters methods declare, and what integrations may map from and to.

https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-parameter-mapping.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from foulweather.services.apigateway import refusals
from foulweather.services.apigateway.records import Integration, IntegrationResponse, Method, MethodResponse

_PLACE = r"(?:path|querystring|header|multivaluequerystring|multivalueheader)"
_DECLARED = re.compile(r"method\.request\.(?:path|querystring|header)\.[^\s]+")
_RETURNED = re.compile(r"method\.response\.header\.[^\s]+")
_TO_REQUEST = re.compile(r"integration\.request\.(?:path|querystring|header)\.[^\s]+")
_FROM_METHOD = re.compile(rf"method\.request\.{_PLACE}\.[^\s]+")
_FROM_BODY = re.compile(r"method\.request\.body(?:\.[^\s]+|\[.+)?")
_FROM_ANYWHERE = re.compile(r"context\.[A-Za-z0-9_.\-]+|stageVariables\.[A-Za-z0-9_]+")
_FROM_RESPONSE = re.compile(
    r"integration\.response\.(?:header\.[^\s]+|multivalueheader\.[^\s]+|body(?:\.[^\s]+|\[.+)?)"
)
_MULTIVALUED: Final = {"multivaluequerystring": "querystring", "multivalueheader": "header"}


def checked_request_parameters(parameters: Mapping[str, bool | None] | None) -> dict[str, bool]:
    """The parameters that a method takes, each with whether it is required."""
    for name in parameters or {}:
        if not _DECLARED.fullmatch(name):
            raise refusals.invalid_mapping(name)
    return {name: bool(required) for name, required in (parameters or {}).items()}


def checked_response_parameters(parameters: Mapping[str, bool | None] | None) -> dict[str, bool]:
    """The headers that a method's response has."""
    for name in parameters or {}:
        if not _RETURNED.fullmatch(name):
            raise refusals.invalid_mapping(name)
    return {name: bool(required) for name, required in (parameters or {}).items()}


def check_request_mappings(integration: Integration, method: Method) -> None:
    """Every parameter of an integration's request comes from one that its method declares, or from elsewhere."""
    for target, source in integration.request_parameters.items():
        if not _TO_REQUEST.fullmatch(target):
            raise refusals.invalid_mapping(target)
        if _is_literal(source) or _FROM_ANYWHERE.fullmatch(source) or _FROM_BODY.fullmatch(source):
            continue
        if not _FROM_METHOD.fullmatch(source) or not _declares(method, source):
            raise refusals.invalid_mapping(source)
    for name in integration.cache_key_parameters:
        if _FROM_METHOD.fullmatch(name):
            if not _declares(method, name):
                raise refusals.invalid("Invalid cache key parameter specified", cacheKeyParameters=name)
        elif not _TO_REQUEST.fullmatch(name):
            raise refusals.invalid("Invalid cache key parameter specified", cacheKeyParameters=name)


def check_response_mappings(response: IntegrationResponse, declared: MethodResponse) -> None:
    """Every header of a method's response that is mapped is one that the method response declares."""
    for target, source in response.response_parameters.items():
        if not _RETURNED.fullmatch(target) or not _has(declared.response_parameters, target):
            raise refusals.invalid_mapping(target)
        if not (_is_literal(source) or _FROM_ANYWHERE.fullmatch(source) or _FROM_RESPONSE.fullmatch(source)):
            raise refusals.invalid_mapping(source)


def _declares(method: Method, source: str) -> bool:
    _, _, place, name = source.split(".", 3)
    if place == "path":
        return True  # path variables are declared by the path itself
    return _has(method.request_parameters, f"method.request.{_MULTIVALUED.get(place, place)}.{name}")


def _has(declared: Iterable[str], name: str) -> bool:
    """Whether a parameter is declared; names of headers have no case."""
    if ".header." in name:
        return name.lower() in {one.lower() for one in declared}
    return name in declared


def _is_literal(source: str) -> bool:
    return len(source) >= 2 and source[0] == source[-1] == "'"
