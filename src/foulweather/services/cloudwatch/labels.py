"""Dynamic labels: `${PROP('Dim.QueueName')} [max: ${MAX}]`.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from foulweather.kernel.errors import not_implemented
from foulweather.services.cloudwatch.lines import Line

_DYNAMIC = re.compile(r"\$\{\s*([A-Z_]+)\s*(?:\(\s*'([^']*)'\s*\))?\s*\}")
_PROPERTIES = ("AccountId", "AccountLabel", "MetricName", "Namespace", "Period", "Region", "Stat")

_VALUES: dict[str, Callable[[Sequence[float]], float]] = {
    "AVG": lambda values: sum(values) / len(values),
    "DATAPOINT_COUNT": len,
    "FIRST": lambda values: values[0],
    "LAST": lambda values: values[-1],
    "MAX": max,
    "MIN": min,
    "SUM": sum,
}
_RANGES: dict[str, Callable[[Sequence[float]], tuple[float, float]]] = {
    "FIRST_LAST_RANGE": lambda values: (values[0], values[-1]),
    "MIN_MAX_RANGE": lambda values: (min(values), max(values)),
}


def is_dynamic(label: str) -> bool:
    """Whether a label has something to fill in."""
    return "${" in label


def check(label: str) -> None:
    """Answer 501 to what a label cannot be filled with: the times of values, and what there is not."""
    for name, given in _DYNAMIC.findall(label):
        is_known = name in _VALUES or name in _RANGES or name == "LABEL"
        is_property = name == "PROP" and (given in _PROPERTIES or given.startswith("Dim."))
        if not is_known and not is_property:
            raise not_implemented("cloudwatch", f"GetMetricData.Label ${{{name}}}")


def filled(label: str, line: Line, place: tuple[str, str]) -> str:
    """A label with what a series has for it; place is the account and the region."""
    values = [line.points[at] for at in sorted(line.points)]

    def fill(found: re.Match[str]) -> str:
        name, given = found[1], found[2]
        if name == "PROP":
            return _property(given, line, place)
        if name == "LABEL":
            return line.label
        if not values:
            return "--"
        if name in _RANGES:
            return " - ".join(_shown(value) for value in _RANGES[name](values))
        return _shown(_VALUES[name](values))

    return _DYNAMIC.sub(fill, label)


def _property(name: str, line: Line, place: tuple[str, str]) -> str:
    account, region = place
    if name in ("AccountId", "AccountLabel"):
        return account
    if name == "Region":
        return region
    if name == "Period":
        return str(line.period_s)
    if line.metric is None:
        return ""
    metric, _, stat = line.metric
    if name.startswith("Dim."):
        return dict(metric.dimensions).get(name[4:], "")
    return {"MetricName": metric.name, "Namespace": metric.namespace, "Stat": stat}[name]


def _shown(value: float) -> str:
    return f"{value:.10g}"
