"""Log groups as they are listed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.logs import expiring, index_fields, limits, naming, paging, refusals
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.state import DELIVERY, LogGroup, LogsState

Request = Mapping[str, Any]
_IDENTIFIERS_ONLY = ("logGroupNamePrefix", "logGroupNamePattern", "logGroupClass", "nextToken", "limit")


def describe_log_groups(call: Call, request: Request) -> dict[str, Any]:
    """A page of the account's log groups in order of name, by prefix, by part of the name, or by identifiers."""
    refusals.check_model(call, request)
    limits.check_not_given("DescribeLogGroups", request, "includeLinkedAccounts", "accountIdentifiers")
    prefix, part = request.get("logGroupNamePrefix"), request.get("logGroupNamePattern")
    if prefix is not None and part is not None:
        raise invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
    state = call.state(LogsState)
    if request.get("logGroupIdentifiers") is not None:
        if any(name in request for name in _IDENTIFIERS_ONLY):
            raise invalid("logGroupIdentifiers cannot be combined with other filters.")
        chosen = [naming.group_named(call, each) for each in request["logGroupIdentifiers"]]
        return {"logGroups": [_shown(call, state, group) for group in chosen if group is not None]}
    groups = _of_class(state.groups.values(), request)
    groups = [group for group in groups if group.name.startswith(prefix or "") and (part or "") in group.name]
    groups.sort(key=_name)
    found, token = paging.page(groups, _name, request.get("limit") or limits.LIST_PAGE, request.get("nextToken"))
    if part:
        # "If you specify logGroupNamePattern, then only arn, creationTime, and logGroupName are included."
        brief = [{"logGroupName": g.name, "creationTime": g.created_ms, "arn": f"{g.arn}:*"} for g in found]
        return {"logGroups": brief, **token}
    return {"logGroups": [_shown(call, state, group) for group in found], **token}


def list_log_groups(call: Call, request: Request) -> dict[str, Any]:
    """A page of the account's log groups whose names match a pattern: prefixes with ^, parts, several with |."""
    refusals.check_model(call, request)
    limits.check_not_given("ListLogGroups", request, "includeLinkedAccounts", "accountIdentifiers", "dataSources")
    state = call.state(LogsState)
    groups = _of_class(state.groups.values(), request)
    if request.get("logGroupNamePattern"):
        search = re.compile(_expression(request["logGroupNamePattern"])).search
        groups = [group for group in groups if search(group.name)]
    filters: list[Mapping[str, Any]] = request.get("logGroupTags") or []
    for wanted in filters:
        values: list[str] = wanted.get("values") or []
        groups = [g for g in groups if wanted["key"] in g.tags and (not values or g.tags[wanted["key"]] in values)]
    if request.get("fieldIndexNames"):
        needed = set(request["fieldIndexNames"])
        groups = [group for group in groups if needed <= set(index_fields.indexed(state, group))]
    groups.sort(key=_name)
    found, token = paging.page(groups, _name, request.get("limit") or limits.LIST_PAGE, request.get("nextToken"))
    brief = [{"logGroupName": g.name, "logGroupArn": g.arn, "logGroupClass": g.log_class} for g in found]
    return {"logGroups": brief, **token}


def _expression(pattern: str) -> str:
    """A pattern as a regular expression: only ^ and | have a meaning in it."""
    parts = [("^" if each.startswith("^") else "") + re.escape(each.removeprefix("^")) for each in pattern.split("|")]
    return "|".join(parts)


def _of_class(groups: Any, request: Request) -> list[LogGroup]:
    wanted = request.get("logGroupClass")
    return [group for group in groups if wanted is None or group.log_class == wanted]


def _name(group: LogGroup) -> str:
    return group.name


def _shown(call: Call, state: LogsState, group: LogGroup) -> dict[str, Any]:
    """A group as DescribeLogGroups tells of it."""
    expiring.expire(call, state, group)
    told: dict[str, Any] = {
        "logGroupName": group.name,
        "creationTime": group.created_ms,
        "metricFilterCount": len(state.metric_filters_of(group.name)),
        "arn": f"{group.arn}:*",
        "logGroupArn": group.arn,
        "storedBytes": state.stored_bytes(group),
        "logGroupClass": group.log_class,
        "deletionProtectionEnabled": group.is_protected,
    }
    if group.retention_days:
        told["retentionInDays"] = group.retention_days
    if group.key:
        told["kmsKeyId"] = group.key
    if group.data_protection:
        told["dataProtectionStatus"] = "ACTIVATED"
    elif group.data_protection_deleted:
        told["dataProtectionStatus"] = "DELETED"
    inherited: Sequence[str] = [
        "ACCOUNT_DATA_PROTECTION"
        for each in state.account_policies.values()
        if each.kind == "DATA_PROTECTION_POLICY" and group.log_class != DELIVERY
    ]
    if inherited:
        told["inheritedProperties"] = inherited
    return told
