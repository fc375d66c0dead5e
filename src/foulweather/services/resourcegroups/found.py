"""The resources that a query finds: asked of the Tagging API in the caller's name, who needs tag:GetResources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.tagging import kind_of, tagging_of
from foulweather.services.resourcegroups.parsing import ALL_SUPPORTED
from foulweather.services.resourcegroups.state import APPLICATION_TAG, Group, Query


def by_query(call: Call, query: Query) -> list[dict[str, str]]:
    """`ResourceIdentifiers` of what a query finds."""
    filters = [{"Key": key, "Values": values} for key, values in query.tags]
    found = _tagged(call, {"TagFilters": filters} if filters else {})
    if ALL_SUPPORTED in query.types:
        return found
    return [each for each in found if each["ResourceType"] in query.types]


def members(call: Call, group: Group) -> list[dict[str, str]]:
    """`ResourceIdentifiers` of a group; of one with another configuration, nothing here can be a member."""
    if group.query is not None:
        return by_query(call, group.query)
    if group.is_application:
        return _tagged(call, {"TagFilters": [{"Key": APPLICATION_TAG, "Values": [group.arn]}]})
    return []


def _tagged(call: Call, request: Mapping[str, Any]) -> list[dict[str, str]]:
    kinds = tagging_of(call.pipeline.services)
    found: list[dict[str, str]] = []
    token = ""
    while True:
        answer = call.forwarded("resource-groups").resourcegroupstaggingapi.get_resources(
            {**request, "ResourcesPerPage": 100, "PaginationToken": token}
        )
        for each in answer["ResourceTagMappingList"]:
            arn = each["ResourceARN"]
            kind = kind_of(arn, kinds)
            if each["Tags"]:
                found.append({"ResourceArn": arn, "ResourceType": kinds[kind].KINDS[kind]})
        token = answer["PaginationToken"]
        if not token:
            return found
