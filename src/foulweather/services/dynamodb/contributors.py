"""Contributor Insights: which keys of a table or an index are used, and throttled, most.

While they are on, the journal's `dynamodb.Consumed` events name the key; the rules' reports are made of them.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/contributorinsights_HowItWorks.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.dynamodb import definitions, limits
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.records import Index
from foulweather.services.dynamodb.state import DynamoState, found

if TYPE_CHECKING:
    from aws_types.dynamodb import (
        DescribeContributorInsightsInput,
        DescribeContributorInsightsOutput,
        ListContributorInsightsInput,
        ListContributorInsightsOutput,
        UpdateContributorInsightsInput,
        UpdateContributorInsightsOutput,
    )

ALL_KEYS = "ACCESSED_AND_THROTTLED_KEYS"


def update_contributor_insights(call: Call, request: UpdateContributorInsightsInput) -> UpdateContributorInsightsOutput:
    """Turn the rules of a table or an index on or off."""
    definitions.check_model(call, request)
    live, index = _located(call, request)
    row = live.row
    is_on = request["ContributorInsightsAction"] == "ENABLE"
    status = "ENABLING" if is_on else "DISABLING"
    mode = request.get("ContributorInsightsMode", row.insights_mode or ALL_KEYS)
    row.insights_mode, row.insights_ms = mode, call.now
    if index is None:
        row.insights = status
    else:
        index.insights = status
    live.state.configured(live, call.now)
    arn = row.arn if index is None else row.index_arn(index.name)
    call.later(
        call.now + limits.UPDATE_MS,
        "dynamodb.insights_changed",
        table=row.name,
        table_id=row.id,
        index="" if index is None else index.name,
    )
    call.changed("dynamodb.ContributorInsightsUpdated", arn, ContributorInsightsStatus=status)
    told: dict[str, Any] = {"TableName": row.name, "ContributorInsightsStatus": status, "ContributorInsightsMode": mode}
    if index is not None:
        told["IndexName"] = index.name
    return told  # type: ignore[return-value]


def describe_contributor_insights(
    call: Call, request: DescribeContributorInsightsInput
) -> DescribeContributorInsightsOutput:
    """Whether the rules of a table or an index are on, and their names."""
    definitions.check_model(call, request)
    live, index = _located(call, request)
    row = live.row
    status = (row.insights if index is None else index.insights) or "DISABLED"
    told: dict[str, Any] = {"TableName": row.name, "ContributorInsightsStatus": status}
    if index is not None:
        told["IndexName"] = index.name
    if status != "DISABLED":
        told["ContributorInsightsRuleList"] = _rules(live, index)
        told["LastUpdateDateTime"] = row.insights_ms
        told["ContributorInsightsMode"] = row.insights_mode
    return told  # type: ignore[return-value]


def list_contributor_insights(call: Call, request: ListContributorInsightsInput) -> ListContributorInsightsOutput:
    """Tables and indexes with their rules' status."""
    definitions.check_model(call, request)
    state = call.state(DynamoState)
    name = request.get("TableName")
    rows = [found(call, name).row] if name else list(state.tables.values())
    listed: list[dict[str, Any]] = []
    for row in rows:
        if row.insights:
            listed.append({"TableName": row.name, "ContributorInsightsStatus": row.insights})
        for index in row.indexes:
            if index.insights:
                listed.append(
                    {"TableName": row.name, "IndexName": index.name, "ContributorInsightsStatus": index.insights}
                )
    start = int(request.get("NextToken") or 0) if (request.get("NextToken") or "0").isdigit() else 0
    size = request.get("MaxResults") or len(listed) or 1
    result: dict[str, Any] = {"ContributorInsightsSummaries": listed[start : start + size]}
    if start + size < len(listed):
        result["NextToken"] = str(start + size)
    return result  # type: ignore[return-value]


def _located(call: Call, request: Any) -> tuple[LiveTable, Index | None]:
    live = found(call, request.get("TableName"))
    name = request.get("IndexName")
    if name is None:
        return live, None
    index = live.row.index(name)
    if index is None or not index.is_global:
        raise AwsError(
            "ResourceNotFoundException",
            f"Requested resource not found: Table: {live.row.name} Index: {name} not found",
        )
    return live, index


def _rules(live: LiveTable, index: Index | None) -> list[str]:
    """PKC and SKC: keys by consumption; PKT and SKT: keys by throttling."""
    row = live.row
    has_sort = bool(row.sort_name if index is None else index.sort_names)
    kinds = ["PKC", "PKT"] if row.insights_mode == ALL_KEYS else ["PKT"]
    if has_sort:
        kinds += ["SKC", "SKT"] if row.insights_mode == ALL_KEYS else ["SKT"]
    name = row.name if index is None else f"{row.name}-{index.name}"
    return [f"DynamoDBContributorInsights-{kind}-{name}-{row.insights_ms}" for kind in kinds]
