"""Who may call a route: everybody, who has a token, whom IAM lets, or whom a function lets.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
"""

from __future__ import annotations

from typing import Any, cast

from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Permission, Resource
from foulweather.kernel.why import Fact
from foulweather.policy.principal import Principal
from foulweather.services.apigateway.http import lambda_authorizers, refusals, tokens
from foulweather.services.apigateway.http.plans import RoutePlan
from foulweather.services.apigateway.http.refusals import Refusal
from foulweather.services.apigateway.http.visit import Visit
from foulweather.services.apigateway.rest.cognito_callers import cognito_caller

ACTION = "execute-api:Invoke"


async def authorize(visit: Visit, route: RoutePlan) -> None:
    """Refuse a request whose caller may not call the route."""
    if route.authorization == "AWS_IAM":
        _by_iam(visit, route)
        return
    authorizer = route.authorizer
    if authorizer is None:
        fact = visit.route_fact("AuthorizerId", None)
        raise Refusal(500, refusals.failed("The route's authorizer is not part of the deployment.", fact))
    decide = tokens.authorize if authorizer.type == "JWT" else lambda_authorizers.authorize
    await decide(visit, route, authorizer)


def _by_iam(visit: Visit, route: RoutePlan) -> None:
    call = visit.call
    try:
        caller = cast("Any", visit.request.caller)
    except AwsError as error:
        raise Refusal(403, error.why) from None
    if caller is None:
        why = refusals.refused(
            f"The route {route.key} wants a signature (AWS_IAM); the request has none.",
            visit.route_fact("AuthorizationType", "AWS_IAM"),
            Fact("request", "signed", False),
            remedy=("curl --aws-sigv4 aws:amz:REGION:execute-api --user KEY:SECRET URL",),
        )
        raise Refusal(403, why)
    principal: Principal = caller.principal
    call.principal, call.access_key_id, call.session = principal, caller.access_key_id, caller.session
    call.hop.principal = principal.arn
    guardrails = call.pipeline.guardrails
    organization = None if guardrails is None else guardrails.organization_id(principal.account)
    cognito = cognito_caller(caller.session)
    visit.identity = {
        "accessKey": caller.access_key_id,
        "accountId": principal.account,
        "callerId": principal.user_id,
        "cognitoIdentity": None
        if cognito is None
        else {"amr": list(cognito.amr), "identityId": cognito.identity_id, "identityPoolId": cognito.pool_id},
        "principalOrgId": organization or None,
        "userArn": principal.arn,
        "userId": principal.user_id,
    }
    visit.authorizer = {"iam": visit.identity}
    try:
        call.pipeline.require(call, Permission(ACTION, Resource(visit.arn, call.account, None, visit.api.tags)))
    except AwsError as error:
        raise Refusal(403, error.why) from None
