"""Documentation versions: all that is written about an API, as it was once."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, limits, paging, patches, refusals
from foulweather.services.apigateway.patches import sets
from foulweather.services.apigateway.records import DocumentationVersion, shown
from foulweather.services.apigateway.state import RestState, under

Request = Mapping[str, Any]


def create_documentation_version(call: Call, request: Request) -> dict[str, Any]:
    """Freeze what is written about an API, and have a stage show it if one is named."""
    version, stage_name = request["documentationVersion"], request.get("stageName")
    state, api = finding.api(call, request)
    if f"{api.id}/{version}" in state.documentation_versions:
        raise refusals.conflict(f"Version {version} already exists")
    stage = None
    if stage_name:
        stage = state.stages.get(f"{api.id}/{stage_name}")
        if stage is None:
            path = finding.arn(call, f"/restapis/{api.id}/stages/{stage_name}")
            raise refusals.missing("Invalid stage identifier specified", path)
    limits.pace(call, "CreateDocumentationVersion")
    made = DocumentationVersion(
        version=version,
        created_date=call.now,
        description=request.get("description"),
        parts=[copy.deepcopy(part) for part in under(state.documentation_parts, api.id)],
    )
    state.documentation_versions.put(f"{api.id}/{version}", made)
    finding.changed(call, "DocumentationVersionCreated", _path(request, version), made)
    if stage is not None:
        stage.documentation_version = version
        state.stages.touch(f"{api.id}/{stage_name}")
    return shown(made, "parts")


def get_documentation_version(call: Call, request: Request) -> dict[str, Any]:
    """A version."""
    return shown(_found(call, request)[1], "parts")


def get_documentation_versions(call: Call, request: Request) -> dict[str, Any]:
    """The versions of an API's documentation."""
    state, api = finding.api(call, request)
    found, more = paging.page(list(under(state.documentation_versions, api.id)), request)
    return {"items": [shown(version, "parts") for version in found], **more}


def update_documentation_version(call: Call, request: Request) -> dict[str, Any]:
    """Change a version's description."""
    state, version = _found(call, request)
    made = patches.patched(call, version, request, (sets("/description", "description"),))
    state.documentation_versions.put(f"{request['restApiId']}/{made.version}", made)
    path = _path(request, made.version)
    finding.changed(call, "DocumentationVersionUpdated", path, made, patches.touched(request))
    return shown(made, "parts")


def delete_documentation_version(call: Call, request: Request) -> None:
    """Delete a version that no stage shows."""
    state, version = _found(call, request)
    for stage in under(state.stages, request["restApiId"]):
        if stage.documentation_version == version.version:
            words = f"Cannot delete documentation version {version.version}: it is associated with stage "
            raise refusals.conflict(words + stage.stage_name)
    state.documentation_versions.delete(f"{request['restApiId']}/{version.version}")
    finding.changed(call, "DocumentationVersionDeleted", _path(request, version.version))


def _path(request: Request, version: str) -> str:
    return f"/restapis/{request['restApiId']}/documentation/versions/{version}"


def _found(call: Call, request: Request) -> tuple[RestState, DocumentationVersion]:
    state, api = finding.api(call, request)
    found = state.documentation_versions.get(f"{api.id}/{request['documentationVersion']}")
    if found is None:
        path = finding.arn(call, _path(request, request["documentationVersion"]))
        raise refusals.missing("Invalid Documentation version specified", path)
    return state, found
