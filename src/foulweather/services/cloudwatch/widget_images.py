"""GetMetricWidgetImage: a graph of metrics as a PNG.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Metric-Widget-Structure.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.services.cloudwatch import limits, queries, refusals, settling
from foulweather.services.cloudwatch.charts import Chart, Drawn, Mark, color_of, drawn
from foulweather.services.cloudwatch.series import aligned
from foulweather.services.cloudwatch.state import WatchState, Window

SIZE_MAX = 2000
METRICS_MAX = 100
HOURS_MS = 3 * 3_600_000
_KNOWN = frozenset(
    {"metrics", "annotations", "end", "height", "legend", "liveData", "period", "region", "stacked", "start", "stat",
     "theme", "timezone", "title", "view", "width", "yAxis", "setPeriodToTimeRange", "sparkline", "trend", "id",
     "singleValueFullPrecision", "accountId", "table", "labels"}
)  # fmt: skip
_DRAWN_VIEWS = ("timeSeries",)
_DURATION = re.compile(r"-?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
Widget = Mapping[str, Any]


def get_metric_widget_image(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Draw a graph."""
    limits.check_model(call, request)
    if request.get("OutputFormat") not in (None, "png", "image/png"):
        raise refusals.validation(f"The value {request['OutputFormat']} for parameter OutputFormat is invalid.")
    if request.get("OutputFormat") == "image/png":
        raise not_implemented("cloudwatch", "GetMetricWidgetImage.OutputFormat image/png")
    widget = _checked(call, request["MetricWidget"])
    settling.settle(call.world)
    end_ms = _time(widget.get("end") or "-PT0H", call.now)
    start_ms = _time(widget["start"], call.now) if widget.get("start") else end_ms - HOURS_MS
    if start_ms >= end_ms:
        raise _invalid("start must be before end")
    asked, about = _queries(widget, start_ms, end_ms)
    queries.check(asked, "metrics")
    window = Window(aligned(start_ms, call.now, 60), end_ms, call.now)
    evaluation = queries.Evaluation(call.state(WatchState), asked, window)
    lines: list[Drawn] = []
    for query in asked:
        options = about[query["Id"]]
        if options.get("visible", True):
            for line in evaluation.results(query["Id"]):
                color = color_of(options.get("color"), len(lines))
                lines.append(Drawn(line, color, options.get("yAxis") == "right"))
    edges = {False: _edges(widget, "left"), True: _edges(widget, "right")}
    legend: dict[str, Any] = widget.get("legend") or {}
    chart = Chart(
        lines,
        _marks(widget.get("annotations") or {}, call.now),
        start_ms,
        end_ms,
        str(widget.get("title") or ""),
        edges,
        bool(widget.get("stacked")),
        legend.get("position") != "hidden",
    )
    return {"MetricWidgetImage": drawn(chart, widget.get("width") or 600, widget.get("height") or 400)}


def _edges(widget: Widget, side: str) -> tuple[float | None, float | None]:
    axes: dict[str, Any] = widget.get("yAxis") or {}
    axis: dict[str, Any] = axes.get(side) or {}
    return axis.get("min"), axis.get("max")


def _invalid(message: str) -> AwsError:
    return refusals.validation(f"Invalid MetricWidget: {message}")


def _checked(call: Call, text: str) -> Widget:
    try:
        root: Any = json.loads(text)
    except ValueError:
        raise _invalid("it is not valid JSON") from None
    if not isinstance(root, dict):
        raise _invalid("it must be a JSON object")
    widget = cast("dict[str, Any]", root)
    metrics: Any = widget.get("metrics")
    if not isinstance(metrics, list) or not 1 <= len(cast("list[Any]", metrics)) <= METRICS_MAX:
        raise _invalid(f"metrics must be an array of 1 to {METRICS_MAX} metrics")
    for name in ("width", "height"):
        size = widget.get(name)
        if size is not None and not (isinstance(size, int) and 1 <= size <= SIZE_MAX):
            raise _invalid(f"{name} must be between 1 and {SIZE_MAX}")
    for name in sorted(widget.keys() - _KNOWN):
        raise _invalid(f"unknown property {name}")
    if widget.get("view", "timeSeries") not in _DRAWN_VIEWS:
        raise not_implemented("cloudwatch", f"GetMetricWidgetImage.MetricWidget.view {widget['view']}")
    for name, usual in (("theme", "light"), ("timezone", "+0000"), ("accountId", call.account)):
        if widget.get(name) not in (None, usual):
            raise not_implemented("cloudwatch", f"GetMetricWidgetImage.MetricWidget.{name}")
    if widget.get("region") not in (None, call.region):
        raise not_implemented("cloudwatch", "GetMetricWidgetImage.MetricWidget.region of another region")
    return widget


def _time(text: str, now_ms: int) -> int:
    """A time as ISO 8601 tells it, or how long ago it was."""
    ago = _DURATION.fullmatch(text)
    if ago is not None:
        days, hours, minutes, seconds = (int(part or 0) for part in ago.groups())
        return now_ms - (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _invalid(f"{text} is no time") from None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _queries(widget: Widget, start_ms: int, end_ms: int) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """The metrics as queries, and what is said about each: `.` repeats what the metric before had at that place."""
    asked: list[dict[str, Any]] = []
    about: dict[str, dict[str, Any]] = {}
    before: list[str] = []
    usual_s = max(300, -(-(end_ms - start_ms) // 1000 // 1440 // 300) * 300)
    for number, given in enumerate(widget["metrics"]):
        parts = list(cast("list[Any]", given)) if isinstance(given, list) else [given]
        options: dict[str, Any] = parts.pop() if parts and isinstance(parts[-1], dict) else {}
        query_id = options.get("id") or f"q{number}"
        about[query_id] = options
        period_s = options.get("period") or widget.get("period") or usual_s
        query: dict[str, Any] = {"Id": query_id}
        if options.get("label"):
            query["Label"] = options["label"]
        if "expression" in options:
            asked.append({**query, "Expression": options["expression"], "Period": period_s})
            continue
        named = _named(parts, before)
        before = named
        dimensions = [{"Name": name, "Value": value} for name, value in zip(named[2::2], named[3::2], strict=True)]
        metric = {"Namespace": named[0], "MetricName": named[1], "Dimensions": dimensions}
        stat = options.get("stat") or widget.get("stat") or "Average"
        asked.append({**query, "MetricStat": {"Metric": metric, "Period": period_s, "Stat": stat}})
    return asked, about


def _named(parts: list[Any], before: list[str]) -> list[str]:
    named: list[str] = []
    for part in parts:
        if part == "...":
            named += before[len(named) : len(before) - (len(parts) - parts.index("...") - 1)]
        elif part == ".":
            if len(named) >= len(before):
                raise _invalid("'.' repeats nothing")
            named.append(before[len(named)])
        else:
            named.append(str(part))
    if len(named) < 2 or len(named) % 2:
        raise _invalid("a metric has a namespace, a name, and dimensions by name and value")
    return named


def _marks(annotations: Mapping[str, Any], now_ms: int) -> list[Mark]:
    marks: list[Mark] = []
    for kind in ("horizontal", "vertical"):
        listed: list[Any] = annotations.get(kind) or []
        for each in listed:
            ends = cast("list[dict[str, Any]]", each if isinstance(each, list) else [each])
            for end in ends:
                at = float(_time(str(end["value"]), now_ms)) if kind == "vertical" else float(end["value"])
                color = color_of(end.get("color"), -1)
                marks.append(Mark(str(end.get("label") or ""), at, color, kind == "vertical"))
    return marks
