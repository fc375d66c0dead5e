"""Deployments: snapshots of an API, which stages put before its users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.apigateway import finding, limits, paging, patches, refusals, snapshot, stages_changed
from foulweather.services.apigateway.patches import sets
from foulweather.services.apigateway.records import Deployment, RestApi
from foulweather.services.apigateway.state import RestState, under

Request = Mapping[str, Any]


def create_deployment(call: Call, request: Request) -> dict[str, Any]:
    """Freeze an API as it is now, and have a stage answer with it if one is named."""
    name = request.get("stageName")
    if name:
        limits.checked_stage_name(name)
    limits.checked_variables(request.get("variables") or {})
    limits.checked_cache_size(request.get("cacheClusterSize"))
    state, api = finding.api(call, request)
    _require_deployable(state, api)
    deployment = Deployment(
        id=finding.new_id(call),
        created_date=call.now,
        description=request.get("description"),
        snapshot=snapshot.taken(state, api),
    )
    stage = None
    if name:
        stage = stages_changed.deployed(call, state, api.id, name, deployment.id, request)
    elif request.get("canarySettings"):
        raise refusals.invalid("Stage name must be specified for a canary deployment", stageName=name)
    limits.pace(call, "CreateDeployment")
    state.deployments.put(f"{api.id}/{deployment.id}", deployment)
    finding.changed(call, "DeploymentCreated", _path(request, deployment.id), deployment)
    if stage is not None:
        state.stages.put(f"{api.id}/{stage.stage_name}", stage)
        finding.changed(call, "StageDeployed", f"/restapis/{api.id}/stages/{stage.stage_name}", stage)
    return _told(deployment)


def get_deployment(call: Call, request: Request) -> dict[str, Any]:
    """A deployment, with a summary of its methods if `embed` asks for it."""
    embed: Sequence[str] = request.get("embed") or ()
    return _told(_found(call, request)[1], summarized="apisummary" in embed)


def get_deployments(call: Call, request: Request) -> dict[str, Any]:
    """The deployments of an API."""
    state, api = finding.api(call, request)
    found, more = paging.page(list(under(state.deployments, api.id)), request)
    return {"items": [_told(deployment) for deployment in found], **more}


def update_deployment(call: Call, request: Request) -> dict[str, Any]:
    """Change a deployment's description."""
    state, deployment = _found(call, request)
    made = patches.patched(call, deployment, request, _RULES)
    state.deployments.put(f"{request['restApiId']}/{made.id}", made)
    finding.changed(call, "DeploymentUpdated", _path(request, made.id), made, patches.touched(request))
    return _told(made)


def delete_deployment(call: Call, request: Request) -> None:
    """Delete a deployment that no stage answers with."""
    state, deployment = _found(call, request)
    api_id = request["restApiId"]
    using = [
        stage.stage_name
        for stage in under(state.stages, api_id)
        if deployment.id == stage.deployment_id
        or (stage.canary_settings is not None and stage.canary_settings.deployment_id == deployment.id)
    ]
    if using:
        where = [finding.arn(call, f"/restapis/{api_id}/stages/{name}") for name in using]
        raise refusals.invalid(
            "Active stages pointing to this deployment must be moved or deleted",
            *(call.fact(arn, "deploymentId", deployment.id) for arn in where),
            remedy=tuple(f"aws apigateway delete-stage --rest-api-id {api_id} --stage-name {name}" for name in using),
        )
    state.deployments.delete(f"{api_id}/{deployment.id}")
    finding.changed(call, "DeploymentDeleted", _path(request, deployment.id))


def _require_deployable(state: RestState, api: RestApi) -> None:
    methods = [
        (resource, method)
        for resource in under(state.resources, api.id)
        for method in resource.resource_methods.values()
    ]
    if not methods:
        raise refusals.invalid("The REST API doesn't contain any methods", restApiId=api.id)
    for resource, method in methods:
        if method.method_integration is None:
            raise _unanswered(api, resource.id, f"{resource.path}/{method.http_method}", method.http_method)
    if api.endpoint_configuration["types"] == ["PRIVATE"] and not api.policy:
        raise refusals.invalid(
            "Private REST API doesn't have a resource policy attached to it", restApiId=api.id, policy=None
        )


def _unanswered(api: RestApi, resource_id: str, where: str, name: str) -> AwsError:
    return refusals.invalid(
        "No integration defined for method",
        method=where,
        remedy=(
            f"aws apigateway put-integration --rest-api-id {api.id} --resource-id {resource_id} "
            f"--http-method {name} --type MOCK",
        ),
    )


def _path(request: Request, deployment_id: str) -> str:
    return f"/restapis/{request['restApiId']}/deployments/{deployment_id}"


def _found(call: Call, request: Request) -> tuple[RestState, Deployment]:
    state, api = finding.api(call, request)
    found = state.deployments.get(f"{api.id}/{request['deploymentId']}")
    if found is None:
        path = finding.arn(call, _path(request, request["deploymentId"]))
        raise refusals.missing("Invalid Deployment identifier specified", path)
    return state, found


def _told(deployment: Deployment, *, summarized: bool = False) -> dict[str, Any]:
    answer: dict[str, Any] = {"id": deployment.id, "createdDate": deployment.created_date}
    if deployment.description:
        answer["description"] = deployment.description
    if summarized:
        resources: Mapping[str, Any] = snapshot.read(deployment)["resources"]
        answer["apiSummary"] = {
            resource["path"]: {
                name: {"authorizationType": method["authorizationType"], "apiKeyRequired": method["apiKeyRequired"]}
                for name, method in resource.get("resourceMethods", {}).items()
            }
            for resource in resources.values()
            if resource.get("resourceMethods")
        }
    return answer


_RULES: Final = (sets("/description", "description"),)
