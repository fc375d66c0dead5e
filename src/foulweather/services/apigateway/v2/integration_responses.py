"""Integration responses: how answers of a WebSocket API's integrations are passed on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway.state import under
from foulweather.services.apigateway.v2 import finding, paging, refusals, snapshot
from foulweather.services.apigateway.v2.records import Api, Integration, IntegrationResponse, told
from foulweather.services.apigateway.v2.state import HttpState

Request = Mapping[str, Any]


def create_integration_response(call: Call, request: Request) -> dict[str, Any]:
    """Say how one kind of answers is passed on."""
    state, api, parent = _parent(call, request)
    asked = finding.given(request, "ApiId", "IntegrationId")
    made = finding.updated(
        IntegrationResponse(integration_response_id=finding.new_id(call, 7), integration_response_key=""), asked
    )
    _check(state, api, parent, made)
    state.integration_responses.put(_row(api, parent, made), made)
    finding.changed(call, "IntegrationResponseCreated", _path(api, parent, made), made)
    snapshot.redeploy(call, api)
    return told(made)


def get_integration_response(call: Call, request: Request) -> dict[str, Any]:
    """An integration response."""
    return told(_found(call, request)[3])


def get_integration_responses(call: Call, request: Request) -> dict[str, Any]:
    """An integration's responses."""
    state, api, parent = _parent(call, request)
    return paging.listed(under(state.integration_responses, f"{api.api_id}/{parent.integration_id}"), request)


def update_integration_response(call: Call, request: Request) -> dict[str, Any]:
    """Change an integration response."""
    state, api, parent, response = _found(call, request)
    asked = finding.given(request, "ApiId", "IntegrationId", "IntegrationResponseId")
    made = finding.updated(response, asked)
    _check(state, api, parent, made)
    state.integration_responses.put(_row(api, parent, made), made)
    finding.changed(call, "IntegrationResponseUpdated", _path(api, parent, made), made, asked)
    snapshot.redeploy(call, api)
    return told(made)


def delete_integration_response(call: Call, request: Request) -> None:
    """Delete an integration response."""
    state, api, parent, response = _found(call, request)
    state.integration_responses.delete(_row(api, parent, response))
    finding.changed(call, "IntegrationResponseDeleted", _path(api, parent, response))
    snapshot.redeploy(call, api)


def _parent(call: Call, request: Request) -> tuple[HttpState, Api, Integration]:
    state, api = finding.api(call, request)
    if api.protocol_type != "WEBSOCKET":
        raise refusals.invalid(
            "Integration responses are only supported for WebSocket APIs", ProtocolType=api.protocol_type
        )
    return state, api, finding.child(call, request, state.integrations, "Integration", "IntegrationId")


def _found(call: Call, request: Request) -> tuple[HttpState, Api, Integration, IntegrationResponse]:
    state, api, parent = _parent(call, request)
    rows = state.integration_responses
    return (
        state,
        api,
        parent,
        finding.child(call, request, rows, "IntegrationResponse", "IntegrationId", "IntegrationResponseId"),
    )


def _row(api: Api, parent: Integration, response: IntegrationResponse) -> str:
    return f"{api.api_id}/{parent.integration_id}/{response.integration_response_id}"


def _path(api: Api, parent: Integration, response: IntegrationResponse) -> str:
    own = f"/apis/{api.api_id}/integrations/{parent.integration_id}"
    return f"{own}/integrationresponses/{response.integration_response_id}"


def _check(state: HttpState, api: Api, parent: Integration, made: IntegrationResponse) -> None:
    if not re.fullmatch(r"\$default|/.+/", made.integration_response_key):
        words = "Integration response key must be $default or a pattern between slashes"
        raise refusals.invalid(words, IntegrationResponseKey=made.integration_response_key)
    for other in under(state.integration_responses, f"{api.api_id}/{parent.integration_id}"):
        if (
            other.integration_response_id != made.integration_response_id
            and other.integration_response_key == made.integration_response_key
        ):
            raise refusals.conflict(f"Integration responses with key {made.integration_response_key} already exists")
