"""The functions of metric math.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#metric-math-syntax
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from foulweather.services.cloudwatch.lines import Line, MathFault, Value
from foulweather.services.cloudwatch.state import Window


class Environment(Protocol):
    """What functions know beside their arguments."""

    window: Window
    period_s: int


Function = Callable[[Environment, list[Value]], Value]


def _series(value: Value, name: str) -> Line:
    if not isinstance(value, Line):
        raise MathFault(f"{name} needs a time series")
    return value


def _lines(value: Value, name: str) -> list[Line]:
    if isinstance(value, Line):
        return [value]
    if not isinstance(value, list):
        raise MathFault(f"{name} needs time series")
    return value


def _number(value: Value, name: str) -> float:
    if not isinstance(value, int | float):
        raise MathFault(f"{name} needs a number")
    return value


def _counted(name: str, arguments: list[Value], least: int, most: int) -> None:
    if not least <= len(arguments) <= most:
        raise MathFault(f"{name} does not take {len(arguments)} arguments")


def mapped(name: str, function: Callable[[Line], Line]) -> Function:
    """A function of a series that is one of each series of an array too."""

    def run(_: Environment, arguments: list[Value]) -> Value:
        _counted(name, arguments, 1, 1)
        value = arguments[0]
        if isinstance(value, list):
            return [function(line) for line in value]
        return function(_series(value, name))

    return run


def pointwise(name: str, function: Callable[[float], float | None]) -> Function:
    """A function of a point, of a number, or of each of many."""
    over_lines = mapped(name, lambda line: line.over(function))

    def run(environment: Environment, arguments: list[Value]) -> Value:
        if len(arguments) == 1 and isinstance(arguments[0], int | float):
            found = function(float(arguments[0]))
            if found is None:
                raise MathFault(f"{name} of {arguments[0]}")
            return found
        return over_lines(environment, arguments)

    return run


def folded(name: str, function: Callable[[list[float]], float]) -> Function:
    """Of a series: one number; of an array: a series, point by point."""

    def run(_: Environment, arguments: list[Value]) -> Value:
        _counted(name, arguments, 1, 1)
        value = arguments[0]
        if isinstance(value, Line):
            if not value.points and name != "DATAPOINT_COUNT":
                raise NoData
            return function(list(value.points.values()))
        lines = _lines(value, name)
        by_time: dict[int, list[float]] = {}
        for line in lines:
            for at, each in line.points.items():
                by_time.setdefault(at, []).append(each)
        points = {at: function(values) for at, values in sorted(by_time.items())}
        return Line(name, points, max((line.period_s for line in lines), default=60))

    return run


class NoData(Exception):
    """A number of a series without any point: the expression has no result."""


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _deviation(values: list[float]) -> float:
    mean = _mean(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


def _steps(line: Line, step: Callable[[float, float, int], float]) -> Line:
    points: dict[int, float] = {}
    before: tuple[int, float] | None = None
    for at, value in sorted(line.points.items()):
        if before is not None:
            points[at] = step(value, before[1], at - before[0])
        before = (at, value)
    return Line(line.label, points, line.period_s)


def _running(line: Line) -> Line:
    total, points = 0.0, dict[int, float]()
    for at, value in sorted(line.points.items()):
        total += value
        points[at] = total
    return Line(line.label, points, line.period_s)


def times(environment: Environment, period_s: int) -> list[int]:
    """The times at which the periods of a length begin that the window touches, as those of datapoints do."""
    step = period_s * 1000
    window = environment.window
    start = window.start_ms - (window.start_ms - window.origin_ms) % step
    return list(range(start, window.end_ms, step))


def _fill(environment: Environment, arguments: list[Value]) -> Value:
    """Missing points by a number, by another series, by the last one before, or on the line between two."""
    _counted("FILL", arguments, 2, 2)
    value, filler = arguments
    if isinstance(value, list):
        return [_filled(environment, line, filler) for line in value]
    return _filled(environment, _series(value, "FILL"), filler)


def _filled(environment: Environment, line: Line, filler: Value) -> Line:
    points: dict[int, float] = {}
    known_times = times(environment, line.period_s)
    known = sorted(line.points)
    for at in known_times:
        if at in line.points:
            points[at] = line.points[at]
        elif isinstance(filler, Line):
            if at in filler.points:
                points[at] = filler.points[at]
        elif filler == "REPEAT":
            before = [each for each in known if each < at]
            if before:
                points[at] = line.points[before[-1]]
        elif filler == "LINEAR":
            before, after = [each for each in known if each < at], [each for each in known if each > at]
            if before and after:
                first, last = before[-1], after[0]
                share = (at - first) / (last - first)
                points[at] = line.points[first] + share * (line.points[last] - line.points[first])
            elif before:
                points[at] = line.points[before[-1]]
        else:
            points[at] = _number(filler, "FILL")
    return Line(line.label, points, line.period_s)


def _if(_: Environment, arguments: list[Value]) -> Value:
    _counted("IF", arguments, 2, 3)
    condition, positive = arguments[0], arguments[1]
    negative = arguments[2] if len(arguments) == 3 else None
    if isinstance(condition, int | float):
        chosen = positive if condition else negative
        if chosen is None:
            raise NoData
        return chosen
    line = _series(condition, "IF")
    points: dict[int, float] = {}
    for at, decides in line.points.items():
        chosen = positive if decides else negative
        if isinstance(chosen, Line):
            if at in chosen.points:
                points[at] = chosen.points[at]
        elif chosen is not None:
            points[at] = _number(chosen, "IF")
    return Line(line.label, points, line.period_s)


def _first(name: str, index: int) -> Function:
    def run(_: Environment, arguments: list[Value]) -> Value:
        _counted(name, arguments, 1, 1)
        lines = _lines(arguments[0], name)
        if not lines:
            raise NoData
        return lines[index]

    return run


def _clock(name: str, part: Callable[[datetime], float]) -> Function:
    def over(line: Line) -> Line:
        points = {at: part(datetime.fromtimestamp(at // 1000, UTC)) for at in line.points}
        return Line(line.label, points, line.period_s)

    return mapped(name, over)


def _period(_: Environment, arguments: list[Value]) -> Value:
    _counted("PERIOD", arguments, 1, 1)
    return float(_series(arguments[0], "PERIOD").period_s)


def _time_series(environment: Environment, arguments: list[Value]) -> Value:
    _counted("TIME_SERIES", arguments, 1, 1)
    value = _number(arguments[0], "TIME_SERIES")
    return Line("TIME_SERIES", dict.fromkeys(times(environment, environment.period_s), value), environment.period_s)


def _slice(_: Environment, arguments: list[Value]) -> Value:
    _counted("SLICE", arguments, 2, 3)
    lines = _lines(arguments[0], "SLICE")
    start = int(_number(arguments[1], "SLICE"))
    if len(arguments) == 2:
        return lines[start:]
    return lines[start : int(_number(arguments[2], "SLICE"))]


_ORDERS: Mapping[str, Callable[[list[float]], float]] = {
    "AVG": _mean,
    "MIN": min,
    "MAX": max,
    "SUM": sum,
    "STDDEV": _deviation,
    "LAST": lambda values: values[-1],
}


def _sort(_: Environment, arguments: list[Value]) -> Value:
    _counted("SORT", arguments, 3, 4)
    lines, by, direction = _lines(arguments[0], "SORT"), arguments[1], arguments[2]
    if not isinstance(by, str) or by not in _ORDERS or direction not in ("ASC", "DESC"):
        raise MathFault("SORT needs AVG, MIN, MAX, SUM or STDDEV, and ASC or DESC")
    order = _ORDERS[by]

    def rank(line: Line) -> float:
        return order([value for _, value in sorted(line.points.items())])

    found = sorted((line for line in lines if line.points), key=rank, reverse=direction == "DESC")
    found += [line for line in lines if not line.points]
    return found if len(arguments) == 3 else found[: int(_number(arguments[3], "SORT"))]


def _remove_empty(_: Environment, arguments: list[Value]) -> Value:
    _counted("REMOVE_EMPTY", arguments, 1, 1)
    return [line for line in _lines(arguments[0], "REMOVE_EMPTY") if line.points]


def _metric_count(_: Environment, arguments: list[Value]) -> Value:
    _counted("METRIC_COUNT", arguments, 1, 1)
    return float(len(_lines(arguments[0], "METRIC_COUNT")))


FUNCTIONS: dict[str, Function] = {
    "ABS": pointwise("ABS", abs),
    "CEIL": pointwise("CEIL", lambda value: float(math.ceil(value))),
    "FLOOR": pointwise("FLOOR", lambda value: float(math.floor(value))),
    "LOG": pointwise("LOG", lambda value: math.log(value) if value > 0 else None),
    "LOG10": pointwise("LOG10", lambda value: math.log10(value) if value > 0 else None),
    "AVG": folded("AVG", _mean),
    "SUM": folded("SUM", sum),
    "MIN": folded("MIN", min),
    "MAX": folded("MAX", max),
    "STDDEV": folded("STDDEV", _deviation),
    "DATAPOINT_COUNT": folded("DATAPOINT_COUNT", lambda values: float(len(values))),
    "DIFF": mapped("DIFF", lambda line: _steps(line, lambda now, before, _: now - before)),
    "DIFF_TIME": mapped("DIFF_TIME", lambda line: _steps(line, lambda _, __, ms: ms / 1000)),
    "RATE": mapped("RATE", lambda line: _steps(line, lambda now, before, ms: (now - before) / (ms / 1000))),
    "RUNNING_SUM": mapped("RUNNING_SUM", _running),
    "FILL": _fill,
    "IF": _if,
    "FIRST": _first("FIRST", 0),
    "LAST": _first("LAST", -1),
    "METRIC_COUNT": _metric_count,
    "PERIOD": _period,
    "TIME_SERIES": _time_series,
    "SLICE": _slice,
    "SORT": _sort,
    "REMOVE_EMPTY": _remove_empty,
    "MINUTE": _clock("MINUTE", lambda at: at.minute),
    "HOUR": _clock("HOUR", lambda at: at.hour),
    "DAY": _clock("DAY", lambda at: at.isoweekday()),
    "DATE": _clock("DATE", lambda at: at.day),
    "MONTH": _clock("MONTH", lambda at: at.month),
    "YEAR": _clock("YEAR", lambda at: at.year),
    "EPOCH": _clock("EPOCH", lambda at: int(at.timestamp())),
}
KEYWORDS = frozenset({"REPEAT", "LINEAR", "ASC", "DESC", *_ORDERS})
NOT_BUILT = frozenset({"DB_PERF_INSIGHTS", "INSIGHT_RULE_METRIC", "LAMBDA", "LOGS", "SERVICE_QUOTA"})
