"""Which permission each operation needs, on what: the method of the REST call, on its path.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.services.apigateway import taggable
from foulweather.services.apigateway.request_keys import conditions
from foulweather.services.apigateway.state import RestState

Request = Mapping[str, Any]
_MEMBER = re.compile(r"\{(\w+)\}")


def _path(template: str, request: Request) -> str:
    return _MEMBER.sub(lambda found: str(request.get(found[1]) or "*"), template)


def _resources(template: str) -> Callable[[Call, Request], Sequence[Resource]]:
    def resources(call: Call, request: Request) -> Sequence[Resource]:
        path = _path(template, request)
        found = taggable.find(call.state(RestState), path)
        return (Resource(_arn(call, path), call.account, None, {} if found is None else found.tags),)

    return resources


def _arn(call: Call, path: str) -> str:
    return f"arn:aws:apigateway:{call.region}::{path}"


def _named(call: Call, request: Request) -> Sequence[Resource]:
    """Tags are a resource of their own, named by the ARN of what has them."""
    arn = request.get("resourceArn") or "*"
    tagged = taggable.find(call.state(RestState), arn.rpartition("::")[2])
    return (Resource(_tags(call, arn), call.account, None, {} if tagged is None else tagged.tags),)


def _tags(call: Call, arn: str) -> str:
    return _arn(call, f"/tags/{quote(arn, safe='*')}")


def _also(template: str) -> Callable[[Call, Request], Sequence[Permission]]:
    """Who tags what is made, sets a policy or hands over a role needs further permissions."""

    def also(call: Call, request: Request) -> Sequence[Permission]:
        found: list[Permission] = []
        path = _path(template, request)
        if request.get("tags"):
            resource = Resource(_tags(call, _arn(call, f"{path}/*")), call.account)
            found.append(Permission("apigateway:PUT", resource, conditions(call, request)))
        if _sets_policy(call, request):
            where = path if path.startswith("/restapis/") else "/restapis/*"
            found.append(Permission("apigateway:UpdateRestApiPolicy", Resource(_arn(call, where), call.account)))
        for role in _roles(request):
            account = role.split(":")[4] if role.count(":") >= 5 else ""
            if account != call.account:
                continue  # no permission makes up for that: the operation refuses it
            passed: Mapping[str, str | list[str]] = {"iam:passedtoservice": "apigateway.amazonaws.com"}
            found.append(Permission("iam:PassRole", Resource(role, account), passed))
        return found

    return also


def _sets_policy(call: Call, request: Request) -> bool:
    if call.operation == "CreateRestApi":
        return bool(request.get("policy"))
    if call.operation in ("ImportRestApi", "PutRestApi"):
        return b"x-amazon-apigateway-policy" in bytes(request.get("body") or b"")
    operations: Sequence[Request] = request.get("patchOperations") or ()
    return call.operation == "UpdateRestApi" and any(one.get("path") == "/policy" for one in operations)


def _roles(request: Request) -> list[str]:
    """The roles that a request hands over to API Gateway."""
    roles = [request.get("credentials"), request.get("authorizerCredentials")]
    operations: Sequence[Request] = request.get("patchOperations") or ()
    for one in operations:
        if one.get("path") in ("/credentials", "/authorizerCredentials", "/cloudwatchRoleArn"):
            roles.append(one.get("value"))
    return [role for role in roles if role and ":role/" in role]


_API: Final = "/restapis/{restApiId}"
_METHOD: Final = f"{_API}/resources/{{resourceId}}/methods/{{httpMethod}}"
_NOUNS: Final[Mapping[str, tuple[str, str, str]]] = {
    # noun: the path of all, the path of one, the noun's plural
    "ApiKey": ("/apikeys", "/apikeys/{apiKey}", "ApiKeys"),
    "Authorizer": (f"{_API}/authorizers", f"{_API}/authorizers/{{authorizerId}}", "Authorizers"),
    "BasePathMapping": (
        "/domainnames/{domainName}/basepathmappings",
        "/domainnames/{domainName}/basepathmappings/{basePath}",
        "BasePathMappings",
    ),
    "ClientCertificate": ("/clientcertificates", "/clientcertificates/{clientCertificateId}", "ClientCertificates"),
    "Deployment": (f"{_API}/deployments", f"{_API}/deployments/{{deploymentId}}", "Deployments"),
    "DocumentationPart": (
        f"{_API}/documentation/parts",
        f"{_API}/documentation/parts/{{documentationPartId}}",
        "DocumentationParts",
    ),
    "DocumentationVersion": (
        f"{_API}/documentation/versions",
        f"{_API}/documentation/versions/{{documentationVersion}}",
        "DocumentationVersions",
    ),
    "DomainName": ("/domainnames", "/domainnames/{domainName}", "DomainNames"),
    "Model": (f"{_API}/models", f"{_API}/models/{{modelName}}", "Models"),
    "RequestValidator": (
        f"{_API}/requestvalidators",
        f"{_API}/requestvalidators/{{requestValidatorId}}",
        "RequestValidators",
    ),
    "RestApi": ("/restapis", _API, "RestApis"),
    "Stage": (f"{_API}/stages", f"{_API}/stages/{{stageName}}", "Stages"),
    "UsagePlan": ("/usageplans", "/usageplans/{usagePlanId}", "UsagePlans"),
    "UsagePlanKey": ("/usageplans/{usagePlanId}/keys", "/usageplans/{usagePlanId}/keys/{keyId}", "UsagePlanKeys"),
    "VpcLink": ("/vpclinks", "/vpclinks/{vpcLinkId}", "VpcLinks"),
}
_OTHERS: Final[Mapping[str, tuple[str, str]]] = {
    "CreateResource": ("POST", f"{_API}/resources/{{parentId}}"),
    "GetResource": ("GET", f"{_API}/resources/{{resourceId}}"),
    "GetResources": ("GET", f"{_API}/resources"),
    "UpdateResource": ("PATCH", f"{_API}/resources/{{resourceId}}"),
    "DeleteResource": ("DELETE", f"{_API}/resources/{{resourceId}}"),
    "GetModelTemplate": ("GET", f"{_API}/models/{{modelName}}/default_template"),
    "GenerateClientCertificate": ("POST", "/clientcertificates"),
    "FlushStageCache": ("DELETE", f"{_API}/stages/{{stageName}}/cache/data"),
    "FlushStageAuthorizersCache": ("DELETE", f"{_API}/stages/{{stageName}}/cache/authorizers"),
    "GetExport": ("GET", f"{_API}/stages/{{stageName}}/exports/{{exportType}}"),
    "GetSdk": ("GET", f"{_API}/stages/{{stageName}}/sdks/{{sdkType}}"),
    "GetSdkType": ("GET", "/sdktypes/{id}"),
    "GetSdkTypes": ("GET", "/sdktypes"),
    "GetUsage": ("GET", "/usageplans/{usagePlanId}/usage"),
    "UpdateUsage": ("PATCH", "/usageplans/{usagePlanId}/keys/{keyId}/usage"),
    "GetGatewayResponse": ("GET", f"{_API}/gatewayresponses/{{responseType}}"),
    "GetGatewayResponses": ("GET", f"{_API}/gatewayresponses"),
    "PutGatewayResponse": ("PUT", f"{_API}/gatewayresponses/{{responseType}}"),
    "UpdateGatewayResponse": ("PATCH", f"{_API}/gatewayresponses/{{responseType}}"),
    "DeleteGatewayResponse": ("DELETE", f"{_API}/gatewayresponses/{{responseType}}"),
    "GetAccount": ("GET", "/account"),
    "UpdateAccount": ("PATCH", "/account"),
    "ImportApiKeys": ("POST", "/apikeys"),
    "ImportDocumentationParts": ("PUT", f"{_API}/documentation/parts"),
    "ImportRestApi": ("POST", "/restapis"),
    "PutRestApi": ("PUT", _API),
    "TestInvokeAuthorizer": ("POST", f"{_API}/authorizers/{{authorizerId}}"),
    "TestInvokeMethod": ("POST", _METHOD),
    **{
        f"{verb}{noun}": (action, f"{_METHOD}{path}")
        for noun, path in (
            ("Method", ""),
            ("MethodResponse", "/responses/{statusCode}"),
            ("Integration", "/integration"),
            ("IntegrationResponse", "/integration/responses/{statusCode}"),
        )
        for verb, action in (("Put", "PUT"), ("Get", "GET"), ("Update", "PATCH"), ("Delete", "DELETE"))
    },
}


def _row(action: str, path: str) -> Access:
    return Access(f"apigateway:{action}", _resources(path), conditions, _also(path), is_read=action == "GET")


def _rows() -> dict[str, Access]:
    rows = {name: _row(action, path) for name, (action, path) in _OTHERS.items()}
    for noun, (every, one, plural) in _NOUNS.items():
        rows |= {
            f"Create{noun}": _row("POST", every),
            f"Get{plural}": _row("GET", every),
            f"Get{noun}": _row("GET", one),
            f"Update{noun}": _row("PATCH", one),
            f"Delete{noun}": _row("DELETE", one),
        }
    rows["GetTags"] = Access("apigateway:GET", _named, is_read=True)
    rows["TagResource"] = Access("apigateway:PUT", _named, conditions)
    rows["UntagResource"] = Access("apigateway:DELETE", _named, conditions)
    return rows


ACCESS: dict[str, Access] = _rows()
