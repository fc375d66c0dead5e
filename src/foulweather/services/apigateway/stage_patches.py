"""The patch paths of a stage: its own members, its canary, and `/{path}/{METHOD}/…` for the settings of methods.

https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateStage-Patch
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from foulweather.services.apigateway import limits, refusals
from foulweather.services.apigateway.patches import (
    REPLACE,
    Read,
    Rule,
    Step,
    entries,
    flag_of,
    number_of,
    sets,
    value_of,
    whole_of,
)
from foulweather.services.apigateway.stage_records import CanarySettings, MethodSetting, Stage, setting_place
from foulweather.services.apigateway.stages_changed import checked_percent

_LEVELS: Final = ("ERROR", "INFO", "OFF")
_STRATEGIES: Final = ("FAIL_WITH_403", "SUCCEED_WITHOUT_RESPONSE_HEADER", "SUCCEED_WITH_RESPONSE_HEADER")
_LOGS = re.compile(
    r"arn:aws[a-z-]*:(?:logs:[a-z0-9-]+:\d{12}:log-group:[^:*]+|firehose:[a-z0-9-]+:\d{12}:deliverystream/amazon-apigateway-.+)"
)


def _setting(ending: str, attribute: str, read: Read) -> Rule:
    """A setting of a method, or of all with `*/*`."""

    def apply(stage: Stage, step: Step) -> None:
        setattr(_setting_of(stage, step), attribute, read(step))

    return Rule(f"/{{*}}/{{}}/{ending}", REPLACE, apply)


def _setting_of(stage: Stage, step: Step) -> MethodSetting:
    """The settings of the method that a path names, made if there are none yet."""
    key = "/".join(step.path.removeprefix("/").split("/")[:-2])
    place = setting_place(key)
    for held, setting in stage.method_settings.items():
        if setting_place(held) == place:
            return setting
    made = stage.method_settings[key] = MethodSetting()
    return made


def _forget_settings(stage: Stage, step: Step) -> None:
    place = setting_place(step.path.removeprefix("/"))
    kept = {key: setting for key, setting in stage.method_settings.items() if setting_place(key) != place}
    if len(kept) == len(stage.method_settings):
        raise refusals.missing("Invalid method setting path specified", step.path)
    stage.method_settings = kept


def _one_of(*allowed: str) -> Read:
    def read(step: Step) -> str:
        value = value_of(step)
        if value not in allowed:
            words = (
                f"Invalid patch value '{value}' specified for op '{step.op}'. Must be one of: [{', '.join(allowed)}]"
            )
            raise refusals.invalid(words, path=step.path)
        return value

    return read


def _ttl(step: Step) -> int:
    ttl_s = whole_of(step)
    if not 0 <= ttl_s <= limits.TTL_S_MAX:
        words = f"Invalid cache TTL: {ttl_s}. Must be between 0 and {limits.TTL_S_MAX}"
        raise refusals.invalid(words, path=step.path)
    return ttl_s


def _canary(ending: str, apply: Callable[[CanarySettings, Step], None], ops: tuple[str, ...] = REPLACE) -> Rule:
    def change(stage: Stage, step: Step) -> None:
        stage.canary_settings = stage.canary_settings or CanarySettings(deployment_id=stage.deployment_id)
        apply(stage.canary_settings, step)

    return Rule(f"/canarySettings/{ending}", ops, change)


def _percent(canary: CanarySettings, step: Step) -> None:
    canary.percent_traffic = checked_percent(number_of(step))


def _use_cache(canary: CanarySettings, step: Step) -> None:
    canary.use_stage_cache = flag_of(step)


def _canary_deployment(canary: CanarySettings, step: Step) -> None:
    canary.deployment_id = value_of(step)


def _override(canary: CanarySettings, step: Step) -> None:
    if step.op == "remove":
        canary.stage_variable_overrides.pop(step.parts[0], None)
    else:
        canary.stage_variable_overrides[step.parts[0]] = step.value or ""


def _deployment(stage: Stage, step: Step) -> None:
    """`copy` from the canary promotes it."""
    if step.op == "replace":
        stage.deployment_id = value_of(step)
        return
    _copied_from(stage, step, "/canarySettings/deploymentId")
    canary = stage.canary_settings
    stage.deployment_id = (canary.deployment_id if canary else None) or stage.deployment_id


def _variables(stage: Stage, step: Step) -> None:
    _copied_from(stage, step, "/canarySettings/stageVariableOverrides")
    if stage.canary_settings is not None:
        stage.variables = stage.variables | stage.canary_settings.stage_variable_overrides


def _copied_from(stage: Stage, step: Step, source: str) -> None:
    if step.source != source or stage.canary_settings is None:
        words = f"Invalid patch from path '{step.source}' specified for op 'copy'. Must be one of: [{source}]"
        raise refusals.invalid(words, path=step.path)


def _no_canary(stage: Stage, _step: Step) -> None:
    stage.canary_settings = None


def _no_logs(stage: Stage, _step: Step) -> None:
    stage.access_log_settings = {}


def _destination(stage: Stage, step: Step) -> None:
    arn = value_of(step).removesuffix(":*")
    if not _LOGS.fullmatch(arn):
        words = (
            "Invalid ARN specified in the request. ARN must be a CloudWatch Logs log group, or a Firehose delivery "
            "stream whose name begins with amazon-apigateway-"
        )
        raise refusals.invalid(words, destinationArn=arn)
    stage.access_log_settings = {**stage.access_log_settings, "destinationArn": arn}


def _format(stage: Stage, step: Step) -> None:
    # "$context.requestId or $context.extendedRequestId is required": set-up-logging.html
    text = value_of(step)
    if "$context.requestId" not in text and "$context.extendedRequestId" not in text:
        words = 'Access log format must contain at least "$context.requestId" or "$context.extendedRequestId"'
        raise refusals.invalid(words, format=text)
    stage.access_log_settings = {**stage.access_log_settings, "format": text}


def _size(step: Step) -> str | None:
    return limits.checked_cache_size(step.value or None)


def _variable(step: Step) -> str:
    return step.value or ""


def _method_settings() -> Any:
    return (
        _setting("logging/dataTrace", "data_trace_enabled", flag_of),
        _setting("logging/loglevel", "logging_level", _one_of(*_LEVELS)),
        _setting("metrics/enabled", "metrics_enabled", flag_of),
        _setting("throttling/burstLimit", "throttling_burst_limit", whole_of),
        _setting("throttling/rateLimit", "throttling_rate_limit", number_of),
        _setting("caching/dataEncrypted", "cache_data_encrypted", flag_of),
        _setting("caching/enabled", "caching_enabled", flag_of),
        _setting("caching/ttlInSeconds", "cache_ttl_in_seconds", _ttl),
        _setting("caching/requireAuthorizationForCacheControl", "require_authorization_for_cache_control", flag_of),
        _setting(
            "caching/unauthorizedCacheControlHeaderStrategy",
            "unauthorized_cache_control_header_strategy",
            _one_of(*_STRATEGIES),
        ),
    )


RULES: Final[tuple[Rule, ...]] = (
    sets("/description", "description"),
    sets("/cacheClusterEnabled", "cache_cluster_enabled", flag_of),
    sets("/cacheClusterSize", "cache_cluster_size", _size),
    sets("/clientCertificateId", "client_certificate_id"),
    sets("/documentationVersion", "documentation_version"),
    sets("/tracingEnabled", "tracing_enabled", flag_of),
    Rule("/deploymentId", ("replace", "copy"), _deployment),
    Rule("/variables", ("copy",), _variables),
    entries("/variables/{}", "variables", _variable),
    Rule("/accessLogSettings", ("remove",), _no_logs),
    Rule("/accessLogSettings/destinationArn", ("add", "replace"), _destination),
    Rule("/accessLogSettings/format", ("add", "replace"), _format),
    Rule("/canarySettings", ("remove",), _no_canary),
    _canary("deploymentId", _canary_deployment),
    _canary("percentTraffic", _percent),
    _canary("useStageCache", _use_cache),
    _canary("stageVariableOverrides/{}", _override, ("add", "remove", "replace")),
    *_method_settings(),
    Rule("/{*}/{}", ("remove",), _forget_settings),
)
