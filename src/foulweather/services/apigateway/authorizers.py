"""Authorizers: functions, or Cognito's user pools, that decide about requests.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, limits, paging, patches, refusals
from foulweather.services.apigateway.authorizer_checks import TTL_S, check
from foulweather.services.apigateway.patches import members, sets, whole_of
from foulweather.services.apigateway.records import Authorizer, shown
from foulweather.services.apigateway.state import RestState, under

Request = Mapping[str, Any]


def create_authorizer(call: Call, request: Request) -> dict[str, Any]:
    """Add an authorizer to an API."""
    ttl_s = request.get("authorizerResultTtlInSeconds")
    kind = request["type"]
    made = Authorizer(
        id=finding.new_id(call),
        name=request["name"],
        type=kind,
        provider_arns=list(request.get("providerARNs") or ()),
        auth_type=request.get("authType") or ("cognito_user_pools" if kind == "COGNITO_USER_POOLS" else "custom"),
        authorizer_uri=request.get("authorizerUri") or None,
        authorizer_credentials=request.get("authorizerCredentials") or None,
        identity_source=request.get("identitySource") or None,
        identity_validation_expression=request.get("identityValidationExpression"),
        authorizer_result_ttl_in_seconds=TTL_S if ttl_s is None and kind != "COGNITO_USER_POOLS" else ttl_s,
    )
    state, api = finding.api(call, request)
    check(call, state, api.id, made)
    most = limits.AUTHORIZERS_MAX
    if sum(1 for _ in under(state.authorizers, api.id)) >= most:
        raise refusals.too_many("Authorizers", "API", finding.arn(call, f"/restapis/{api.id}"), most)
    state.authorizers.put(f"{api.id}/{made.id}", made)
    finding.changed(call, "AuthorizerCreated", _path(request, made.id), made)
    return shown(made)


def get_authorizer(call: Call, request: Request) -> dict[str, Any]:
    """An authorizer."""
    return shown(_found(call, request)[1])


def get_authorizers(call: Call, request: Request) -> dict[str, Any]:
    """The authorizers of an API."""
    state, api = finding.api(call, request)
    found, more = paging.page(list(under(state.authorizers, api.id)), request)
    return {"items": [shown(authorizer) for authorizer in found], **more}


def update_authorizer(call: Call, request: Request) -> dict[str, Any]:
    """Change an authorizer."""
    state, authorizer = _found(call, request)
    made = patches.patched(call, authorizer, request, _RULES)
    check(call, state, request["restApiId"], made)
    state.authorizers.put(f"{request['restApiId']}/{made.id}", made)
    finding.changed(call, "AuthorizerUpdated", _path(request, made.id), made, patches.touched(request))
    return shown(made)


def delete_authorizer(call: Call, request: Request) -> None:
    """Delete an authorizer that no method uses."""
    state, authorizer = _found(call, request)
    for resource in under(state.resources, request["restApiId"]):
        for method in resource.resource_methods.values():
            if method.authorizer_id == authorizer.id:
                raise refusals.conflict(
                    f"Cannot delete authorizer '{authorizer.name}', is referenced in method: "
                    f"{resource.path}/{method.http_method}"
                )
    state.authorizers.delete(f"{request['restApiId']}/{authorizer.id}")
    finding.changed(call, "AuthorizerDeleted", _path(request, authorizer.id))


def _path(request: Request, authorizer_id: str) -> str:
    return f"/restapis/{request['restApiId']}/authorizers/{authorizer_id}"


def _found(call: Call, request: Request) -> tuple[RestState, Authorizer]:
    state, api = finding.api(call, request)
    found = state.authorizers.get(f"{api.id}/{request['authorizerId']}")
    if found is None:
        path = finding.arn(call, _path(request, request["authorizerId"]))
        raise refusals.missing("Invalid Authorizer identifier specified", path)
    return state, found


_RULES: Final = (
    sets("/name", "name", patches.value_of),
    sets("/type", "type", patches.value_of),
    sets("/authType", "auth_type"),
    sets("/authorizerUri", "authorizer_uri"),
    sets("/authorizerCredentials", "authorizer_credentials"),
    sets("/authorizerResultTtlInSeconds", "authorizer_result_ttl_in_seconds", whole_of),
    sets("/identitySource", "identity_source"),
    sets("/identityValidationExpression", "identity_validation_expression"),
    members("/providerARNs", "provider_arns"),
    members("/providerARNs/{}", "provider_arns"),
)
