"""The tag keys in use, and the values of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.resourcegroupstaggingapi import limits, paging
from foulweather.services.resourcegroupstaggingapi.found import tagged


def get_tag_keys(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show the tag keys that the account's resources in the region have."""
    keys = {key for each in tagged(call, call.account, call.region) for key in each.tags}
    return _page(call, request, "TagKeys", keys)


def get_tag_values(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show the values that a tag key has on the account's resources in the region."""
    sought = request["Key"]
    found = tagged(call, call.account, call.region)
    return _page(call, request, "TagValues", {each.tags[sought] for each in found if sought in each.tags})


def _page(call: Call, request: Mapping[str, Any], member: str, names: set[str]) -> dict[str, Any]:
    start = paging.start(call, request.get("PaginationToken"))
    end = start + limits.NAMES_PAGE
    return {"PaginationToken": paging.token(call, end, len(names)), member: sorted(names)[start:end]}
