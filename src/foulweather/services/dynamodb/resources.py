"""The resources that requests name: tables, indexes, backups, with their policies and tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.service import Resource
from foulweather.services.dynamodb import limits
from foulweather.services.dynamodb.state import DynamoState


def table_resource(call: Call, name: str | None, index: str | None = None) -> Resource:
    """A table, or one of its indexes, by name or ARN, with the policy and the tags that the table has."""
    name = name or ""
    account, region = call.account, call.region
    live = call.state(DynamoState).live.get(name) if index is None else None
    if live is not None:
        return live.resource()
    if name.startswith("arn:"):
        place = limits.place_of(name)
        if place is None:
            return Resource(name, call.account)
        region, account, name = place
    arn = f"arn:aws:dynamodb:{region}:{account}:table/{name}"
    live = call.state(DynamoState, account, region).table(name, call.now)
    if index is not None:
        arn = f"{arn}/index/{index}"
    if live is None:
        return Resource(arn, account)
    return live.resource() if index is None else Resource(arn, account, live.policy, live.row.tags)


def table(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The table that TableName names."""
    return (table_resource(call, request.get("TableName")),)


def table_or_index(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """What is read: a table, or the index that IndexName names."""
    return (table_resource(call, request.get("TableName"), request.get("IndexName")),)


def named_by_arn(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The table that ResourceArn names."""
    arn = request.get("ResourceArn") or ""
    if limits.place_of(arn) is None or "/stream/" in arn:
        return (Resource(arn or "*", call.account),)
    return (table_resource(call, arn.partition("/index/")[0]),)


def batch(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """Every table of a batch."""
    return tuple(table_resource(call, name) for name in cast("dict[str, Any]", request.get("RequestItems") or {}))


def new_table(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The table to be made."""
    return (Resource(call.arn("dynamodb", f"table/{request.get('TableName') or ''}"), call.account),)


def target_table(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The table that a restore makes."""
    return (Resource(call.arn("dynamodb", f"table/{request.get('TargetTableName') or ''}"), call.account),)


def backup(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The backup that BackupArn names."""
    return (Resource(request.get("BackupArn") or "*", call.account),)


def table_by_arn(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The table that TableArn names."""
    return (table_resource(call, request.get("TableArn")),)


def imported_table(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The table that an import makes."""
    return new_table(call, request.get("TableCreationParameters") or {})


def named_export(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The export that ExportArn names."""
    return (Resource(request.get("ExportArn") or "*", call.account),)


def named_import(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The import that ImportArn names."""
    return (Resource(request.get("ImportArn") or "*", call.account),)
