"""What a target tracking policy follows: a predefined metric, another metric, or metric math over some.

https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking-metric-math.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.services.applicationautoscaling import limits
from foulweather.services.applicationautoscaling.records import Policy, Target

PREDEFINED = {
    "DynamoDBReadCapacityUtilization": "Read",
    "DynamoDBWriteCapacityUtilization": "Write",
}


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
        _check_metric(custom)
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
            _check_metric(stat["Metric"])
    _returned(queries)


def _returned(queries: list[dict[str, Any]]) -> dict[str, Any]:
    """The one query that a policy is based on ("specify true for this value for only the final math expression")."""
    returned = [query for query in queries if query.get("ReturnData", True)]
    if len(returned) != 1:
        raise limits.invalid("Exactly one metric data query must have ReturnData true", *limits.facts(Metrics=queries))
    return returned[0]


def _check_metric(metric: Mapping[str, Any]) -> None:
    namespace, name = metric.get("Namespace"), metric.get("MetricName")
    if namespace is None or name is None:
        raise limits.invalid("A metric must have Namespace and MetricName")
