"""Whether a request is allowed: every policy that has a say in it, in the order AWS documents.

IAM User Guide: Policy evaluation logic, Cross-account policy evaluation logic; AWS Organizations User
Guide: SCP evaluation, RCP evaluation.
"""

from __future__ import annotations

from foulweather.policy.ask import Ask, Held, PolicyKind, PolicySet
from foulweather.policy.principal_element import Naming
from foulweather.policy.survey import Survey
from foulweather.policy.verdict import Failure, Matched, NearMiss, Verdict

__all__ = ["Ask", "Failure", "Held", "Matched", "NearMiss", "PolicyKind", "PolicySet", "Verdict", "evaluate"]

_WITHOUT_IDENTITY_POLICIES = frozenset({"service", "anonymous", "federated"})
_SERVICE_LINKED = ":role/aws-service-role/"


def evaluate(ask: Ask, policies: PolicySet) -> Verdict:
    """Judge one request: an explicit deny anywhere wins, else every kind of policy has its say."""
    survey = Survey(ask)
    principal = ask.principal
    organized = _SERVICE_LINKED not in principal.role_arn
    scps_allow = rcps_allow = True
    if policies.scps and organized and principal.kind not in _WITHOUT_IDENTITY_POLICIES:
        scps_allow = survey.levels("service control", policies.scps)
    if policies.rcps and organized:
        rcps_allow = survey.levels("resource control", policies.rcps)
    resource_kind = policies.resource_kind
    naming = Naming.NOT if policies.resource is None else survey.resource(resource_kind, policies.resource)
    granted = Naming.NOT
    for grant in policies.grants:
        granted = max(granted, survey.resource("grant", grant))
    identity_allows = survey.any("identity-based", policies.identity)
    limit: PolicyKind | None = None
    if policies.boundary is not None and not survey.any("permissions boundary", [policies.boundary]):
        limit = "permissions boundary"
    if policies.session:
        if not survey.any("session", policies.session):
            limit = limit or "session"
    elif principal.kind == "federated-user":
        # A federated user's session has no permissions but those its session policies leave it.
        limit = limit or "session"

    if survey.denies:
        return Verdict(ask, policies, False, True, survey.denies[0][0], survey.denies)
    refusing: PolicyKind | None
    if not scps_allow:
        refusing = "service control"
    elif not rcps_allow:
        refusing = "resource control"
    else:
        refusing = _refusing(ask, policies, max(naming, granted), identity_allows, limit)
    if refusing is not None:
        return Verdict(ask, policies, False, False, refusing, survey.allows)
    granting: PolicyKind = resource_kind if naming > Naming.ACCOUNT else "identity-based"
    if granted > naming:
        granting = "grant"
    return Verdict(ask, policies, True, False, granting, survey.allows)


def _refusing(
    ask: Ask, policies: PolicySet, naming: Naming, identity_allows: bool, limit: PolicyKind | None
) -> PolicyKind | None:
    """The kind of policy that does not allow the request, or None if it is allowed.

    `naming` is how the resource's policy names the principal in a statement that allows the request,
    `limit` a boundary or session policy that does not allow it.
    """
    kind = ask.principal.kind
    if kind in _WITHOUT_IDENTITY_POLICIES:
        return None if naming else policies.resource_kind
    if not ask.within_account:
        # Both accounts must allow it; the root user's own account always does.
        if kind != "root":
            if not identity_allows:
                return "identity-based"
            if limit is not None:
                return limit
        return None if naming else policies.resource_kind
    if not naming and policies.must_delegate:
        return policies.resource_kind
    if naming is Naming.DIRECT or kind == "root":
        return None
    if naming is not Naming.ROLE and not identity_allows:
        return "identity-based"
    return limit
