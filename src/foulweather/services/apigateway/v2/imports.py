"""HTTP APIs out of OpenAPI definitions: new ones, or in the place of all that one consists of.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway.v2 import finding, openapi_read, refusals, snapshot, whole_apis
from foulweather.services.apigateway.v2.openapi_read import Definition
from foulweather.services.apigateway.v2.records import Api, told
from foulweather.services.apigateway.v2.state import HttpState

Request = Mapping[str, Any]


def import_api(call: Call, request: Request) -> dict[str, Any]:
    """Make an API out of a definition."""
    definition = _read(call, request)
    made = whole_apis.begun(call, definition.api)
    _put(call, made, definition)
    finding.changed(call, "ApiImported", f"/apis/{made.api_id}", made)
    return told(made)


def reimport_api(call: Call, request: Request) -> dict[str, Any]:
    """Put a definition in the place of all that an API consists of; its stages stay."""
    state, api = finding.api(call, request)
    if api.protocol_type != "HTTP":
        raise refusals.invalid("Only HTTP APIs can be imported", ProtocolType=api.protocol_type)
    definition = _read(call, request)
    whole_apis.clear(state, api.api_id)
    asked = {"CorsConfiguration": None, "Description": None, "Version": None, **definition.api}
    given: Mapping[str, str] = definition.api.get("Tags") or {}
    tags = {**api.tags, **given}
    made = finding.updated(api, {**asked, "Tags": tags, "Warnings": [], "ImportInfo": []})
    state.apis.put(made.api_id, made)
    _put(call, made, definition)
    finding.changed(call, "ApiReimported", f"/apis/{made.api_id}", made)
    snapshot.redeploy(call, made)
    return told(made)


def _read(call: Call, request: Request) -> Definition:
    basepath = request.get("Basepath") or "ignore"
    return openapi_read.read(call, request["Body"], basepath, fail_on_warnings=bool(request.get("FailOnWarnings")))


def _put(call: Call, api: Api, definition: Definition) -> None:
    state = call.state(HttpState)
    api.warnings = definition.findings.warnings
    state.apis.touch(api.api_id)
    for authorizer in definition.authorizers.values():
        state.authorizers.put(f"{api.api_id}/{authorizer.authorizer_id}", authorizer)
        path = f"/apis/{api.api_id}/authorizers/{authorizer.authorizer_id}"
        finding.changed(call, "AuthorizerCreated", path, authorizer)
    for integration in definition.integrations:
        state.integrations.put(f"{api.api_id}/{integration.integration_id}", integration)
        path = f"/apis/{api.api_id}/integrations/{integration.integration_id}"
        finding.changed(call, "IntegrationCreated", path, integration)
    for route in definition.routes:
        state.routes.put(f"{api.api_id}/{route.route_id}", route)
        finding.changed(call, "RouteCreated", f"/apis/{api.api_id}/routes/{route.route_id}", route)
