"""What each operation needs permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigateway.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Resource, Resources

ACTION = "execute-api:ManageConnections"


def _connection(method: str) -> Resources:
    """The connection that a request with an HTTP method names, under its API and stage."""

    def resources(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
        place = f"{request.get('ApiId', '*')}/{request.get('Stage', '*')}"
        path = f"{place}/{method}/@connections/{request.get('ConnectionId', '')}"
        return (Resource(call.arn("execute-api", path), call.account),)

    return resources


ACCESS: dict[str, Access] = {
    "DeleteConnection": Access(ACTION, resources=_connection("DELETE"), is_data=True),
    "GetConnection": Access(ACTION, resources=_connection("GET"), is_data=True, is_read=True),
    "PostToConnection": Access(ACTION, resources=_connection("POST"), is_data=True),
}
