"""API mappings: which stages of which APIs, of any kind, answer under a domain name.

https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Request_
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway.region_records import DomainName, Mapping
from foulweather.services.apigateway.security_policies import ENHANCED
from foulweather.services.apigateway.state import RestState, under
from foulweather.services.apigateway.v2 import finding, limits, paging, refusals
from foulweather.services.apigateway.v2.state import HttpState

Request = Request_[str, Any]
_KEY = re.compile(r"[A-Za-z0-9$\-_.+!*'()]+(?:/[A-Za-z0-9$\-_.+!*'()]+)*")


def create_api_mapping(call: Call, request: Request) -> dict[str, Any]:
    """Have a stage of an API answer under a path of a domain name."""
    key = _checked_key(request.get("ApiMappingKey"))
    state, domain = _domain(call, request)
    made = Mapping(
        id=finding.new_id(call, 6),
        domain=domain.domain_name,
        base_path=key,
        api_id=request["ApiId"],
        stage=request["Stage"],
    )
    _check(call, state, domain, made)
    if f"{domain.domain_name}/{key}" in state.mappings:
        raise refusals.conflict("ApiMapping key already exists for this domain name")
    held = len(list(under(state.mappings, domain.domain_name)))
    limits.require_room(call, held, limits.MAPPINGS_MAX, "API mappings", domain.domain_name)
    state.mappings.put(f"{domain.domain_name}/{key}", made)
    _record(call, made, "ApiMappingCreated")
    return _told(made)


def get_api_mapping(call: Call, request: Request) -> dict[str, Any]:
    """A mapping."""
    return _told(_found(call, request)[2])


def get_api_mappings(call: Call, request: Request) -> dict[str, Any]:
    """The mappings of a domain name."""
    state, domain = _domain(call, request)
    return paging.listed(under(state.mappings, domain.domain_name), request, _told)


def update_api_mapping(call: Call, request: Request) -> dict[str, Any]:
    """Map a path to another stage or API, or the same to another path."""
    state, domain, mapping = _found(call, request)
    key = _checked_key(request["ApiMappingKey"]) if "ApiMappingKey" in request else mapping.base_path
    made = Mapping(
        id=mapping.id,
        domain=mapping.domain,
        base_path=key,
        api_id=request["ApiId"],
        stage=request.get("Stage") or mapping.stage,
    )
    _check(call, state, domain, made)
    if key != mapping.base_path:
        if f"{domain.domain_name}/{key}" in state.mappings:
            raise refusals.conflict("ApiMapping key already exists for this domain name")
        state.mappings.delete(f"{domain.domain_name}/{mapping.base_path}")
    state.mappings.put(f"{domain.domain_name}/{key}", made)
    _record(call, made, "ApiMappingUpdated")
    return _told(made)


def delete_api_mapping(call: Call, request: Request) -> None:
    """Have nothing answer under a path any more."""
    state, domain, mapping = _found(call, request)
    state.mappings.delete(f"{domain.domain_name}/{mapping.base_path}")
    finding.changed(call, "ApiMappingDeleted", _path(mapping))


def _checked_key(key: str | None) -> str:
    if key in (None, "", "(none)"):
        return ""
    assert key is not None
    if not _KEY.fullmatch(key):
        words = "API mapping key should only contain characters from [A-Za-z0-9$-_.+!*'()/]"
        raise refusals.invalid(words, ApiMappingKey=key)
    return key


def _domain(call: Call, request: Request) -> tuple[RestState, DomainName]:
    state = call.state(RestState)
    found = state.domains.get(request["DomainName"].lower())
    if found is None:
        path = finding.arn(call, f"/domainnames/{request['DomainName']}")
        raise refusals.missing("Invalid domain name identifier specified", path)
    return state, found


def _found(call: Call, request: Request) -> tuple[RestState, DomainName, Mapping]:
    state, domain = _domain(call, request)
    for mapping in under(state.mappings, domain.domain_name):
        if mapping.id == request["ApiMappingId"]:
            return state, domain, mapping
    path = f"/domainnames/{domain.domain_name}/apimappings/{request['ApiMappingId']}"
    raise refusals.missing("Invalid ApiMapping identifier specified", finding.arn(call, path))


def _check(call: Call, state: RestState, domain: DomainName, made: Mapping) -> None:
    own = call.state(HttpState)
    row = f"{made.api_id}/{made.stage}"
    if made.api_id in own.apis:
        is_there, is_rest = row in own.stages, False
    else:
        is_there, is_rest = row in state.stages, made.api_id in state.apis
        if not is_rest:
            raise refusals.missing(
                f"Invalid API identifier specified {call.account}:{made.api_id}",
                finding.arn(call, f"/apis/{made.api_id}"),
            )
    if not is_there:
        raise refusals.invalid("Invalid stage identifier specified", ApiId=made.api_id, Stage=made.stage)
    # "You can't map WebSocket and HTTP APIs to an edge-optimized domain name", nor paths of several levels.
    if domain.endpoint_configuration.get("types") == ["EDGE"] and (not is_rest or "/" in made.base_path):
        words = "Only REST APIs, at paths of one level, can be mapped to an edge-optimized domain name"
        raise refusals.invalid(words, DomainName=domain.domain_name)
    if not is_rest and (domain.security_policy or "").startswith(ENHANCED):
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-custom-domain-tls-version.html
        words = "Only REST APIs can be mapped to a domain name that uses an enhanced security policy"
        raise refusals.invalid(words, call.fact(domain.domain_name, "securityPolicy", domain.security_policy))
    sockets = own.apis.get(made.api_id)
    for other in under(state.mappings, made.domain):
        found = own.apis.get(other.api_id)
        if other.id != made.id and _is_socket(found) != _is_socket(sockets):
            words = "WebSocket APIs can not be mapped to the domain name of HTTP or REST APIs"
            raise refusals.invalid(words, DomainName=domain.domain_name)


def _is_socket(api: Any) -> bool:
    return api is not None and api.protocol_type == "WEBSOCKET"


def _path(mapping: Mapping) -> str:
    return f"/domainnames/{mapping.domain}/apimappings/{mapping.id}"


def _record(call: Call, mapping: Mapping, kind: str) -> None:
    call.changed(f"apigateway.{kind}", finding.arn(call, _path(mapping)), **_told(mapping))


def _told(mapping: Mapping) -> dict[str, Any]:
    return {
        "ApiMappingId": mapping.id,
        "ApiId": mapping.api_id,
        "ApiMappingKey": mapping.base_path,
        "Stage": mapping.stage,
    }
