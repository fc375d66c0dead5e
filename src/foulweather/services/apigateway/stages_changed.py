"""How a deployment changes its stage, and what a stage says of its cache cluster."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, limits, quotas, refusals
from foulweather.services.apigateway.records import shown
from foulweather.services.apigateway.stage_records import CanarySettings, Stage
from foulweather.services.apigateway.state import RestState, under

Request = Mapping[str, Any]
# "It takes about 4 minutes": https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
CACHE_MS: Final = 4 * 60_000


def deployed(call: Call, state: RestState, api_id: str, name: str, deployment_id: str, request: Request) -> Stage:
    """The stage of a name with a new deployment: as its own, or as its canary's."""
    held = state.stages.get(f"{api_id}/{name}")
    canary: Mapping[str, Any] = request.get("canarySettings") or {}
    if held is None:
        if canary:
            raise refusals.invalid("Canary settings can only be specified for an existing stage", stageName=name)
        require_room(call, state, api_id)
        held = Stage(stage_name=name, deployment_id=deployment_id, created_date=call.now, last_updated_date=call.now)
    stage = copy.deepcopy(held)
    stage.last_updated_date = call.now
    if canary:
        stage.canary_settings = CanarySettings(
            percent_traffic=checked_percent(canary.get("percentTraffic") or 0.0),
            deployment_id=deployment_id,
            stage_variable_overrides=limits.checked_variables(canary.get("stageVariableOverrides") or {}),
            use_stage_cache=bool(canary.get("useStageCache")),
        )
        return stage
    stage.deployment_id = deployment_id
    if "stageDescription" in request:
        stage.description = request["stageDescription"]
    if request.get("variables") is not None:
        stage.variables = limits.checked_variables(request["variables"])
    if request.get("tracingEnabled") is not None:
        stage.tracing_enabled = request["tracingEnabled"]
    if request.get("cacheClusterEnabled") is not None or request.get("cacheClusterSize"):
        enabled = request.get("cacheClusterEnabled")
        set_cache(
            call, stage, stage.cache_cluster_enabled if enabled is None else enabled, request.get("cacheClusterSize")
        )
    return stage


def require_room(call: Call, state: RestState, api_id: str) -> None:
    """Refuse a stage above the quota."""
    most = quotas.of(call, quotas.STAGES)
    if sum(1 for _ in under(state.stages, api_id)) >= most:
        raise refusals.too_many("stages", "API", finding.arn(call, f"/restapis/{api_id}"), most)


def checked_percent(percent: float) -> float:
    """The share of a canary."""
    if not 0 <= percent <= 100:
        words = "Invalid canary settings: percentTraffic must be between 0.0 and 100.0"
        raise refusals.invalid(words, percentTraffic=percent)
    return percent


def set_cache(call: Call, stage: Stage, enabled: bool, size: str | None) -> None:
    """Give a stage a cache cluster (of 0.5 GB unless told), another one, or none."""
    size = limits.checked_cache_size(size) or stage.cache_cluster_size
    if enabled and (not stage.cache_cluster_enabled or size != stage.cache_cluster_size):
        stage.cache_ready_ms = call.now + CACHE_MS
        stage.cache_flushed_ms = call.now
        size = size or "0.5"
    elif stage.cache_cluster_enabled and not enabled:
        stage.cache_gone_ms = call.now + CACHE_MS
    stage.cache_cluster_enabled, stage.cache_cluster_size = enabled, size


def told(stage: Stage, now_ms: int) -> dict[str, Any]:
    """A stage as it is shown, with the state of its cache cluster."""
    answer = shown(stage, "cacheFlushedMs", "authorizersFlushedMs", "cacheReadyMs", "cacheGoneMs")
    answer.setdefault("methodSettings", {})
    if stage.cache_cluster_enabled:
        answer["cacheClusterStatus"] = "CREATE_IN_PROGRESS" if now_ms < stage.cache_ready_ms else "AVAILABLE"
    else:
        answer["cacheClusterStatus"] = "DELETE_IN_PROGRESS" if now_ms < stage.cache_gone_ms else "NOT_AVAILABLE"
    return answer
