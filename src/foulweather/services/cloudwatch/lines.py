"""What metric math computes with: series of points, arrays of them, and single numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from foulweather.services.cloudwatch.state import Metric


class Line(msgspec.Struct):
    """A series of points by time."""

    label: str
    points: dict[int, float]
    period_s: int = 60
    metric: tuple[Metric, str | None, str] | None = None

    def over(self, each: Callable[[float], float | None]) -> Line:
        """The same with each point's value changed, or left out."""
        points = {at: value for at, old in self.points.items() if (value := each(old)) is not None}
        return Line(self.label, points, self.period_s, self.metric)


Value = float | Line | list[Line] | str


class MathFault(Exception):
    """An expression that cannot be computed."""


def combined(sign: str, left: Value, right: Value) -> Value:
    """Two values by a sign: point by point where they are series, one by one where they are arrays."""
    compute = SIGNS[sign]
    if isinstance(left, str) or isinstance(right, str):
        raise MathFault("a string cannot be computed with")
    if isinstance(left, list) and isinstance(right, list):
        raise MathFault(f"{sign} cannot be used between two arrays of time series")
    if isinstance(left, list):
        return [_line(combined(sign, each, right)) for each in left]
    if isinstance(right, list):
        return [_line(combined(sign, left, each)) for each in right]
    if isinstance(left, Line) and isinstance(right, Line):
        points = {
            at: value
            for at, first in left.points.items()
            if at in right.points and (value := compute(first, right.points[at])) is not None
        }
        return Line(left.label, points, max(left.period_s, right.period_s))
    if isinstance(left, Line):
        assert isinstance(right, int | float)
        second = right
        return left.over(lambda value: compute(value, second))
    first = left
    if isinstance(right, Line):
        return right.over(lambda value: compute(first, value))
    value = compute(first, right)
    if value is None:
        raise MathFault("division by zero")
    return value


def _line(value: Value) -> Line:
    assert isinstance(value, Line)
    return value


def _power(left: float, right: float) -> float | None:
    try:
        value = left**right
    except (OverflowError, ZeroDivisionError):
        return None
    return value if isinstance(value, float) and math.isfinite(value) else None


SIGNS: dict[str, Callable[[float, float], float | None]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b if b else None,
    "^": _power,
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
    "<": lambda a, b: float(a < b),
    ">": lambda a, b: float(a > b),
    "<=": lambda a, b: float(a <= b),
    ">=": lambda a, b: float(a >= b),
    "&&": lambda a, b: float(bool(a) and bool(b)),
    "||": lambda a, b: float(bool(a) or bool(b)),
}
