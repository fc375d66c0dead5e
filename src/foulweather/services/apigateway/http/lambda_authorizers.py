"""Functions that decide: what they are asked, what they answer, and how long an answer is used again.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, cast

import msgspec

from foulweather.kernel.why import Fact, Why
from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.policy.evaluate import Ask, Held, PolicySet, evaluate
from foulweather.policy.principal import Principal
from foulweather.services.apigateway.http import events, functions, refusals
from foulweather.services.apigateway.http.plans import AuthorizerPlan, RoutePlan
from foulweather.services.apigateway.http.refusals import Refusal
from foulweather.services.apigateway.http.visit import Visit
from foulweather.services.apigateway.rest.functions import function_of
from foulweather.services.apigateway.rest.waiting import OutOfTime
from foulweather.world.world import World

TIMEOUT_MS: Final = 10_000
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html"""
CACHED_MAX: Final = 10_000
ACTION: Final = "execute-api:Invoke"
_encode = msgspec.json.Encoder().encode


class Decision(NamedTuple):
    """What an authorizer answered: yes or no, or a policy; for what it was asked, and until when it is used again."""

    allowed: bool
    held: Held | None
    principal: str
    told: Mapping[str, Any]
    asked_for: str
    at_ms: int
    until_ms: int


class Decisions:
    """The decisions that a world's stages hold, by stage, authorizer and identity."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, ...], Decision] = {}

    @classmethod
    def of(cls, world: World) -> dict[tuple[str, ...], Decision]:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Decisions, found).held


async def authorize(visit: Visit, route: RoutePlan, authorizer: AuthorizerPlan) -> None:
    """Have a function decide, unless what it decided before is still used."""
    identities = _identities(visit, authorizer)
    cached = Decisions.of(visit.call.world)
    key = (visit.api.api_id, visit.stage.stage_name, authorizer.id, *identities)
    held_for_ms = authorizer.ttl_ms if identities else 0
    decision = cached.get(key) if held_for_ms else None
    is_cached = decision is not None and (
        visit.call.now < decision.until_ms and decision.at_ms > visit.stage.authorizers_flushed_ms
    )
    if decision is None or not is_cached:
        decision = await _asked(visit, authorizer, identities)
        if held_for_ms:
            if len(cached) >= CACHED_MAX:
                cached.clear()
            cached[key] = decision
    visit.authorizer = {"lambda": decision.told or None}
    denied = _judged(visit, authorizer, decision)
    if denied is None:
        return
    visit.authorizer_error = "The client is not authorized to perform this operation."
    facts = [visit.fact(f"authorizers/{authorizer.id}", "Name", authorizer.name), *denied.facts]
    cause = denied.cause
    if is_cached and decision.asked_for != visit.arn:
        facts.append(Fact(authorizer.name, "was asked for", decision.asked_for))
        cause += (
            f" It was cached when {decision.asked_for} was called with the same identity, "
            f"and is used for {authorizer.ttl_ms // 1000} s."
        )
    remedy = (
        f"aws apigatewayv2 update-authorizer --api-id {visit.api.api_id} --authorizer-id {authorizer.id} "
        "--authorizer-result-ttl-in-seconds 0",
    )
    raise Refusal(403, Why("denied", cause, tuple(facts), remedy if is_cached else ()))


def _judged(visit: Visit, authorizer: AuthorizerPlan, decision: Decision) -> Why | None:
    """Why a decision does not let the request pass; a cached policy is judged anew for each."""
    if decision.held is None:
        if decision.allowed:
            return None
        fact = Fact(authorizer.name, "isAuthorized", False)
        return Why("denied", f"The authorizer {authorizer.name} answered that nobody like this may call.", (fact,))
    call, request = visit.call, visit.request
    keys = {"aws:sourceip": request.peer, "aws:useragent": request.header("user-agent")}
    principal = Principal("user", decision.principal, call.account)
    ask = Ask(principal, ACTION, visit.arn, call.account, keys)
    verdict = evaluate(ask, PolicySet(identity=[decision.held]))
    if verdict.allowed:
        return None
    how = "denies" if verdict.explicit else "does not allow"
    return Why(
        "denied",
        f"The policy that the authorizer {authorizer.name} returned {how} {ACTION} on {visit.arn}.",
        (
            Fact(authorizer.name, "policyDocument", decision.held.policy.text),
            Fact(authorizer.name, "principalId", decision.principal),
            Fact("request", "route ARN", visit.arn),
        ),
    )


def _identities(visit: Visit, authorizer: AuthorizerPlan) -> list[str]:
    """The values of the identity sources; refused where one is missing, and no function is invoked then."""
    found: list[str] = []
    for name, source in zip(authorizer.source_names, authorizer.sources, strict=True):
        value = source.value(visit)
        if not value:
            why = refusals.refused(
                f"The request has no {name}, which the authorizer {authorizer.name} knows callers by; it was not "
                "invoked.",
                visit.fact(f"authorizers/{authorizer.id}", "IdentitySource", authorizer.source_names),
                Fact("request", name, None),
            )
            visit.authorizer_error = "Unauthorized"
            raise Refusal(401, why)
        found.append(value)
    return found


async def _asked(visit: Visit, authorizer: AuthorizerPlan, identities: list[str]) -> Decision:
    function = function_of(authorizer.uri)
    if function is None:
        fact = visit.fact(f"authorizers/{authorizer.id}", "AuthorizerUri", authorizer.uri)
        raise Refusal(500, refusals.failed("The authorizer's URI names no function.", fact))
    payload = _encode(events.authorizer_request(visit, authorizer.version, identities))
    source = visit.authorizer_arn(authorizer.id)
    try:
        invoked = await functions.invoke(visit, function, authorizer.credentials, source, payload, TIMEOUT_MS)
    except OutOfTime:
        why = refusals.failed(
            f"The authorizer's function did not answer within {TIMEOUT_MS} ms.", Fact(function.arn, "latency", "")
        )
        raise Refusal(500, why, logged="Authorizer function timed out") from None
    text = invoked.payload.decode("utf-8", "replace")
    if invoked.error:
        if _message(text) == "Unauthorized":  # the one error that is a decision
            fact = Fact(function.arn, "errorMessage", "Unauthorized")
            raise Refusal(401, refusals.refused("The authorizer's function raised Unauthorized.", fact))
        why = refusals.failed(
            f"The authorizer's function failed: {text[:500]}",
            Fact(function.arn, "error", text[:2000]),
            remedy=(f"aws logs tail /aws/lambda/{function.name.partition(':')[0]}",),
        )
        visit.authorizer_error = text[:500]
        raise Refusal(500, why, logged="Authorizer function failed")
    try:
        return _decision(visit, authorizer, text)
    except (ValueError, KeyError, TypeError, AttributeError, PolicySyntaxError) as error:
        wanted = '{"isAuthorized": true}' if authorizer.is_simple else "principalId and policyDocument"
        why = refusals.failed(
            f"What the authorizer's function answered is not of the form asked for ({wanted}): {error!r}.",
            Fact(function.arn, "answer", text[:2000]),
            visit.fact(f"authorizers/{authorizer.id}", "EnableSimpleResponses", authorizer.is_simple),
        )
        visit.authorizer_error = "Invalid authorizer response"
        raise Refusal(500, why, logged="Invalid authorizer response") from None


def _decision(visit: Visit, authorizer: AuthorizerPlan, text: str) -> Decision:
    answer: Any = json.loads(text)
    told: dict[str, Any] = dict(answer.get("context") or {})
    held, principal, allowed = None, "", False
    if authorizer.is_simple:
        allowed = answer["isAuthorized"]
        if not isinstance(allowed, bool):
            raise TypeError("isAuthorized is neither true nor false")
    else:
        principal = answer["principalId"]
        if not isinstance(principal, str) or not principal:
            raise TypeError("principalId is not a string")
        held = Held("authorizer", "identity", parse(answer["policyDocument"], "identity"))
        told = {**told, "principalId": principal} if authorizer.version == "1.0" else told
    now_ms = visit.call.world.clock.now_ms
    return Decision(allowed, held, principal, told, visit.arn, now_ms, now_ms + authorizer.ttl_ms)


def _message(text: str) -> str:
    try:
        return str(json.loads(text).get("errorMessage"))
    except (ValueError, AttributeError):
        return ""
