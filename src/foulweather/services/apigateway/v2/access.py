"""Which permission each operation needs, on what: the method of the REST call, on its path.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.services.apigateway.state import RestState
from foulweather.services.apigateway.v2 import taggable

Request = Mapping[str, Any]
_MEMBER = re.compile(r"\{(\w+)\}")
_API: Final = "/apis/{ApiId}"
_NOUNS: Final[Mapping[str, tuple[str, str, str]]] = {
    "Api": ("/apis", _API, "Apis"),
    "ApiMapping": (
        "/domainnames/{DomainName}/apimappings",
        "/domainnames/{DomainName}/apimappings/{ApiMappingId}",
        "ApiMappings",
    ),
    "Authorizer": (f"{_API}/authorizers", f"{_API}/authorizers/{{AuthorizerId}}", "Authorizers"),
    "Deployment": (f"{_API}/deployments", f"{_API}/deployments/{{DeploymentId}}", "Deployments"),
    "DomainName": ("/domainnames", "/domainnames/{DomainName}", "DomainNames"),
    "Integration": (f"{_API}/integrations", f"{_API}/integrations/{{IntegrationId}}", "Integrations"),
    "IntegrationResponse": (
        f"{_API}/integrations/{{IntegrationId}}/integrationresponses",
        f"{_API}/integrations/{{IntegrationId}}/integrationresponses/{{IntegrationResponseId}}",
        "IntegrationResponses",
    ),
    "Model": (f"{_API}/models", f"{_API}/models/{{ModelId}}", "Models"),
    "Route": (f"{_API}/routes", f"{_API}/routes/{{RouteId}}", "Routes"),
    "RouteResponse": (
        f"{_API}/routes/{{RouteId}}/routeresponses",
        f"{_API}/routes/{{RouteId}}/routeresponses/{{RouteResponseId}}",
        "RouteResponses",
    ),
    "Stage": (f"{_API}/stages", f"{_API}/stages/{{StageName}}", "Stages"),
    "VpcLink": ("/vpclinks", "/vpclinks/{VpcLinkId}", "VpcLinks"),
}
_OTHERS: Final[Mapping[str, tuple[str, str]]] = {
    "DeleteAccessLogSettings": ("DELETE", f"{_API}/stages/{{StageName}}/accesslogsettings"),
    "DeleteCorsConfiguration": ("DELETE", f"{_API}/cors"),
    "DeleteRouteRequestParameter": ("DELETE", f"{_API}/routes/{{RouteId}}/requestparameters/{{RequestParameterKey}}"),
    "DeleteRouteSettings": ("DELETE", f"{_API}/stages/{{StageName}}/routesettings/{{RouteKey}}"),
    "ExportApi": ("GET", f"{_API}/exports/{{Specification}}"),
    "GetModelTemplate": ("GET", f"{_API}/models/{{ModelId}}/template"),
    "ImportApi": ("PUT", "/apis"),
    "ReimportApi": ("PUT", _API),
    "ResetAuthorizersCache": ("DELETE", f"{_API}/stages/{{StageName}}/cache/authorizers"),
}
# Routing rules have actions of their own, on ARNs with an account, and keys for their priority and base paths.
_RULES: Final = "/domainnames/{DomainName}/routingrules"
_ON_RULES: Final[Mapping[str, tuple[str, str]]] = {
    "CreateRoutingRule": ("CreateRoutingRule", f"{_RULES}/*"),
    "DeleteRoutingRule": ("DeleteRoutingRule", f"{_RULES}/{{RoutingRuleId}}"),
    "GetRoutingRule": ("GetRoutingRule", f"{_RULES}/{{RoutingRuleId}}"),
    "ListRoutingRules": ("ListRoutingRules", f"{_RULES}/*"),
    "PutRoutingRule": ("UpdateRoutingRule", f"{_RULES}/{{RoutingRuleId}}"),
}
_KEYS: Final[Mapping[str, str]] = {
    "AuthorizerType": "authorizertype",
    "AuthorizerUri": "authorizeruri",
    "ApiKeyRequired": "apikeyrequired",
    "AuthorizationType": "routeauthorizationtype",
    "DisableExecuteApiEndpoint": "disableexecuteapiendpoint",
    "StageName": "stagename",
}


def conditions(call: Call, request: Request) -> Mapping[str, str | list[str]]:
    """What a request asks for, by the keys that policies name it with."""
    found: dict[str, str | list[str]] = {}
    if call.operation.startswith(("Create", "Update")):
        for member, key in _KEYS.items():
            value = request.get(member)
            if value is not None:
                found[f"apigateway:request/{key}"] = str(value).lower() if isinstance(value, bool) else str(value)
        if call.operation == "CreateApi":
            found["apigateway:request/apiname"] = request["Name"]
        mutual: Request = request.get("MutualTlsAuthentication") or {}
        for member in ("TruststoreUri", "TruststoreVersion"):
            if mutual.get(member):
                found[f"apigateway:request/mtls{member.lower()}"] = mutual[member]
        logs: Request = request.get("AccessLogSettings") or {}
        for member, key in (("DestinationArn", "accessloggingdestination"), ("Format", "accessloggingformat")):
            if logs.get(member):
                found[f"apigateway:request/{key}"] = logs[member]
    tags: Mapping[str, str] = request.get("Tags") or {}
    keys = [*tags, *(request.get("TagKeys") or ())]
    if keys:
        found |= {f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}
        found["aws:tagkeys"] = keys
    return found


def _arn(call: Call, path: str) -> str:
    return f"arn:aws:apigateway:{call.region}::{path}"


def _path(template: str, request: Request) -> str:
    return _MEMBER.sub(lambda found: str(request.get(found[1]) or "*"), template)


def _resources(template: str) -> Callable[[Call, Request], Sequence[Resource]]:
    def resources(call: Call, request: Request) -> Sequence[Resource]:
        path = _path(template, request)
        found = taggable.find(call.world, call.account, call.region, path)
        return (Resource(_arn(call, path), call.account, None, {} if found is None else found.tags),)

    return resources


def _named(call: Call, request: Request) -> Sequence[Resource]:
    """Tags are a resource of their own, named by the ARN of what has them."""
    arn = request.get("ResourceArn") or "*"
    found = taggable.find(call.world, call.account, call.region, arn.rpartition("::")[2])
    return (Resource(_tags(call, arn), call.account, None, {} if found is None else found.tags),)


def _tags(call: Call, arn: str) -> str:
    return _arn(call, f"/tags/{quote(arn, safe='*')}")


def _also(template: str) -> Callable[[Call, Request], Sequence[Permission]]:
    """Who tags what is made, or hands over a role, needs further permissions."""

    def also(call: Call, request: Request) -> Sequence[Permission]:
        found: list[Permission] = []
        if request.get("Tags"):
            resource = Resource(_tags(call, _arn(call, f"{_path(template, request)}/*")), call.account)
            found.append(Permission("apigateway:PUT", resource, conditions(call, request)))
        for member in ("CredentialsArn", "AuthorizerCredentialsArn"):
            role = request.get(member) or ""
            if role.startswith("arn:") and ":role/" in role:
                keys = {"iam:passedtoservice": "apigateway.amazonaws.com"}
                found.append(Permission("iam:PassRole", Resource(role, call.account), keys))
        return found

    return also


def _row(action: str, path: str) -> Access:
    return Access(f"apigateway:{action}", _resources(path), conditions, _also(path), is_read=action == "GET")


def _rule_conditions(call: Call, request: Request) -> Mapping[str, str | list[str]]:
    """The priority and the base paths of a routing rule: as asked for, and as they are."""
    found: dict[str, str | list[str]] = {}
    if "Priority" in request:
        found["apigateway:request/priority"] = str(request["Priority"])
    conditions: Sequence[Request] = request.get("Conditions") or ()
    asked: list[str] = []
    for one in conditions:
        by_paths: Request = one.get("MatchBasePaths") or {}
        asked += by_paths.get("AnyOf") or ()
    if asked:
        found["apigateway:request/conditionbasepaths"] = asked
    held = call.state(RestState).routing_rules.get(
        f"{str(request.get('DomainName')).lower()}/{request.get('RoutingRuleId')}"
    )
    if held is not None:
        found["apigateway:resource/priority"] = str(held.priority)
        if held.base_paths:
            found["apigateway:resource/conditionbasepaths"] = held.base_paths
    return found


def _rule_row(action: str, path: str) -> Access:
    def resources(call: Call, request: Request) -> Sequence[Resource]:
        arn = f"arn:aws:apigateway:{call.region}:{call.account}:{_path(path, request)}"
        return (Resource(arn, call.account),)

    return Access(f"apigateway:{action}", resources, _rule_conditions, is_read=action.startswith(("Get", "List")))


def _rows() -> dict[str, Access]:
    rows = {name: _row(action, path) for name, (action, path) in _OTHERS.items()}
    rows |= {name: _rule_row(action, path) for name, (action, path) in _ON_RULES.items()}
    for noun, (every, one, plural) in _NOUNS.items():
        rows |= {
            f"Create{noun}": _row("POST", every),
            f"Get{plural}": _row("GET", every),
            f"Get{noun}": _row("GET", one),
            f"Update{noun}": _row("PATCH", one),
            f"Delete{noun}": _row("DELETE", one),
        }
    rows["GetTags"] = Access("apigateway:GET", _named, is_read=True)
    rows["TagResource"] = Access("apigateway:POST", _named, conditions)
    rows["UntagResource"] = Access("apigateway:DELETE", _named, conditions)
    return rows


ACCESS: dict[str, Access] = _rows()
