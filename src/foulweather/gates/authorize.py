"""Whether the principal may do it: every policy that has a say, evaluated, with the reasons of a denial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from foulweather.gates.context import Context
from foulweather.gates.denials import denial
from foulweather.kernel.call import Call
from foulweather.kernel.directory import Guardrails
from foulweather.kernel.service import NO_TAGS, Resource
from foulweather.kernel.services import Operation
from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.policy.evaluate import Ask, Held, PolicySet, Verdict, evaluate
from foulweather.policy.principal import Principal
from foulweather.world.world import World

REMEMBERED_MAX = 50_000
NO_POLICIES: list[Held] = []
NO_LEVELS: list[list[Held]] = []
# Condition keys that two calls of one principal, on behalf of one resource, cannot differ in.
SAME_EVERY_TIME = frozenset(
    {
        "aws:sourcearn",
        "aws:sourceaccount",
        "aws:sourceowner",
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principalservicename",
    }
)
UNDER_RESOURCE_CONTROL = frozenset(
    {"s3", "sts", "kms", "sqs", "secretsmanager", "ecr", "aoss", "cognito-idp", "cognito-identity", "dynamodb", "logs"}
)
"""The services whose resources RCPs govern: the first five since they began, the others since 2025.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#rcp-supported-services
"""
WITH_IDENTITY_POLICIES = frozenset({"user", "assumed-role", "federated-user"})


def authorize(call: Call, operation: Operation, request: dict[str, Any]) -> None:
    """Refuse what no policy allows, or what one forbids, in AWS's words."""
    access = operation.access
    resources = access.resources(call, request)
    call.resource = resources[0].arn if resources else ""
    if access.is_open:
        return
    guardrails = call.pipeline.guardrails
    is_root = call.principal.kind == "root"
    conditions: Mapping[str, Any] | None = None
    for resource in resources:
        if is_root and _needs_no_policy(call.principal, resource, guardrails):
            continue
        if conditions is None:
            conditions = access.conditions(call, request) if access.conditions is not None else NO_TAGS
        _require(call, operation, access.action, resource, conditions)
    if access.also is not None:
        for action, resource, further in access.also(call, request):
            if not (is_root and _needs_no_policy(call.principal, resource, guardrails)):
                _require(call, operation, action, resource, further)


def verdict_on(call: Call, action: str, resource: Resource, conditions: Mapping[str, Any]) -> Verdict:
    """What the policies in force say to an action of this call's principal on a resource."""
    return _verdict(call, action, resource, conditions, policies_of(call, resource))


def _verdict(
    call: Call, action: str, resource: Resource, conditions: Mapping[str, Any], policies: PolicySet
) -> Verdict:
    ask = Ask(call.principal, action, resource.arn, resource.account, Context(call, resource, conditions))
    return evaluate(ask, policies)


def policies_of(call: Call, resource: Resource) -> PolicySet:
    """Every policy that has a say when this call's principal acts on a resource."""
    principal = call.principal
    found = PolicySet(
        identity=NO_POLICIES,
        session=NO_POLICIES,
        scps=NO_LEVELS,
        rcps=NO_LEVELS,
        resource=resource.policy,
        resource_must_delegate=resource.must_delegate,
        grants=resource.grants,
    )
    directory = call.pipeline.directory
    if directory is not None and principal.kind in WITH_IDENTITY_POLICIES:
        found.identity = directory.identity_policies(principal)
        found.boundary = directory.boundary(principal)
        session = call.session
        if session is not None and (session.policies or session.policy_arns):
            found.session = [_session_policy(text) for text in session.policies]
            managed = (directory.managed_policy(arn, principal.account) for arn in session.policy_arns)
            found.session += [policy for policy in managed if policy is not None]
    guardrails = call.pipeline.guardrails
    if guardrails is not None:
        found.scps = guardrails.service_control(principal.account) if principal.account else NO_LEVELS
        if resource.account and _service_of(call, resource) in UNDER_RESOURCE_CONTROL:
            found.rcps = guardrails.resource_control(resource.account)
    return found


def _service_of(call: Call, resource: Resource) -> str:
    """The service whose action on a resource it is: STS assumes roles, which are IAM's; else the resource's own."""
    if call.service == "sts" or not resource.arn.startswith("arn:"):
        return call.service
    return resource.arn.split(":", 3)[2]


def _session_policy(text: str) -> Held:
    try:
        return Held("session policy", "session", parse(text, "session"))
    except PolicySyntaxError as error:  # was accepted when the session was made
        raise AssertionError(f"a session holds a policy that does not parse: {error}") from error


def _needs_no_policy(principal: Principal, resource: Resource, guardrails: Guardrails | None) -> bool:
    """Whether neither a resource policy nor an organization limits a root user, in its own account."""
    return (
        resource.policy is None
        and resource.account == principal.account
        and (guardrails is None or not guardrails.organization_id(principal.account))
    )


class _Allowed(NamedTuple):
    """What allowed an action, and whether it allows it again as long as these are the policies."""

    policies: PolicySet
    is_stable: bool

    def still_holds(self, now: PolicySet) -> bool:
        """Whether the policies are the very same objects; whatever changes one makes a new object."""
        before = self.policies
        return (
            before.identity is now.identity
            and before.resource is now.resource
            and before.grants == now.grants
            and before.boundary is now.boundary
            and (before.scps is now.scps or not (before.scps or now.scps))
            and (before.rcps is now.rcps or not (before.rcps or now.rcps))
        )


class _Remembered:
    """Allowed actions by principal, action, resource with its owner, and on whose behalf a service acts."""

    def __init__(self) -> None:
        self.allowed: dict[tuple[str, str, str, str, str, str], _Allowed] = {}

    @classmethod
    def of(cls, world: World) -> dict[tuple[str, str, str, str, str, str], _Allowed]:
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return found.allowed  # type: ignore[attr-defined]


def _require(call: Call, operation: Operation, action: str, resource: Resource, conditions: Mapping[str, Any]) -> None:
    policies = policies_of(call, resource)
    remembered = _Remembered.of(call.world)
    key = (call.principal.arn, action, resource.arn, resource.account, call.source_arn, call.source_account)
    before = None if policies.session else remembered.get(key)
    if before is not None:
        if not before.still_holds(policies):
            before = None
        elif before.is_stable:
            return
    verdict = _verdict(call, action, resource, conditions, policies)
    if not verdict.allowed:
        raise denial(call, operation.service, verdict, resource)
    if before is None and not policies.session:
        if len(remembered) >= REMEMBERED_MAX:
            remembered.clear()
        remembered[key] = _Allowed(policies, _is_stable(policies, action.lower()))


def _is_stable(policies: PolicySet, action: str) -> bool:
    """Whether no statement about an action looks at what differs between two calls of the same principal."""
    levels = [*policies.scps, *policies.rcps, policies.identity]
    held = [each for level in levels for each in level]
    held += [each for each in (policies.boundary, policies.resource, *policies.grants) if each is not None]
    return all(
        (statement.resources is None or not statement.resources.with_variables)
        and all(test.lookup in SAME_EVERY_TIME and not test.variables for test in statement.tests)
        for each in held
        for statement in each.policy.covering(action)
    )
