"""Documentation parts: what is written about the parts of an API.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-documenting-api-content-representation.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.apigateway import finding, limits, paging, patches, refusals
from foulweather.services.apigateway.documentation_locations import checked_location, checked_properties
from foulweather.services.apigateway.openapi import documents
from foulweather.services.apigateway.patches import sets, value_of
from foulweather.services.apigateway.records import DocumentationPart, shown
from foulweather.services.apigateway.state import RestState, under

Request = Mapping[str, Any]


def create_documentation_part(call: Call, request: Request) -> dict[str, Any]:
    """Write about a part of an API."""
    location = checked_location(request["location"])
    properties = checked_properties(request["properties"])
    state, api = finding.api(call, request)
    if any(part.location == location for part in under(state.documentation_parts, api.id)):
        raise refusals.conflict(_exists(location))
    _require_room(call, state, api.id, 1)
    return shown(_put(call, state, api.id, location, properties))


def import_documentation_parts(call: Call, request: Request) -> dict[str, Any]:
    """Take the documentation parts of an OpenAPI definition over."""
    document = documents.read(bytes(request["body"]))
    parts = documents.objects(documents.part(document, "x-amazon-apigateway-documentation"), "documentationParts")
    state, api = finding.api(call, request)
    found: list[tuple[dict[str, str], str]] = []
    warnings: list[str] = []
    for part in parts:
        location = checked_location(documents.part(part, "location"))
        if any(location == other for other, _ in found):
            warnings.append(f"Multiple documentation parts found for location {json.dumps(location)}")
            continue
        found.append((location, json.dumps(documents.part(part, "properties"))))
    if warnings and request.get("failOnWarnings"):
        raise refusals.invalid(f"Warnings found during import:\n\t{'; '.join(warnings)}", warnings=len(warnings))
    _require_room(call, state, api.id, len(found))
    limits.pace(call, "ImportDocumentationParts")
    if request.get("mode") == "overwrite":
        for part in list(under(state.documentation_parts, api.id)):
            state.documentation_parts.delete(f"{api.id}/{part.id}")
    ids: list[str] = []
    for location, properties in found:
        held = next((one for one in under(state.documentation_parts, api.id) if one.location == location), None)
        if held is None:
            ids.append(_put(call, state, api.id, location, properties).id)
        else:
            held.properties = properties
            state.documentation_parts.touch(f"{api.id}/{held.id}")
            ids.append(held.id)
    return {"ids": ids, "warnings": warnings}


def get_documentation_part(call: Call, request: Request) -> dict[str, Any]:
    """What is written about a part."""
    return shown(_found(call, request)[1])


def get_documentation_parts(call: Call, request: Request) -> dict[str, Any]:
    """What is written about an API's parts: of a type, of a name, of a path."""
    if request.get("locationStatus") == "UNDOCUMENTED":
        raise not_implemented("apigateway", "GetDocumentationParts.LocationStatus.UNDOCUMENTED")
    state, api = finding.api(call, request)
    wanted = {"type": request.get("type"), "name": request.get("nameQuery"), "path": request.get("path")}
    parts = [
        part
        for part in under(state.documentation_parts, api.id)
        if all(not value or part.location.get(name) == value for name, value in wanted.items())
    ]
    found, more = paging.page(parts, request)
    return {"items": [shown(part) for part in found], **more}


def update_documentation_part(call: Call, request: Request) -> dict[str, Any]:
    """Write something else about a part."""
    state, part = _found(call, request)
    made = patches.patched(call, part, request, (sets("/properties", "properties", value_of),))
    made.properties = checked_properties(made.properties)
    state.documentation_parts.put(f"{request['restApiId']}/{made.id}", made)
    path = _path(request["restApiId"], made.id)
    finding.changed(call, "DocumentationPartUpdated", path, made, patches.touched(request))
    return shown(made)


def delete_documentation_part(call: Call, request: Request) -> None:
    """Write nothing about a part any more."""
    state, part = _found(call, request)
    state.documentation_parts.delete(f"{request['restApiId']}/{part.id}")
    finding.changed(call, "DocumentationPartDeleted", _path(request["restApiId"], part.id))


def _put(call: Call, state: RestState, api_id: str, location: dict[str, str], properties: str) -> DocumentationPart:
    made = DocumentationPart(id=finding.new_id(call), location=location, properties=properties)
    state.documentation_parts.put(f"{api_id}/{made.id}", made)
    finding.changed(call, "DocumentationPartCreated", _path(api_id, made.id), made)
    return made


def _exists(location: Mapping[str, str]) -> str:
    told = ", ".join(f"{name} '{value}'" for name, value in location.items())
    return f"Documentation part already exists for the specified location: {told}"


def _require_room(call: Call, state: RestState, api_id: str, more: int) -> None:
    if sum(1 for _ in under(state.documentation_parts, api_id)) + more > limits.PARTS_MAX:
        where = finding.arn(call, f"/restapis/{api_id}")
        raise refusals.too_many("documentation parts", "API", where, limits.PARTS_MAX)


def _path(api_id: str, part_id: str) -> str:
    return f"/restapis/{api_id}/documentation/parts/{part_id}"


def _found(call: Call, request: Request) -> tuple[RestState, DocumentationPart]:
    state, api = finding.api(call, request)
    found = state.documentation_parts.get(f"{api.id}/{request['documentationPartId']}")
    if found is None:
        path = finding.arn(call, _path(api.id, request["documentationPartId"]))
        raise refusals.missing("Invalid Documentation part identifier specified", path)
    return state, found
