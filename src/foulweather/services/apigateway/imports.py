"""APIs out of OpenAPI definitions."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, limits, shown_apis
from foulweather.services.apigateway.endpoints import checked_endpoint
from foulweather.services.apigateway.openapi import importing
from foulweather.services.apigateway.records import RestApi
from foulweather.services.apigateway.region_records import Place
from foulweather.services.apigateway.state import Places

Request = Mapping[str, Any]


def import_rest_api(call: Call, request: Request) -> dict[str, Any]:
    """Make an API out of a definition."""
    made = RestApi(
        id=finding.new_id(call, 10),
        name="",
        root_resource_id=finding.new_id(call, 10),
        created_date=call.now,
        endpoint_configuration=checked_endpoint(None),
    )
    apart, warnings = importing.imported(
        call,
        made,
        bytes(request["body"]),
        request.get("parameters") or {},
        merges=False,
        fail_on_warnings=bool(request.get("failOnWarnings")),
    )
    shown_apis.require_room(call, made.endpoint_configuration["types"][0])
    limits.pace(call, shown_apis.paced("ImportRestApi", made.endpoint_configuration))
    importing.put(call, apart, made)
    call.world.state(Places).apis.put(made.id, Place(account=call.account, region=call.region))
    finding.changed(call, "RestApiImported", f"/restapis/{made.id}", made)
    return {**shown_apis.told(made), **({"warnings": warnings} if warnings else {})}


def put_rest_api(call: Call, request: Request) -> dict[str, Any]:
    """Merge a definition into an API, or put it in the place of all that the API consists of."""
    _, api = finding.api(call, request)
    made = copy.deepcopy(api)
    apart, warnings = importing.imported(
        call,
        made,
        bytes(request["body"]),
        request.get("parameters") or {},
        merges=request.get("mode") != "overwrite",
        fail_on_warnings=bool(request.get("failOnWarnings")),
    )
    importing.put(call, apart, made)
    finding.changed(call, "RestApiPut", f"/restapis/{made.id}", made)
    return {**shown_apis.told(made), **({"warnings": warnings} if warnings else {})}
