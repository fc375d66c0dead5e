"""Resource policies: which services may write logs, for the account or for one group.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.services.logs import limits, naming, paging, refusals
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.state import LogGroup, LogsState, ResourcePolicy

Request = Mapping[str, Any]


def put_resource_policy(call: Call, request: Request) -> dict[str, Any]:
    """Set a policy of the account, by name, or of a group, by ARN."""
    refusals.check_model(call, request)
    document: str = request.get("policyDocument") or ""
    if not document:
        raise invalid("policyDocument must be specified.")
    _check_document(document)
    if request.get("resourceArn"):
        return _put_on_group(call, request, document)
    name: str = request.get("policyName") or ""
    if not name:
        raise invalid("policyName must be specified.")
    if len(document) > limits.RESOURCE_POLICY_CHARACTERS_MAX:
        raise invalid(
            f"Policy document length must be at most {limits.RESOURCE_POLICY_CHARACTERS_MAX} characters.",
            Fact("request", "policyDocument characters", len(document)),
        )
    state = call.state(LogsState)
    if name not in state.resource_policies and len(state.resource_policies) >= limits.RESOURCE_POLICIES_MAX:
        raise refusals.over_limit("resource policies", limits.RESOURCE_POLICIES_MAX, call.account)
    policy = ResourcePolicy(name, document, call.now)
    state.resource_policies.put(name, policy)
    state.changed_account()
    call.changed("logs.ResourcePolicySet", call.arn("logs", f"resource-policy:{name}"), Policy=document)
    return {"resourcePolicy": _shown(policy)}


def _put_on_group(call: Call, request: Request, document: str) -> dict[str, Any]:
    group = naming.require_group(call, request["resourceArn"])
    _check_revision(group, request)
    group.policy, group.policy_ms, group.policy_revision = document, call.now, call.world.ids.hex(32)
    call.state(LogsState).put(group)
    call.changed("logs.ResourcePolicySet", group.arn, Policy=document)
    return {"resourcePolicy": _shown_group(group), "revisionId": group.policy_revision}


def delete_resource_policy(call: Call, request: Request) -> dict[str, Any]:
    """Take a policy away."""
    refusals.check_model(call, request)
    state = call.state(LogsState)
    if request.get("resourceArn"):
        group = naming.require_group(call, request["resourceArn"])
        if not group.policy:
            raise refusals.not_found("resource policy", group.arn)
        _check_revision(group, request)
        group.policy, group.policy_revision, group.policy_ms = "", "", 0
        state.put(group)
        call.changed("logs.ResourcePolicyDeleted", group.arn, Policy="")
        return {}
    name: str = request.get("policyName") or ""
    if name not in state.resource_policies:
        raise AwsError(
            "ResourceNotFoundException",
            f"Policy with name [{name}] does not exist.",
            facts=(Fact(name, "exists", False),),
        )
    state.resource_policies.delete(name)
    state.changed_account()
    call.changed("logs.ResourcePolicyDeleted", call.arn("logs", f"resource-policy:{name}"), Policy="")
    return {}


def describe_resource_policies(call: Call, request: Request) -> dict[str, Any]:
    """A page of the account's policies, or the policies of groups."""
    refusals.check_model(call, request)
    state, limit = call.state(LogsState), request.get("limit") or limits.LIST_PAGE
    if request.get("resourceArn"):
        group = naming.require_group(call, request["resourceArn"])
        return {"resourcePolicies": [_shown_group(group)] if group.policy else []}
    if request.get("policyScope") == "RESOURCE":
        groups = sorted([group for group in state.groups.values() if group.policy], key=lambda group: group.name)
        chosen, token = paging.page(groups, lambda group: group.name, limit, request.get("nextToken"))
        return {"resourcePolicies": [_shown_group(group) for group in chosen], **token}
    found = sorted(state.resource_policies.values(), key=lambda each: each.name)
    page, token = paging.page(found, lambda each: each.name, limit, request.get("nextToken"))
    return {"resourcePolicies": [_shown(each) for each in page], **token}


def _check_document(document: str) -> None:
    try:
        parse(document, "resource")
    except PolicySyntaxError as error:
        raise invalid(
            f"Policy document is not valid: {error.message}", Fact("request", "policyDocument", document)
        ) from error


def _check_revision(group: LogGroup, request: Request) -> None:
    """Refuse a change of another revision than the caller knows; the first has none."""
    expected = request.get("expectedRevisionId") or ""
    if expected != group.policy_revision:
        raise AwsError(
            "OperationAbortedException",
            "The expected revision ID does not match the current revision of the resource policy.",
            facts=(
                Fact("request", "expectedRevisionId", expected),
                Fact(group.arn, "revisionId", group.policy_revision),
            ),
        )


def _shown(each: ResourcePolicy) -> dict[str, Any]:
    return {
        "policyName": each.name,
        "policyDocument": each.document,
        "lastUpdatedTime": each.updated_ms,
        "policyScope": "ACCOUNT",
    }


def _shown_group(group: LogGroup) -> dict[str, Any]:
    return {
        "policyDocument": group.policy,
        "lastUpdatedTime": group.policy_ms,
        "policyScope": "RESOURCE",
        "resourceArn": group.arn,
        "revisionId": group.policy_revision,
    }
