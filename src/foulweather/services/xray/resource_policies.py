"""Resource policies: which services and other accounts may send traces here, as SNS topics with active tracing.

https://docs.aws.amazon.com/xray/latest/api/API_PutResourcePolicy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Permission, Resource
from foulweather.kernel.why import Fact
from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.policy.evaluate import Held
from foulweather.services.xray import limits, paging
from foulweather.services.xray.state import ResourcePolicy, XrayState

Request = Mapping[str, Any]


def put_resource_policy(call: Call, request: Request) -> dict[str, Any]:
    """Set a policy by name."""
    state, name, document = call.state(XrayState), request["PolicyName"], request["PolicyDocument"]
    arn = call.arn("xray", f"resource-policy/{name}")
    if len(document.encode()) > limits.POLICY_BYTES_MAX:
        raise _refused("PolicySizeLimitExceededException", "The policy is too large.", arn, "bytes", len(document))
    try:
        policy = parse(document, "resource")
    except PolicySyntaxError as problem:
        raise _refused(
            "MalformedPolicyDocumentException", str(problem), arn, "PolicyDocument", document[:500]
        ) from None
    held = state.policies.get(name)
    _check_revision(arn, held, request.get("PolicyRevisionId"))
    if held is None and len(state.policies) >= limits.POLICIES_MAX:
        words = f"You can have at most {limits.POLICIES_MAX} resource policies."
        raise _refused("PolicyCountLimitExceededException", words, arn, "policies", len(state.policies))
    if not request.get("BypassPolicyLockoutCheck"):
        _check_lockout(call, Held(arn, "resource", policy))
    made = ResourcePolicy(name, document, 1 if held is None else held.revision + 1, call.now)
    state.policies.put(name, made)
    call.changed("xray.ResourcePolicySet", arn, Policy=document)
    return {"ResourcePolicy": _shown(made)}


def delete_resource_policy(call: Call, request: Request) -> dict[str, Any]:
    """Take a policy away."""
    state, name = call.state(XrayState), request["PolicyName"]
    arn = call.arn("xray", f"resource-policy/{name}")
    held = state.policies.get(name)
    if held is None:
        raise limits.invalid(f"Resource policy {name} does not exist.", PolicyName=name)
    _check_revision(arn, held, request.get("PolicyRevisionId"))
    state.policies.delete(name)
    call.changed("xray.ResourcePolicyDeleted", arn, Policy="")
    return {}


def list_resource_policies(call: Call, request: Request) -> dict[str, Any]:
    """All policies by name."""
    policies = [policy for _, policy in sorted(call.state(XrayState).policies.items())]
    listed, more = paging.page(policies, request)
    return {"ResourcePolicies": [_shown(policy) for policy in listed], **more}


def _check_revision(arn: str, held: ResourcePolicy | None, given: str | None) -> None:
    """A change of a certain revision; "0" means that there is none yet."""
    current = "0" if held is None else str(held.revision)
    if given is not None and given != current:
        words = "The policy revision ID does not match the current one."
        raise _refused("InvalidPolicyRevisionIdException", words, arn, "PolicyRevisionId", current)


def _check_lockout(call: Call, held: Held) -> None:
    """A policy must not keep its author from changing it again."""
    try:
        call.pipeline.require(call, Permission("xray:PutResourcePolicy", Resource("*", call.account, held)))
    except AwsError as error:
        words = "The provided resource policy would prevent the caller in calling PutResourcePolicy."
        raise AwsError("LockoutPreventionException", words, 400, why=error.why) from None


def _refused(code: str, message: str, arn: str, name: str, value: Any) -> AwsError:
    return AwsError(code, message, 400, facts=(Fact(arn, name, value),))


def _shown(policy: ResourcePolicy) -> dict[str, Any]:
    return {
        "PolicyName": policy.name,
        "PolicyDocument": policy.document,
        "PolicyRevisionId": str(policy.revision),
        "LastUpdatedTime": policy.updated_ms,
    }
