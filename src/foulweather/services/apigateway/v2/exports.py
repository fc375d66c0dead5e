"""HTTP APIs as OpenAPI 3.0 definitions, as a stage answers with them or as they are now.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-export.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.services.apigateway.v2 import finding, refusals, snapshot

Request = Mapping[str, Any]
_X = "x-amazon-apigateway-"
_INTEGRATION = {
    "IntegrationSubtype": "integrationSubtype",
    "IntegrationMethod": "httpMethod",
    "IntegrationUri": "uri",
    "ConnectionType": "connectionType",
    "ConnectionId": "connectionId",
    "CredentialsArn": "credentials",
    "PayloadFormatVersion": "payloadFormatVersion",
    "RequestParameters": "requestParameters",
    "ResponseParameters": "responseParameters",
    "TimeoutInMillis": "timeoutInMillis",
}
_AUTHORIZER = {
    "AuthorizerUri": "authorizerUri",
    "AuthorizerCredentialsArn": "authorizerCredentials",
    "AuthorizerPayloadFormatVersion": "authorizerPayloadFormatVersion",
    "AuthorizerResultTtlInSeconds": "authorizerResultTtlInSeconds",
    "EnableSimpleResponses": "enableSimpleResponses",
}


def export_api(call: Call, request: Request) -> dict[str, Any]:
    """An API as a definition."""
    state, api = finding.api(call, request)
    if api.protocol_type != "HTTP":
        raise refusals.invalid("Only HTTP APIs can be exported", ProtocolType=api.protocol_type)
    if request["Specification"] != "OAS30":
        raise refusals.invalid("Specification must be OAS30", Specification=request["Specification"])
    kind = request["OutputType"]
    if kind not in ("JSON", "YAML"):
        raise refusals.invalid("OutputType must be JSON or YAML", OutputType=kind)
    if request.get("ExportVersion") not in (None, "1.0"):
        raise refusals.invalid("ExportVersion must be 1.0", ExportVersion=request["ExportVersion"])
    held: dict[str, Any]
    name = request.get("StageName")
    if name:
        stage = finding.child(call, request, state.stages, "stage", "StageName")
        deployment = state.deployments.get(f"{api.api_id}/{stage.deployment_id}")
        if deployment is None:
            raise refusals.invalid("Nothing is deployed to the stage", StageName=name)
        held = snapshot.read(deployment)
    else:
        held = msgspec.json.decode(snapshot.taken(state, api))
    document = _document(call, held, name or "")
    if request.get("IncludeExtensions") is False:
        document = _without_extensions(document)
    if kind == "JSON":
        return {"body": json.dumps(document, indent=2).encode()}
    import yaml  # here, for most exports are JSON

    return {"body": yaml.safe_dump(document, sort_keys=False, allow_unicode=True).encode()}


def _document(call: Call, held: Mapping[str, Any], stage: str) -> dict[str, Any]:
    api: Mapping[str, Any] = held["Api"]
    created = datetime.fromtimestamp(api["CreatedDate"] // 1000, UTC)
    info: dict[str, Any] = {"title": api["Name"]}
    if api.get("Description"):
        info["description"] = api["Description"]
    info["version"] = api.get("Version") or f"{created:%Y-%m-%d %H:%M:%SUTC}"
    base = "" if stage in ("", "$default") else stage
    server: dict[str, Any] = {
        "url": f"https://{api['ApiId']}.execute-api.{call.region}.amazonaws.com/{{basePath}}",
        "variables": {"basePath": {"default": base}},
    }
    if api.get("DisableExecuteApiEndpoint"):
        server[f"{_X}endpoint-configuration"] = {"disableExecuteApiEndpoint": True}
    document: dict[str, Any] = {"openapi": "3.0.1", "info": info, "servers": [server]}
    if api.get("Tags"):
        document["tags"] = [{"name": name, f"{_X}tag-value": value} for name, value in api["Tags"].items()]
    document["paths"] = _paths(held)
    schemes = {each["Name"]: _scheme(each) for each in held["Authorizers"].values()}
    if any(route["AuthorizationType"] == "AWS_IAM" for route in held["Routes"].values()):
        schemes["sigv4"] = {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            f"{_X}authtype": "awsSigv4",
        }
    if schemes:
        document["components"] = {"securitySchemes": schemes}
    cors: Mapping[str, Any] = api.get("CorsConfiguration") or {}
    if cors:
        document[f"{_X}cors"] = {name[:1].lower() + name[1:]: value for name, value in cors.items()}
    document[f"{_X}importexport-version"] = "1.0"
    return document


def _paths(held: Mapping[str, Any]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for route in held["Routes"].values():
        method, _, path = route["RouteKey"].partition(" ")
        is_default = not path
        name = f"{_X}any-method" if is_default or method == "ANY" else method.lower()
        operation: dict[str, Any] = {}
        if route.get("OperationName"):
            operation["operationId"] = route["OperationName"]
        variables = [part.strip("{}+") for part in path.split("/") if part.startswith("{")]
        if variables:
            operation["parameters"] = [
                {"name": each, "in": "path", "required": True, "schema": {"type": "string"}} for each in variables
            ]
        operation["responses"] = {"default": {"description": f"Default response for {route['RouteKey']}"}}
        if route["AuthorizationType"] == "AWS_IAM":
            operation["security"] = [{"sigv4": []}]
        elif route.get("AuthorizerId"):
            authorizer = held["Authorizers"][route["AuthorizerId"]]["Name"]
            operation["security"] = [{authorizer: route.get("AuthorizationScopes") or []}]
        if is_default:
            operation["isDefaultRoute"] = True
        integration = held["Integrations"].get((route.get("Target") or "").removeprefix("integrations/"))
        if integration is not None:
            operation[f"{_X}integration"] = _integration(integration)
        paths.setdefault(path or "/$default", {})[name] = operation
    return paths


def _integration(held: Mapping[str, Any]) -> dict[str, Any]:
    made = {own: held[name] for name, own in _INTEGRATION.items() if held.get(name)}
    made["type"] = held["IntegrationType"].lower()
    if held.get("TlsConfig"):
        made["tlsConfig"] = {"serverNameToVerify": held["TlsConfig"].get("ServerNameToVerify")}
    return made


def _scheme(held: Mapping[str, Any]) -> dict[str, Any]:
    asked: dict[str, Any] = {"type": held["AuthorizerType"].lower()}
    sources: list[str] = held.get("IdentitySource") or []
    asked["identitySource"] = ",".join(sources)
    if held["AuthorizerType"] == "JWT":
        told: Mapping[str, Any] = held["JwtConfiguration"]
        asked["jwtConfiguration"] = {"audience": told["Audience"], "issuer": told["Issuer"]}
        return {"type": "oauth2", "flows": {}, f"{_X}authorizer": asked}
    asked |= {own: held[name] for name, own in _AUTHORIZER.items() if held.get(name) is not None}
    name = sources[0].rpartition(".")[2] if sources else "Unused"
    return {"type": "apiKey", "name": name, "in": "header", f"{_X}authorizer": asked}


def _without_extensions(held: Any) -> Any:
    """A definition without what only API Gateway understands."""
    if isinstance(held, dict):
        return {
            name: _without_extensions(value)
            for name, value in held.items()  # pyright: ignore[reportUnknownVariableType]
            if not str(name).startswith(_X) and name != "isDefaultRoute"  # pyright: ignore[reportUnknownArgumentType]
        }
    return [_without_extensions(each) for each in held] if isinstance(held, list) else held  # pyright: ignore
