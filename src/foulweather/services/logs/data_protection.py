"""Data protection policies of log groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.logs import auditing, masking, naming, refusals
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.state import INFREQUENT, STANDARD, LogGroup, LogsState

Request = Mapping[str, Any]


def put_data_protection_policy(call: Call, request: Request) -> dict[str, Any]:
    """Have sensitive data in a group's events to come masked."""
    refusals.check_model(call, request)
    protection = masking.compiled(request["policyDocument"])
    group = _group(call, request)
    auditing.prepare(call, protection.findings_group)
    group.data_protection, group.data_protection_ms = request["policyDocument"], call.now
    group.data_protection_deleted = False
    call.state(LogsState).put(group)
    call.changed("logs.DataProtectionSet", group.arn, DataProtectionPolicy=group.data_protection)
    return _shown(request, group)


def get_data_protection_policy(call: Call, request: Request) -> dict[str, Any]:
    """A group's data protection policy, if it has one."""
    refusals.check_model(call, request)
    group = _group(call, request)
    return _shown(request, group) if group.data_protection else {"logGroupIdentifier": request["logGroupIdentifier"]}


def delete_data_protection_policy(call: Call, request: Request) -> dict[str, Any]:
    """Mask no more; what was masked as it came stays masked."""
    refusals.check_model(call, request)
    group = _group(call, request)
    if not group.data_protection:
        raise refusals.not_found("data protection policy", group.arn)
    group.data_protection, group.data_protection_ms, group.data_protection_deleted = "", 0, True
    call.state(LogsState).put(group)
    call.changed("logs.DataProtectionDeleted", group.arn, DataProtectionPolicy="")
    return {}


def _group(call: Call, request: Request) -> LogGroup:
    identifier: str = request["logGroupIdentifier"]
    if identifier.endswith("*"):
        raise invalid("Invalid logGroupIdentifier.", Fact("request", "logGroupIdentifier", identifier))
    return naming.require_group(call, identifier, STANDARD, INFREQUENT)


def _shown(request: Request, group: LogGroup) -> dict[str, Any]:
    return {
        "logGroupIdentifier": request["logGroupIdentifier"],
        "policyDocument": group.data_protection,
        "lastUpdatedTime": group.data_protection_ms,
    }
