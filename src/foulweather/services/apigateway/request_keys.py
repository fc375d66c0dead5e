"""The condition keys of requests to API Gateway: `apigateway:Request/…`, and the tags that they set.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-actions-and-conditions.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.call import Call

Request = Mapping[str, Any]
_MEMBERS: Final[Mapping[str, Mapping[str, str]]] = {
    "CreateAuthorizer": {"type": "authorizertype", "authorizerUri": "authorizeruri"},
    "CreateDomainName": {"securityPolicy": "securitypolicy"},
    "CreateRestApi": {"name": "apiname", "disableExecuteApiEndpoint": "disableexecuteapiendpoint"},
    "CreateStage": {"stageName": "stagename"},
    "CreateDeployment": {"stageName": "stagename"},
    "PutMethod": {"apiKeyRequired": "apikeyrequired", "authorizationType": "routeauthorizationtype"},
}
_PATHS: Final[Mapping[str, Mapping[str, str]]] = {
    "UpdateAuthorizer": {"/type": "authorizertype", "/authorizerUri": "authorizeruri"},
    "UpdateDomainName": {
        "/securityPolicy": "securitypolicy",
        "/mutualTlsAuthentication/truststoreUri": "mtlstruststoreuri",
        "/mutualTlsAuthentication/truststoreVersion": "mtlstruststoreversion",
    },
    "UpdateMethod": {"/apiKeyRequired": "apikeyrequired", "/authorizationType": "routeauthorizationtype"},
    "UpdateRestApi": {"/name": "apiname", "/disableExecuteApiEndpoint": "disableexecuteapiendpoint"},
    "UpdateStage": {
        "/accessLogSettings/destinationArn": "accessloggingdestination",
        "/accessLogSettings/format": "accessloggingformat",
    },
}


def conditions(call: Call, request: Request) -> Mapping[str, str | list[str]]:
    """What a request asks for, by the keys that policies name it with."""
    found: dict[str, str | list[str]] = {}
    for member, key in _MEMBERS.get(call.operation, {}).items():
        if request.get(member) is not None:
            found[f"apigateway:request/{key}"] = _text(request[member])
    mutual: Request = request.get("mutualTlsAuthentication") or {}
    for member in ("truststoreUri", "truststoreVersion"):
        if mutual.get(member):
            found[f"apigateway:request/mtls{member.lower()}"] = mutual[member]
    paths = _PATHS.get(call.operation, {})
    operations: Sequence[Request] = request.get("patchOperations") or ()
    for one in operations:
        path = one.get("path") or ""
        if path in paths and one.get("value") is not None:
            found[f"apigateway:request/{paths[path]}"] = _text(one["value"])
        elif path.startswith("/endpointConfiguration/types/"):
            found["apigateway:request/endpointtype"] = _text(one.get("value") or "")
    endpoint: Request = request.get("endpointConfiguration") or {}
    types: Sequence[str] = endpoint.get("types") or ()
    if types:
        found["apigateway:request/endpointtype"] = list(types)
    tags: Mapping[str, str] = request.get("tags") or {}
    keys = [*tags, *(request.get("tagKeys") or ())]
    if keys:
        found |= {f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}
        found["aws:tagkeys"] = keys
    return found


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
