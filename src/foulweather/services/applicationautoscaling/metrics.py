"""What a target tracking policy follows: a predefined metric, a metric of DynamoDB's, or arithmetic over some.

CloudWatch's other namespaces need CloudWatch; until it is built they are answered with 501.
https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking-metric-math.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.errors import not_implemented
from foulweather.services.applicationautoscaling import arithmetic, limits
from foulweather.services.applicationautoscaling.consumption import Consumption
from foulweather.services.applicationautoscaling.records import Policy, Target
from foulweather.services.applicationautoscaling.state import ScalingState

PREDEFINED = {
    "DynamoDBReadCapacityUtilization": "Read",
    "DynamoDBWriteCapacityUtilization": "Write",
}
GATHERED = (
    "ConsumedReadCapacityUnits",
    "ConsumedWriteCapacityUnits",
    "ReadThrottleEvents",
    "WriteThrottleEvents",
)
PROVISIONED = ("ProvisionedReadCapacityUnits", "ProvisionedWriteCapacityUnits")
_STATISTICS = ("Sum", "Average", "Minimum", "Maximum", "SampleCount")
_DIMENSIONS = ("TableName", "GlobalSecondaryIndexName")
_NAMESPACE = "AWS/DynamoDB"


def is_predefined(policy: Policy) -> bool:
    """Whether a policy follows the utilization of its own target."""
    return "PredefinedMetricSpecification" in policy.config


def check(target: Target, config: Mapping[str, Any]) -> None:
    """Refuse a metric that does not fit the target, or that nothing here tells."""
    predefined: dict[str, Any] | None = config.get("PredefinedMetricSpecification")
    custom: dict[str, Any] | None = config.get("CustomizedMetricSpecification")
    if (predefined is None) == (custom is None):
        raise limits.invalid(
            "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified"
        )
    if predefined is not None:
        _check_predefined(target, predefined)
    elif custom is not None:
        _check_custom(custom)


def value_at(
    policy: Policy, target: Target, state: ScalingState, consumption: Consumption, minute: int
) -> float | None:
    """The metric's value in a minute, as its alarms compare it, or None where there was nothing to count."""
    if is_predefined(policy):
        metric = f"Consumed{target.direction}CapacityUnits"
        series = consumption.series(target, target.table, target.index, metric)
        point = series.minutes.get(minute) if series is not None else None
        return None if point is None else point.sum_milli / 1000
    custom: dict[str, Any] = policy.config["CustomizedMetricSpecification"]
    queries: list[dict[str, Any]] | None = custom.get("Metrics")
    if not queries:
        return _stat(custom, custom["Statistic"], target, state, consumption, minute)
    values: dict[str, float] = {}
    for query in queries:
        if stat := query.get("MetricStat"):
            value = _stat(stat["Metric"], stat["Stat"], target, state, consumption, minute)
            if value is not None:
                values[query["Id"]] = value
    texts = {query["Id"]: query["Expression"] for query in queries if query.get("Expression")}
    return arithmetic.value_of(_returned(queries)["Id"], texts, values)


def _check_predefined(target: Target, predefined: Mapping[str, Any]) -> None:
    kind = predefined["PredefinedMetricType"]
    if PREDEFINED.get(kind) != target.direction:
        raise limits.invalid(
            f"Predefined metric type {kind} is not supported for scalable dimension {target.dimension}",
            *limits.facts(PredefinedMetricType=kind, ScalableDimension=target.dimension),
        )
    if predefined.get("ResourceLabel") is not None:
        raise limits.invalid(f"ResourceLabel cannot be specified for predefined metric type {kind}")


def _check_custom(custom: Mapping[str, Any]) -> None:
    queries = custom.get("Metrics")
    if not queries:
        for name in ("MetricName", "Namespace", "Statistic"):
            if custom.get(name) is None:
                raise limits.invalid(f"CustomizedMetricSpecification must have {name}, or Metrics")
        _check_metric(custom, custom["Statistic"], custom.get("Unit"))
        return
    if any(custom.get(name) is not None for name in ("MetricName", "Namespace", "Dimensions", "Statistic", "Unit")):
        raise limits.invalid("CustomizedMetricSpecification can have either Metrics or a single metric, not both")
    ids = [query["Id"] for query in queries]
    if len(set(ids)) != len(ids):
        raise limits.invalid("The Ids of the metric data queries must be unique", *limits.facts(Metrics=ids))
    for query in queries:
        expression, stat = query.get("Expression"), query.get("MetricStat")
        if (expression is None) == (stat is None):
            raise limits.invalid(f"Metric data query {query['Id']} must have either Expression or MetricStat")
        if stat is not None:
            _check_metric(stat["Metric"], stat["Stat"], stat.get("Unit"))
    _returned(queries)
    arithmetic.check({query["Id"]: query["Expression"] for query in queries if query.get("Expression")}, ids)


def _returned(queries: list[dict[str, Any]]) -> dict[str, Any]:
    """The one query that a policy is based on ("specify true for this value for only the final math expression")."""
    returned = [query for query in queries if query.get("ReturnData", True)]
    if len(returned) != 1:
        raise limits.invalid("Exactly one metric data query must have ReturnData true", *limits.facts(Metrics=queries))
    return returned[0]


def _check_metric(metric: Mapping[str, Any], statistic: str, unit: str | None) -> None:
    namespace, name = metric.get("Namespace"), metric.get("MetricName")
    if namespace is None or name is None:
        raise limits.invalid("A metric must have Namespace and MetricName")
    given: list[dict[str, str]] = metric.get("Dimensions") or []
    dimensions = {each["Name"]: each["Value"] for each in given}
    is_told = (
        namespace == _NAMESPACE
        and name in (*GATHERED, *PROVISIONED)
        and "TableName" in dimensions
        and set(dimensions) <= set(_DIMENSIONS)
    )
    if not is_told:
        raise not_implemented(
            "application-autoscaling", f"PutScalingPolicy.CustomizedMetricSpecification:{namespace}/{name}"
        )
    if statistic not in _STATISTICS:
        raise not_implemented("application-autoscaling", f"PutScalingPolicy.CustomizedMetricSpecification:{statistic}")
    if unit not in (None, "Count"):
        raise not_implemented("application-autoscaling", f"PutScalingPolicy.CustomizedMetricSpecification.Unit:{unit}")


def _stat(
    metric: Mapping[str, Any],
    statistic: str,
    target: Target,
    state: ScalingState,
    consumption: Consumption,
    minute: int,
) -> float | None:
    dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
    table, index, name = dimensions["TableName"], dimensions.get("GlobalSecondaryIndexName", ""), metric["MetricName"]
    if name in PROVISIONED:
        return _provisioned(table, index, name, state)
    series = consumption.series(target, table, index, name)
    point = series.minutes.get(minute) if series is not None else None
    if point is None:
        return None
    if statistic == "SampleCount":
        return point.samples
    if statistic == "Average":
        return point.sum_milli / point.samples / 1000
    milli = {"Sum": point.sum_milli, "Minimum": point.least_milli, "Maximum": point.most_milli}[statistic]
    return milli / 1000


def _provisioned(table: str, index: str, metric: str, state: ScalingState) -> float | None:
    """The capacity last seen of a table or an index that is a scalable target too."""
    direction = "Read" if "Read" in metric else "Write"
    for target in state.targets.values():
        if (target.table, target.index, target.direction) == (table, index, direction):
            return target.units or None
    return None
