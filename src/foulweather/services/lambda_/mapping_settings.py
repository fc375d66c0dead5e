"""The settings of event source mappings: which of them each kind of source has, their defaults and their bounds.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import filtering, limits, refusals
from foulweather.services.lambda_.members import inside
from foulweather.services.lambda_.polling import KINDS

Request = Mapping[str, Any]

_NOT_BUILT = (
    "SelfManagedEventSource",
    "Topics",
    "Queues",
    "SourceAccessConfigurations",
    "AmazonManagedKafkaEventSourceConfig",
    "SelfManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "KMSKeyArn",
)
_OF_KAFKA = ("LoggingConfig",)
_COMMON = (
    "BatchSize", "MaximumBatchingWindowInSeconds", "FilterCriteria", "FunctionResponseTypes", "MetricsConfig"
)  # fmt: skip
_OF_QUEUES = ("ScalingConfig", "ProvisionedPollerConfig")
_OF_STREAMS = (
    "ParallelizationFactor",
    "StartingPosition",
    "DestinationConfig",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "MaximumRetryAttempts",
    "TumblingWindowInSeconds",
    "StartingPositionTimestamp",
)
_STREAM_DEFAULTS: Mapping[str, Any] = {
    "BatchSize": 100,
    "MaximumBatchingWindowInSeconds": 0,
    "ParallelizationFactor": 1,
    "DestinationConfig": {"OnFailure": {}},
    "MaximumRecordAgeInSeconds": -1,
    "BisectBatchOnFunctionError": False,
    "MaximumRetryAttempts": -1,
    "TumblingWindowInSeconds": 0,
    "FunctionResponseTypes": [],
}
_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "sqs": {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 0, "FunctionResponseTypes": []},
    "dynamodb": _STREAM_DEFAULTS,
    "kinesis": _STREAM_DEFAULTS,
}
_POLLERS = {"MinimumPollers": 2, "MaximumPollers": 200}
_SOURCES = frozenset({*_DEFAULTS, "kafka", "mq", "rds", "docdb-elastic"})


def kind_of(call: Call, request: Request) -> str:
    """The kind of source that a new mapping reads; what nothing polls yet is not built."""
    for member in ("SelfManagedEventSource", "DocumentDBEventSourceConfig"):
        if request.get(member):
            raise not_implemented("lambda", f"{call.operation}.{member}")
    arn: str = request.get("EventSourceArn") or ""
    if not arn:
        raise refusals.invalid("Unrecognized event source.", Fact("request", "EventSourceArn", None))
    service = arn.split(":")[2]
    if service in _SOURCES and service not in KINDS:
        raise not_implemented("lambda", f"{call.operation}.EventSourceArn={service}")
    if service not in _DEFAULTS or (service == "dynamodb" and "/stream/" not in arn):
        raise refusals.invalid(
            f"Unrecognized event source, must be kinesis, dynamodb stream or sqs. Unsupported source arn: {arn}",
            Fact("request", "EventSourceArn", arn),
        )
    return service


def complete(call: Call, request: Request, kind: str, source_arn: str, before: Request) -> dict[str, Any]:
    """All settings of a mapping: what the request sets over what was before, or over the defaults."""
    _check_fitting(call, request, kind, source_arn)
    names = (*_COMMON, *(_OF_QUEUES if kind == "sqs" else _OF_STREAMS))
    given = {name: request[name] for name in names if request.get(name) is not None}
    settings = {**_DEFAULTS[kind], **before, **given}
    if "FilterCriteria" in request:
        _set_filters(call, settings, request["FilterCriteria"] or {}, kind)
    if not inside(settings, "MetricsConfig", "Metrics"):
        settings.pop("MetricsConfig", None)
    if kind == "sqs":
        if not inside(settings, "ScalingConfig", "MaximumConcurrency"):
            settings.pop("ScalingConfig", None)
        _set_pollers(settings)
        _check_queue(settings, source_arn)
    else:
        _check_stream(call, settings, source_arn)
    return settings


def _check_fitting(call: Call, request: Request, kind: str, source_arn: str) -> None:
    """Settings that another kind of source has are refused, those of no source here by name."""
    for name in _NOT_BUILT:
        if request.get(name):
            raise not_implemented("lambda", f"{call.operation}.{name}")
    of_kafka = [each for each in inside(request, "MetricsConfig", "Metrics") or () if each != "EventCount"]
    if of_kafka:
        raise refusals.invalid(
            f"Unsupported metrics {of_kafka} for given event source mapping type.",
            Fact("request", "MetricsConfig.Metrics", of_kafka),
            Fact("request", "EventSourceArn", source_arn),
        )
    for name in (*_OF_KAFKA, *(_OF_STREAMS if kind == "sqs" else _OF_QUEUES)):
        # An empty DestinationConfig is what the SDKs send when there is none.
        value = request.get(name)
        if value and (name != "DestinationConfig" or any(value.values())):
            raise refusals.invalid(
                f"Unsupported {name} parameter for given event source mapping type.",
                Fact("request", name, value),
                Fact("request", "EventSourceArn", source_arn),
            )


def _set_pollers(settings: dict[str, Any]) -> None:
    """Provisioned pollers, complete; an empty configuration takes them away.

    "You can't use provisioned mode with the maximum concurrency setting".
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    """
    asked: dict[str, Any] = settings.get("ProvisionedPollerConfig") or {}
    if not asked:
        settings.pop("ProvisionedPollerConfig", None)
        return
    pollers = {**_POLLERS, **asked}
    if "MinimumPollers" in asked and "MaximumPollers" not in asked:
        pollers["MaximumPollers"] = max(pollers["MaximumPollers"], pollers["MinimumPollers"])
    facts = [Fact("request", f"ProvisionedPollerConfig.{name}", value) for name, value in pollers.items()]
    if "PollerGroupName" in asked:
        raise refusals.invalid("Unsupported PollerGroupName parameter for given event source mapping type.", *facts)
    if min(pollers.values()) < _POLLERS["MinimumPollers"]:
        raise refusals.invalid("MinimumPollers and MaximumPollers must be at least 2 for Amazon SQS.", *facts)
    if pollers["MinimumPollers"] > pollers["MaximumPollers"]:
        raise refusals.invalid("MinimumPollers must be less than or equal to MaximumPollers.", *facts)
    if "ScalingConfig" in settings:
        raise refusals.invalid(
            "MaximumConcurrency cannot be set together with ProvisionedPollerConfig.",
            *facts,
            Fact("request", "ScalingConfig", settings["ScalingConfig"]),
        )
    settings["ProvisionedPollerConfig"] = pollers


def _check_queue(settings: dict[str, Any], source_arn: str) -> None:
    size, window_s = settings["BatchSize"], settings["MaximumBatchingWindowInSeconds"]
    if source_arn.endswith(".fifo"):
        if window_s:
            raise refusals.invalid(
                "Batching window is not supported for FIFO queues",
                Fact("request", "MaximumBatchingWindowInSeconds", window_s),
            )
        if size > 10:
            raise refusals.invalid(
                "Maximum batch size must be less than or equal to 10 for FIFO queues",
                Fact("request", "BatchSize", size),
            )
    elif size > 10 and not window_s:
        raise refusals.invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
            Fact("request", "BatchSize", size),
            Fact("request", "MaximumBatchingWindowInSeconds", window_s),
        )


def _check_stream(call: Call, settings: dict[str, Any], source_arn: str) -> None:
    position = settings.get("StartingPosition")
    if position is None:
        raise AwsError(
            "ValidationException",
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null.",
            facts=(Fact("request", "StartingPosition", None),),
        )
    stamp = settings.get("StartingPositionTimestamp")
    if (position == "AT_TIMESTAMP") != (stamp is not None) and ":kinesis:" in source_arn:
        raise refusals.invalid(
            "StartingPositionTimestamp must be set if, and only if, StartingPosition is AT_TIMESTAMP.",
            Fact("request", "StartingPosition", position),
            Fact("request", "StartingPositionTimestamp", stamp),
        )
    if (position == "AT_TIMESTAMP" or stamp is not None) and ":kinesis:" not in source_arn:
        raise refusals.invalid(
            f"Unsupported starting position for arn type: {source_arn}", Fact("request", "StartingPosition", position)
        )
    if stamp is not None and stamp > call.now:
        raise refusals.invalid(
            "StartingPositionTimestamp cannot be in the future.",
            Fact("request", "StartingPositionTimestamp", stamp),
            Fact("world", "time", call.now),
        )
    age_s = settings["MaximumRecordAgeInSeconds"]
    if age_s != -1 and age_s < 60:
        raise refusals.invalid(
            "Maximum record age must be -1, or at least 60 seconds.",
            Fact("request", "MaximumRecordAgeInSeconds", age_s),
        )
    if inside(settings, "DestinationConfig", "OnSuccess", "Destination"):
        raise refusals.invalid("Unsupported DestinationConfig parameter for given event source mapping type.")
    failure: str = inside(settings, "DestinationConfig", "OnFailure", "Destination") or ""
    if failure:
        service = failure.split(":")[2] if failure.startswith("arn:") else ""
        if service not in ("sqs", "sns", "s3"):
            raise refusals.invalid(
                f"The destination ARN {failure} is invalid.", Fact("request", "DestinationConfig.OnFailure", failure)
            )
    settings["DestinationConfig"] = {"OnFailure": {"Destination": failure} if failure else {}}
    if settings["TumblingWindowInSeconds"] and settings["ParallelizationFactor"] > 1:
        raise refusals.invalid(
            "Tumbling windows are not supported with a parallelization factor greater than 1.",
            Fact("request", "ParallelizationFactor", settings["ParallelizationFactor"]),
        )


def _set_filters(call: Call, settings: dict[str, Any], criteria: Request, kind: str) -> None:
    filters: list[Mapping[str, str]] = criteria.get("Filters") or []
    if not filters:
        settings.pop("FilterCriteria", None)
        return
    if len(filters) > limits.FILTERS_MAX:
        raise refusals.invalid(
            f"Only {limits.FILTERS_MAX} filters are allowed in a filter criteria.",
            Fact("request", "FilterCriteria.Filters", len(filters)),
        )
    for each in filters:
        pattern = each.get("Pattern")
        try:
            filtering.read(pattern or "")
        except filtering.PatternSyntax as error:
            raise refusals.invalid(
                "Invalid filter pattern definition.",
                Fact("request", "FilterCriteria.Filters.Pattern", pattern),
                Fact("pattern", "is refused because", str(error)),
            ) from error
        if kind == "kinesis":
            _check_data_pattern(call, pattern or "")
    settings["FilterCriteria"] = {"Filters": [{"Pattern": each["Pattern"]} for each in filters]}


def _check_data_pattern(call: Call, pattern: str) -> None:
    """The data is all that "Kinesis event source mappings only support filtering on", and it must be JSON.

    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html
    """
    read: dict[str, Any] = msgspec.json.decode(pattern)
    for key, value in read.items():
        if key != "data":
            raise not_implemented("lambda", f"{call.operation}.FilterCriteria={key}")
        if not isinstance(value, dict):
            raise refusals.invalid(
                "Invalid filter pattern definition.",
                Fact("request", "FilterCriteria.Filters.Pattern", pattern),
                Fact("pattern", "is refused because", "the filter pattern for data must be valid JSON"),
            )
