"""PutMetricData: values, values with counts, and statistic sets.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.cloudwatch import evaluating, limits, refusals
from foulweather.services.cloudwatch.series import Stream
from foulweather.services.cloudwatch.state import Metric, WatchState

Request = Mapping[str, Any]
KNOWN_MAX = 100_000
_OTHERS = frozenset({"Values", "Counts", "StatisticValues", "StorageResolution"})


class Datum(NamedTuple):
    """One checked datum."""

    metric: Metric
    unit: str
    at_ms: int
    values: list[tuple[float, float]]
    given_set: tuple[float, float, float, float] | None
    is_high: bool


def put_metric_data(call: Call, request: Request) -> None:
    """Publish datapoints; all of them are taken, or none."""
    namespace = request.get("Namespace")
    if not namespace:
        raise refusals.missing("Namespace")
    if namespace.startswith("AWS/"):
        raise refusals.invalid("The value AWS/ for parameter Namespace is invalid.", Namespace=namespace)
    if namespace[0] == ":" or len(namespace) > 255:
        raise refusals.invalid(f"The value {namespace} for parameter Namespace is invalid.", Namespace=namespace)
    if request.get("EntityMetricData"):
        raise not_implemented("cloudwatch", "PutMetricData.EntityMetricData")
    given: list[dict[str, Any]] = request.get("MetricData") or []
    if not given:
        raise refusals.missing("MetricData")
    if len(given) > limits.DATA_MAX:
        raise refusals.invalid(
            f"The collection MetricData must not have a size greater than {limits.DATA_MAX}.", MetricData=len(given)
        )
    now_ms = call.now
    state = call.state(WatchState)
    known = state.known
    plain: list[tuple[Stream, int, float]] = []
    data: list[tuple[tuple[object, ...], Datum]] = []
    for number, each in enumerate(given, 1):
        key = _key(namespace, each)
        stream = known.get(key)
        value = each.get("Value")
        at_ms: int = each.get("Timestamp", now_ms)
        is_timely = now_ms - limits.PAST_MS <= at_ms <= now_ms + limits.FUTURE_MS
        if stream is None or value is None or not is_timely or not _OTHERS.isdisjoint(each) or abs(value) > 1e100:
            data.append((key, _checked(namespace, each, number, now_ms)))
        elif value != value:
            limits.checked_value(value, f"MetricData.member.{number}.Value")
        else:
            plain.append((stream, at_ms, float(value)))
    fresh = 0
    for stream, at_ms, value in plain:
        stream.add(at_ms, value)
        fresh += state.is_new_this_hour(stream.row.id, now_ms)
    for key, datum in data:
        stream = _store(state, datum)
        fresh += state.is_new_this_hour(stream.row.id, now_ms)
        if len(known) < KNOWN_MAX:
            known[key] = stream
    if fresh:
        call.happened("cloudwatch.MetricsPublished", namespace, metrics=fresh)
    if state.alarms:
        evaluating.wake(call.world, state, now_ms)


def _key(namespace: str, datum: dict[str, Any]) -> tuple[object, ...]:
    """A series as a datum names it, its dimensions in the order given: known when it was checked before."""
    given: list[dict[str, str]] | None = datum.get("Dimensions")
    name, unit = datum.get("MetricName"), datum.get("Unit")
    if not given:
        return (namespace, name, unit)
    if len(given) == 1:
        return (namespace, name, unit, given[0].get("Name"), given[0].get("Value"))
    return (namespace, name, unit, *[part for each in given for part in (each.get("Name"), each.get("Value"))])


def _store(state: WatchState, datum: Datum) -> Stream:
    metric, unit, at_ms, values, given_set, is_high = datum
    stream = state.stream(metric, unit)
    bucket = stream.bucket(at_ms)
    second = stream.second(at_ms, bucket) if is_high else None
    for value, count in values:
        bucket.add(value, count)
    if second is not None:
        for value, count in values:
            second.add(value, count)
    if given_set is not None:
        bucket.add_set(*given_set)
        if second is not None:
            second.add_set(*given_set)
    return stream


def _checked(namespace: str, datum: dict[str, Any], number: int, now_ms: int) -> Datum:
    name = datum.get("MetricName")
    if not name:
        raise refusals.missing(f"MetricData.member.{number}.MetricName")
    if len(name) > 255:
        raise refusals.invalid(f"The value {name} for parameter MetricData.member.{number}.MetricName is invalid.")
    given = datum.get("Dimensions")
    dimensions = limits.checked_dimensions(given, f"MetricData.member.{number}.Dimensions") if given else ()
    unit = datum.get("Unit", "None")
    if unit not in limits.UNITS:
        limits.checked_unit(unit, f"MetricData.member.{number}.Unit")
    at_ms = datum.get("Timestamp")
    if at_ms is None:
        at_ms = now_ms
    elif not now_ms - limits.PAST_MS <= at_ms <= now_ms + limits.FUTURE_MS:
        limits.checked_time(at_ms, now_ms, f"MetricData.member.{number}.Timestamp")
    stored_s = datum.get("StorageResolution", 60)
    if stored_s not in (1, 60):
        raise refusals.invalid(
            f"The value {stored_s} for parameter MetricData.member.{number}.StorageResolution is invalid."
        )
    value = datum.get("Value")
    path = f"MetricData.member.{number}"
    if value is not None and "Values" not in datum and "StatisticValues" not in datum and -1e100 < value < 1e100:
        return Datum(Metric(namespace, name, dimensions), unit, at_ms, [(float(value), 1.0)], None, stored_s == 1)
    values, given_set = _checked_values(datum, path)
    return Datum(Metric(namespace, name, dimensions), unit, at_ms, values, given_set, stored_s == 1)


def _checked_values(
    datum: dict[str, Any], path: str
) -> tuple[list[tuple[float, float]], tuple[float, float, float, float] | None]:
    given = [name for name in ("Value", "Values", "StatisticValues") if datum.get(name) is not None]
    if not given:
        raise refusals.missing(f"{path}.Value")
    if len(given) > 1:
        raise refusals.combination(
            f"The parameters {path}.{given[0]} and {path}.{given[1]} are mutually exclusive and you have specified "
            "both."
        )
    if given[0] == "Value":
        return [(limits.checked_value(datum["Value"], f"{path}.Value"), 1.0)], None
    if given[0] == "StatisticValues":
        return [], _checked_set(datum["StatisticValues"], f"{path}.StatisticValues")
    values: list[float] = datum["Values"]
    counts: list[float] = datum.get("Counts") or [1.0] * len(values)
    for name, held in (("Values", values), ("Counts", counts)):
        if len(held) > limits.VALUES_MAX:
            raise refusals.invalid(
                f"The collection {path}.{name} must not have a size greater than {limits.VALUES_MAX}."
            )
    if len(values) != len(counts):
        raise refusals.invalid(
            f"The parameters {path}.Values and {path}.Counts must be of the same size.",
            Values=len(values),
            Counts=len(counts),
        )
    pairs = [(limits.checked_value(v, f"{path}.Values"), float(n)) for v, n in zip(values, counts, strict=True)]
    for _, count in pairs:
        if not 0 <= count < 1e100:
            raise refusals.invalid(f"The value {count} for parameter {path}.Counts is invalid.")
    return [(value, count) for value, count in pairs if count], None


def _checked_set(given: dict[str, float], path: str) -> tuple[float, float, float, float]:
    for name in ("SampleCount", "Sum", "Minimum", "Maximum"):
        if given.get(name) is None:
            raise refusals.missing(f"{path}.{name}")
    count, total, low, high = (
        limits.checked_value(given[name], f"{path}.{name}") for name in ("SampleCount", "Sum", "Minimum", "Maximum")
    )
    if count <= 0:
        raise refusals.invalid(f"The value {count} for parameter {path}.SampleCount is invalid.")
    if low > high:
        raise refusals.invalid(f"The parameter {path}.Maximum must be greater than or equal to {path}.Minimum.")
    return count, total, low, high
