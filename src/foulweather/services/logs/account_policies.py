"""Policies for all of an account's log groups: all kinds but metric extraction.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.logs import (
    auditing,
    enriching,
    forwarding,
    index_fields,
    limits,
    masking,
    paging,
    refusals,
    subscribing,
)
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.state import AccountPolicy, LogGroup, LogsState

Request = Mapping[str, Any]
_DATA_PROTECTION: Final = "DATA_PROTECTION_POLICY"
_INDEX: Final = "FIELD_INDEX_POLICY"
# "Each account can have only one account-level data protection policy"; "as many as 20 … field index policies".
# "Each account can have one account-level subscription filter policy per Region."
_MAX: Final = {_DATA_PROTECTION: 1, _INDEX: 20, subscribing.POLICY: 1, enriching.POLICY: 20}


async def put_account_policy(call: Call, request: Request) -> dict[str, Any]:
    """Set a policy for the account's groups."""
    refusals.check_model(call, request)
    kind, name, document = request["policyType"], request["policyName"], request["policyDocument"]
    selection: str = request.get("selectionCriteria") or ""
    if name.startswith("aws/") or not name:
        raise invalid("Invalid policyName.", Fact("request", "policyName", name))
    if kind not in _MAX:
        raise not_implemented("logs", f"PutAccountPolicy.policyType={kind}")
    policy = AccountPolicy(name, kind, document, call.now, selection)
    if kind == subscribing.POLICY:
        made = subscribing.checked(call, policy)
        _check_room(call, policy)
        await forwarding.check_destination(call, LogGroup("", call.account, call.region, call.now), made)
    elif kind == enriching.POLICY:
        _check_prefix(selection)
        enriching.check_policy(call, policy)
    elif kind == _DATA_PROTECTION:
        if selection:
            raise invalid("selectionCriteria is not supported for DATA_PROTECTION_POLICY.")
        auditing.prepare(call, masking.compiled(document).findings_group)
    else:
        index_fields.checked_fields(document)
        _check_prefix(selection)
    _check_room(call, policy)  # another may have come while a destination was tried
    state = call.state(LogsState)
    state.account_policies.put(policy.row, policy)
    state.changed_account()
    call.changed("logs.AccountPolicySet", _arn(call, policy), PolicyDocument=document, selectionCriteria=selection)
    return {"accountPolicy": _shown(call, policy)}


def _check_room(call: Call, policy: AccountPolicy) -> None:
    held = call.state(LogsState).account_policies.values()
    others = sum(1 for each in held if each.kind == policy.kind and each.name != policy.name)
    if others >= _MAX[policy.kind]:
        raise refusals.over_limit(f"account policies of type {policy.kind}", _MAX[policy.kind], call.account)


def _check_prefix(selection: str) -> None:
    if selection and not index_fields.prefix_of(selection):
        raise not_implemented("logs", "PutAccountPolicy.selectionCriteria")


def delete_account_policy(call: Call, request: Request) -> dict[str, Any]:
    """Take a policy of the account away."""
    refusals.check_model(call, request)
    state = call.state(LogsState)
    policy = state.account_policies.get(f"{request['policyType']}:{request['policyName']}")
    if policy is None:
        raise AwsError(
            "ResourceNotFoundException",
            f"Policy with name [{request['policyName']}] does not exist.",
            facts=(Fact(request["policyName"], "exists", False),),
        )
    state.account_policies.delete(policy.row)
    state.changed_account()
    call.changed("logs.AccountPolicyDeleted", _arn(call, policy), PolicyDocument="")
    return {}


def describe_account_policies(call: Call, request: Request) -> dict[str, Any]:
    """The account's policies of a kind."""
    refusals.check_model(call, request)
    limits.check_not_given("DescribeAccountPolicies", request, "accountIdentifiers")
    found = [each for each in call.state(LogsState).account_policies.values() if each.kind == request["policyType"]]
    if request.get("policyName") is not None:
        found = [each for each in found if each.name == request["policyName"]]
    found.sort(key=lambda each: each.name)
    page, token = paging.page(found, lambda each: each.name, limits.LIST_PAGE, request.get("nextToken"))
    return {"accountPolicies": [_shown(call, each) for each in page], **token}


def _arn(call: Call, policy: AccountPolicy) -> str:
    return call.arn("logs", f"account-policy:{policy.kind}:{policy.name}")


def _shown(call: Call, policy: AccountPolicy) -> dict[str, Any]:
    told: dict[str, Any] = {
        "policyName": policy.name,
        "policyDocument": policy.document,
        "lastUpdatedTime": policy.updated_ms,
        "policyType": policy.kind,
        "scope": "ALL",
        "accountId": call.account,
    }
    return told | ({"selectionCriteria": policy.selection} if policy.selection else {})
