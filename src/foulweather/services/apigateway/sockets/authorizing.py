"""Who may connect: whoever comes, whom IAM lets, or whom a function lets. It is asked once, at the handshake.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-control-access.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Permission, Resource
from foulweather.kernel.why import Fact, Why
from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.policy.evaluate import Ask, Held, PolicySet, evaluate
from foulweather.policy.principal import Principal
from foulweather.services.apigateway.finding import arn
from foulweather.services.apigateway.rest import authorizing, refusals
from foulweather.services.apigateway.rest.cognito_callers import cognito_caller
from foulweather.services.apigateway.rest.functions import function_of
from foulweather.services.apigateway.rest.java_values import shown
from foulweather.services.apigateway.rest.lambda_authorizers import EXPLICIT, IMPLICIT
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.sockets import context, functions
from foulweather.services.apigateway.sockets.limits import AUTHORIZER_ANSWER_BYTES_MAX, AUTHORIZER_TIMEOUT_MS
from foulweather.services.apigateway.sockets.plans import RoutePlan
from foulweather.services.apigateway.sockets.turns import Turn

ACTION = authorizing.ACTION
_ACCOUNT = re.compile(r"(arn:aws[\w-]*:execute-api:[a-z0-9-]+:)\d{8}(\d{4}:)")
_encode = msgspec.json.Encoder().encode


async def authorize(turn: Turn, route: RoutePlan) -> None:
    """Refuse a handshake of somebody who may not connect."""
    if route.authorization == "AWS_IAM":
        _by_iam(turn)
    elif route.authorization == "CUSTOM":
        await _by_function(turn, route)


def _by_iam(turn: Turn) -> None:
    call, request = turn.call, turn.request
    assert request is not None
    try:
        caller = cast("Any", request.caller)
    except AwsError as error:
        raise authorizing.bad_signature(error) from None
    if caller is None:
        why = refusals.refused(
            "The route $connect wants a signature (AWS_IAM); the handshake has none.",
            turn.route_fact("AuthorizationType", "AWS_IAM"),
            Fact("request", "signed", False),
        )
        raise refusals.missing_token(why)
    principal: Principal = caller.principal
    call.principal, call.access_key_id, call.session = principal, caller.access_key_id, caller.session
    call.hop.principal = principal.arn
    cognito = cognito_caller(caller.session)
    turn.connection.identity = {
        "accountId": principal.account,
        "accessKey": caller.access_key_id,
        "caller": principal.user_id,
        "user": principal.user_id,
        "userArn": principal.arn,
        "cognitoIdentityId": None if cognito is None else cognito.identity_id,
        "cognitoIdentityPoolId": None if cognito is None else cognito.pool_id,
        "cognitoAuthenticationType": None if cognito is None or not cognito.amr else cognito.amr[0],
        "cognitoAuthenticationProvider": None if cognito is None else cognito.providers,
        "principalOrgId": None,
    }
    try:
        call.pipeline.require(call, Permission(ACTION, Resource(turn.arn, turn.connection.account)))
    except AwsError as error:
        raise Refusal("ACCESS_DENIED", _ACCOUNT.sub(r"\1********\2", error.message), error.why) from None


async def _by_function(turn: Turn, route: RoutePlan) -> None:
    """Have a function decide; what it answered is not used for another handshake."""
    authorizer = route.authorizer
    if authorizer is None:
        why = refusals.failed(
            "The route's authorizer is not part of the deployment.", turn.route_fact("AuthorizerId", None)
        )
        raise Refusal("AUTHORIZER_CONFIGURATION_ERROR", None, why)
    resource = arn(turn.call, f"/apis/{turn.connection.api}/authorizers/{authorizer['AuthorizerId']}")
    _check_identity(turn, authorizer, resource)
    function = function_of(authorizer.get("AuthorizerUri") or "")
    if function is None:
        fact = Fact(resource, "AuthorizerUri", authorizer.get("AuthorizerUri"))
        why = refusals.failed("The authorizer's URI names no function.", fact)
        raise Refusal("AUTHORIZER_CONFIGURATION_ERROR", None, why)
    held = turn.connection
    source = f"arn:aws:execute-api:{held.region}:{held.account}:{held.api}/authorizers/{authorizer['AuthorizerId']}"
    began_ms = turn.call.world.clock.now_ms
    try:
        invoked = await functions.invoke(
            turn,
            function,
            authorizer.get("AuthorizerCredentialsArn") or "",
            source,
            _encode(context.authorizer_event(turn)),
            AUTHORIZER_TIMEOUT_MS,
        )
    except Refusal as refusal:
        raise Refusal("AUTHORIZER_FAILURE", None, refusal.why, status=500) from None
    text = invoked.payload.decode("utf-8", "replace")
    if invoked.error:
        raise _broken(turn, function.name, resource, text)
    latency_ms = turn.call.world.clock.now_ms - began_ms
    _judge(turn, authorizer, resource, text, latency_ms)


def _check_identity(turn: Turn, authorizer: Mapping[str, Any], resource: str) -> None:
    """Refuse a handshake that does not have what the authorizer knows callers by; no function is invoked then."""
    sources: list[str] = authorizer.get("IdentitySource") or []
    for source in sources:
        if not _source_value(turn, source):
            why = refusals.refused(
                f"The handshake has no {source}, which the authorizer {authorizer.get('Name', '')} knows callers by; "
                "it was not invoked.",
                Fact(resource, "IdentitySource", sources),
                Fact("request", source, None),
            )
            raise refusals.unauthorized(why, turn.id)


def _source_value(turn: Turn, source: str) -> str | None:
    if source.startswith("context."):
        return context.value(turn, source[8:])
    if source.startswith("stageVariables."):
        return turn.variables.get(source[15:])
    parts = source.split(".", 3)
    if len(parts) < 4:
        return None
    if parts[2] == "querystring":
        return (turn.query.get(parts[3]) or [None])[-1]
    return turn.header(parts[3])


def _judge(turn: Turn, authorizer: Mapping[str, Any], resource: str, text: str, latency_ms: int) -> None:
    if len(text) > AUTHORIZER_ANSWER_BYTES_MAX:
        raise _failed(f"The authorizer's answer is longer than {AUTHORIZER_ANSWER_BYTES_MAX} bytes.", resource, text)
    try:
        told = json.loads(text)
        principal_id = told["principalId"]
        policy = parse(told["policyDocument"], "identity")
        given: dict[str, Any] = dict(told.get("context") or {})
    except (ValueError, KeyError, TypeError, AttributeError, PolicySyntaxError) as error:
        raise _failed(f"What the authorizer answered is no policy: {error!r}", resource, text) from None
    if any(isinstance(value, dict | list) for value in given.values()) or not isinstance(principal_id, str):
        raise _failed("The authorizer's context may hold strings, numbers and booleans only.", resource, text)
    connection, call = turn.connection, turn.call
    turn.usage_key = str(told.get("usageIdentifierKey") or "")
    connection.authorizer = {
        **{name: shown(value) for name, value in given.items()},
        "principalId": principal_id,
        "integrationLatency": latency_ms,
    }
    keys = {"aws:sourceip": connection.origin.ip, "aws:useragent": connection.origin.user_agent}
    principal = Principal("user", principal_id, call.account)
    ask = Ask(principal, ACTION, turn.arn, call.account, keys)
    verdict = evaluate(ask, PolicySet(identity=[Held(principal_id, "identity", policy)]))
    if verdict.allowed:
        return
    how = "denies" if verdict.explicit else "does not allow"
    why = Why(
        "denied",
        f"The policy that the authorizer {authorizer.get('Name', '')} returned {how} {ACTION} on {turn.arn}.",
        (
            Fact(resource, "policyDocument", text),
            Fact(resource, "principalId", principal_id),
            Fact("request", "method ARN", turn.arn),
        ),
    )
    raise Refusal("ACCESS_DENIED", EXPLICIT if verdict.explicit else IMPLICIT, why)


def _broken(turn: Turn, name: str, resource: str, text: str) -> Refusal:
    """The function's error `Unauthorized` is a decision; every other is a failure."""
    try:
        message = json.loads(text).get("errorMessage")
    except (ValueError, AttributeError):
        message = None
    if message == "Unauthorized":
        fact = Fact(resource, "errorMessage", message)
        return refusals.unauthorized(refusals.refused("The authorizer's function raised Unauthorized.", fact), turn.id)
    return _failed(f"The authorizer's function {name} failed: {text[:500]}", resource, text)


def _failed(cause: str, resource: str, text: str) -> Refusal:
    why = refusals.failed(cause, Fact(resource, "answer", text[:2000]))
    return Refusal("AUTHORIZER_CONFIGURATION_ERROR", None, why)
