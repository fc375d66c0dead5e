"""Field index policies of log groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.logs import index_fields, naming, refusals
from foulweather.services.logs.state import STANDARD, LogGroup, LogsState

Request = Mapping[str, Any]


def put_index_policy(call: Call, request: Request) -> dict[str, Any]:
    """Have fields of a group's events indexed."""
    refusals.check_model(call, request)
    index_fields.checked_fields(request["policyDocument"])
    group = naming.require_group(call, request["logGroupIdentifier"], STANDARD)
    group.index_policy, group.index_policy_ms = request["policyDocument"], call.now
    state = call.state(LogsState)
    state.groups.touch(group.name)
    call.changed("logs.IndexPolicySet", group.arn, IndexPolicy=group.index_policy)
    return {"indexPolicy": _shown(state, group)}


def delete_index_policy(call: Call, request: Request) -> dict[str, Any]:
    """Index a group's fields no more by a policy of its own."""
    refusals.check_model(call, request)
    group = naming.require_group(call, request["logGroupIdentifier"], STANDARD)
    if not group.index_policy:
        raise refusals.not_found("index policy", group.arn)
    group.index_policy, group.index_policy_ms = "", 0
    call.state(LogsState).groups.touch(group.name)
    call.changed("logs.IndexPolicyDeleted", group.arn, IndexPolicy="")
    return {}


def describe_index_policies(call: Call, request: Request) -> dict[str, Any]:
    """The index policy in force for a group: its own or the account's."""
    refusals.check_model(call, request)
    state = call.state(LogsState)
    groups = [naming.require_group(call, each) for each in request["logGroupIdentifiers"]]
    return {"indexPolicies": [_shown(state, group) for group in groups if index_fields.policy_of(state, group)]}


def describe_field_indexes(call: Call, request: Request) -> dict[str, Any]:
    """The fields of groups that are indexed by a policy."""
    refusals.check_model(call, request)
    state = call.state(LogsState)
    groups = [naming.require_group(call, each) for each in request["logGroupIdentifiers"]]
    return {"fieldIndexes": [each for group in groups for each in _fields(call, state, group)]}


def _fields(call: Call, state: LogsState, group: LogGroup) -> list[dict[str, Any]]:
    policy = index_fields.policy_of(state, group)
    if policy is None:
        return []
    storages = [state.storage(stream) for stream in state.streams_of[group.name].values()]
    firsts = [each.first_ms for each in storages if each.first_ms is not None]
    lasts = [each.last_ms for each in storages if each.last_ms is not None]
    times = {"firstEventTime": max(min(firsts), policy.updated_ms), "lastEventTime": max(lasts)} if firsts else {}
    return [
        {
            "logGroupIdentifier": group.arn,
            "fieldIndexName": name,
            "lastScanTime": call.now,
            "type": "FIELD_INDEX",
            **times,
        }
        for name in index_fields.checked_fields(policy.document)
    ]


def _shown(state: LogsState, group: LogGroup) -> dict[str, Any]:
    policy = index_fields.policy_of(state, group)
    assert policy is not None
    told: dict[str, Any] = {
        "logGroupIdentifier": group.arn,
        "lastUpdateTime": policy.updated_ms,
        "policyDocument": policy.document,
        "source": "ACCOUNT" if policy.name else "LOG_GROUP",
    }
    return told | ({"policyName": policy.name} if policy.name else {})
