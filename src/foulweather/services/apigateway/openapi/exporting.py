"""A deployment, written as a definition.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-export-api.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, cast

from foulweather.services.apigateway.openapi.documents import Document, part

_X: Final = "x-amazon-apigateway-"
_CANONICAL = re.compile(r"https://apigateway\.amazonaws\.com/restapis/[a-z0-9]+/models/([A-Za-z0-9]+)")
_PLACES: Final = {"path": "path", "querystring": "query", "header": "header"}
_VARIABLE = re.compile(r"\{([^}+]+)\+?\}")
_TYPES: Final = {"TOKEN": "token", "REQUEST": "request", "COGNITO_USER_POOLS": "cognito_user_pools"}
_INTEGRATION: Final = (
    "uri",
    "httpMethod",
    "connectionType",
    "connectionId",
    "credentials",
    "requestParameters",
    "requestTemplates",
    "passthroughBehavior",
    "contentHandling",
    "timeoutInMillis",
    "cacheNamespace",
    "cacheKeyParameters",
    "tlsConfig",
)
_AUTHORIZER: Final = (
    "authorizerUri",
    "authorizerCredentials",
    "authorizerResultTtlInSeconds",
    "identitySource",
    "identityValidationExpression",
    "providerARNs",
)


class Export(NamedTuple):
    """What is written, and how: `version` 2 or 3; which extensions."""

    snapshot: Mapping[str, Any]
    stage: str
    region: str
    made_ms: int
    version: int
    integrations: bool
    authorizers: bool
    everything: bool


def exported(export: Export) -> Document:
    """The whole definition."""
    api, version = part(export.snapshot, "restApi"), export.version
    at = datetime.fromtimestamp(export.made_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    info: Document = {"title": api["name"], "version": api.get("version") or at}
    if api.get("description"):
        info["description"] = api["description"]
    host = f"{api['id']}.execute-api.{export.region}.amazonaws.com"
    document: Document = {"swagger": "2.0"} if version == 2 else {"openapi": "3.0.1"}
    document["info"] = info
    if version == 2:
        document |= {"host": host, "basePath": f"/{export.stage}", "schemes": ["https"]}
    else:
        variables = {"basePath": {"default": export.stage}}
        document["servers"] = [{"url": f"https://{host}/{{basePath}}", "variables": variables}]
    document["paths"] = _paths(export)
    schemas = {name: _schema(export, model) for name, model in part(export.snapshot, "models").items()}
    security = _security(export)
    if version == 2:
        document |= {"securityDefinitions": security} if security else {}
        document |= {"definitions": schemas} if schemas else {}
    else:
        components = {"schemas": schemas, "securitySchemes": security}
        document["components"] = {name: held for name, held in components.items() if held}
    return {**document, **_of_api(export)} if export.everything else document


def _paths(export: Export) -> Document:
    paths: Document = {}
    resources: Any = part(export.snapshot, "resources").values()
    for resource in sorted(resources, key=lambda one: one["path"]):
        methods = part(resource, "resourceMethods")
        if methods:
            paths[resource["path"]] = {
                f"{_X}any-method" if name == "ANY" else name.lower(): _operation(
                    export, resource["path"], methods[name]
                )
                for name in sorted(methods)
            }
    return paths


def _operation(export: Export, path: str, method: Document) -> Document:
    version = export.version
    made: Document = {"operationId": method["operationName"]} if method.get("operationName") else {}
    parameters: list[Document] = []
    declared = part(method, "requestParameters")
    names = set(_VARIABLE.findall(path))
    for name in sorted(names - {one.removeprefix("method.request.path.") for one in declared}):
        parameters.append(_parameter(version, name, "path", required=True))
    for name, required in declared.items():
        _, _, place, own = name.split(".", 3)
        parameters.append(_parameter(version, own, _PLACES[place], required=required or place == "path"))
    bodies = part(method, "requestModels")
    if version == 2:
        made |= {"consumes": sorted(bodies)} if bodies else {}
        kinds = {kind for one in part(method, "methodResponses").values() for kind in part(one, "responseModels")}
        made |= {"produces": sorted(kinds)} if kinds else {}
        for model in sorted(set(bodies.values())):
            parameters.append({"in": "body", "name": model, "required": True, "schema": _reference(version, model)})
    elif bodies:
        content = {kind: {"schema": _reference(version, model)} for kind, model in bodies.items()}
        made["requestBody"] = {"content": content, "required": True}
    if parameters:
        made["parameters"] = parameters
    made["responses"] = {
        status: _response(version, one) for status, one in sorted(part(method, "methodResponses").items())
    }
    security = _requirements(export, method)
    if security:
        made["security"] = security
    validator = part(export.snapshot, "requestValidators").get(method.get("requestValidatorId") or "")
    if export.everything and validator is not None:
        made[f"{_X}request-validator"] = validator.get("name") or validator["id"]
    if export.everything and method["authorizationType"] == "AWS_IAM":
        made[f"{_X}auth"] = {"type": "AWS_IAM"}
    if export.integrations and method.get("methodIntegration"):
        made[f"{_X}integration"] = _integration(method["methodIntegration"])
    return made


def _parameter(version: int, name: str, place: str, *, required: bool) -> Document:
    made: Document = {"name": name, "in": place, "required": required}
    return made | ({"type": "string"} if version == 2 else {"schema": {"type": "string"}})


def _response(version: int, response: Document) -> Document:
    made: Document = {"description": f"{response['statusCode']} response"}
    headers = [name.removeprefix("method.response.header.") for name in part(response, "responseParameters")]
    if headers:
        kind: Document = {"type": "string"} if version == 2 else {"schema": {"type": "string"}}
        made["headers"] = {name: dict(kind) for name in headers}
    models = part(response, "responseModels")
    if models and version == 2:
        made["schema"] = _reference(version, next(iter(models.values())))
    elif models:
        made["content"] = {kind: {"schema": _reference(version, model)} for kind, model in models.items()}
    return made


def _reference(version: int, model: str) -> Document:
    return {"$ref": f"#/definitions/{model}" if version == 2 else f"#/components/schemas/{model}"}


def _schema(export: Export, model: Document) -> Any:
    def local(held: Any) -> Any:
        if isinstance(held, list):
            return [local(one) for one in cast("list[Any]", held)]
        if isinstance(held, dict):
            return {name: local(one) for name, one in cast("Document", held).items() if name != "$schema"}
        found = _CANONICAL.fullmatch(held) if isinstance(held, str) else None
        return held if found is None else _reference(export.version, found[1])["$ref"]

    return local(json.loads(model.get("schema") or "{}"))


def _requirements(export: Export, method: Document) -> list[Document]:
    made: list[Document] = []
    if method["authorizationType"] == "AWS_IAM":
        made.append({"sigv4": []})
    authorizer = part(export.snapshot, "authorizers").get(method.get("authorizerId") or "")
    if authorizer is not None:
        made.append({authorizer["name"]: list(method.get("authorizationScopes") or ())})
    if method.get("apiKeyRequired"):
        made.append({"api_key": []})
    return made


def _security(export: Export) -> Document:
    methods = [
        method
        for resource in part(export.snapshot, "resources").values()
        for method in part(resource, "resourceMethods").values()
    ]
    made: Document = {}
    for authorizer in part(export.snapshot, "authorizers").values():
        source = str(authorizer.get("identitySource") or "")
        header = source.removeprefix("method.request.header.") if "," not in source else "Unused"
        scheme: Document = {"type": "apiKey", "name": header or "Unused", "in": "header"}
        scheme[f"{_X}authtype"] = authorizer.get("authType")
        if export.authorizers:
            asked = {name: authorizer[name] for name in _AUTHORIZER if authorizer.get(name) is not None}
            scheme[f"{_X}authorizer"] = {"type": _TYPES[authorizer["type"]], **asked}
        made[authorizer["name"]] = scheme
    if any(method.get("apiKeyRequired") for method in methods):
        made["api_key"] = {"type": "apiKey", "name": "x-api-key", "in": "header"}
    if any(method["authorizationType"] == "AWS_IAM" for method in methods):
        made["sigv4"] = {"type": "apiKey", "name": "Authorization", "in": "header", f"{_X}authtype": "awsSigv4"}
    return made


def _integration(integration: Document) -> Document:
    made: Document = {"type": str(integration["type"]).lower()}
    made |= {name: integration[name] for name in _INTEGRATION if integration.get(name)}
    responses = {
        response.get("selectionPattern") or "default": {
            name: held for name, held in response.items() if name != "selectionPattern"
        }
        for response in part(integration, "integrationResponses").values()
    }
    return made | ({"responses": responses} if responses else {})


def _of_api(export: Export) -> Document:
    api, snapshot = part(export.snapshot, "restApi"), export.snapshot
    made: Document = {}
    for name, member in (
        ("binary-media-types", "binaryMediaTypes"),
        ("minimum-compression-size", "minimumCompressionSize"),
    ):
        if api.get(member) is not None:
            made[f"{_X}{name}"] = api[member]
    if api.get("apiKeySource") == "AUTHORIZER":
        made[f"{_X}api-key-source"] = "AUTHORIZER"
    if snapshot.get("policy"):
        made[f"{_X}policy"] = json.loads(snapshot["policy"])
    validators = {
        one.get("name") or one["id"]: {name: one[name] for name in ("validateRequestBody", "validateRequestParameters")}
        for one in part(snapshot, "requestValidators").values()
    }
    if validators:
        made[f"{_X}request-validators"] = validators
    responses = {
        kind: {name: one[name] for name in ("statusCode", "responseParameters", "responseTemplates") if name in one}
        for kind, one in part(snapshot, "gatewayResponses").items()
    }
    return made | ({f"{_X}gateway-responses": responses} if responses else {})
