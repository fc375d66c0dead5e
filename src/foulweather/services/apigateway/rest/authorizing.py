"""Who may call a method: the API's resource policy, IAM, functions that decide, and Cognito's user pools.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""

from __future__ import annotations

import re
from typing import Any, cast

from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Permission, Resource
from foulweather.kernel.why import Fact
from foulweather.policy.evaluate import Held
from foulweather.services.apigateway.rest import lambda_authorizers, refusals, user_pools
from foulweather.services.apigateway.rest.cognito_callers import cognito_caller
from foulweather.services.apigateway.rest.plans import MethodPlan
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.visit import Visit

ACTION = "execute-api:Invoke"
_ACCOUNT = re.compile(r"(arn:aws[\w-]*:execute-api:[a-z0-9-]+:)\d{8}(\d{4}:)")


def needs_nobody(visit: Visit, method: MethodPlan) -> bool:
    """Whether everybody may call the method: nothing is asked."""
    return method.authorization == "NONE" and visit.plan.allows_anything


def is_within_reach(visit: Visit) -> bool:
    """Whether a request comes by a way that leads to the API: to a private one, through a VPC's endpoint.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html
    """
    return bool(visit.call.origin.vpc_endpoint) or "PRIVATE" not in visit.api.endpoint_configuration.get("types", ())


def out_of_reach(visit: Visit) -> Refusal:
    """A private API, asked from elsewhere."""
    why = refusals.refused(
        "The API is private: it is reached through an interface VPC endpoint alone, and the request came by none.",
        visit.call.fact(
            f"arn:aws:apigateway:{visit.call.region}::/restapis/{visit.api.id}",
            "endpointConfiguration",
            visit.api.endpoint_configuration,
        ),
        Fact("request", "aws:SourceVpce", None),
        remedy=(
            f"aws apigateway update-rest-api --rest-api-id {visit.api.id} "
            "--patch-operations op=replace,path=/endpointConfiguration/types/PRIVATE,value=REGIONAL",
        ),
    )
    refusal = Refusal("DEFAULT_4XX", "Forbidden", why, status=403, logged=("Forbidden",))
    refusal.code = "ForbiddenException"
    return refusal


async def authorize(visit: Visit, method: MethodPlan) -> None:
    """Refuse a request whose caller may not call the method."""
    kind = method.authorization
    held = _policy(visit)
    if kind == "AWS_IAM":
        _by_iam(visit, method, held)
        return
    if kind == "NONE":
        if held is not None:
            _require(visit, held)
        return
    denied = _denial(visit, held) if held is not None else None
    if denied is not None and _is_explicit(denied):
        raise denied
    if kind == "COGNITO_USER_POOLS":
        # "an explicit allow" of the resource policy is needed besides
        await user_pools.authorize(visit, method)
        if denied is not None:
            raise denied
        return
    verdict = await lambda_authorizers.authorize(visit, method)
    if verdict is None:
        return
    # An explicit allow of the resource policy makes up for one that the authorizer's policy does not have.
    if held is None or denied is not None or verdict.detail:
        raise verdict


def invalidates(visit: Visit) -> bool:
    """Whether the caller may have the cache answer afresh (execute-api:InvalidateCache)."""
    call = visit.call
    if call.principal.kind == "anonymous":
        return False
    resource = Resource(visit.arn, call.account, _policy(visit), visit.api.tags)
    try:
        call.pipeline.require(call, Permission("execute-api:InvalidateCache", resource))
    except AwsError:
        return False
    return True


def _policy(visit: Visit) -> Held | None:
    if visit.plan.allows_anything:
        return None
    call = visit.call
    return visit.plan.policy(f"arn:aws:execute-api:{call.region}:{call.account}:{visit.api.id}")


def _by_iam(visit: Visit, method: MethodPlan, held: Held | None) -> None:
    call = visit.call
    caller = _caller(visit)
    if caller is None:
        why = refusals.refused(
            f"The method {method.http_method} {visit.resource_path} wants a signature (AWS_IAM); the request has none.",
            visit.method_fact("authorizationType", "AWS_IAM"),
            Fact("request", "signed", False),
            remedy=("curl --aws-sigv4 aws:amz:REGION:execute-api --user KEY:SECRET URL",),
        )
        raise refusals.missing_token(why)
    principal = call.principal = caller.principal
    call.access_key_id, call.session = caller.access_key_id, caller.session
    # A service that comes by itself, in process, says on whose behalf (Step Functions' RESOURCE_POLICY).
    call.source_arn, call.source_account = getattr(caller, "source_arn", ""), getattr(caller, "source_account", "")
    call.hop.principal = principal.arn
    visit.identity.update(
        accountId=principal.account,
        accessKey=cast("str", caller.access_key_id),
        caller=principal.user_id,
        user=principal.user_id,
        userArn=principal.arn,
    )
    cognito = cognito_caller(caller.session)
    if cognito is not None:
        visit.identity.update(
            cognitoIdentityPoolId=cognito.pool_id,
            cognitoIdentityId=cognito.identity_id,
            cognitoAuthenticationType=cognito.amr[0] if cognito.amr else None,
            cognitoAuthenticationProvider=cognito.providers,
        )
    guardrails = call.pipeline.guardrails
    if guardrails is not None and (organization := guardrails.organization_id(principal.account)):
        visit.identity["principalOrgId"] = organization
    _require(visit, held)


def _caller(visit: Visit) -> Any:
    """Who signed the request, or None; refused where a signature is wrong, old, or none at all."""
    try:
        return visit.request.caller
    except AwsError as error:
        raise bad_signature(error) from None


def bad_signature(error: AwsError) -> Refusal:
    """What API Gateway answers to a signature that does not hold."""
    kind = "EXPIRED_TOKEN" if "Expired" in error.code else "INVALID_SIGNATURE"
    refusal = Refusal(kind, error.message, error.why, logged=(error.message,))
    refusal.code = error.code if error.code.endswith("Exception") else f"{error.code}Exception"
    return refusal


def _require(visit: Visit, held: Held | None) -> None:
    denied = _denial(visit, held)
    if denied is not None:
        raise denied


def _denial(visit: Visit, held: Held | None) -> Refusal | None:
    call = visit.call
    resource = Resource(visit.arn, call.account, held, visit.api.tags)
    try:
        call.pipeline.require(call, Permission(ACTION, resource))
    except AwsError as error:
        text = _ACCOUNT.sub(r"\1********\2", error.message)
        return Refusal("ACCESS_DENIED", text, error.why, logged=(text,))
    return None


def _is_explicit(denied: Refusal) -> bool:
    return "with an explicit deny" in (denied.text or "")
