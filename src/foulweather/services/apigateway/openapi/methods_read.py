"""Resources and methods out of the paths of a definition."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, paths, quotas, refusals
from foulweather.services.apigateway.mappings_of_parameters import checked_request_parameters
from foulweather.services.apigateway.method_checks import check, check_models
from foulweather.services.apigateway.openapi import security_read
from foulweather.services.apigateway.openapi.documents import Document, part, resolved
from foulweather.services.apigateway.openapi.findings import Findings
from foulweather.services.apigateway.openapi.integrations_read import read_integration
from foulweather.services.apigateway.openapi.schemas_read import model_for
from foulweather.services.apigateway.openapi.security_read import Scheme
from foulweather.services.apigateway.records import Method, MethodResponse, Resource, RestApi
from foulweather.services.apigateway.state import RestState, under

_VERBS: Final = {name: name.upper() for name in ("delete", "get", "head", "options", "patch", "post", "put")} | {
    "x-amazon-apigateway-any-method": "ANY"
}
_STATUS = re.compile(r"[1-5]\d\d")
_PLACES: Final = {"path": "path", "query": "querystring", "header": "header"}


class Definition(NamedTuple):
    """What of a definition every operation of it needs."""

    document: Document
    version: int
    schemes: Mapping[str, Scheme]
    validators: Mapping[str, str]  # ids by name


def read_paths(
    call: Call, state: RestState, api: RestApi, definition: Definition, prefix: str, findings: Findings
) -> None:
    """Every path of a definition as resources, every operation as a method."""
    written = part(definition.document, "paths")
    for path in written:
        if path.startswith("x-"):
            continue
        whole = f"{prefix}{path}".rstrip("/") or "/"
        item: Document = resolved(definition.document, written[path]) or {}
        resource = findings.attempt(
            f"Unable to create resource at path '{whole}'", lambda w=whole: _resource(call, state, api, w)
        )
        if resource is None:
            continue
        for verb, name in _VERBS.items():
            if verb in item:
                operation: Document = resolved(definition.document, item[verb]) or {}
                _read_method(call, state, api, resource, name, item, operation, definition, findings)


def _resource(call: Call, state: RestState, api: RestApi, path: str) -> Resource:
    """The resource at a path, made with those above it where there is none."""
    by_path = {resource.path: resource for resource in under(state.resources, api.id)}
    parent = by_path["/"]
    for piece in [piece for piece in path.split("/") if piece]:
        whole = paths.joined(parent.path, paths.checked_part(piece))
        found = by_path.get(whole)
        if found is None:
            paths.require_free(state, api.id, parent, piece)
            most = quotas.of(call, quotas.RESOURCES)
            if len(by_path) >= most:
                raise refusals.too_many("resources", "API", finding.arn(call, f"/restapis/{api.id}"), most)
            found = Resource(id=finding.new_id(call), path=whole, parent_id=parent.id, path_part=piece)
            state.resources.put(f"{api.id}/{found.id}", found)
            by_path[whole] = found
        parent = found
    return parent


def _read_method(
    call: Call,
    state: RestState,
    api: RestApi,
    resource: Resource,
    name: str,
    item: Document,
    operation: Document,
    definition: Definition,
    findings: Findings,
) -> None:
    document = definition.document
    method = Method(http_method=name, authorization_type="NONE", operation_name=operation.get("operationId"))
    requirements = operation["security"] if "security" in operation else document.get("security")
    security_read.apply(method, definition.schemes, requirements)
    for scheme in security_read.undeclared(document, requirements):
        words = f"Security requirement '{scheme}' of '{name} {resource.path}' names no security scheme and is ignored"
        findings.warnings.append(words)
    asked = str(part(operation, "x-amazon-apigateway-auth").get("type") or "").upper()
    if asked:
        method.authorization_type = asked
    validator = operation.get("x-amazon-apigateway-request-validator") or document.get(
        "x-amazon-apigateway-request-validator"
    )
    where = f"on '{name}' for resource at path '{resource.path}'"

    def put() -> Method:
        if validator is not None:
            method.request_validator_id = definition.validators.get(str(validator))
            if method.request_validator_id is None:
                words = "Invalid Request Validator identifier specified"
                raise refusals.invalid(words, requestValidator=str(validator))
        _read_request(call, state, api.id, method, [*_list(item), *_list(operation)], operation, definition)
        _read_responses(call, state, api.id, method, operation, definition, findings)
        check(state, api.id, method)
        return method

    if findings.attempt(f"Unable to put method {where}", put) is None:
        return
    resource.resource_methods[name] = method
    integration: Any = resolved(document, operation.get("x-amazon-apigateway-integration"))
    if isinstance(integration, dict) and integration:
        read_integration(call, state, api.id, resource, method, cast("Document", integration), findings)


def _list(held: Document) -> list[Any]:
    found: Any = held.get("parameters")
    return cast("list[Any]", found) if isinstance(found, list) else []


def _read_request(
    call: Call,
    state: RestState,
    api_id: str,
    method: Method,
    parameters: Sequence[Any],
    operation: Document,
    definition: Definition,
) -> None:
    """An operation's parameters, which win over those of its path, and its body."""
    document, declared = definition.document, dict[str, bool]()
    for one in parameters:
        parameter: Document = resolved(document, one) or {}
        place = _PLACES.get(str(parameter.get("in")))
        if place is not None:
            declared[f"method.request.{place}.{parameter.get('name')}"] = bool(parameter.get("required"))
        elif parameter.get("in") == "body":
            model = model_for(call, state, api_id, parameter.get("schema"))
            for kind in operation.get("consumes") or document.get("consumes") or ["application/json"]:
                if model is not None:
                    method.request_models[str(kind)] = model
    method.request_parameters = checked_request_parameters(declared)
    body: Document = resolved(document, operation.get("requestBody")) or {}
    for kind in part(body, "content"):
        model = model_for(call, state, api_id, part(part(body, "content"), kind).get("schema"))
        if model is not None:
            method.request_models[kind] = model


def _read_responses(
    call: Call,
    state: RestState,
    api_id: str,
    method: Method,
    operation: Document,
    definition: Definition,
    findings: Findings,
) -> None:
    document = definition.document
    for status, one in part(operation, "responses").items():
        if not _STATUS.fullmatch(str(status)):
            findings.warnings.append(f"Response '{status}' of '{method.http_method}' has no status code and is ignored")
            continue
        response: Document = resolved(document, one) or {}
        made = MethodResponse(status_code=str(status))
        for header in part(response, "headers"):
            made.response_parameters[f"method.response.header.{header}"] = False
        if definition.version == 2:
            model = model_for(call, state, api_id, response.get("schema"))
            for kind in operation.get("produces") or document.get("produces") or ["application/json"]:
                if model is not None:
                    made.response_models[str(kind)] = model
        for kind in part(response, "content"):
            model = model_for(call, state, api_id, part(part(response, "content"), kind).get("schema"))
            if model is not None:
                made.response_models[kind] = model
        check_models(state, api_id, made.response_models)
        method.method_responses[str(status)] = made
