"""What each operation needs permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Resource
from foulweather.services.dynamodb import access_conditions as keys
from foulweather.services.dynamodb import limits
from foulweather.services.dynamodb.state import DynamoState


def table_resource(call: Call, name: str | None, index: str | None = None) -> Resource:
    """A table, or one of its indexes, by name or ARN, with the policy and the tags that the table has."""
    name = name or ""
    account, region = call.account, call.region
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
    return Resource(arn, account, live.policy, live.row.tags)


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
    return tuple(table_resource(call, name) for name in (request.get("RequestItems") or {}))


def transaction(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """Nothing by itself: every item of a transaction needs the permission of its own kind."""
    first = next(iter(_transacted(request)), None)
    return () if first is None else (table_resource(call, first[1].get("TableName")),)


def _transacted(request: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    found: list[tuple[str, Mapping[str, Any]]] = []
    for item in request.get("TransactItems") or ():
        found += [(kind, each) for kind, each in item.items() if isinstance(each, dict)]
    return found


def new_table(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The table to be made."""
    return (Resource(call.arn("dynamodb", f"table/{request.get('TableName') or ''}"), call.account),)


def target_table(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The table that a restore makes."""
    return (Resource(call.arn("dynamodb", f"table/{request.get('TargetTableName') or ''}"), call.account),)


def backup(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The backup that BackupArn names."""
    return (Resource(request.get("BackupArn") or "*", call.account),)


def _data(action: str, resources: Any, *, is_read: bool = False) -> Access:
    return Access(f"dynamodb:{action}", resources, keys.of_items, is_read=is_read, is_data=True)


ACCESS: dict[str, Access] = {
    "BatchExecuteStatement": Access("dynamodb:PartiQL*", keys.nothing, also=keys.statements, is_data=True),
    "BatchGetItem": _data("BatchGetItem", batch, is_read=True),
    "BatchWriteItem": _data("BatchWriteItem", batch),
    "CreateBackup": Access("dynamodb:CreateBackup", table),
    "CreateTable": Access("dynamodb:CreateTable", new_table, keys.given_tags, also=keys.tagging_new),
    "DeleteBackup": Access("dynamodb:DeleteBackup", backup),
    "DeleteItem": _data("DeleteItem", table),
    "DeleteResourcePolicy": Access("dynamodb:DeleteResourcePolicy", named_by_arn),
    "DeleteTable": Access("dynamodb:DeleteTable", table),
    "DescribeBackup": Access("dynamodb:DescribeBackup", backup, is_read=True),
    "DescribeContinuousBackups": Access("dynamodb:DescribeContinuousBackups", table, is_read=True),
    "DescribeContributorInsights": Access("dynamodb:DescribeContributorInsights", table_or_index, is_read=True),
    "DescribeEndpoints": Access("dynamodb:DescribeEndpoints", is_read=True),
    "DescribeLimits": Access("dynamodb:DescribeLimits", is_read=True),
    "DescribeTable": Access("dynamodb:DescribeTable", table, is_read=True),
    "DescribeTimeToLive": Access("dynamodb:DescribeTimeToLive", table, is_read=True),
    "ExecuteStatement": Access("dynamodb:PartiQL*", keys.nothing, also=keys.statements, is_data=True),
    "ExecuteTransaction": Access("dynamodb:PartiQL*", keys.nothing, also=keys.statements, is_data=True),
    "GetItem": _data("GetItem", table, is_read=True),
    "GetResourcePolicy": Access("dynamodb:GetResourcePolicy", named_by_arn, is_read=True),
    "ListBackups": Access("dynamodb:ListBackups", is_read=True),
    "ListContributorInsights": Access("dynamodb:ListContributorInsights", is_read=True),
    "ListTables": Access("dynamodb:ListTables", is_read=True),
    "ListTagsOfResource": Access("dynamodb:ListTagsOfResource", named_by_arn, is_read=True),
    "PutItem": _data("PutItem", table),
    "PutResourcePolicy": Access("dynamodb:PutResourcePolicy", named_by_arn),
    "Query": _data("Query", table_or_index, is_read=True),
    "RestoreTableFromBackup": Access("dynamodb:RestoreTableFromBackup", backup, also=keys.restoring),
    "RestoreTableToPointInTime": Access("dynamodb:RestoreTableToPointInTime", target_table, also=keys.restoring),
    "Scan": _data("Scan", table_or_index, is_read=True),
    "TagResource": Access("dynamodb:TagResource", named_by_arn, keys.given_tags),
    "TransactGetItems": Access("dynamodb:GetItem", keys.nothing, also=keys.transacted, is_read=True, is_data=True),
    "TransactWriteItems": Access("dynamodb:PutItem", keys.nothing, also=keys.transacted, is_data=True),
    "UntagResource": Access("dynamodb:UntagResource", named_by_arn, keys.removed_tags),
    "UpdateContinuousBackups": Access("dynamodb:UpdateContinuousBackups", table),
    "UpdateContributorInsights": Access("dynamodb:UpdateContributorInsights", table_or_index),
    "UpdateItem": _data("UpdateItem", table),
    "UpdateTable": Access("dynamodb:UpdateTable", table),
    "UpdateTimeToLive": Access("dynamodb:UpdateTimeToLive", table),
}
