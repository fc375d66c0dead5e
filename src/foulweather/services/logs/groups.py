"""Log groups: made, kept for a time, encrypted, protected, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.services.logs import expiring, keys, limits, naming, refusals
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.state import DELIVERY, INFREQUENT, STANDARD, LogGroup, LogsState

Request = Mapping[str, Any]


def create_log_group(call: Call, request: Request) -> dict[str, Any]:
    """Make a log group, whose events never expire until somebody says otherwise."""
    refusals.check_model(call, request)
    state, name = call.state(LogsState), request["logGroupName"]
    if name.startswith("aws/"):
        raise invalid("Log groups starting with aws/ are reserved for AWS.")
    tags = limits.checked_tags({}, request.get("tags") or {})
    group = LogGroup(name, call.account, call.region, call.now, request.get("logGroupClass") or STANDARD, tags=tags)
    if name in state.groups:
        raise refusals.exists("log group", group.arn)
    if len(state.groups) >= limits.GROUPS_MAX:
        raise refusals.over_limit("log groups", limits.GROUPS_MAX, call.account)
    if request.get("kmsKeyId"):
        group.data_key = keys.sealed(call, group, request["kmsKeyId"])
        group.key = request["kmsKeyId"]
    group.is_protected = bool(request.get("deletionProtectionEnabled"))
    state.put(group)
    call.changed(
        "logs.LogGroupCreated", group.arn, logGroupName=name, logGroupClass=group.log_class, kmsKeyId=group.key
    )
    return {}


def delete_log_group(call: Call, request: Request) -> dict[str, Any]:
    """Delete a log group with its streams, events and filters."""
    refusals.check_model(call, request)
    group = naming.require_group(call, request["logGroupName"])
    if group.is_protected:
        raise AwsError(
            "ValidationException",
            f"Log group {group.name} has deletion protection enabled and cannot be deleted.",
            facts=(call.fact(group.arn, "deletionProtectionEnabled", True),),
            remedy=(
                f"aws logs put-log-group-deletion-protection --log-group-identifier {group.name} "
                f"--no-deletion-protection-enabled --region {call.region}",
            ),
        )
    state = call.state(LogsState)
    size = state.stored_bytes(group)
    state.remove(group)
    expiring.removed(call, group, size)
    call.changed("logs.LogGroupDeleted", group.arn)
    return {}


def put_log_group_deletion_protection(call: Call, request: Request) -> dict[str, Any]:
    """Protect a log group and its streams from deletion, or protect it no more."""
    refusals.check_model(call, request)
    group = naming.require_group(call, request["logGroupIdentifier"])
    group.is_protected = request["deletionProtectionEnabled"]
    call.state(LogsState).put(group)
    call.changed("logs.DeletionProtectionSet", group.arn, deletionProtectionEnabled=group.is_protected)
    return {}


def put_retention_policy(call: Call, request: Request) -> dict[str, Any]:
    """Set for how many days a group's events are kept; older ones are gone at once."""
    refusals.check_model(call, request)
    days = limits.checked_retention(request["retentionInDays"])
    group = naming.require_group(call, request["logGroupName"], STANDARD, INFREQUENT)
    state = call.state(LogsState)
    group.retention_days = days
    group.expiry_ms = 0  # a shorter retention is due earlier
    state.put(group)
    expiring.expire(call, state, group)
    expiring.look_later(call, state, group)
    call.changed("logs.RetentionSet", group.arn, retentionInDays=days)
    return {}


def delete_retention_policy(call: Call, request: Request) -> dict[str, Any]:
    """Have a group's events never expire."""
    refusals.check_model(call, request)
    group = naming.require_group(call, request["logGroupName"], STANDARD, INFREQUENT)
    state = call.state(LogsState)
    expiring.expire(call, state, group)
    group.retention_days = 0
    state.put(group)
    call.changed("logs.RetentionDeleted", group.arn, retentionInDays=None)
    return {}


def associate_kms_key(call: Call, request: Request) -> dict[str, Any]:
    """Have a group's events encrypted with a KMS key that CloudWatch Logs may use for it."""
    refusals.check_model(call, request)
    group = _encrypted(call, request)
    key: str = request["kmsKeyId"]
    group.data_key = keys.sealed(call, group, key)
    group.key = key
    _put_key(call, group)
    return {}


def disassociate_kms_key(call: Call, request: Request) -> dict[str, Any]:
    """Have a group's events encrypted with CloudWatch Logs' own key again."""
    refusals.check_model(call, request)
    group = _encrypted(call, request)
    group.key, group.data_key = "", b""
    _put_key(call, group)
    return {}


def _put_key(call: Call, group: LogGroup) -> None:
    state = call.state(LogsState)
    state.put(group)
    state.key_checked_ms.pop(group.name, None)
    call.changed("logs.KmsKeySet", group.arn, kmsKeyId=group.key)


def _encrypted(call: Call, request: Request) -> LogGroup:
    """The group that a key is for; the results of queries cannot have one so far."""
    name, identifier = request.get("logGroupName"), request.get("resourceIdentifier")
    if (name is None) == (identifier is None):
        raise invalid("Exactly one of logGroupName or resourceIdentifier must be specified.")
    if identifier is not None and ":query-result:" in identifier:
        raise not_implemented("logs", f"{call.operation}.resourceIdentifier=query-result:*")
    return naming.require_group(call, name or identifier or "", STANDARD, INFREQUENT, DELIVERY)
