"""Deployments: an API as it was once, for stages to answer with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway.state import under
from foulweather.services.apigateway.v2 import finding, paging, refusals, snapshot
from foulweather.services.apigateway.v2.records import Api, Deployment, told
from foulweather.services.apigateway.v2.state import HttpState

Request = Mapping[str, Any]


def create_deployment(call: Call, request: Request) -> dict[str, Any]:
    """Freeze an API as it is now, and have a stage answer with it if one is named."""
    state, api = finding.api(call, request)
    name = request.get("StageName")
    stage = state.stages.get(f"{api.api_id}/{name}") if name else None
    if name and stage is None:
        path = f"/apis/{api.api_id}/stages/{name}"
        raise refusals.missing("Invalid stage identifier specified", finding.arn(call, path))
    if stage is not None and stage.auto_deploy:
        words = "Deployment ID cannot be set on a stage with auto deploy enabled"
        raise refusals.invalid(words, StageName=name)
    routes = list(under(state.routes, api.api_id))
    if not routes:
        raise refusals.invalid("Unable to deploy API because no routes exist in this API", ApiId=api.api_id)
    if api.protocol_type == "WEBSOCKET" and not any(route.target for route in routes):
        words = "At least one route integration is required before deploying the API."
        raise refusals.invalid(words, ApiId=api.api_id)
    made = snapshot.deploy(call, api, description=request.get("Description"))
    if stage is not None:
        stage.deployment_id, stage.last_updated_date = made.deployment_id, call.now
        state.stages.touch(f"{api.api_id}/{stage.stage_name}")
        path = f"/apis/{api.api_id}/stages/{stage.stage_name}"
        finding.changed(call, "StageDeployed", path, stage, ["DeploymentId"])
    return told(made, "Snapshot")


def get_deployment(call: Call, request: Request) -> dict[str, Any]:
    """A deployment."""
    return told(_found(call, request)[2], "Snapshot")


def get_deployments(call: Call, request: Request) -> dict[str, Any]:
    """The deployments of an API."""
    state, api = finding.api(call, request)
    return paging.listed(under(state.deployments, api.api_id), request, lambda each: told(each, "Snapshot"))


def update_deployment(call: Call, request: Request) -> dict[str, Any]:
    """Change a deployment's description."""
    state, api, deployment = _found(call, request)
    deployment.description = request.get("Description")
    state.deployments.touch(f"{api.api_id}/{deployment.deployment_id}")
    path = f"/apis/{api.api_id}/deployments/{deployment.deployment_id}"
    finding.changed(call, "DeploymentUpdated", path, deployment, ["Description"])
    return told(deployment, "Snapshot")


def delete_deployment(call: Call, request: Request) -> None:
    """Delete a deployment that no stage answers with."""
    state, api, deployment = _found(call, request)
    using = [s.stage_name for s in under(state.stages, api.api_id) if s.deployment_id == deployment.deployment_id]
    if using:
        raise refusals.invalid(
            "Active stages pointing to this deployment must be moved or deleted",
            remedy=tuple(f"aws apigatewayv2 delete-stage --api-id {api.api_id} --stage-name {name}" for name in using),
            DeploymentId=deployment.deployment_id,
        )
    state.deployments.delete(f"{api.api_id}/{deployment.deployment_id}")
    finding.changed(call, "DeploymentDeleted", f"/apis/{api.api_id}/deployments/{deployment.deployment_id}")


def _found(call: Call, request: Request) -> tuple[HttpState, Api, Deployment]:
    state, api = finding.api(call, request)
    return state, api, finding.child(call, request, state.deployments, "Deployment", "DeploymentId")
