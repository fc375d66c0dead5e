"""What each operation of Organizations asks of policies.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from foulweather.kernel import validation
from foulweather.kernel.model import ServiceModel
from foulweather.kernel.service import Access, Permission, Resource, everything
from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.services.organizations import callers, refusals, shapes
from foulweather.services.organizations.state import OrganizationsState

if TYPE_CHECKING:
    from foulweather.kernel.call import Call

Values = dict[str, str | list[str]]


def _named(*members: str) -> Callable[[Call, Mapping[str, Any]], Sequence[Resource]]:
    """The resources whose ids a request has in those members.

    They count as the caller's own account's: whether that is the management account is the operation's
    question, in words of its own.
    """

    def find(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
        _check_model(call, request)
        found = [_resource(call, request[member]) for member in members if member in request]
        return _delegated(call, found or everything(call, request))

    return find


def _effective(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """Whose effective policy is asked for: its own is every account's to see, whatever is delegated."""
    _check_model(call, request)
    if request.get("TargetId", call.account) == call.account:
        return (_resource(call, call.account),)
    return _delegated(call, (_resource(call, request["TargetId"]),))


def _delegated(call: Call, resources: Sequence[Resource]) -> Sequence[Resource]:
    """Where the organization's resource policy decides, the resources are the management account's."""
    state = call.state(OrganizationsState)
    organization = state.organization_of(call.account)
    if organization is None or organization.resource_policy is None:
        return resources
    if not callers.is_by_resource_policy(call, state, organization):
        return resources
    policy = organization.resource_policy
    held = Held(shapes.resource_policy_arn(organization, policy), "resource", parse(policy.content, "resource"))
    return [Resource(each.arn, organization.management_account, held, each.tags) for each in resources]


def _check_model(call: Call, request: Mapping[str, Any]) -> None:
    """What the model asks of a request, before any permission."""
    violations = validation.check(ServiceModel.load("organizations").operation(call.operation), request)
    if violations:
        raise refusals.breach(violations[0])


def _resource(call: Call, resource_id: str) -> Resource:
    state = call.state(OrganizationsState)
    organization = state.organization_of(call.account)
    if organization is None:
        return Resource("*", call.account)
    node = state.node(organization, resource_id)
    if node is not None:
        return Resource(shapes.node_arn(organization, node), call.account, None, node.tags)
    policy = state.policy(organization, resource_id)
    if policy is not None:
        return Resource(shapes.policy_arn(organization, policy), call.account, None, policy.tags)
    prefix = resource_id.partition("-")[0]
    kind = {"ou": "ou", "r": "root", "p": "policy/service_control_policy"}.get(prefix, "account")
    kind, _, middle = kind.partition("/")
    return Resource(organization.arn_of(kind, f"{middle}/{resource_id}".lstrip("/")), call.account)


def _handshake(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    _check_model(call, request)
    handshake = call.state(OrganizationsState).handshakes.get(request["HandshakeId"])
    if handshake is None:
        return (Resource(f"arn:aws:organizations::*:handshake/*/{request['HandshakeId']}", call.account),)
    return (Resource(shapes.handshake_arn(handshake), call.account, None, handshake.tags),)


def _transfer(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    _check_model(call, request)
    state = call.state(OrganizationsState)
    transfer = state.transfers.get(request["Id"])
    if transfer is None:
        return (Resource(f"arn:aws:organizations::{call.account}:transfer/*/{request['Id']}", call.account),)
    return (Resource(shapes.transfer_arn(state, transfer, call.account), call.account, None, transfer.tags),)


def _invited(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    _check_model(call, request)
    if request["Target"]["Type"] != "ACCOUNT":
        return everything(call, request)
    return (_resource(call, request["Target"]["Id"]),)


def _tags(call: Call, request: Mapping[str, Any]) -> Values:
    keys: Values = {f"aws:requesttag/{tag['Key'].lower()}": tag["Value"] for tag in request.get("Tags", ())}
    names = [tag["Key"] for tag in request.get("Tags", ())] or list(request.get("TagKeys", ()))
    if names:
        keys["aws:tagkeys"] = names
    return keys


def _policy_type(call: Call, request: Mapping[str, Any]) -> Values:
    keys = _tags(call, request)
    kind: str | None = request.get("Type") or request.get("PolicyType") or request.get("Filter")
    if kind is None and "PolicyId" in request:
        state = call.state(OrganizationsState)
        organization = state.organization_of(call.account)
        policy = state.policy(organization, request["PolicyId"]) if organization is not None else None
        kind = policy.type if policy is not None else None
    if kind is not None:
        keys["organizations:policytype"] = kind
    return keys


def _service(call: Call, request: Mapping[str, Any]) -> Values:
    return {"organizations:serviceprincipal": request["ServicePrincipal"]} if "ServicePrincipal" in request else {}


def _tagging(call: Call, request: Mapping[str, Any]) -> Sequence[Permission]:
    """What is made with tags needs the permission to tag, too."""
    if not request.get("Tags"):
        return ()
    keys = _tags(call, request)
    everywhere = _delegated(call, (Resource("*", call.account),))
    return [Permission("organizations:TagResource", resource, keys) for resource in everywhere]


def _read(action: str, *members: str) -> Access:
    return Access(f"organizations:{action}", _named(*members), is_read=True)


def _write(action: str, *members: str) -> Access:
    return Access(f"organizations:{action}", _named(*members), _tags)


def _made(action: str, *members: str) -> Access:
    return Access(f"organizations:{action}", _named(*members), _policy_type, _tagging)


def _policy(action: str, *members: str, is_read: bool = False) -> Access:
    return Access(f"organizations:{action}", _named(*members), _policy_type, is_read=is_read)


def _of_service(action: str, *members: str) -> Access:
    return Access(f"organizations:{action}", _named(*members), _service)


def _of_handshake(action: str, *, is_read: bool = False) -> Access:
    return Access(f"organizations:{action}", _handshake, is_read=is_read)


def _of_transfer(action: str, *, is_read: bool = False) -> Access:
    return Access(f"organizations:{action}", _transfer, is_read=is_read)


ACCESS = {
    "AcceptHandshake": _of_handshake("AcceptHandshake"),
    "AttachPolicy": _policy("AttachPolicy", "PolicyId", "TargetId"),
    "CancelHandshake": _of_handshake("CancelHandshake"),
    "CloseAccount": _write("CloseAccount", "AccountId"),
    "CreateAccount": _made("CreateAccount"),
    "CreateGovCloudAccount": _made("CreateGovCloudAccount"),
    "CreateOrganization": _write("CreateOrganization"),
    "CreateOrganizationalUnit": _made("CreateOrganizationalUnit", "ParentId"),
    "CreatePolicy": _made("CreatePolicy"),
    "DeclineHandshake": _of_handshake("DeclineHandshake"),
    "DeleteOrganization": _write("DeleteOrganization"),
    "DeleteOrganizationalUnit": _write("DeleteOrganizationalUnit", "OrganizationalUnitId"),
    "DeletePolicy": _policy("DeletePolicy", "PolicyId"),
    "DeleteResourcePolicy": _write("DeleteResourcePolicy"),
    "DeregisterDelegatedAdministrator": _of_service("DeregisterDelegatedAdministrator", "AccountId"),
    "DescribeAccount": _read("DescribeAccount", "AccountId"),
    "DescribeCreateAccountStatus": _read("DescribeCreateAccountStatus"),
    "DescribeEffectivePolicy": Access("organizations:DescribeEffectivePolicy", _effective, _policy_type, is_read=True),
    "DescribeHandshake": _of_handshake("DescribeHandshake", is_read=True),
    "DescribeOrganization": _read("DescribeOrganization"),
    "DescribeOrganizationalUnit": _read("DescribeOrganizationalUnit", "OrganizationalUnitId"),
    "DescribeResourcePolicy": _read("DescribeResourcePolicy"),
    "DescribePolicy": _policy("DescribePolicy", "PolicyId", is_read=True),
    "DescribeResponsibilityTransfer": _of_transfer("DescribeResponsibilityTransfer", is_read=True),
    "DetachPolicy": _policy("DetachPolicy", "PolicyId", "TargetId"),
    "DisableAWSServiceAccess": _of_service("DisableAWSServiceAccess"),
    "DisablePolicyType": _policy("DisablePolicyType", "RootId"),
    "EnableAWSServiceAccess": _of_service("EnableAWSServiceAccess"),
    "EnableAllFeatures": _write("EnableAllFeatures"),
    "EnablePolicyType": _policy("EnablePolicyType", "RootId"),
    "InviteAccountToOrganization": Access("organizations:InviteAccountToOrganization", _invited, _tags, _tagging),
    "InviteOrganizationToTransferResponsibility": Access(
        "organizations:InviteOrganizationToTransferResponsibility", _named(), _tags, _tagging
    ),
    "LeaveOrganization": _write("LeaveOrganization"),
    "ListAWSServiceAccessForOrganization": _read("ListAWSServiceAccessForOrganization"),
    "ListAccounts": _read("ListAccounts"),
    "ListAccountsForParent": _read("ListAccountsForParent", "ParentId"),
    "ListChildren": _read("ListChildren", "ParentId"),
    "ListCreateAccountStatus": _read("ListCreateAccountStatus"),
    "ListDelegatedAdministrators": Access(
        "organizations:ListDelegatedAdministrators", _named(), _service, is_read=True
    ),
    "ListDelegatedServicesForAccount": _read("ListDelegatedServicesForAccount", "AccountId"),
    "ListHandshakesForAccount": _read("ListHandshakesForAccount"),
    "ListHandshakesForOrganization": _read("ListHandshakesForOrganization"),
    "ListInboundResponsibilityTransfers": _read("ListInboundResponsibilityTransfers"),
    "ListOutboundResponsibilityTransfers": _read("ListOutboundResponsibilityTransfers"),
    "ListOrganizationalUnitsForParent": _read("ListOrganizationalUnitsForParent", "ParentId"),
    "ListParents": _read("ListParents", "ChildId"),
    "ListPolicies": _policy("ListPolicies", is_read=True),
    "ListPoliciesForTarget": _policy("ListPoliciesForTarget", "TargetId", is_read=True),
    "ListRoots": _read("ListRoots"),
    "ListTagsForResource": _read("ListTagsForResource", "ResourceId"),
    "ListTargetsForPolicy": _policy("ListTargetsForPolicy", "PolicyId", is_read=True),
    "MoveAccount": _write("MoveAccount", "AccountId", "SourceParentId", "DestinationParentId"),
    "PutResourcePolicy": _write("PutResourcePolicy"),
    "RegisterDelegatedAdministrator": _of_service("RegisterDelegatedAdministrator", "AccountId"),
    "RemoveAccountFromOrganization": _write("RemoveAccountFromOrganization", "AccountId"),
    "TagResource": _write("TagResource", "ResourceId"),
    "TerminateResponsibilityTransfer": _of_transfer("TerminateResponsibilityTransfer"),
    "UntagResource": _write("UntagResource", "ResourceId"),
    "UpdateOrganizationalUnit": _write("UpdateOrganizationalUnit", "OrganizationalUnitId"),
    "UpdatePolicy": _policy("UpdatePolicy", "PolicyId"),
    "UpdateResponsibilityTransfer": _of_transfer("UpdateResponsibilityTransfer"),
}
