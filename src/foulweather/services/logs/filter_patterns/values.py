"""Comparisons of a field with what a pattern wants of it, shared by JSON and delimited patterns."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec
from orjson import dumps

from foulweather.kernel.linear_patterns import wildcard
from foulweather.services.logs.filter_patterns.errors import InvalidPattern
from foulweather.services.logs.filter_patterns.regexes import regex

Test = Callable[[Any], bool]
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_ORDER: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


class Compared(msgspec.Struct, frozen=True):
    """A compiled comparison: its test, a text that a match must hold, and whether it is a regular expression."""

    test: Test
    needle: str = ""
    is_regex: bool = False


def text_of(value: Any) -> str:
    """A JSON value as AWS shows it."""
    if isinstance(value, str):
        return value
    return dumps(value).decode()


def number_of(value: Any) -> float | None:
    """A value as a number; text counts where it is one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    return None


def comparison(operator: str, written: str) -> Compared:
    """The comparison with a value as it is written: `"a phrase"`, `%regex%`, `404`, `4*`, `word`."""
    if operator in _ORDER:
        wanted = number_of(written)
        if wanted is None:
            raise InvalidPattern(f"Invalid filter pattern: '{written}' is not a number")
        return Compared(_ordered(_ORDER[operator], wanted))
    positive = _equal(written)
    if operator == "=":
        return positive
    test = positive.test
    return Compared(lambda value: not test(value), is_regex=positive.is_regex)


def _ordered(order: Callable[[float, float], bool], wanted: float) -> Test:
    def test(value: Any) -> bool:
        number = number_of(value)
        return number is not None and order(number, wanted)

    return test


def _equal(written: str) -> Compared:
    if len(written) > 1 and written[0] == written[-1] == "%":
        search = regex(written[1:-1]).search
        return Compared(lambda value: search(text_of(value)) is not None, is_regex=True)
    quoted = len(written) > 1 and written[0] == written[-1] == '"'
    text = _ESCAPED.sub(r"\1", written[1:-1]) if quoted else written
    if "*" in text:
        match = wildcard(text).fullmatch
        longest = max(text.split("*"), key=len)
        return Compared(lambda value: match(text_of(value)) is not None, longest)
    number = None if quoted else number_of(text)
    if number is None:
        return Compared(lambda value: text_of(value) == text, text)
    wanted = number

    def test(value: Any) -> bool:
        found = number_of(value)
        return found is not None and found == wanted

    return Compared(test)
