"""The core of IAM's policy simulator: SimulateCustomPolicy and SimulatePrincipalPolicy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from foulweather.policy.ask import Ask, Held, PolicyKind, PolicySet
from foulweather.policy.evaluate import evaluate
from foulweather.policy.keys import context_keys
from foulweather.policy.survey import Survey
from foulweather.policy.syntax import Position

Decision = Literal["allowed", "explicitDeny", "implicitDeny"]

_ORGANIZATION: frozenset[PolicyKind] = frozenset({"service control", "resource control"})


class MatchedStatement(msgspec.Struct, frozen=True):
    """A statement that determines the result, and its place in the text of its policy."""

    source: str
    kind: PolicyKind
    start: Position
    end: Position


class Simulation(msgspec.Struct, frozen=True):
    """The result for one action on one resource.

    The two `allowed_by…` are None where no such policy applies; `decision_details`, of the identity's
    side and the resource's, is empty unless the request crosses accounts.
    """

    action: str
    resource: str
    decision: Decision
    matched_statements: list[MatchedStatement]
    missing_context_values: list[str]
    allowed_by_permissions_boundary: bool | None
    allowed_by_organizations: bool | None
    decision_details: dict[PolicyKind, Decision]


def simulate(ask: Ask, policies: PolicySet) -> Simulation:
    """Evaluate one request and report it as the simulator does."""
    verdict = evaluate(ask, policies)
    decision: Decision = "explicitDeny" if verdict.explicit else "allowed" if verdict.allowed else "implicitDeny"
    matched = [] if decision == "implicitDeny" else verdict.findings
    return Simulation(
        action=ask.action,
        resource=ask.resource,
        decision=decision,
        matched_statements=[
            MatchedStatement(held.source, kind, statement.start, statement.end)
            for kind, held, statement in matched
            if kind not in _ORGANIZATION
        ],
        missing_context_values=_missing(ask, policies),
        allowed_by_permissions_boundary=(
            None if policies.boundary is None else _side(ask, [policies.boundary]) == "allowed"
        ),
        allowed_by_organizations=(
            all(_side(ask, level) == "allowed" for level in policies.scps) if policies.scps else None
        ),
        decision_details=_details(ask, policies),
    )


def _missing(ask: Ask, policies: PolicySet) -> list[str]:
    """The context keys that the policies mention and the request has not, each once."""
    found: dict[str, str] = {}
    for held in _all(policies):
        for key in context_keys(held.policy):
            if key.lower() not in ask.context:
                found.setdefault(key.lower(), key)
    return list(found.values())


def _all(policies: PolicySet) -> Iterable[Held]:
    yield from policies.identity
    yield from policies.session
    for held in (policies.boundary, policies.resource):
        if held is not None:
            yield held
    for levels in (policies.scps, policies.rcps):
        for level in levels:
            yield from level


def _details(ask: Ask, policies: PolicySet) -> dict[PolicyKind, Decision]:
    if ask.within_account or policies.resource is None:
        return {}
    survey = Survey(ask)
    naming = survey.resource(policies.resource_kind, policies.resource)
    return {
        "identity-based": _side(ask, policies.identity),
        policies.resource_kind: "explicitDeny" if survey.denies else "allowed" if naming else "implicitDeny",
    }


def _side(ask: Ask, held: list[Held]) -> Decision:
    """What these policies alone say, of which none names principals."""
    survey = Survey(ask)
    allowed = survey.any("identity-based", held)
    return "explicitDeny" if survey.denies else "allowed" if allowed else "implicitDeny"
