"""SearchResources: a query without a group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.resourcegroups import found, paging, parsing


def search_resources(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show the resources that a query finds."""
    there = found.by_query(call, parsing.query(call.operation, request["ResourceQuery"]))
    page, more = paging.page(request, there)
    return {"ResourceIdentifiers": page, "QueryErrors": [], **more}
