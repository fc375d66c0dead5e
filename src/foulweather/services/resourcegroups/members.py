"""The members of groups: found by queries, or put in one by one."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.resourcegroups import found, limits, paging
from foulweather.services.resourcegroups.state import APPLICATION_TAG, Group, Grouping, group_of, save

Request = Mapping[str, Any]


def list_group_resources(call: Call, request: Request) -> dict[str, Any]:
    """Show the members of a group, or those of some types."""
    group = group_of(call, request)
    there = found.members(call, group)
    for asked in request.get("Filters", ()):
        there = [each for each in there if each["ResourceType"] in asked["Values"]]
    page, more = paging.page(request, there)
    return {
        "Resources": [{"Identifier": each} for each in page],
        "ResourceIdentifiers": page,
        "QueryErrors": [],
        **more,
    }


async def group_resources(call: Call, request: Request) -> dict[str, Any]:
    """Make resources members of an application: they get its tag, in the caller's name."""
    group = _populated(call, request)
    asked = {"ResourceARNList": request["ResourceArns"], "Tags": {APPLICATION_TAG: group.arn}}
    return await _done(call, request, group, "GROUP", "tag_resources", asked)


async def ungroup_resources(call: Call, request: Request) -> dict[str, Any]:
    """Take resources out of an application."""
    group = _populated(call, request)
    asked = {"ResourceARNList": request["ResourceArns"], "TagKeys": [APPLICATION_TAG]}
    return await _done(call, request, group, "UNGROUP", "untag_resources", asked)


def list_grouping_statuses(call: Call, request: Request) -> dict[str, Any]:
    """Show what became of the last grouping or ungrouping of each resource."""
    group = group_of(call, request)
    listed = sorted(group.groupings.items())
    for asked in request.get("Filters", ()):
        values: Sequence[str] = asked["Values"]
        of_arn = asked["Name"] == "resource-arn"
        listed = [(arn, each) for arn, each in listed if (arn if of_arn else each.status) in values]
    page, more = paging.page(request, listed)
    return {"Group": group.arn, "GroupingStatuses": [_shown(arn, each) for arn, each in page], **more}


def _populated(call: Call, request: Request) -> Group:
    """The group, which must be one that resources are put in one by one."""
    group = group_of(call, request)
    if not group.is_application:
        raise limits.bad(
            "You can only use this operation with groups that have a configuration for it.",
            Fact(group.arn, "types", group.types),
        )
    return group


async def _done(
    call: Call, request: Request, group: Group, action: str, operation: str, asked: dict[str, Any]
) -> dict[str, Any]:
    answer = getattr(call.forwarded("resource-groups").resourcegroupstaggingapi, operation)(asked)
    if inspect.isawaitable(answer):
        answer = await answer
        group = group_of(call, request)
    refused: Mapping[str, Any] = answer["FailedResourcesMap"]
    succeeded: list[str] = []
    failed: list[dict[str, Any]] = []
    for arn in request["ResourceArns"]:
        why = refused.get(arn)
        if why is None:
            succeeded.append(arn)
            group.groupings[arn] = Grouping(action, "SUCCESS", call.now)
        else:
            code, message = why["ErrorCode"], why["ErrorMessage"]
            failed.append({"ResourceArn": arn, "ErrorCode": code, "ErrorMessage": message})
            group.groupings[arn] = Grouping(action, "FAILED", call.now, code, message)
    save(call, group, "ResourcesGrouped" if action == "GROUP" else "ResourcesUngrouped", Resources=succeeded)
    return {"Succeeded": succeeded, "Failed": failed, "Pending": []}


def _shown(arn: str, grouping: Grouping) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "ResourceArn": arn,
        "Action": grouping.action,
        "Status": grouping.status,
        "UpdatedAt": grouping.at_ms,
    }
    if grouping.code:
        shape |= {"ErrorCode": grouping.code, "ErrorMessage": grouping.message}
    return shape
