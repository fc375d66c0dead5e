"""Functions that decide: what they are asked, what their policies say, and how long an answer is used again.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.policy.evaluate import Ask, Held, PolicySet, Verdict, evaluate
from foulweather.policy.principal import Principal
from foulweather.services.apigateway import patterns
from foulweather.services.apigateway.rest import context, events, functions, refusals
from foulweather.services.apigateway.rest.java_values import shown
from foulweather.services.apigateway.rest.plans import MethodPlan
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.visit import Visit
from foulweather.services.apigateway.rest.waiting import OutOfTime, within
from foulweather.world.world import World

TTL_S = 300
TIMEOUT_MS = 29_000
CACHED_MAX = 10_000
ACTION = "execute-api:Invoke"
EXPLICIT = "User is not authorized to access this resource with an explicit deny in an identity-based policy"
IMPLICIT = "User is not authorized to access this resource"


class Decision(NamedTuple):
    """What an authorizer answered, until when it is used again, and for which method it was asked."""

    principal: str
    held: Held
    told: Mapping[str, Any]
    usage_key: str
    asked_for: str
    at_ms: int
    until_ms: int


class Decisions:
    """The decisions that a world's stages hold, by stage, authorizer and identity."""

    def __init__(self) -> None:
        self.held: dict[tuple[Any, ...], Decision] = {}

    @classmethod
    def of(cls, world: World) -> dict[tuple[Any, ...], Decision]:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Decisions, found).held


async def authorize(visit: Visit, method: MethodPlan) -> Refusal | None:
    """Have a function decide; the refusal where its policy does not let the request pass (`detail`: explicitly)."""
    authorizer = method.authorizer
    if authorizer is None:
        why = refusals.failed(
            "The method's authorizer is not part of the deployment.", visit.method_fact("authorizer", None)
        )
        raise Refusal("AUTHORIZER_CONFIGURATION_ERROR", None, why)
    identities = _identities(visit, authorizer)
    ttl_ms = int(authorizer.get("authorizerResultTtlInSeconds", TTL_S)) * 1000
    cached = Decisions.of(visit.call.world)
    key = (visit.api.id, visit.stage.stage_name, authorizer["id"], *identities)
    decision = cached.get(key) if ttl_ms and identities else None
    now_ms = visit.call.now
    if decision is not None and not (
        now_ms < decision.until_ms and decision.at_ms >= visit.stage.authorizers_flushed_ms
    ):
        decision = None
    is_cached = decision is not None
    if decision is None:
        decision = await _asked(visit, authorizer, identities, ttl_ms)
        if ttl_ms and identities:
            if len(cached) >= CACHED_MAX:
                cached.clear()
            cached[key] = decision
    visit.authorizer = {
        **{name: shown(value) for name, value in decision.told.items()},
        "principalId": decision.principal,
        "integrationLatency": visit.authorizer_facts.get("integrationLatency", 0),
    }
    visit.usage_key = decision.usage_key
    return judged(visit, authorizer, decision, is_cached=is_cached)


def judged(visit: Visit, authorizer: Mapping[str, Any], decision: Decision, *, is_cached: bool) -> Refusal | None:
    """What the policy says to the method at hand: a cached one is judged anew for each."""
    call, request = visit.call, visit.request
    principal = Principal("user", decision.principal, call.account)
    keys = {"aws:sourceip": request.peer, "aws:useragent": request.header("user-agent")}
    verdict = evaluate(Ask(principal, ACTION, visit.arn, call.account, keys), PolicySet(identity=[decision.held]))
    if verdict.allowed:
        visit.info("Successfully completed authorizer execution")
        return None
    visit.authorizer_facts.update(status=403, error="The client is not authorized to perform this operation.")
    text = EXPLICIT if verdict.explicit else IMPLICIT
    why = _denied(visit, authorizer, decision, verdict, is_cached=is_cached)
    line = "The client is not authorized to perform this operation."
    return Refusal("ACCESS_DENIED", text, why, logged=(line,), detail="explicit" if verdict.explicit else "")


def _denied(
    visit: Visit, authorizer: Mapping[str, Any], decision: Decision, verdict: Verdict, *, is_cached: bool
) -> Why:
    resource = _arn(visit, authorizer)
    facts = [
        Fact(resource, "policyDocument", decision.held.policy.text),
        Fact(resource, "principalId", decision.principal),
        Fact("request", "method ARN", visit.arn),
    ]
    how = "denies" if verdict.explicit else "does not allow"
    cause = f"The policy that the authorizer {authorizer.get('name', '')} returned {how} {ACTION} on {visit.arn}."
    remedy: tuple[str, ...] = ()
    if is_cached and decision.asked_for != visit.arn:
        ttl_s = authorizer.get("authorizerResultTtlInSeconds", TTL_S)
        facts.append(Fact(resource, "was asked for", decision.asked_for))
        facts.append(Fact(resource, "authorizerResultTtlInSeconds", ttl_s))
        cause += (
            f" It was cached when {decision.asked_for} was called with the same identity, and is used for {ttl_s} s: "
            "its Resource is too narrow for caching."
        )
        remedy = (
            f"aws apigateway update-authorizer --rest-api-id {visit.api.id} --authorizer-id {authorizer['id']} "
            "--patch-operations op=replace,path=/authorizerResultTtlInSeconds,value=0",
        )
    return Why("denied", cause, tuple(facts), remedy)


def _arn(visit: Visit, authorizer: Mapping[str, Any]) -> str:
    return f"arn:aws:apigateway:{visit.call.region}::/restapis/{visit.api.id}/authorizers/{authorizer['id']}"


def _identities(visit: Visit, authorizer: Mapping[str, Any]) -> tuple[str, ...]:
    """The values of the identity sources; refused where one is missing, or a token is not of the form asked for."""
    sources = [each.strip() for each in (authorizer.get("identitySource") or "").split(",") if each.strip()]
    found: list[str] = []
    for source in sources:
        value = source_value(visit, source)
        if not value:
            why = refusals.refused(
                f"The request has no {source}, which the authorizer {authorizer.get('name', '')} knows callers by; "
                "it was not invoked.",
                Fact(_arn(visit, authorizer), "identitySource", authorizer.get("identitySource")),
                Fact("request", source, None),
            )
            raise refusals.unauthorized(why, visit.call.request_id)
        found.append(value)
    pattern = authorizer.get("identityValidationExpression")
    if pattern and found and not patterns.finds(pattern, found[0]):
        why = refusals.refused(
            "The token is not of the form that the authorizer asks for; it was not invoked.",
            Fact(_arn(visit, authorizer), "identityValidationExpression", pattern),
        )
        raise refusals.unauthorized(why, visit.call.request_id)
    return tuple(found)


def source_value(visit: Visit, source: str) -> str | None:
    """The value of an identity source (`method.request.header.Authorization`, `context.identity.sourceIp`)."""
    if source.startswith("context."):
        return context.value(visit, source[8:])
    if source.startswith("stageVariables."):
        return visit.variables.get(source[15:])
    parts = source.split(".", 3)
    if len(parts) < 4:
        return None
    if parts[2] == "querystring":
        values = visit.query.get(parts[3])
        return values[-1] if values else None
    return visit.header(parts[3])


async def asked(visit: Visit, authorizer: Mapping[str, Any]) -> Decision:
    """What an authorizer answers now, whatever was held."""
    return await _asked(visit, authorizer, _identities(visit, authorizer), 0)


async def _asked(visit: Visit, authorizer: Mapping[str, Any], identities: tuple[str, ...], ttl_ms: int) -> Decision:
    call = visit.call
    resource = _arn(visit, authorizer)
    visit.info(f"Starting authorizer: {authorizer['id']} for request: {call.request_id}")
    if authorizer["type"] == "TOKEN":
        event: dict[str, Any] = {"type": "TOKEN", "methodArn": visit.arn, "authorizationToken": "".join(identities[:1])}
    else:
        event = events.authorizer_request(visit)
    function = functions.function_of(authorizer.get("authorizerUri", ""))
    if function is None:
        why = refusals.failed(
            "The authorizer's URI names no function.", Fact(resource, "authorizerUri", authorizer.get("authorizerUri"))
        )
        raise Refusal("AUTHORIZER_CONFIGURATION_ERROR", None, why)
    source = f"arn:aws:execute-api:{call.region}:{call.account}:{visit.api.id}/authorizers/{authorizer['id']}"
    credentials = authorizer.get("authorizerCredentials") or ""
    began_ms = call.world.clock.now_ms
    payload = json.dumps(event, separators=(",", ":")).encode()
    try:
        invoked = await within(call, TIMEOUT_MS, functions.invoke(visit, function, credentials, source, payload))
    except AwsError as error:
        refusal = functions.not_invoked(visit, function, source, credentials, error)
        kind = "AUTHORIZER_FAILURE" if error.status == 429 else "AUTHORIZER_CONFIGURATION_ERROR"
        raise Refusal(kind, None, refusal.why, status=500, logged=refusal.logged) from None
    except OutOfTime:
        why = refusals.failed(
            f"The authorizer's function did not answer within {TIMEOUT_MS} ms.", Fact(resource, "latency", TIMEOUT_MS)
        )
        raise Refusal("AUTHORIZER_FAILURE", None, why, logged=("Execution failed due to authorizer timeout",)) from None
    took_ms = call.world.clock.now_ms - began_ms
    visit.authorizer_facts.update(integrationLatency=took_ms, latency=took_ms, integrationStatus=200, status=200)
    if invoked.error:
        raise _broken(visit, authorizer, invoked.payload)
    return _decision(visit, authorizer, invoked.payload, ttl_ms)


def _broken(visit: Visit, authorizer: Mapping[str, Any], payload: bytes) -> Refusal:
    """The function's error `Unauthorized` is a decision; every other is a failure."""
    try:
        message = json.loads(payload).get("errorMessage")
    except (ValueError, AttributeError, RecursionError):
        message = None
    resource = _arn(visit, authorizer)
    if message == "Unauthorized":
        visit.authorizer_facts.update(status=401, error="Unauthorized")
        why = refusals.refused(
            "The authorizer's function raised Unauthorized.", Fact(resource, "errorMessage", message)
        )
        return refusals.unauthorized(why, visit.call.request_id)
    told = payload.decode("utf-8", "replace")
    why = refusals.failed(
        "The authorizer's function failed.",
        Fact(resource, "error", told),
        remedy=(f"aws logs tail /aws/lambda/{_function_name(authorizer)}",),
    )
    line = f"Execution failed due to configuration error: Authorizer function failed with response body: {told}"
    return Refusal("AUTHORIZER_FAILURE", None, why, logged=(line,))


def _function_name(authorizer: Mapping[str, Any]) -> str:
    function = functions.function_of(authorizer.get("authorizerUri", ""))
    return function.name.partition(":")[0] if function is not None else ""


def _decision(visit: Visit, authorizer: Mapping[str, Any], payload: bytes, ttl_ms: int) -> Decision:
    now_ms = visit.call.world.clock.now_ms
    problem = ""
    told: Any = None
    try:
        told = json.loads(payload)
        principal = told["principalId"]
        document = told["policyDocument"]
        values: Any = told.get("context") or {}
        if not isinstance(principal, str) or not principal:
            problem = "principalId is not a string"
        elif not isinstance(values, dict) or any(isinstance(value, dict | list) for value in values.values()):  # pyright: ignore
            problem = "context has values that are no strings, numbers or booleans"
        else:
            held = Held("authorizer", "identity", parse(document, "identity"))
            key = str(told.get("usageIdentifierKey") or "")
            return Decision(principal, held, values, key, visit.arn, now_ms, now_ms + ttl_ms)  # pyright: ignore
    except PolicySyntaxError as error:
        problem = f"the policy document is not valid: {error}"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        problem = f"{error} is missing" if isinstance(error, KeyError) else str(error) or type(error).__name__
    resource = _arn(visit, authorizer)
    why = refusals.failed(
        f"The authorizer's answer is not one that API Gateway understands: {problem}.",
        Fact(resource, "answer", payload[:1000].decode("utf-8", "replace")),
        remedy=(
            f"aws apigateway test-invoke-authorizer --rest-api-id {visit.api.id} --authorizer-id {authorizer['id']}",
        ),
    )
    line = "Execution failed due to configuration error: Invalid JSON in response: " + payload[:1000].decode(
        "utf-8", "replace"
    )
    raise Refusal("AUTHORIZER_CONFIGURATION_ERROR", None, why, logged=(line,))
