"""Time to live: turned on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.services.dynamodb import definitions, limits, refusals
from foulweather.services.dynamodb.state import found

if TYPE_CHECKING:
    from aws_types.dynamodb import (
        DescribeTimeToLiveInput,
        DescribeTimeToLiveOutput,
        UpdateTimeToLiveInput,
        UpdateTimeToLiveOutput,
    )

CHANGED_RECENTLY = "Time to live has been modified multiple times within a fixed interval"


def update_time_to_live(call: Call, request: UpdateTimeToLiveInput) -> UpdateTimeToLiveOutput:
    """Have items deleted some time after the moment that one of their attributes tells, or have it stopped."""
    definitions.check_model(call, request)
    live = found(call, request.get("TableName"))
    row = live.row
    specification = request["TimeToLiveSpecification"]
    name, is_enabled = specification["AttributeName"], specification["Enabled"]
    if row.status not in ("ACTIVE", "UPDATING"):
        raise refusals.table_in_use(
            row.arn,
            f"Attempt to change a resource which is still in use: Table is being changed: {row.name}",
            row.status,
        )
    if row.ttl_status in ("ENABLING", "DISABLING"):
        raise refusals.validation(CHANGED_RECENTLY, call.fact(row.arn, "TimeToLiveStatus", row.ttl_status))
    if is_enabled:
        if row.ttl_status == "ENABLED":
            if row.ttl_attribute == name:
                raise refusals.validation("TimeToLive is already enabled")
            raise refusals.validation(
                f"TimeToLive is active on a different AttributeName: current AttributeName is {row.ttl_attribute}"
            )
        row.ttl_status, row.ttl_attribute = "ENABLING", name
    else:
        if row.ttl_status == "DISABLED":
            raise refusals.validation("TimeToLive is already disabled")
        if row.ttl_attribute != name:
            raise refusals.validation(
                f"TimeToLive is active on a different AttributeName: current AttributeName is {row.ttl_attribute}"
            )
        row.ttl_status = "DISABLING"
    row.ttl_changed_ms = call.now
    live.state.configured(live, call.now)
    call.later(call.now + limits.TTL_CHANGE_MS, "dynamodb.ttl_changed", table=row.name, table_id=row.id)
    call.changed("dynamodb.TimeToLiveUpdated", row.arn, TimeToLiveEnabled=is_enabled, TimeToLiveAttribute=name)
    return {"TimeToLiveSpecification": specification}


def describe_time_to_live(call: Call, request: DescribeTimeToLiveInput) -> DescribeTimeToLiveOutput:
    """Whether items of a table expire, and by which attribute."""
    row = found(call, request.get("TableName")).row
    if row.ttl_attribute and row.ttl_status != "DISABLED":
        return {"TimeToLiveDescription": {"TimeToLiveStatus": row.ttl_status, "AttributeName": row.ttl_attribute}}  # type: ignore[typeddict-item]
    return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
