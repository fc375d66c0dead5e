"""Tags of log groups and destinations, by ARN, and by name as it was done before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.logs import limits, naming, refusals
from foulweather.services.logs.state import Destination, LogGroup, LogsState, ScheduledQuery

Request = Mapping[str, Any]
Tagged = LogGroup | Destination | ScheduledQuery


def tag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Add tags to a log group or a destination."""
    refusals.check_model(call, request)
    found = _tagged(call, request["resourceArn"])
    found.tags = limits.checked_tags(found.tags, request["tags"], "TooManyTagsException")
    _put(call, found)
    return {}


def untag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Take tags away from a log group or a destination."""
    refusals.check_model(call, request)
    found = _tagged(call, request["resourceArn"])
    found.tags = {key: value for key, value in found.tags.items() if key not in request["tagKeys"]}
    _put(call, found)
    return {}


def list_tags_for_resource(call: Call, request: Request) -> dict[str, Any]:
    """The tags of a log group or a destination."""
    refusals.check_model(call, request)
    return {"tags": dict(_tagged(call, request["resourceArn"]).tags)}


def tag_log_group(call: Call, request: Request) -> dict[str, Any]:
    """Add tags to a log group."""
    refusals.check_model(call, request)
    group = naming.require_group(call, request["logGroupName"])
    group.tags = limits.checked_tags(group.tags, request["tags"])
    _put(call, group)
    return {}


def untag_log_group(call: Call, request: Request) -> dict[str, Any]:
    """Take tags away from a log group."""
    refusals.check_model(call, request)
    group = naming.require_group(call, request["logGroupName"])
    group.tags = {key: value for key, value in group.tags.items() if key not in request["tags"]}
    _put(call, group)
    return {}


def list_tags_log_group(call: Call, request: Request) -> dict[str, Any]:
    """The tags of a log group."""
    refusals.check_model(call, request)
    return {"tags": dict(naming.require_group(call, request["logGroupName"]).tags)}


def _tagged(call: Call, arn: str) -> Tagged:
    if ":scheduled-query:" in arn:
        scheduled = call.state(LogsState).scheduled_queries.get(arn.rpartition(":")[2])
        if scheduled is None or scheduled.arn != arn:
            raise refusals.not_found("resource", arn)
        return scheduled
    if ":destination:" in arn:
        found = call.state(LogsState).destinations.get(arn.partition(":destination:")[2])
        if found is None or found.arn != arn:
            raise refusals.not_found("resource", arn)
        return found
    if ":log-group:" not in arn:
        raise refusals.invalid("The specified resource ARN is not valid.")
    return naming.require_group(call, arn)


def _put(call: Call, found: Tagged) -> None:
    state = call.state(LogsState)
    if isinstance(found, LogGroup):
        state.groups.touch(found.name)
    elif isinstance(found, ScheduledQuery):
        state.scheduled_queries.touch(found.id)
    else:
        state.destinations.touch(found.name)
    call.changed("logs.TagsSet", found.arn, Tags=dict(found.tags))
