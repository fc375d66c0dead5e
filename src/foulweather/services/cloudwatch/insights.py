"""Metrics Insights: SELECT AVG(CPUUtilization) FROM SCHEMA("AWS/EC2", InstanceId) WHERE … GROUP BY … ORDER BY … LIMIT.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from foulweather.kernel.errors import not_implemented
from foulweather.services.cloudwatch import stats
from foulweather.services.cloudwatch.buckets import Bucket
from foulweather.services.cloudwatch.lines import Line, MathFault
from foulweather.services.cloudwatch.state import Metric, WatchState, Window

LINES_MAX = 500
ACCOUNT = "AWS.AccountId"
"""A label of every metric: whose it is."""
_FUNCTIONS = {"AVG": "Average", "COUNT": "SampleCount", "MAX": "Maximum", "MIN": "Minimum", "SUM": "Sum"}
_TOKEN = re.compile(
    r"\s*(?:(?P<quoted>\"[^\"]*\")|(?P<text>'[^']*')|(?P<word>[A-Za-z0-9_./#:-]+)|(?P<sign>!=|=|\(|\)|,))"
)


class Selection(msgspec.Struct, kw_only=True):
    """What a query asks for."""

    stat: str
    name: str
    namespace: str
    schema: list[str] | None = None
    wheres: list[tuple[str, bool, str]] = msgspec.field(default_factory=list[tuple[str, bool, str]])
    group: list[str] = msgspec.field(default_factory=list[str])
    order: str = ""
    descends: bool = False
    limit: int = LINES_MAX


def is_query(text: str) -> bool:
    """Whether an expression is one of Metrics Insights."""
    return text.lstrip()[:7].upper() == "SELECT "


@lru_cache(maxsize=256)
def parsed(text: str) -> Selection:
    """What a query asks for."""
    return _Reader(text).whole()


def selected(state: WatchState, selection: Selection, period_s: int, window: Window) -> list[Line]:
    """The series of a query: the values of the metrics of each group together."""
    groups: dict[tuple[str, ...], dict[int, Bucket]] = {}
    for metric in sorted(state.metrics):
        dimensions = {**dict(metric.dimensions), ACCOUNT: state.account}
        if not _matches(selection, metric, dimensions):
            continue
        key = tuple(dimensions[name] for name in selection.group)
        into = groups.setdefault(key, {})
        for at, bucket in state.read(metric, None, period_s, window).items():
            into.setdefault(at, Bucket()).merge(bucket)
    lines: list[Line] = []
    for key, buckets in groups.items():
        label = " ".join(key) if key else f"{selection.name}"
        line = Line(label, _points(buckets, selection.stat), period_s)
        if line.points:
            lines.append(line)
    if selection.order:

        def rank(line: Line) -> float:
            whole = Bucket()
            for value in line.points.values():
                whole.add(value)
            statistic = stats.parsed(selection.order)
            return (statistic(whole) if statistic is not None else None) or 0.0

        lines.sort(key=rank, reverse=selection.descends)
    return lines[: selection.limit]


def _points(buckets: dict[int, Bucket], stat: str) -> dict[int, float]:
    statistic = stats.parsed(stat)
    assert statistic is not None
    return {at: value for at, bucket in buckets.items() if (value := statistic(bucket)) is not None}


def _matches(selection: Selection, metric: Metric, dimensions: dict[str, str]) -> bool:
    if metric.namespace != selection.namespace or metric.name != selection.name:
        return False
    if selection.schema is not None and set(dimensions) - {ACCOUNT} != set(selection.schema):
        return False
    if any(name not in dimensions for name in selection.group):
        return False
    return all((dimensions.get(name) == value) is equals for name, equals, value in selection.wheres)


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        position, text = 0, text.rstrip()
        while position < len(text):
            found = _TOKEN.match(text, position)
            if found is None:
                raise MathFault(f"Metrics Insights: unexpected character at position {position}")
            self._tokens.append(found[0].strip())
            position = found.end()
        self._at = 0

    def whole(self) -> Selection:
        self._word("SELECT")
        stat = self._function()
        self._word("(")
        name = self._name()
        self._word(")")
        self._word("FROM")
        namespace, schema = self._source()
        selection = Selection(stat=stat, name=name, namespace=namespace, schema=schema)
        if self._is("WHERE"):
            self._conditions(selection)
        if self._is("GROUP"):
            self._word("BY")
            selection.group = self._names()
        if self._is("ORDER"):
            self._word("BY")
            selection.order = self._function()
            self._word("(")
            self._word(")")
            selection.descends = self._is("DESC")
            if not selection.descends:
                self._is("ASC")
        if self._is("LIMIT"):
            number = self._take()
            if not number.isdigit() or not 1 <= int(number) <= LINES_MAX:
                raise MathFault(f"Metrics Insights: LIMIT {number}")
            selection.limit = int(number)
        if self._at < len(self._tokens):
            raise MathFault(f"Metrics Insights: unexpected {self._tokens[self._at]}")
        return selection

    def _source(self) -> tuple[str, list[str] | None]:
        if self._peek().upper() != "SCHEMA":
            return self._name(), None
        self._take()
        self._word("(")
        namespace = self._name()
        names: list[str] = []
        while self._is(","):
            names.append(self._name())
        self._word(")")
        return namespace, names

    def _conditions(self, selection: Selection) -> None:
        while True:
            name = self._name()
            sign = self._take()
            if sign not in ("=", "!="):
                raise MathFault(f"Metrics Insights: unexpected {sign}")
            value = self._take()
            if value[0] != "'":
                raise MathFault("Metrics Insights: a label's value stands in single quotation marks")
            selection.wheres.append((name, sign == "=", value[1:-1]))
            if not self._is("AND"):
                return

    def _names(self) -> list[str]:
        names = [self._name()]
        while self._is(","):
            names.append(self._name())
        return names

    def _function(self) -> str:
        word = self._take().upper()
        if word not in _FUNCTIONS:
            raise MathFault(f"Metrics Insights: {word} is none of AVG, COUNT, MAX, MIN, SUM")
        return _FUNCTIONS[word]

    def _name(self) -> str:
        word = self._take()
        if word[0] in "'(),=!":
            raise MathFault(f"Metrics Insights: unexpected {word}")
        if word.lower().startswith("tag."):
            raise not_implemented("cloudwatch", "GetMetricData.Expression with tags")
        return word.strip('"')

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        word = self._peek()
        if not word:
            raise MathFault("Metrics Insights: the query is not complete")
        self._at += 1
        return word

    def _is(self, word: str) -> bool:
        if self._peek().upper() == word:
            self._at += 1
            return True
        return False

    def _word(self, word: str) -> None:
        found = self._take()
        if found.upper() != word:
            raise MathFault(f"Metrics Insights: {found} in place of {word}")
