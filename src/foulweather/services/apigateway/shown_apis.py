"""APIs as they are shown, and how many there may be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway import limits, refusals
from foulweather.services.apigateway.records import RestApi, shown
from foulweather.services.apigateway.state import RestState


def paced(operation: str, endpoint: Mapping[str, Any]) -> str:
    """Under which name an operation is paced: edge-optimized APIs are made more rarely."""
    return f"{operation} (edge-optimized)" if endpoint["types"] == ["EDGE"] else operation


def require_room(call: Call, kind: str) -> None:
    """Refuse an API above the quota of its type."""
    state = call.state(RestState)
    most = limits.APIS_MAX[kind]
    if sum(api.endpoint_configuration["types"][0] == kind for api in state.apis.values()) >= most:
        raise refusals.too_many(f"{kind.lower()} APIs", "account", call.account, most)


def told(api: RestApi) -> dict[str, Any]:
    """An API as it is shown: its policy is escaped once more."""
    answer = shown(api)
    answer.pop("policy", None)
    if api.policy:
        # "The policy is an escaped JSON string": GetRestApi, as the CLI's users know it.
        answer["policy"] = json.dumps(api.policy)[1:-1]
    return answer
