"""What the functions and operators of S3 Select do with values: text, whole numbers, floats, None.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-select-sql-reference-sql-functions.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Final

from foulweather.services.s3 import select_times
from foulweather.services.s3.select_refusals import refused

Value = str | int | float | None
_WHOLE = re.compile(r"\s*[+-]?\d{1,400}\s*")
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?\s*")
_INT64: Final = range(-(1 << 63), 1 << 63)


def fitting(number: float) -> int | float:
    """A number as SQLite can hold it."""
    return float(number) if isinstance(number, int) and number not in _INT64 else number


def as_number(value: Value) -> int | float | None:
    """A value as a number; None where it is none."""
    if isinstance(value, str):
        if _WHOLE.fullmatch(value):
            return fitting(int(value)) if len(value) < 300 else None
        return float(value) if _NUMBER.fullmatch(value) else None
    return value


def as_bool(value: Value) -> Value:
    """A value as true or false; what says neither stays what it is."""
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return int(value.strip().lower() == "true")
    return value


def to_int(value: Value) -> int | None:
    """`CAST(… AS INT)`."""
    number = as_number(value)
    if number is None and value is not None:
        raise refused("CastFailed", "INT", value)
    if isinstance(number, float):
        if not math.isfinite(number) or int(number) not in _INT64:
            raise refused("CastFailed", "INT", value)
        return int(number)
    return number


def to_float(value: Value) -> float | None:
    """`CAST(… AS FLOAT)`."""
    number = as_number(value)
    if number is None and value is not None:
        raise refused("CastFailed", "FLOAT", value)
    return None if number is None else float(number)


def to_decimal(value: Value) -> int | float | None:
    """`CAST(… AS DECIMAL)`."""
    number = as_number(value)
    if number is None and value is not None:
        raise refused("CastFailed", "DECIMAL", value)
    return number


def to_text(value: Value) -> str | None:
    """`CAST(… AS STRING)`."""
    return None if value is None else text_of(value)


def text_of(value: Any) -> str:
    """A value as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def to_bool(value: Value) -> int | None:
    """`CAST(… AS BOOL)`, and whether a condition holds."""
    if value is None:
        return None
    if isinstance(value, str):
        found = as_bool(value)
        if isinstance(found, str):
            raise refused("CastFailed", "BOOL", value)
        value = found
    return int(bool(value))


def to_time(value: Value) -> str | None:
    """`CAST(… AS TIMESTAMP)`."""
    return None if value is None else select_times.written(select_times.read(value))


def reckoned(sign: str, left: Value, right: Value) -> int | float | None:
    """Arithmetic; whole numbers stay whole."""
    if left is None or right is None:
        return None
    first, second = as_number(left), as_number(right)
    if first is None or second is None:
        raise refused("IncorrectSqlFunctionArgumentType", sign, left if first is None else right)
    if sign == "+":
        return fitting(first + second)
    if sign == "-":
        return fitting(first - second)
    if sign == "*":
        return fitting(first * second)
    if second == 0:
        raise refused("DivisionByZero", sign, f"{first} {sign} 0")
    if isinstance(first, int) and isinstance(second, int):
        quotient = abs(first) // abs(second) * (1 if (first < 0) == (second < 0) else -1)
        return fitting(quotient if sign == "/" else first - quotient * second)
    return first / second if sign == "/" else math.fmod(first, second)


def joined(left: Value, right: Value) -> str | None:
    """`left || right`."""
    return None if left is None or right is None else text_of(left) + text_of(right)


def char_length(value: Value) -> int | None:
    """`CHAR_LENGTH(…)`."""
    return None if value is None else len(_text("CHAR_LENGTH", value))


def lower_text(value: Value) -> str | None:
    """`LOWER(…)`."""
    return None if value is None else _text("LOWER", value).lower()


def upper_text(value: Value) -> str | None:
    """`UPPER(…)`."""
    return None if value is None else _text("UPPER", value).upper()


def _text(name: str, value: Value) -> str:
    if not isinstance(value, str):
        raise refused("IncorrectSqlFunctionArgumentType", name, value)
    return value


def part_of(value: Value, start: Value, *length: Value) -> str | None:
    """`SUBSTRING(…)`; places begin at 1, and may lie before it."""
    if value is None or start is None or None in length:
        return None
    text, first = _text("SUBSTRING", value), to_int(start) or 0
    if not length:
        return text[max(0, first - 1) :]
    count = to_int(length[0]) or 0
    if count < 0:
        raise refused("IllegalSqlFunctionArgument", "SUBSTRING", count)
    return text[max(0, first - 1) : max(0, first - 1 + count)]


def trimmed(where: str, value: Value, characters: Value) -> str | None:
    """`TRIM(…)`."""
    if value is None or characters is None:
        return None
    text, marks = _text("TRIM", value), _text("TRIM", characters)
    if where != "TRAILING":
        text = text.lstrip(marks)
    return text if where == "LEADING" else text.rstrip(marks)


def is_like(value: Value, pattern: Value, *escape: Value) -> int | None:
    """`LIKE`: `%` is any text, `_` any character; in time that grows with text times pattern, and no faster."""
    if value is None or pattern is None:
        return None
    text, wanted = _text("LIKE", value), _pattern(_text("LIKE", pattern), _text("LIKE", escape[0]) if escape else "")
    place = at = 0
    restart, restart_at = -1, 0
    while place < len(text):
        if at < len(wanted) and wanted[at] is _ANY:
            restart, restart_at = at, place
            at += 1
        elif at < len(wanted) and (wanted[at] is _ONE or wanted[at] == text[place]):
            at += 1
            place += 1
        elif restart >= 0:
            restart_at += 1
            place, at = restart_at, restart + 1
        else:
            return 0
    return int(all(each is _ANY for each in wanted[at:]))


_ANY: Final = object()
_ONE: Final = object()


def _pattern(text: str, escape: str) -> list[object]:
    if len(escape) > 1:
        raise refused("EvaluatorLikePatternInvalidEscapeSequence", "ESCAPE", escape)
    found: list[object] = []
    characters = iter(text)
    for each in characters:
        if escape and each == escape:
            following = next(characters, "")
            if following not in ("%", "_", escape):
                raise refused("EvaluatorLikePatternInvalidEscapeSequence", "LIKE", text)
            found.append(following)
        else:
            found.append({"%": _ANY, "_": _ONE}.get(each, each))
    return found


class Aggregate:
    """An aggregate under way."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._count = 0
        self._held: Any = None

    def step(self, value: Value) -> None:
        """Take in the value of one more record; what is null does not count."""
        if value is None:
            return
        self._count += 1
        if self._name == "COUNT":
            return
        number = as_number(value)
        if self._name in ("MIN", "MAX"):
            mine: Any = value if number is None else number
            if self._held is None:
                self._held = mine
            elif isinstance(mine, str) == isinstance(self._held, str):
                self._held = (min if self._name == "MIN" else max)(self._held, mine)
            elif isinstance(mine, str):  # text comes after all numbers
                self._held = mine if self._name == "MAX" else self._held
            else:
                self._held = mine if self._name == "MIN" else self._held
            return
        if number is None:
            raise refused("IncorrectSqlFunctionArgumentType", self._name, value)
        self._held = number if self._held is None else self._held + number

    def value(self) -> int | float | str | None:
        """What has come of it."""
        if self._name == "COUNT":
            return self._count
        if self._held is None or isinstance(self._held, str):
            return self._held
        return fitting(self._held / self._count if self._name == "AVG" else self._held)


FUNCTIONS: Final[dict[str, tuple[int, Callable[..., Any]]]] = {
    "as_number": (1, as_number),
    "as_bool": (1, as_bool),
    "to_int": (1, to_int),
    "to_float": (1, to_float),
    "to_decimal": (1, to_decimal),
    "to_text": (1, to_text),
    "to_bool": (1, to_bool),
    "to_time": (1, to_time),
    "reckoned": (3, reckoned),
    "joined": (2, joined),
    "char_length": (1, char_length),
    "lower_text": (1, lower_text),
    "upper_text": (1, upper_text),
    "part_of": (-1, part_of),
    "trimmed": (3, trimmed),
    "is_like": (-1, is_like),
    "time_key": (1, select_times.key),
    "time_part": (2, select_times.part),
    "time_after": (3, select_times.after),
    "time_between": (3, select_times.between),
    "time_text": (2, select_times.told),
}
"""The functions by the names that SQLite knows them by, with the number of their arguments."""
