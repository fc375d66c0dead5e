"""The policy simulator.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.policy.ask import PolicySet
from foulweather.policy.document import DocumentKind, Policy, PolicySyntaxError, parse
from foulweather.policy.evaluate import Ask, Held
from foulweather.policy.keys import context_keys
from foulweather.policy.principal import Principal
from foulweather.policy.simulate import Simulation, simulate
from foulweather.services.iam import limits
from foulweather.services.iam.holdings import Holding, holdings, managed
from foulweather.services.iam.paging import page
from foulweather.services.iam.records import Group, Role, User
from foulweather.services.iam.state import identity_at, no_such_entity

if TYPE_CHECKING:
    from aws_types.iam import (
        GetContextKeysForCustomPolicyRequest,
        GetContextKeysForPrincipalPolicyRequest,
        SimulateCustomPolicyRequest,
        SimulatePrincipalPolicyRequest,
    )

Response = dict[str, Any]

_LISTS = ("stringList", "numericList", "booleanList", "ipList", "binaryList", "dateList")


class _Source(NamedTuple):
    """How the result names a policy."""

    id: str
    type: str


class _Scene(NamedTuple):
    """What is simulated but for action and resource: the caller, the policies and their names."""

    principal: Principal
    policies: PolicySet
    sources: dict[str, _Source]


def simulate_custom_policy(call: Call, request: SimulateCustomPolicyRequest) -> Response:
    """Evaluate actions on resources by the policies that the request brings along."""
    _check_options(request, "SimulateCustomPolicy")
    policies, sources = PolicySet(), dict[str, _Source]()
    _add_inputs(request, policies, sources)
    if "ResourcePolicy" in request and "CallerArn" not in request:
        raise limits.invalid_input("CallerArn must be specified when a ResourcePolicy is specified.")
    caller = request.get("CallerArn") or f"arn:aws:iam::{call.account}:user/simulated"
    return _results(request, _Scene(_principal(call, caller), policies, sources), call.account)


def simulate_principal_policy(call: Call, request: SimulatePrincipalPolicyRequest) -> Response:
    """Evaluate actions on resources by the policies of a user, group or role."""
    _check_options(request, "SimulatePrincipalPolicy")
    identity = _identity(call, request)
    if "ResourcePolicy" in request and isinstance(identity, Role):
        # API reference, SimulatePrincipalPolicy, ResourcePolicy; the words are ours, AWS documents no code.
        raise limits.invalid_input("Simulation of resource-based policies isn't supported for IAM roles.")
    policies, sources = PolicySet(), dict[str, _Source]()
    for each in holdings(call.world, identity):
        # An inline policy's source says only its name, which a group's may share with the user's.
        source = f"{each.owner.arn}/{each.held.source}"
        policies.identity.append(Held(source, "identity", each.held.policy))
        sources[source] = _Source(each.name, each.type)
    _add_inputs(request, policies, sources)
    if policies.boundary is None and not isinstance(identity, Group) and identity.boundary:
        policies.boundary = managed(call.world, identity.boundary, identity.account, "boundary")
        kind = "aws-managed" if identity.boundary.startswith("arn:aws:iam::aws:") else "user-managed"
        sources[identity.boundary] = _Source(identity.boundary.rpartition("/")[2], kind)
    guardrails = call.pipeline.guardrails
    if guardrails is not None:
        policies.scps = guardrails.service_control(call.account)
    if "ResourcePolicy" in request and "CallerArn" not in request and not isinstance(identity, User):
        raise limits.invalid_input("CallerArn must be specified when a ResourcePolicy is specified.")
    caller = request.get("CallerArn")
    principal = _principal(call, caller) if caller is not None else _principal_of(identity)
    return _results(request, _Scene(principal, policies, sources), call.account)


def get_context_keys_for_custom_policy(call: Call, request: GetContextKeysForCustomPolicyRequest) -> Response:
    """List the condition keys that policies ask for."""
    return _keys(_parsed(document, "identity") for document in request["PolicyInputList"])


def get_context_keys_for_principal_policy(call: Call, request: GetContextKeysForPrincipalPolicyRequest) -> Response:
    """List the condition keys that an identity's policies ask for."""
    held: list[Holding] = holdings(call.world, _identity(call, request))
    further = [_parsed(document, "identity") for document in request.get("PolicyInputList", ())]
    return _keys([*(each.held.policy for each in held), *further])


def _keys(policies: Iterable[Policy]) -> Response:
    found: dict[str, str] = {}
    for policy in policies:
        for key in context_keys(policy):
            found.setdefault(key.lower(), key)
    return {"ContextKeyNames": [found[key] for key in sorted(found)]}


def _check_options(request: Mapping[str, Any], operation: str) -> None:
    if "ResourceHandlingOption" in request:
        raise not_implemented("iam", f"{operation}.ResourceHandlingOption")
    if len(request.get("PermissionsBoundaryPolicyInputList", ())) > 1:
        raise limits.invalid_input("Only one permissions boundary policy can be specified.")
    for entry in request.get("ContextEntries", ()):
        if len(entry.get("ContextKeyValues", ())) > 1 and entry.get("ContextKeyType") not in _LISTS:
            raise limits.invalid_input(
                f"Context key {entry.get('ContextKeyName')} of type {entry.get('ContextKeyType')} takes one value."
            )


def _add_inputs(request: Mapping[str, Any], policies: PolicySet, sources: dict[str, _Source]) -> None:
    """The policies that a request brings along."""
    for number, document in enumerate(request.get("PolicyInputList", ()), 1):
        source = f"PolicyInputList.{number}"
        policies.identity.append(Held(source, "identity", _parsed(document, "identity")))
        sources[source] = _Source(source, "none")
    for number, document in enumerate(request.get("PermissionsBoundaryPolicyInputList", ()), 1):
        source = f"PermissionsBoundaryPolicyInputList.{number}"
        policies.boundary = Held(source, "boundary", _parsed(document, "boundary"))
        sources[source] = _Source(source, "none")
    if "ResourcePolicy" in request:
        policies.resource = Held("ResourcePolicy", "resource", _parsed(request["ResourcePolicy"], "resource"))
        sources["ResourcePolicy"] = _Source("ResourcePolicy", "resource")


def _parsed(document: str, kind: DocumentKind) -> Policy:
    try:
        return parse(document, kind)
    except PolicySyntaxError as error:
        raise limits.invalid_input(error.message) from error


def _identity(call: Call, request: Mapping[str, Any]) -> User | Group | Role:
    found = identity_at(call.world, request["PolicySourceArn"])
    if found is None or found.account != call.account:
        raise no_such_entity(f"{request['PolicySourceArn']} does not exist.")
    return found


def _principal(call: Call, arn: str) -> Principal:
    """The user who calls: "you cannot specify the ARN of an assumed role, federated user, or a service principal"."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("user/"):
        raise limits.invalid_input(f"CallerArn must be the ARN of an IAM user: {arn}")
    found = identity_at(call.world, arn)
    return Principal("user", arn, parts[4], found.id if found is not None else "")


def _principal_of(identity: User | Group | Role) -> Principal:
    if isinstance(identity, Role):
        session = f"arn:aws:sts::{identity.account}:assumed-role/{identity.name}/simulated"
        return Principal("assumed-role", session, identity.account, f"{identity.id}:simulated", identity.arn)
    if isinstance(identity, Group):
        return Principal("user", f"arn:aws:iam::{identity.account}:user/simulated", identity.account)
    return Principal("user", identity.arn, identity.account, identity.id)


def _results(request: Mapping[str, Any], scene: _Scene, account: str) -> Response:
    context: dict[str, str | list[str]] = {}
    for entry in request.get("ContextEntries", ()):
        values: list[str] = list(entry.get("ContextKeyValues", ()))
        is_list = entry.get("ContextKeyType") in _LISTS
        context[entry.get("ContextKeyName", "").lower()] = values if is_list or not values else values[0]
    owner = request.get("ResourceOwner", "")
    if owner.startswith("arn:"):
        owner = owner.split(":", 5)[4]
    pairs = [(action, resource) for action in request["ActionNames"] for resource in request.get("ResourceArns", ["*"])]
    for action, _ in pairs:
        if ":" not in action:
            raise limits.invalid_input(f"Invalid Entity Arn or action name: {action}")
    numbered = [f"{number:06d}" for number in range(len(pairs))]
    chosen, more = page(request, numbered, str)
    shown: list[Response] = []
    for number in chosen:
        action, resource = pairs[int(number)]
        ask = Ask(scene.principal, action, resource, _owner(resource) or owner or account, context)
        shown.append(_result(simulate(ask, scene.policies), scene.sources, "ResourceArns" in request))
    return {"EvaluationResults": shown, **more}


def _owner(resource: str) -> str:
    parts = resource.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4].isdigit() else ""


def _result(simulation: Simulation, sources: dict[str, _Source], per_resource: bool) -> Response:
    matched = [
        {
            "SourcePolicyId": sources[each.source].id,
            "SourcePolicyType": sources[each.source].type,
            "StartPosition": {"Line": each.start.line, "Column": each.start.column},
            "EndPosition": {"Line": each.end.line, "Column": each.end.column},
        }
        for each in simulation.matched_statements
    ]
    shared: Response = {"MatchedStatements": matched, "MissingContextValues": simulation.missing_context_values}
    if simulation.decision_details:
        shared["EvalDecisionDetails"] = dict(simulation.decision_details)
    if simulation.allowed_by_permissions_boundary is not None:
        shared["PermissionsBoundaryDecisionDetail"] = {
            "AllowedByPermissionsBoundary": simulation.allowed_by_permissions_boundary
        }
    shown: Response = {
        "EvalActionName": simulation.action,
        "EvalResourceName": simulation.resource,
        "EvalDecision": simulation.decision,
        **shared,
    }
    if simulation.allowed_by_organizations is not None:
        shown["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": simulation.allowed_by_organizations}
    if per_resource:
        shown["ResourceSpecificResults"] = [
            {"EvalResourceName": simulation.resource, "EvalResourceDecision": simulation.decision, **shared}
        ]
    return shown
