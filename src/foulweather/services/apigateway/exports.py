"""Exports: what a stage answers, as an OpenAPI definition."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.apigateway import finding, refusals, snapshot
from foulweather.services.apigateway.openapi.exporting import Export, exported

Request = Mapping[str, Any]
_VERSIONS: Final = {"swagger": 2, "oas30": 3}
_EXTENSIONS: Final = ("apigateway", "authorizers", "documentation", "integrations", "postman")


def get_export(call: Call, request: Request) -> dict[str, Any]:
    """What a stage answers, as OpenAPI 2.0 (`swagger`) or 3.0 (`oas30`), in JSON or YAML."""
    version = _VERSIONS.get(request["exportType"])
    if version is None:
        words = "No API exporter for type '" + request["exportType"] + "'"
        raise refusals.invalid(words, exportType=request["exportType"])
    parameters: Mapping[str, str] = request.get("parameters") or {}
    extensions = [one.strip() for one in (parameters.get("extensions") or "").split(",") if one.strip()]
    for extension in extensions:
        if extension not in _EXTENSIONS:
            raise refusals.invalid(f"Invalid extension specified: {extension}", extensions=extension)
        if extension in ("postman", "documentation"):
            raise not_implemented("apigateway", f"GetExport.extensions.{extension}")
    kind = request.get("accepts") or "application/json"
    if kind not in ("application/json", "application/yaml", "*/*"):
        raise refusals.invalid(
            "Invalid Accept header. Must be one of: [application/json, application/yaml]", accepts=kind
        )
    state, api = finding.api(call, request)
    stage = state.stages.get(f"{api.id}/{request['stageName']}")
    if stage is None:
        path = finding.arn(call, f"/restapis/{api.id}/stages/{request['stageName']}")
        raise refusals.missing("Invalid stage identifier specified", path)
    deployment = state.deployments[f"{api.id}/{stage.deployment_id}"]
    everything = "apigateway" in extensions
    document = exported(
        Export(
            snapshot.read(deployment),
            stage.stage_name,
            call.region,
            deployment.created_date,
            version,
            everything or "integrations" in extensions,
            everything or "authorizers" in extensions,
            everything,
        )
    )
    yaml = kind == "application/yaml"
    name = f"{api.name}-{stage.stage_name}-{request['exportType']}.{'yaml' if yaml else 'json'}"
    return {
        "contentType": "application/octet-stream" if kind == "*/*" else kind,
        "contentDisposition": f'attachment; filename="{name}"',
        "body": _yaml(document) if yaml else json.dumps(document, indent=2).encode(),
    }


def _yaml(document: Mapping[str, Any]) -> bytes:
    import yaml  # here, for few exports are YAML

    return yaml.safe_dump(document, sort_keys=False).encode()
