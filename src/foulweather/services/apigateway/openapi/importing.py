"""A definition, read into an API: everything in a state apart, so that what has errors changes nothing.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.apigateway import cloning, finding, limits, policies, refusals
from foulweather.services.apigateway.documentation_locations import checked_location
from foulweather.services.apigateway.endpoints import checked_endpoint
from foulweather.services.apigateway.openapi import documents, schemas_read, security_read
from foulweather.services.apigateway.openapi.documents import Document, objects, part
from foulweather.services.apigateway.openapi.findings import Findings
from foulweather.services.apigateway.openapi.methods_read import Definition, read_paths
from foulweather.services.apigateway.records import (
    DocumentationPart,
    GatewayResponse,
    RequestValidator,
    Resource,
    RestApi,
)
from foulweather.services.apigateway.response_defaults import check as check_response
from foulweather.services.apigateway.state import RestState, under
from foulweather.world.store import Store, Table

_X: Final = "x-amazon-apigateway-"
_EXTENSIONS: Final = frozenset(
    {
        "api-key-source",
        "binary-media-types",
        "documentation",
        "endpoint-access-mode",
        "endpoint-configuration",
        "gateway-responses",
        "integrations",
        "minimum-compression-size",
        "policy",
        "request-validator",
        "request-validators",
        "security-policy",
    }
)
_PARAMETERS: Final = ("endpointConfigurationTypes", "endpointConfigurationVpcEndpointIds", "ignore", "basepath")


def imported(
    call: Call, api: RestApi, body: bytes, parameters: Mapping[str, str], *, merges: bool, fail_on_warnings: bool
) -> tuple[RestState, list[str]]:
    """A state that has the API as a definition makes it (`api` itself is changed), and the warnings of that."""
    document = documents.read(body)
    version = documents.version_of(document)
    for name in parameters:
        if name not in _PARAMETERS:
            raise refusals.invalid(f"Invalid import parameter specified: {name}", parameters=name)
    findings = Findings()
    try:
        state = _read(call, api, document, version, parameters, findings, merges=merges)
        _check_types([*cloning.content(state), state.resources, state.apis])
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, msgspec.ValidationError) as error:
        # A definition may hold anything anywhere; so far nothing has been changed.
        raise refusals.invalid("Invalid OpenAPI input.", body=str(error)) from None
    findings.settle(fail_on_warnings=fail_on_warnings)
    return state, findings.warnings


def _check_types(tables: list[Table[Any]]) -> None:
    """Refuse rows that could not be read again: a definition may have a number where a text belongs."""
    for rows in tables:
        for row in rows.values():
            msgspec.convert(msgspec.to_builtins(row), row.__class__)


def _read(
    call: Call,
    api: RestApi,
    document: Document,
    version: int,
    parameters: Mapping[str, str],
    findings: Findings,
    *,
    merges: bool,
) -> RestState:
    for name in document:
        if name.startswith(_X) and name.removeprefix(_X) not in _EXTENSIONS:
            findings.warnings.append(f"Extension '{name}' has no meaning for a REST API and is ignored")
    state = _apart(call, api, merges=merges)
    findings.attempt("Unable to import API", lambda: _read_api(call, api, document, parameters, merges=merges))
    schemas_read.read_models(call, state, api.id, document, findings)
    schemes = security_read.read_schemes(call, state, api.id, document, findings)
    validators = _read_validators(call, state, api.id, document)
    _read_gateway_responses(state, api.id, document, findings)
    if parameters.get("ignore") != "documentation":
        _read_documentation(call, state, api.id, document, findings)
    definition = Definition(document, version, schemes, validators)
    prefix = _prefix(document, version, parameters.get("basepath") or "ignore")
    read_paths(call, state, api, definition, prefix, findings)
    return state


def put(call: Call, apart: RestState, api: RestApi) -> None:
    """Have an API consist of what it consists of in a state apart."""
    state = call.state(RestState)
    for rows, made in zip(
        [*cloning.content(state), state.resources], [*cloning.content(apart), apart.resources], strict=True
    ):
        for key in [key for key in rows if key.startswith(f"{api.id}/") and key not in made]:
            rows.delete(key)
        for key, row in made.items():
            if key.startswith(f"{api.id}/"):
                rows.put(key, row)
    state.apis.put(api.id, api)


def _apart(call: Call, api: RestApi, *, merges: bool) -> RestState:
    """The API's rows in a state of their own: all of them for a merge, else only its resources, without methods."""
    state = call.state(RestState)
    apart = Store().state(RestState, call.account, call.region)
    apart.apis.put(api.id, api)
    for link in state.vpc_links.values():
        apart.vpc_links.put(link.id, link)
    if merges:
        for rows, copied in zip(cloning.content(state), cloning.content(apart), strict=True):
            for key in [key for key in rows if key.startswith(f"{api.id}/")]:
                copied.put(key, copy.deepcopy(rows[key]))
        for resource in under(state.resources, api.id):
            apart.resources.put(f"{api.id}/{resource.id}", copy.deepcopy(resource))
    else:
        root = api.root_resource_id
        apart.resources.put(f"{api.id}/{root}", Resource(id=root, path="/"))
    return apart


def _read_api(call: Call, api: RestApi, document: Document, parameters: Mapping[str, str], *, merges: bool) -> None:
    info = part(document, "info")
    if not info.get("title"):
        raise refusals.invalid("API name cannot be empty", title=info.get("title"))
    api.name = str(info["title"])
    if info.get("version"):
        api.version = str(info["version"])
    if info.get("description") or not merges:
        api.description = info.get("description")
    if f"{_X}binary-media-types" in document or not merges:
        api.binary_media_types = [str(one) for one in document.get(f"{_X}binary-media-types") or ()]
    if f"{_X}minimum-compression-size" in document or not merges:
        size = document.get(f"{_X}minimum-compression-size")
        api.minimum_compression_size = limits.checked_compression(None if size is None else int(size))
    if f"{_X}api-key-source" in document or not merges:
        source = str(document.get(f"{_X}api-key-source") or "HEADER").upper()
        if source not in ("HEADER", "AUTHORIZER"):
            raise refusals.invalid("Invalid API key source specified", apiKeySource=source)
        api.api_key_source = source
    if f"{_X}policy" in document or not merges:
        policy: Any = document.get(f"{_X}policy")
        api.policy = policies.checked(
            call, api, policy if policy is None or isinstance(policy, str) else json.dumps(policy)
        )
    for name in ("security-policy", "endpoint-access-mode"):
        if f"{_X}{name}" in document:
            raise not_implemented("apigateway", f"{call.operation}.{_X}{name}")
    _read_endpoint(api, document, parameters)


def _read_endpoint(api: RestApi, document: Document, parameters: Mapping[str, str]) -> None:
    """`x-amazon-apigateway-endpoint-configuration`, in OpenAPI 3.0 at a server, and the import's own parameters."""
    asked = part(document, f"{_X}endpoint-configuration")
    for server in objects(document, "servers"):
        asked = asked or part(server, f"{_X}endpoint-configuration")
    endpoint: dict[str, Any] = dict(api.endpoint_configuration)
    if parameters.get("endpointConfigurationTypes"):
        endpoint = {"types": [parameters["endpointConfigurationTypes"]]}
    if asked.get("types"):
        endpoint = {"types": list(asked["types"])}
    if asked.get("vpcEndpointIds"):
        endpoint["vpcEndpointIds"] = list(asked["vpcEndpointIds"])
    if parameters.get("endpointConfigurationVpcEndpointIds"):
        endpoint["vpcEndpointIds"] = parameters["endpointConfigurationVpcEndpointIds"].split(",")
    if "disableExecuteApiEndpoint" in asked:
        api.disable_execute_api_endpoint = bool(asked["disableExecuteApiEndpoint"])
    api.endpoint_configuration = checked_endpoint(endpoint)


def _read_validators(call: Call, state: RestState, api_id: str, document: Document) -> dict[str, str]:
    found = {one.name or "": one.id for one in under(state.validators, api_id)}
    written = part(document, f"{_X}request-validators")
    for name in written:
        asked = part(written, name)
        made = RequestValidator(
            id=found.get(name) or finding.new_id(call),
            name=name,
            validate_request_body=bool(asked.get("validateRequestBody")),
            validate_request_parameters=bool(asked.get("validateRequestParameters")),
        )
        state.validators.put(f"{api_id}/{made.id}", made)
        found[name] = made.id
    return found


def _read_gateway_responses(state: RestState, api_id: str, document: Document, findings: Findings) -> None:
    written = part(document, f"{_X}gateway-responses")
    for kind in written:
        asked = part(written, kind)
        status = asked.get("statusCode")
        made = GatewayResponse(
            response_type=kind.upper(),
            status_code=None if status in (None, "") else str(status),
            response_parameters={name: str(value) for name, value in part(asked, "responseParameters").items()},
            response_templates={name: str(value) for name, value in part(asked, "responseTemplates").items()},
        )
        if findings.attempt(f"Unable to put gateway response '{kind}'", lambda m=made: check_response(m) or m):
            state.gateway_responses.put(f"{api_id}/{made.response_type}", made)


def _read_documentation(call: Call, state: RestState, api_id: str, document: Document, findings: Findings) -> None:
    for one in objects(part(document, f"{_X}documentation"), "documentationParts"):
        location = findings.attempt(
            "Unable to create documentation part", lambda o=one: checked_location(part(o, "location"))
        )
        if location is None:
            continue
        properties = json.dumps(part(one, "properties"))
        held = next((it for it in under(state.documentation_parts, api_id) if it.location == location), None)
        part_id = finding.new_id(call) if held is None else held.id
        made = DocumentationPart(id=part_id, location=location, properties=properties)
        state.documentation_parts.put(f"{api_id}/{made.id}", made)


def _prefix(document: Document, version: int, mode: str) -> str:
    """What of a definition's base path becomes part of every path: nothing (`ignore`), all, or all after the first.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-basePath.html
    """
    if mode not in ("ignore", "prepend", "split"):
        raise refusals.invalid("Invalid basepath specified. Must be one of: [ignore, prepend, split]", basepath=mode)
    if version == 2:
        base = str(document.get("basePath") or "/")
    else:
        servers = objects(document, "servers")
        first: Document = servers[0] if servers else {}
        base = str(first.get("url") or "/")
        for name, variable in part(first, "variables").items():
            base = base.replace(f"{{{name}}}", str(variable.get("default", "")).strip("/"))
        base = urlsplit(base).path
    pieces = [piece for piece in base.split("/") if piece]
    if mode == "ignore" or not pieces:
        return ""
    return "".join([f"/{piece}" for piece in (pieces if mode == "prepend" else pieces[1:])])
