"""Metrics out of log events: by metric filters, and embedded in the events themselves.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from orjson import JSONDecodeError, loads

from foulweather.kernel.call import Call
from foulweather.services.logs.filter_patterns import Pattern
from foulweather.services.logs.filter_patterns.values import number_of
from foulweather.services.logs.state import LogGroup, MetricFilter

MINUTE_MS: Final = 60_000
EMBEDDED: Final = '"_aws"'
# The embedded metric format's limits: "CloudWatch_Embedded_Metric_Format_Specification".
_VALUES_MAX: Final = 100
_METRICS_MAX: Final = 100
_DIMENSIONS_MAX: Final = 30
_TEXT_MAX: Final = 1024
_SIZES: Final = [
    f"{scale}{kind}"
    for kind, scales in (("bytes", ("Kilo", "Mega", "Giga", "Tera")), ("bits", ("Kilo", "Mega", "Giga", "Tera")))
    for scale in scales
] + ["Bytes", "Bits", "Count"]
_UNITS: Final = frozenset(
    (*_SIZES, *(f"{each}/Second" for each in _SIZES), "Seconds", "Microseconds", "Milliseconds", "Percent", "None")
)


def filtered(
    call: Call,
    group: LogGroup,
    metric_filter: MetricFilter,
    pattern: Pattern,
    times: Sequence[int],
    messages: Sequence[str],
) -> None:
    """Count what matches; a minute in which logs came and none matched counts as the default."""
    wanted = metric_filter.transformation
    default: float | None = wanted.get("defaultValue")
    values = {"@aws.account": group.account, "@aws.region": group.region}
    system = {field: values[field] for field in metric_filter.system_fields}
    unmatched: dict[int, int] = {}
    matched: set[int] = set()
    for time_ms, message in zip(times, messages, strict=True):
        minute = time_ms // MINUTE_MS
        if not pattern.matches(message):
            unmatched.setdefault(minute, time_ms)
            continue
        matched.add(minute)
        value = _value(wanted["metricValue"], pattern, message)
        if value is not None:
            dimensions = _dimensions(wanted.get("dimensions") or {}, pattern, message) | system
            _put(call, group, wanted, value, dimensions, time_ms)
    if default is not None:
        for minute, time_ms in unmatched.items():
            if minute not in matched:
                _put(call, group, wanted, default, system, time_ms)


def _put(
    call: Call, group: LogGroup, wanted: dict[str, Any], value: float, dimensions: dict[str, str], time_ms: int
) -> None:
    call.happened(
        "logs.MetricFiltered",
        group.arn,
        namespace=wanted["metricNamespace"],
        name=wanted["metricName"],
        value=value,
        unit=wanted.get("unit") or "None",
        dimensions=dimensions,
        at_ms=time_ms,
    )


def _value(written: str, pattern: Pattern, message: str) -> float | None:
    """A metric's value: a number, or what a field of the message holds if that is one."""
    return number_of(pattern.value(message, written) if written.startswith("$") else written)


def _dimensions(wanted: dict[str, str], pattern: Pattern, message: str) -> dict[str, str]:
    """The dimensions that a message has; a metric without one of its fields is put without that dimension."""
    found = {name: pattern.value(message, selector) for name, selector in wanted.items()}
    return {name: value for name, value in found.items() if value}


def embedded(call: Call, group: LogGroup, time_ms: int, message: str) -> None:
    """Put the metrics of an event in the embedded metric format.

    What is no such document is an EMFParsingErrors, what is none of its directives an EMFValidationErrors: those are
    for "metric definitions inside embedded metric format logs" that "don't adhere to the embedded metric format and
    MetricDatum specifications".
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
    """
    try:
        document: Any = loads(message)
    except JSONDecodeError:
        call.happened("logs.EmbeddedMetricRejected", group.arn, error="EMFParsingErrors")
        return
    if not isinstance(document, dict) or "_aws" not in document:
        return
    root = cast("dict[str, Any]", document)
    given: Any = root["_aws"]
    metadata = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
    directives, at_ms = metadata.get("CloudWatchMetrics"), metadata.get("Timestamp")
    # "The value MUST be an object and MUST contain the following members": CloudWatchMetrics and Timestamp.
    if not isinstance(directives, list) or not isinstance(at_ms, int) or isinstance(at_ms, bool):
        call.happened("logs.EmbeddedMetricRejected", group.arn, error="EMFParsingErrors")
        return
    for directive in cast("list[Any]", directives):
        if not _directive(call, group, root, directive, at_ms):
            call.happened("logs.EmbeddedMetricRejected", group.arn, error="EMFValidationErrors")


def _directive(call: Call, group: LogGroup, root: dict[str, Any], directive: Any, at_ms: int) -> bool:
    """Put one directive's metrics; False where it breaks the specification.

    "The root node MUST contain all target members defined by the references in the MetricDirective object": one that
    names a metric or a dimension that the event has not is no directive, and none of its metrics is put.
    """
    if not isinstance(directive, dict):
        return False
    given = cast("dict[str, Any]", directive)
    namespace, metrics = given.get("Namespace"), given.get("Metrics")
    # A MetricDirective "MUST contain" all three; no dimensions at all are an empty set of them.
    sets: Any = given.get("Dimensions")
    if not isinstance(metrics, list) or not isinstance(sets, list):
        return False
    if not isinstance(namespace, str) or not 0 < len(namespace) <= _TEXT_MAX:
        return False
    if len(cast("list[Any]", metrics)) > _METRICS_MAX:
        return False
    dimension_sets: list[dict[str, str]] = []
    for names in cast("list[Any]", sets) or [[]]:
        found = _dimension_set(root, names)
        if found is None:
            return False
        dimension_sets.append(found)
    values: list[tuple[dict[str, Any], list[float]]] = []
    for metric in cast("list[Any]", metrics):
        numbers = _numbers(root, metric)
        if numbers is None:
            return False
        values.append((metric, numbers))
    for dimensions in dimension_sets:
        for metric, numbers in values:
            _put_embedded(call, group, namespace, metric, numbers, dimensions, at_ms)
    return True


def _put_embedded(
    call: Call,
    group: LogGroup,
    namespace: str,
    metric: dict[str, Any],
    numbers: list[float],
    dimensions: dict[str, str],
    at_ms: int,
) -> None:
    # A metric of a second's resolution says so; the others are of a minute's.
    resolution = {"storage_resolution": 1} if metric.get("StorageResolution") == 1 else {}
    for value in numbers:
        call.happened(
            "logs.MetricEmbedded",
            group.arn,
            namespace=namespace,
            name=metric["Name"],
            value=value,
            unit=metric.get("Unit") or "None",
            dimensions=dimensions,
            at_ms=at_ms,
            **resolution,
        )


def _dimension_set(root: dict[str, Any], names: Any) -> dict[str, str] | None:
    if not isinstance(names, list) or len(cast("list[Any]", names)) > _DIMENSIONS_MAX:
        return None
    found: dict[str, str] = {}
    for name in cast("list[Any]", names):
        value = root.get(name) if isinstance(name, str) else None
        if not isinstance(value, str) or not 0 < len(value) <= _TEXT_MAX:
            return None
        found[name] = value
    return found


def _numbers(root: dict[str, Any], metric: Any) -> list[float] | None:
    if not isinstance(metric, dict) or not isinstance(metric.get("Name"), str):  # pyright: ignore[reportUnknownMemberType]
        return None
    given = cast("dict[str, Any]", metric)
    if (given.get("Unit") or "None") not in _UNITS or given.get("StorageResolution", 60) not in (1, 60):
        return None
    value: Any = root.get(given["Name"])
    values = cast("list[Any]", value) if isinstance(value, list) else [value]
    if not values or len(values) > _VALUES_MAX:
        return None
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in values):
        return None
    return values
