"""Stages: deployments under a name, with how they are run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, limits, patches, refusals, stages_changed
from foulweather.services.apigateway.records import Deployment
from foulweather.services.apigateway.stage_patches import RULES
from foulweather.services.apigateway.stage_records import CanarySettings, Stage
from foulweather.services.apigateway.stages_changed import checked_percent, told
from foulweather.services.apigateway.state import RestState, under

Request = Mapping[str, Any]


def create_stage(call: Call, request: Request) -> dict[str, Any]:
    """Put a deployment under a name."""
    name = limits.checked_stage_name(request["stageName"])
    variables = limits.checked_variables(request.get("variables") or {})
    tags = limits.checked_tags(request.get("tags"))
    state, api = finding.api(call, request)
    deployment = _deployment(call, state, api.id, request["deploymentId"])
    if f"{api.id}/{name}" in state.stages:
        raise refusals.conflict("Stage already exists")
    canary = _canary(call, state, api.id, request)
    _check_documentation(call, state, api.id, request.get("documentationVersion"))
    stages_changed.require_room(call, state, api.id)
    made = Stage(
        stage_name=name,
        deployment_id=deployment.id,
        created_date=call.now,
        last_updated_date=call.now,
        description=request.get("description"),
        variables=variables,
        documentation_version=request.get("documentationVersion"),
        canary_settings=canary,
        tracing_enabled=bool(request.get("tracingEnabled")),
        tags=tags,
    )
    stages_changed.set_cache(call, made, bool(request.get("cacheClusterEnabled")), request.get("cacheClusterSize"))
    state.stages.put(f"{api.id}/{name}", made)
    finding.changed(call, "StageCreated", _path(request), made)
    return told(made, call.now)


def get_stage(call: Call, request: Request) -> dict[str, Any]:
    """A stage."""
    return told(_found(call, request)[1], call.now)


def get_stages(call: Call, request: Request) -> dict[str, Any]:
    """The stages of an API, or those that answer with a deployment."""
    state, api = finding.api(call, request)
    wanted = request.get("deploymentId")
    if wanted:
        _deployment(call, state, api.id, wanted)
    stages = [stage for stage in under(state.stages, api.id) if not wanted or stage.deployment_id == wanted]
    return {"item": [told(stage, call.now) for stage in stages]}


def update_stage(call: Call, request: Request) -> dict[str, Any]:
    """Change how a stage is run, or what it answers with."""
    state, stage = _found(call, request)
    made = patches.patched(call, stage, request, RULES)
    api_id = request["restApiId"]
    made.variables = limits.checked_variables(made.variables)
    _deployment(call, state, api_id, made.deployment_id)
    canary = made.canary_settings
    if canary is not None:
        canary.deployment_id = canary.deployment_id or made.deployment_id
        _deployment(call, state, api_id, canary.deployment_id)
        canary.stage_variable_overrides = limits.checked_variables(canary.stage_variable_overrides)
    _check_documentation(call, state, api_id, made.documentation_version)
    if made.client_certificate_id and made.client_certificate_id not in state.certificates:
        raise refusals.invalid("Invalid Client Certificate identifier specified", clientCertificateId="")
    _check_logging(call, state, stage, made)
    enabled, size = made.cache_cluster_enabled, made.cache_cluster_size
    made.cache_cluster_enabled, made.cache_cluster_size = stage.cache_cluster_enabled, stage.cache_cluster_size
    stages_changed.set_cache(call, made, enabled, size)
    made.last_updated_date = call.now
    state.stages.put(f"{api_id}/{made.stage_name}", made)
    finding.changed(call, "StageUpdated", _path(request), made, _touched(request))
    return told(made, call.now)


def delete_stage(call: Call, request: Request) -> None:
    """Delete a stage, and take it from the usage plans that opened it."""
    state, stage = _found(call, request)
    api_id = request["restApiId"]
    for plan in state.plans.values():
        if any((one.api_id, one.stage) == (api_id, stage.stage_name) for one in plan.api_stages):
            plan.api_stages = [one for one in plan.api_stages if (one.api_id, one.stage) != (api_id, stage.stage_name)]
            state.plans.touch(plan.id)
    state.stages.delete(f"{api_id}/{stage.stage_name}")
    finding.changed(call, "StageDeleted", _path(request))


def flush_stage_cache(call: Call, request: Request) -> None:
    """Forget what a stage's cache holds."""
    state, stage = _found(call, request)
    if not stage.cache_cluster_enabled:
        raise refusals.invalid("Cache cluster is not enabled for this stage", cacheClusterEnabled=False)
    stage.cache_flushed_ms = call.now
    state.stages.touch(f"{request['restApiId']}/{stage.stage_name}")
    finding.changed(call, "StageCacheFlushed", _path(request), stage, {"cacheFlushedMs"})


def flush_stage_authorizers_cache(call: Call, request: Request) -> None:
    """Forget what a stage's authorizers have answered."""
    state, stage = _found(call, request)
    stage.authorizers_flushed_ms = call.now
    state.stages.touch(f"{request['restApiId']}/{stage.stage_name}")
    finding.changed(call, "StageAuthorizersCacheFlushed", _path(request), stage, {"authorizersFlushedMs"})


def _path(request: Request) -> str:
    return f"/restapis/{request['restApiId']}/stages/{request['stageName']}"


def _touched(request: Request) -> set[str]:
    """The members that patch operations are about: settings of a method are in `methodSettings`."""
    own = {rule.path.split("/")[1] for rule in RULES}
    return {name if name in own else "methodSettings" for name in patches.touched(request)}


def _found(call: Call, request: Request) -> tuple[RestState, Stage]:
    state, api = finding.api(call, request)
    found = state.stages.get(f"{api.id}/{request['stageName']}")
    if found is None:
        remedy = (f"aws apigateway get-stages --rest-api-id {api.id}",)
        raise refusals.missing("Invalid stage identifier specified", finding.arn(call, _path(request)), remedy=remedy)
    return state, found


def _deployment(call: Call, state: RestState, api_id: str, deployment_id: str) -> Deployment:
    found = state.deployments.get(f"{api_id}/{deployment_id}")
    if found is None:
        path = finding.arn(call, f"/restapis/{api_id}/deployments/{deployment_id}")
        raise refusals.missing("Invalid Deployment identifier specified", path)
    return found


def _canary(call: Call, state: RestState, api_id: str, request: Request) -> CanarySettings | None:
    asked: Mapping[str, Any] = request.get("canarySettings") or {}
    if not asked:
        return None
    deployment_id = asked.get("deploymentId") or request["deploymentId"]
    _deployment(call, state, api_id, deployment_id)
    return CanarySettings(
        percent_traffic=checked_percent(asked.get("percentTraffic") or 0.0),
        deployment_id=deployment_id,
        stage_variable_overrides=limits.checked_variables(asked.get("stageVariableOverrides") or {}),
        use_stage_cache=bool(asked.get("useStageCache")),
    )


def _check_documentation(call: Call, state: RestState, api_id: str, version: str | None) -> None:
    if version and f"{api_id}/{version}" not in state.documentation_versions:
        path = finding.arn(call, f"/restapis/{api_id}/documentation/versions/{version}")
        raise refusals.missing("Invalid Documentation version specified", path)


def _check_logging(call: Call, state: RestState, stage: Stage, made: Stage) -> None:
    """Logs are written with the role of the account's settings: without one there are none.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
    """
    logs = made.access_log_settings
    newly = any(setting.logging_level != "OFF" for setting in made.method_settings.values()) and (
        made.method_settings != stage.method_settings
    )
    settings = state.settings.get("account")
    if (newly or (logs and logs != stage.access_log_settings)) and (
        settings is None or not settings.cloudwatch_role_arn
    ):
        raise refusals.invalid(
            "CloudWatch Logs role ARN must be set in account settings to enable logging",
            call.fact(finding.arn(call, "/account"), "cloudwatchRoleArn", None),
            remedy=(
                "aws apigateway update-account "
                "--patch-operations op=replace,path=/cloudwatchRoleArn,value=<role with "
                "AmazonAPIGatewayPushToCloudWatchLogs>",
            ),
        )
