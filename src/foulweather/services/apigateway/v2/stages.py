"""Stages: deployments under a name, with how they are run.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.apigateway.state import under
from foulweather.services.apigateway.v2 import finding, limits, log_delivery, paging, refusals, snapshot
from foulweather.services.apigateway.v2.records import Api, RouteSettings, Stage, told
from foulweather.services.apigateway.v2.state import HttpState

Request = Mapping[str, Any]
_HIDDEN = "AuthorizersFlushedMs"


def create_stage(call: Call, request: Request) -> dict[str, Any]:
    """Put a deployment under a name; with auto-deploy, always the API as it is."""
    name = limits.checked_stage_name(request["StageName"])
    tags = limits.checked_tags(request.get("Tags"))
    state, api = finding.api(call, request)
    asked = {**finding.given(request, "ApiId"), "Tags": tags}
    made = finding.updated(Stage(stage_name=name, created_date=call.now, last_updated_date=call.now), asked)
    _check(call, state, api, made, asked)
    if f"{api.api_id}/{name}" in state.stages:
        raise refusals.conflict("Stage already exists")
    held = len(list(under(state.stages, api.api_id)))
    limits.require_room(call, held, limits.STAGES_MAX, "stages", finding.arn(call, f"/apis/{api.api_id}"))
    state.stages.put(f"{api.api_id}/{name}", made)
    finding.changed(call, "StageCreated", _path(api, made), made)
    _deploy(call, state, api, made)
    return _told(made)


def get_stage(call: Call, request: Request) -> dict[str, Any]:
    """A stage."""
    return _told(_found(call, request)[2])


def get_stages(call: Call, request: Request) -> dict[str, Any]:
    """The stages of an API."""
    state, api = finding.api(call, request)
    return paging.listed(under(state.stages, api.api_id), request, _told)


def update_stage(call: Call, request: Request) -> dict[str, Any]:
    """Change how a stage is run, or what it answers with."""
    state, api, stage = _found(call, request)
    asked = finding.given(request, "ApiId", "StageName")
    if "StageVariables" in asked:
        asked["StageVariables"] = finding.merged(stage.stage_variables, asked["StageVariables"])
    if "RouteSettings" in asked:
        held: dict[str, Any] = msgspec.to_builtins(stage.route_settings)
        asked["RouteSettings"] = {**held, **asked["RouteSettings"]}
    if "DefaultRouteSettings" in asked:
        before: dict[str, Any] = msgspec.to_builtins(stage.default_route_settings)
        asked["DefaultRouteSettings"] = {**before, **asked["DefaultRouteSettings"]}
    made = finding.updated(stage, asked)
    _check(call, state, api, made, asked)
    made.last_updated_date = call.now
    state.stages.put(f"{api.api_id}/{made.stage_name}", made)
    finding.changed(call, "StageUpdated", _path(api, made), made, asked)
    if made.auto_deploy and not stage.auto_deploy:
        _deploy(call, state, api, made)
    return _told(made)


def delete_stage(call: Call, request: Request) -> None:
    """Delete a stage."""
    state, api, stage = _found(call, request)
    state.stages.delete(f"{api.api_id}/{stage.stage_name}")
    finding.changed(call, "StageDeleted", _path(api, stage))


def delete_access_log_settings(call: Call, request: Request) -> None:
    """Have a stage log no requests any more."""
    state, api, stage = _found(call, request)
    stage.access_log_settings = {}
    state.stages.touch(f"{api.api_id}/{stage.stage_name}")
    finding.changed(call, "StageUpdated", _path(api, stage), stage, ["AccessLogSettings"])


def delete_route_settings(call: Call, request: Request) -> None:
    """Have a stage run a route as it runs all others."""
    state, api, stage = _found(call, request)
    key = request["RouteKey"]
    if key not in stage.route_settings:
        path = f"{_path(api, stage)}/routesettings/{key}"
        raise refusals.missing("Invalid route settings identifier specified", finding.arn(call, path))
    stage.route_settings = {name: held for name, held in stage.route_settings.items() if name != key}
    state.stages.touch(f"{api.api_id}/{stage.stage_name}")
    finding.changed(call, "StageUpdated", _path(api, stage), stage, ["RouteSettings"])


def reset_authorizers_cache(call: Call, request: Request) -> None:
    """Forget what a stage's authorizers have answered."""
    state, api, stage = _found(call, request)
    if api.protocol_type != "HTTP":
        raise refusals.invalid("Only HTTP APIs cache what authorizers answer", ProtocolType=api.protocol_type)
    stage.authorizers_flushed_ms = call.now
    state.stages.touch(f"{api.api_id}/{stage.stage_name}")
    finding.changed(call, "StageAuthorizersCacheReset", _path(api, stage), stage, [_HIDDEN])


def _told(stage: Stage) -> dict[str, Any]:
    """A stage as it is shown; without logs there are no settings of them."""
    return told(stage, _HIDDEN, *(() if stage.access_log_settings else ("AccessLogSettings",)))


def _deploy(call: Call, state: HttpState, api: Api, stage: Stage) -> None:
    """A stage that deploys by itself begins with the API as it is."""
    if not stage.auto_deploy:
        return
    made = snapshot.deploy(call, api, description=snapshot.AUTOMATIC, auto=True)
    stage.deployment_id = made.deployment_id
    stage.last_deployment_status_message = f"Successfully deployed stage with deployment ID '{made.deployment_id}'"
    state.stages.touch(f"{api.api_id}/{stage.stage_name}")


def _found(call: Call, request: Request) -> tuple[HttpState, Api, Stage]:
    state, api = finding.api(call, request)
    return state, api, finding.child(call, request, state.stages, "stage", "StageName")


def _path(api: Api, stage: Stage) -> str:
    return f"/apis/{api.api_id}/stages/{stage.stage_name}"


def _check(call: Call, state: HttpState, api: Api, made: Stage, asked: Request) -> None:
    if made.stage_name == "$default" and api.protocol_type != "HTTP":
        raise refusals.invalid("Stage name only allows a-zA-Z0-9_- for WebSocket APIs", StageName=made.stage_name)
    limits.check_variables(made.stage_variables)
    if asked.get("ClientCertificateId"):
        if api.protocol_type == "HTTP":
            words = "ClientCertificateId is only supported for WebSocket APIs"
            raise refusals.invalid(words, ClientCertificateId=asked["ClientCertificateId"])
        raise not_implemented("apigatewayv2", f"{call.operation}.ClientCertificateId")
    if asked.get("DeploymentId"):
        if made.auto_deploy:
            words = "Deployment ID cannot be set on a stage with auto deploy enabled"
            raise refusals.invalid(words, DeploymentId=asked["DeploymentId"])
        if f"{api.api_id}/{made.deployment_id}" not in state.deployments:
            path = f"/apis/{api.api_id}/deployments/{made.deployment_id}"
            raise refusals.missing("Invalid deployment identifier specified", finding.arn(call, path))
    _check_settings(call, state, api, made)
    logs = made.access_log_settings
    if logs and not (logs.get("DestinationArn") and logs.get("Format")):
        words = "Both DestinationArn and Format are required for access log settings"
        raise refusals.invalid(words, AccessLogSettings=dict(logs))
    if logs and "$context.requestId" not in logs["Format"] and "$context.extendedRequestId" not in logs["Format"]:
        words = "The access log format must contain $context.requestId or $context.extendedRequestId"
        raise refusals.invalid(words, Format=logs["Format"])
    if asked.get("AccessLogSettings") and api.protocol_type == "HTTP":
        log_delivery.prepare(call, logs["DestinationArn"])
    elif asked.get("AccessLogSettings"):
        log_delivery.require_role(call)


def _check_settings(call: Call, state: HttpState, api: Api, made: Stage) -> None:
    keys = {route.route_key for route in under(state.routes, api.api_id)}
    for key, settings in (("", made.default_route_settings), *made.route_settings.items()):
        if key and key not in keys:
            words = f"Unable to find Route by key {key} within the provided RouteSettings"
            raise refusals.missing(words, f"{api.api_id}/{key}")
        if api.protocol_type == "HTTP" and (settings.data_trace_enabled or settings.logging_level not in (None, "OFF")):
            words = "Execution logs are not supported on protocolType HTTP"
            raise refusals.invalid(words, RouteSettings=told(settings))
        if settings.logging_level not in (None, "OFF"):
            log_delivery.require_role(call)
        _check_throttle(settings)


def _check_throttle(settings: RouteSettings) -> None:
    if (settings.throttling_rate_limit or 0) < 0 or (settings.throttling_burst_limit or 0) < 0:
        raise refusals.invalid("Throttling limits must not be negative", RouteSettings=told(settings))
