"""Metric data queries: checked as a whole, then computed in the order in which they need each other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.services.cloudwatch import bands, functions, insights, labels, refusals, searching, stats, syntax
from foulweather.services.cloudwatch.limits import UNITS
from foulweather.services.cloudwatch.lines import Line, MathFault, Value, combined
from foulweather.services.cloudwatch.state import Metric, WatchState, Window

Query = Mapping[str, Any]
_ID = re.compile(r"[a-z][A-Za-z0-9_]{0,254}")
_PERIODS = (1, 5, 10, 20, 30)
_OF_QUERIES = frozenset({"SEARCH", "METRICS", "ANOMALY_DETECTION_BAND"})


def check(queries: Sequence[Query], path: str = "MetricDataQueries") -> None:
    """Refuse queries that cannot be computed: all that is wrong, a line each."""
    faults: list[str] = []
    ids = [str(query.get("Id", "")) for query in queries]
    for number, query in enumerate(queries, 1):
        faults += _faults(query, f"{path}.member.{number}", ids)
    for each in sorted({each for each in ids if ids.count(each) > 1}):
        faults.append(f"The value for parameter {path} contains the id '{each}' more than once.")
    if faults:
        raise refusals.validation("\n".join(faults), queries=list(queries))
    _check_cycles({query["Id"]: query["Expression"] for query in queries if query.get("Expression")}, path)


def _faults(query: Query, path: str, ids: Sequence[str]) -> list[str]:
    faults: list[str] = []
    if not _ID.fullmatch(str(query.get("Id", ""))):
        faults.append(f"The value for parameter {path}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.")
    if query.get("AccountId"):
        raise not_implemented("cloudwatch", "GetMetricData.AccountId")
    labels.check(query.get("Label") or "")
    expression, stat = query.get("Expression"), query.get("MetricStat")
    if (expression is None) == (stat is None):
        faults.append(f"The parameters {path}.Expression and {path}.MetricStat are mutually exclusive, and one of them "
                      "must be specified.")  # fmt: skip
        return faults
    if stat is not None:
        return faults + _stat_faults(stat, f"{path}.MetricStat")
    assert expression is not None
    if insights.is_query(expression):
        if not query.get("Period"):
            faults.append(f"The parameter {path}.Period is required for a Metrics Insights query.")
        try:
            insights.parsed(expression)
        except MathFault as fault:
            faults.append(f"Error in expression '{query.get('Id')}': {fault}")
        return faults
    return faults + _expression_faults(query, expression, ids)


def _stat_faults(stat: Mapping[str, Any], path: str) -> list[str]:
    faults: list[str] = []
    metric: Mapping[str, Any] = stat.get("Metric") or {}
    for name in ("Namespace", "MetricName"):
        if not metric.get(name):
            faults.append(f"The parameter {path}.Metric.{name} is required.")
    if stats.parsed(str(stat.get("Stat", ""))) is None:
        faults.append(f"The value for parameter {path}.Stat is not a valid statistic.")
    period_s = stat.get("Period", 0)
    if period_s not in _PERIODS and (period_s < 60 or period_s % 60):
        faults.append(f"The value for parameter {path}.Period must be 1, 5, 10, 20, 30, or a multiple of 60.")
    if stat.get("Unit") is not None and stat["Unit"] not in UNITS:
        faults.append(f"The value for parameter {path}.Unit is not a valid unit.")
    return faults


def _expression_faults(query: Query, expression: str, ids: Sequence[str]) -> list[str]:
    try:
        tree = syntax.parsed(expression)
    except syntax.SyntaxFault as fault:
        return [f"Error in expression '{query.get('Id')}': Syntax error: {fault}"]
    used = syntax.calls(tree)
    for name in sorted(used & functions.NOT_BUILT):
        raise not_implemented("cloudwatch", f"GetMetricData.Expression {name}")
    faults = [
        f"Error in expression '{query.get('Id')}': Unknown function: {name}"
        for name in sorted(used - functions.FUNCTIONS.keys() - _OF_QUERIES)
    ]
    unknown = sorted(syntax.names(tree) - set(ids) - functions.KEYWORDS)
    return faults + [f"Error in expression '{query.get('Id')}': Undefined variable: {name}" for name in unknown]


def _check_cycles(texts: Mapping[str, str], path: str) -> None:
    needs = {
        each: syntax.names(syntax.parsed(text)) & texts.keys()
        for each, text in texts.items()
        if not insights.is_query(text)
    }
    done: set[str] = set()
    while ready := [each for each, needed in needs.items() if each not in done and needed & needs.keys() <= done]:
        done.update(ready)
    if left := sorted(needs.keys() - done):
        raise refusals.validation(f"The expressions {', '.join(left)} of {path} refer to each other in a circle.")


class Evaluation:
    """One set of queries, computed over one window."""

    def __init__(self, state: WatchState, queries: Sequence[Query], window: Window) -> None:
        self.window = window
        self.state = state
        self._queries = {query["Id"]: query for query in queries}
        self._found: dict[str, Value | None] = {}
        self.asked: set[Metric] = set()
        """The metrics that were read: GetMetricData is billed by them."""
        periods = [query["MetricStat"]["Period"] for query in queries if query.get("MetricStat")]
        self.period_s: int = max(periods, default=60)

    def results(self, query_id: str) -> list[Line]:
        """The series of a query, or the refusal of one that makes none."""
        value = self.value(query_id)
        query = self._queries[query_id]
        dynamic: str = query.get("Label") or ""
        if labels.is_dynamic(dynamic) and isinstance(value, Line | list):
            place = (self.state.account, self.state.region)
            lines = value if isinstance(value, list) else [value]
            return [Line(labels.filled(dynamic, line, place), line.points, line.period_s) for line in lines]
        if value is None:
            return [Line(query.get("Label") or query_id, {}, self.period_s)]
        if isinstance(value, Line):
            label = query.get("Label") or (query_id if query.get("Expression") else value.label)
            return [Line(label, value.points, value.period_s)]
        if isinstance(value, list):
            label = query.get("Label")
            return [Line(f"{label} {line.label}" if label else line.label, line.points, line.period_s)
                    for line in value]  # fmt: skip
        raise self._fault(query_id, "The expression must return a time series or an array of time series.")

    def value(self, query_id: str) -> Value | None:
        """What a query comes to, computed once; None when there is nothing to compute it from."""
        if query_id not in self._found:
            try:
                self._found[query_id] = self._computed(self._queries[query_id])
            except functions.NoData:
                self._found[query_id] = None
            except MathFault as fault:
                raise self._fault(query_id, str(fault)) from None
        return self._found[query_id]

    def buckets(self, query_id: str) -> Any:
        """The buckets of a query of one metric."""
        metric, unit, period_s = self._metric(self._queries[query_id]["MetricStat"])
        return self.state.read(metric, unit, period_s, self.window)

    def _fault(self, query_id: str, message: str) -> AwsError:
        return refusals.validation(f"Error in expression '{query_id}': {message}", Id=query_id)

    def _metric(self, stat: Mapping[str, Any]) -> tuple[Metric, str | None, int]:
        given: list[dict[str, str]] = stat["Metric"].get("Dimensions") or []
        pairs = tuple(sorted((each["Name"], each["Value"]) for each in given))
        metric = Metric(stat["Metric"]["Namespace"], stat["Metric"]["MetricName"], pairs)
        return metric, stat.get("Unit"), stat["Period"]

    def _computed(self, query: Query) -> Value:
        stat = query.get("MetricStat")
        if stat is not None:
            metric, unit, period_s = self._metric(stat)
            return self._line(metric, unit, stat["Stat"], period_s)
        expression: str = query["Expression"]
        if insights.is_query(expression):
            return insights.selected(self.state, insights.parsed(expression), query["Period"], self.window)
        return self._node(syntax.parsed(expression))

    def _line(self, metric: Metric, unit: str | None, stat: str, period_s: int, window: Window | None = None) -> Line:
        statistic = stats.parsed(stat)
        assert statistic is not None
        has_values = stats.is_percentile(stat)
        self.asked.add(metric)
        read = self.state.read(metric, unit, period_s, window or self.window, has_values=has_values)
        points = {at: value for at, bucket in sorted(read.items()) if (value := statistic(bucket)) is not None}
        return Line(metric.name, points, period_s, (metric, unit, stat))

    def _node(self, node: syntax.Node) -> Value:
        match node:
            case syntax.Number(number):
                return number
            case syntax.Text(text):
                return text
            case syntax.Name(name):
                return self._named(name)
            case syntax.Array(items):
                return self._array([self._node(item) for item in items])
            case syntax.Operation(sign, left, right):
                second = self._node(right)
                return combined(sign, 0.0 if left is None else self._node(left), second)
            case syntax.Call(name, arguments):
                if name == "SEARCH":
                    return self._search([self._node(each) for each in arguments])
                if name == "METRICS":
                    return self._metrics([self._node(each) for each in arguments])
                if name == "ANOMALY_DETECTION_BAND":
                    return self._band([self._node(each) for each in arguments])
                return functions.FUNCTIONS[name](self, [self._node(each) for each in arguments])

    def _named(self, name: str) -> Value:
        if name not in self._queries:
            return name
        value = self.value(name)
        if value is None:
            raise functions.NoData
        return value

    def _array(self, items: list[Value]) -> list[Line]:
        lines: list[Line] = []
        for item in items:
            if isinstance(item, list):
                lines += item
            elif isinstance(item, Line):
                lines.append(item)
            else:
                raise MathFault("an array holds time series")
        return lines

    def _metrics(self, arguments: list[Value]) -> Value:
        wanted = arguments[0] if arguments else ""
        if not isinstance(wanted, str):
            raise MathFault("METRICS takes a string")
        found: list[Line] = []
        for query_id, query in self._queries.items():
            if query.get("MetricStat") and (not wanted or wanted in query_id):
                value = self.value(query_id)
                if isinstance(value, Line):
                    found.append(value)
        return found

    def _search(self, arguments: list[Value]) -> Value:
        if not 2 <= len(arguments) <= 3 or not isinstance(arguments[0], str) or not isinstance(arguments[1], str):
            raise MathFault("SEARCH takes a search, a statistic and a period")
        period = arguments[2] if len(arguments) == 3 else 300.0
        if not isinstance(period, int | float) or stats.parsed(arguments[1]) is None:
            raise MathFault("SEARCH takes a search, a statistic and a period")
        matches = searching.parsed(arguments[0])
        metrics = [metric for metric in sorted(self.state.metrics) if matches(metric)]
        lines = [self._line(metric, None, arguments[1], int(period)) for metric in metrics[: searching.FOUND_MAX]]
        for line, metric in zip(lines, metrics, strict=False):
            line.label = " ".join([metric.name, *(value for _, value in metric.dimensions)])
        return lines

    def _band(self, arguments: list[Value]) -> Value:
        """The band around a metric; it is learned from what is known before the window's end."""
        width = arguments[1] if len(arguments) == 2 else 2.0
        line = arguments[0] if arguments else 0.0
        if not isinstance(line, Line) or not isinstance(width, int | float):
            raise MathFault("ANOMALY_DETECTION_BAND takes a metric and a number")
        if line.metric is None:
            raise not_implemented("cloudwatch", "GetMetricData.Expression ANOMALY_DETECTION_BAND of an expression")
        band = self._trained(line.metric, line.period_s)
        if not isinstance(band, bands.Band):
            raise functions.NoData
        return list(bands.around(band, line, functions.times(self, line.period_s), width))

    def _trained(self, watched: tuple[Metric, str | None, str], period_s: int) -> object:
        """A metric's band: trained each day when it knows its seasons, each hour until then."""
        metric, unit, stat = watched
        now_ms = self.window.now_ms
        key = f"{metric}|{unit}|{stat}|{period_s}"
        held = self.state.bands.get(key)
        if held is not None and held[0] in (now_ms // bands.HOUR_MS, -(now_ms // bands.DAY_MS)):
            return held[1]
        excluded = self._excluded(metric, stat)
        # What is unusual today must not become usual by the hour: a band with seasons is learned of the days before.
        band: bands.Band | None = None
        for end_ms in (now_ms - now_ms % bands.DAY_MS, self.window.end_ms - period_s * 1000):
            past = Window(now_ms - bands.LEARNED_MS, end_ms, now_ms, self.window.origin_ms)
            band = bands.learned(self._line(metric, unit, stat, period_s, past).points, excluded)
            if band is not None and band.hours:
                break
        if band is not None:
            stamp = -(now_ms // bands.DAY_MS) if band.hours else now_ms // bands.HOUR_MS
            self.state.bands[key] = (stamp, band)
        return band

    def _excluded(self, metric: Metric, stat: str) -> list[dict[str, int]]:
        for detector in self.state.detectors.values():
            if (detector.namespace, detector.name, detector.stat) == (metric.namespace, metric.name, stat) and tuple(
                tuple(pair) for pair in detector.dimensions
            ) == metric.dimensions:
                return detector.configuration.get("ExcludedTimeRanges") or []
        return []
