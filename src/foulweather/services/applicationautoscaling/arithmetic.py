"""Metric math's arithmetic: numbers, ids, + - * / ^, parentheses and PERIOD(); its functions are answered with 501.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.services.applicationautoscaling import limits

PERIOD_S = 60
DEPTH_MAX = 30
_WORDS = re.compile(r"\s*(\d+(?:\.\d+)?|[A-Za-z_]\w*|[-+*/^(),])")


class _Reader:
    """Reads one expression and gives its value, or None where a metric has none."""

    def __init__(self, text: str, texts: Mapping[str, str], values: Mapping[str, float], depth: int) -> None:
        self._text, self._texts, self._values, self._depth = text, texts, values, depth
        self._words = _split(text)
        self._at = 0

    def whole(self) -> float | None:
        """The value of all of it."""
        value = self._sum()
        if self._peek():
            raise self._bad()
        return value

    def _peek(self) -> str:
        return self._words[self._at] if self._at < len(self._words) else ""

    def _take(self) -> str:
        word = self._peek()
        self._at += 1
        return word

    def _sum(self) -> float | None:
        value = self._product()
        while self._peek() in ("+", "-") and self._peek():
            sign = self._take()
            value = _apply(sign, value, self._product())
        return value

    def _product(self) -> float | None:
        value = self._power()
        while self._peek() in ("*", "/") and self._peek():
            sign = self._take()
            value = _apply(sign, value, self._power())
        return value

    def _power(self) -> float | None:
        value = self._atom()
        if self._peek() == "^":
            self._take()
            value = _apply("^", value, self._power())
        return value

    def _atom(self) -> float | None:
        word = self._take()
        if word == "-":
            return _apply("-", 0.0, self._atom())
        if word == "(":
            value = self._sum()
            self._close()
            return value
        if word[:1].isdigit():
            return float(word)
        if self._peek() == "(":
            if word != "PERIOD":
                raise not_implemented("application-autoscaling", f"PutScalingPolicy.MetricMath:{word}")
            self._take()
            self._sum()
            self._close()
            return float(PERIOD_S)
        if not word or not (word[0].isalpha() or word[0] == "_"):
            raise self._bad()
        return _value_of(word, self._texts, self._values, self._depth + 1)

    def _close(self) -> None:
        if self._take() != ")":
            raise self._bad()

    def _bad(self) -> AwsError:
        return limits.invalid(f"Error in expression: {self._text}", *limits.facts(Expression=self._text))


def value_of(name: str, texts: Mapping[str, str], values: Mapping[str, float]) -> float | None:
    """The value of a query by its id: a metric's own, or an expression's over others."""
    return _value_of(name, texts, values, 0)


def check(texts: Mapping[str, str], ids: Iterable[str]) -> None:
    """Refuse expressions that do not parse, or that name what is not there."""
    known = {name: 1.0 for name in ids if name not in texts}
    for name, text in texts.items():
        for word in _split(text):
            if word[0].islower() and word not in known and word not in texts:
                raise limits.invalid(
                    f"Error in expression {name}: {word} is not defined", *limits.facts(Expression=text)
                )
        value_of(name, texts, known)


def _value_of(name: str, texts: Mapping[str, str], values: Mapping[str, float], depth: int) -> float | None:
    if depth > DEPTH_MAX:
        raise limits.invalid(f"The expression {name} depends on itself", *limits.facts(Id=name))
    text = texts.get(name)
    return values.get(name) if text is None else _Reader(text, texts, values, depth).whole()


def _apply(sign: str, left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    if sign == "/":
        return left / right if right else None
    try:
        value = left**right
    except (OverflowError, ZeroDivisionError):
        return None
    return value if isinstance(value, float) else None


def _split(text: str) -> list[str]:
    words: list[str] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = _WORDS.match(text, at)
        if found is None:
            raise limits.invalid(f"Error in expression: {text}", *limits.facts(Expression=text))
        words.append(found[1])
        at = found.end()
    return words
