"""What each operation needs permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
"""

from __future__ import annotations

from foulweather.kernel.service import Access, Resources
from foulweather.services.dynamodb import access_conditions as keys
from foulweather.services.dynamodb.resources import (
    backup,
    batch,
    imported_table,
    named_by_arn,
    named_export,
    named_import,
    new_table,
    table,
    table_by_arn,
    table_or_index,
    target_table,
)


def _data(action: str, resources: Resources, *, is_read: bool = False) -> Access:
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
    "DescribeExport": Access("dynamodb:DescribeExport", named_export, is_read=True),
    "DescribeImport": Access("dynamodb:DescribeImport", named_import, is_read=True),
    "DescribeKinesisStreamingDestination": Access("dynamodb:DescribeKinesisStreamingDestination", table, is_read=True),
    "DescribeLimits": Access("dynamodb:DescribeLimits", is_read=True),
    "DescribeTable": Access("dynamodb:DescribeTable", table, is_read=True),
    "DescribeTimeToLive": Access("dynamodb:DescribeTimeToLive", table, is_read=True),
    "DisableKinesisStreamingDestination": Access("dynamodb:DisableKinesisStreamingDestination", table),
    "EnableKinesisStreamingDestination": Access("dynamodb:EnableKinesisStreamingDestination", table),
    "ExecuteStatement": Access("dynamodb:PartiQL*", keys.nothing, also=keys.statements, is_data=True),
    "ExecuteTransaction": Access("dynamodb:PartiQL*", keys.nothing, also=keys.statements, is_data=True),
    "ExportTableToPointInTime": Access("dynamodb:ExportTableToPointInTime", table_by_arn),
    "GetItem": _data("GetItem", table, is_read=True),
    "GetResourcePolicy": Access("dynamodb:GetResourcePolicy", named_by_arn, is_read=True),
    "ImportTable": Access("dynamodb:ImportTable", imported_table),
    "ListBackups": Access("dynamodb:ListBackups", is_read=True),
    "ListContributorInsights": Access("dynamodb:ListContributorInsights", is_read=True),
    "ListExports": Access("dynamodb:ListExports", is_read=True),
    "ListImports": Access("dynamodb:ListImports", is_read=True),
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
    "UpdateKinesisStreamingDestination": Access("dynamodb:UpdateKinesisStreamingDestination", table),
    "UpdateTable": Access("dynamodb:UpdateTable", table),
    "UpdateTimeToLive": Access("dynamodb:UpdateTimeToLive", table),
}
