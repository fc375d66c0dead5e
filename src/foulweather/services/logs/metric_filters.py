"""Metric filters: set, listed, tried, taken away.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringPolicyExamples.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.logs import enriching, limits, naming, paging, patterns, refusals, selecting
from foulweather.services.logs.filter_patterns import InvalidPattern, Pattern
from foulweather.services.logs.filter_patterns.delimited import Delimited
from foulweather.services.logs.filter_patterns.json_paths import path
from foulweather.services.logs.filter_patterns.values import number_of
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.state import STANDARD, LogsState, MetricFilter

Request = Mapping[str, Any]


def put_metric_filter(call: Call, request: Request) -> dict[str, Any]:
    """Count in a metric what matches a pattern among the events to come."""
    refusals.check_model(call, request)
    pattern = patterns.checked(request["filterPattern"])
    transformation = dict(request["metricTransformations"][0])
    system_fields = selecting.checked_fields(request.get("emitSystemFieldDimensions") or [])
    _check_transformation(transformation, pattern, len(system_fields))
    selection = selecting.checked(request.get("fieldSelectionCriteria") or "")
    group = naming.require_group(call, request["logGroupName"], STANDARD)
    of_transformed = enriching.check_transformed(call, group, request)
    state, name = call.state(LogsState), request["filterName"]
    held = state.metric_filters.get(f"{group.name}:{name}")
    if held is None and len(state.metric_filters_of(group.name)) >= limits.METRIC_FILTERS_MAX:
        raise refusals.over_limit("metric filters", limits.METRIC_FILTERS_MAX, group.arn)
    patterns.check_regexes(state, group, pattern, name)
    created_ms = call.now if held is None else held.created_ms
    made = MetricFilter(
        group.name,
        name,
        request["filterPattern"],
        transformation,
        created_ms,
        of_transformed,
        selection,
        system_fields,
    )
    state.metric_filters.put(made.row, made)
    state.changed(group.name)
    call.changed(
        "logs.MetricFilterSet", group.arn, metricFilter=name, filterPattern=made.pattern, transformation=transformation
    )
    return {}


def delete_metric_filter(call: Call, request: Request) -> dict[str, Any]:
    """Take a metric filter away; what it counted stays counted."""
    refusals.check_model(call, request)
    group = naming.require_group(call, request["logGroupName"])
    state, name = call.state(LogsState), request["filterName"]
    key = f"{group.name}:{name}"
    if key not in state.metric_filters:
        raise refusals.not_found("metric filter", name)
    state.metric_filters.delete(key)
    state.changed(group.name)
    call.changed("logs.MetricFilterDeleted", group.arn, metricFilter=name)
    return {}


def describe_metric_filters(call: Call, request: Request) -> dict[str, Any]:
    """A page of metric filters: of a group, of all, or of those that put a certain metric."""
    refusals.check_model(call, request)
    metric, namespace = request.get("metricName"), request.get("metricNamespace")
    if (metric is None) != (namespace is None):
        raise invalid("metricName and metricNamespace must be specified together.")
    state = call.state(LogsState)
    if request.get("logGroupName") is not None:
        found = state.metric_filters_of(naming.require_group(call, request["logGroupName"]).name)
    else:
        found = sorted(state.metric_filters.values(), key=lambda each: (each.name, each.group))
    prefix = request.get("filterNamePrefix") or ""
    chosen = [
        each
        for each in found
        if each.name.startswith(prefix)
        and (metric is None or each.transformation["metricName"] == metric)
        and (namespace is None or each.transformation["metricNamespace"] == namespace)
    ]
    limit = request.get("limit") or limits.LIST_PAGE
    page, token = paging.numbered(chosen, limit, request.get("nextToken"))
    return {"metricFilters": [_shown(each) for each in page], **token}


def test_metric_filter(call: Call, request: Request) -> dict[str, Any]:
    """Which of some messages match a pattern, and what it takes out of them."""
    refusals.check_model(call, request)
    pattern = patterns.checked(request["filterPattern"])
    matches = [
        {"eventNumber": number, "eventMessage": message, "extractedValues": dict(pattern.extracted(message))}
        for number, message in enumerate(request["logEventMessages"], 1)
        if pattern.matches(message)
    ]
    return {"matches": matches}


def _check_transformation(wanted: Mapping[str, Any], pattern: Pattern, system_fields: int) -> None:
    dimensions: Mapping[str, str] = wanted.get("dimensions") or {}
    if wanted["metricNamespace"].startswith("AWS/"):
        raise invalid(
            "Invalid metric transformation: metric namespace cannot start with AWS/.",
            Fact("request", "metricNamespace", wanted["metricNamespace"]),
        )
    if dimensions and not pattern.fields and not pattern.is_json:
        raise invalid(
            "The specified filter pattern does not support dimensions",
            Fact("request", "filterPattern fields", []),
            Fact("request", "dimensions", dict(dimensions)),
        )
    if dimensions and wanted.get("defaultValue") is not None:
        raise invalid(
            "Invalid metric transformation: dimensions and default value are mutually exclusive properties.",
            Fact("request", "defaultValue", wanted["defaultValue"]),
        )
    # System fields "count toward the total dimension limit for metric filters".
    if len(dimensions) + system_fields > limits.DIMENSIONS_MAX:
        raise invalid(
            f"Invalid metric transformation: a metric filter can have at most {limits.DIMENSIONS_MAX} dimensions.",
            Fact("request", "dimensions", len(dimensions) + system_fields),
        )
    value = wanted["metricValue"]
    if not value.startswith("$") and number_of(value) is None:
        raise invalid("Invalid metric transformation: invalid metric value.", Fact("request", "metricValue", value))
    for selector in [*([value] if value.startswith("$") else []), *dimensions.values()]:
        if not _is_known(selector, pattern):
            raise invalid(
                f"Invalid metric transformation: the field {selector} is not in the filter pattern.",
                Fact("request", "filterPattern fields", sorted(pattern.fields)),
                Fact("request", "metricTransformations", selector),
            )


def _is_known(selector: str, pattern: Pattern) -> bool:
    """Whether a pattern can give a field: a JSON one any property, a delimited one the fields that it names."""
    if isinstance(pattern, Delimited):
        return selector in pattern.fields
    if not pattern.is_json:
        return False
    try:
        path(selector)
    except InvalidPattern:
        return False
    return selector.startswith("$")


def _shown(each: MetricFilter) -> dict[str, Any]:
    told: dict[str, Any] = {
        "filterName": each.name,
        "filterPattern": each.pattern,
        "metricTransformations": [each.transformation],
        "creationTime": each.created_ms,
        "logGroupName": each.group,
        "applyOnTransformedLogs": each.of_transformed,
    }
    if each.selection:
        told["fieldSelectionCriteria"] = each.selection
    if each.system_fields:
        told["emitSystemFieldDimensions"] = each.system_fields
    return told
