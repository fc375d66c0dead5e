"""A deployment's snapshot: one JSON document of all that a stage needs to answer, made once and never changed.

`restApi`, `policy`, `resources` (by id, with `resourceMethods`), `authorizers` (by id), `models` (by name),
`requestValidators` (by id), `gatewayResponses` (by type), each in the shape of the API's own model.
"""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.services.apigateway.records import Deployment, RestApi, shown
from foulweather.services.apigateway.state import RestState, under


def taken(state: RestState, api: RestApi) -> bytes:
    """The API as it is now, packed."""
    return msgspec.json.encode(
        {
            "restApi": shown(api, "policy", "tags", "warnings"),
            "policy": api.policy,
            "resources": {row.id: shown(row) for row in under(state.resources, api.id)},
            "authorizers": {row.id: shown(row) for row in under(state.authorizers, api.id)},
            "models": {row.name: shown(row) for row in under(state.models, api.id)},
            "requestValidators": {row.id: shown(row) for row in under(state.validators, api.id)},
            "gatewayResponses": {row.response_type: shown(row) for row in under(state.gateway_responses, api.id)},
        }
    )


def read(deployment: Deployment) -> dict[str, Any]:
    """What a deployment froze."""
    return msgspec.json.decode(deployment.snapshot)
