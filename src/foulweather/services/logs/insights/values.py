"""Values as the language takes them: a log knows only text and numbers, and either may stand for the other.

None is a field that is not there. Maps and lists count as null for every function and comparison but those
made for them (CWL_QuerySyntax-structure-types).
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from typing import Any, cast

import msgspec

Number = int | float

_NUMERIC = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?")
_CHUNKS = re.compile(r"\d+|\D+")
_BEGINS = "0123456789-"
_DIGITS_MAX = 150
_EXACT_MAX = 2**53
INTEGER_MAX = 10**_DIGITS_MAX  # beyond, a value is text: its sums would not fit a float


def number(value: Any) -> Number | None:
    """The number that a value is or spells, or None."""
    kind = value.__class__
    if kind is int:
        return value if -INTEGER_MAX < value < INTEGER_MAX else None
    if kind is float:
        return finite(value)
    if kind is str:
        text = cast(str, value)
        if len(text) > _DIGITS_MAX:
            return None
        if not text.isascii():
            return None
        if text.isdigit():
            return int(text)
        if "." in text and text[0] in _BEGINS and text[-1] in _BEGINS and "_" not in text:
            try:
                return finite(float(text))  # what begins and ends so and has a point is none of Python's own spellings
            except ValueError:
                return None
        if _NUMERIC.fullmatch(text) is None:
            return None
        return finite(float(text)) if "." in text or "e" in text or "E" in text else int(text)
    return int(value) if kind is bool else None


def finite(value: float) -> float | None:
    """The value, unless it is infinite or no number at all."""
    return value if math.isfinite(value) else None


def text(value: Any) -> str | None:
    """The text that a value is or prints as, or None."""
    kind = value.__class__
    if kind is str:
        return value
    if kind is int:
        return str(value)
    if kind is bool:
        return "1" if value else "0"
    if kind is float:
        return float_text(value)
    return None


def float_text(value: float) -> str:
    """A fraction of a log event, as the event says it."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def shown(value: Any) -> str | None:
    """A value of a log event in the results."""
    kind = value.__class__
    if kind is str:
        return value
    if kind is dict or kind is list:
        return msgspec.json.encode(value).decode()
    return text(value)


def computed(value: Any) -> str | None:
    """A computed number in the results: four decimals at most, as AWS prints averages."""
    if value.__class__ is float:
        rounded = f"{value:.4f}".rstrip("0").rstrip(".")
        return "0" if rounded in ("-0", "") else rounded
    return shown(value)


def scalar(value: Any) -> Any:
    """The value, or null for a map or a list."""
    return None if value.__class__ is dict or value.__class__ is list else value


def canonical(value: Any) -> Any:
    """What two equal values have in common: the number, if it is one, else the text."""
    as_number = number(value)
    return text(value) if as_number is None else as_number


def equal(left: Any, right: Any) -> bool:
    """Whether two values are the same number, or the same text; a missing one equals nothing."""
    if left is None or right is None:
        return False
    if left.__class__ is right.__class__ and left == right:
        return scalar(left) is not None
    one, other = number(left), number(right)
    if one is not None and other is not None:
        return one == other
    if left.__class__ is bool or right.__class__ is bool:
        return truth_word(left) == truth_word(right) and truth_word(left) is not None
    return False


def truth_word(value: Any) -> str | None:
    """`true` or `false`, for a JSON boolean and for its spelling."""
    if value.__class__ is bool:
        return "true" if value else "false"
    return value if value in ("true", "false") else None


def below(left: Any, right: Any) -> bool:
    """`left < right`, by number where both are, by text where neither is."""
    if left is None or right is None:
        return False
    one, other = number(left), number(right)
    if one is not None and other is not None:
        return one < other
    if one is not None or other is not None:
        return False
    first, second = text(left), text(right)
    return first is not None and second is not None and first < second


def at_most(left: Any, right: Any) -> bool:
    """`left <= right`."""
    return below(left, right) or equal(left, right)


def natural(value: Any) -> tuple[Any, ...]:
    """The place of a value in AWS's order: null, then non-numbers in natural order, then numbers.

    CWL_QuerySyntax-Sort: digits and other characters are compared in chunks, digits by their length first.
    """
    as_number = number(value)
    if as_number is not None:
        return (2, as_number)
    as_text = text(value)
    if as_text is None:
        return (0,)
    return (
        1,
        tuple(
            (48, len(chunk), chunk) if chunk[0].isdigit() else (ord(chunk[0]), 0, chunk)
            for chunk in _CHUNKS.findall(as_text)
        ),
    )


def above(left: Any, right: Any) -> bool:
    """Whether a value sorts after another."""
    one, other = left.__class__, right.__class__
    if (one is int or one is float) and (other is int or other is float):
        return left > right
    return natural(left) > natural(right)


def truth(value: Any) -> bool:
    """Whether a value, taken as a condition, holds: a number other than zero."""
    if value.__class__ is bool:
        return value
    as_number = number(value)
    return as_number is not None and as_number != 0


def contains(value: Any, part: Any) -> bool:
    """Whether one text is in another."""
    whole, piece = text(value), text(part)
    return whole is not None and piece is not None and piece in whole


def at(value: Any, keys: tuple[str | int, ...]) -> Any:
    """The part of a map or a list that a path leads to."""
    for key in keys:
        if value.__class__ is dict:
            value = value.get(str(key))
        elif value.__class__ is list:
            index = key if isinstance(key, int) else int(key) if key.isdigit() and len(key) < 10 else -1
            value = value[index] if 0 <= index < len(value) else None
        else:
            return None
    return value


def plus(left: Any, right: Any) -> Number | None:
    """`left + right`, of numbers."""
    return _arithmetic(operator.add, left, right)


def minus(left: Any, right: Any) -> Number | None:
    """`left - right`, of numbers."""
    return _arithmetic(operator.sub, left, right)


def times(left: Any, right: Any) -> Number | None:
    """`left * right`, of numbers."""
    return _arithmetic(operator.mul, left, right)


def over(left: Any, right: Any) -> Number | None:
    """`left / right`, of numbers; nothing where right is zero."""
    return _arithmetic(_divided, left, right)


def _divided(left: Number, right: Number) -> float:
    return left / right


def _arithmetic(operation: Callable[[Number, Number], Number], left: Any, right: Any) -> Number | None:
    one, other = number(left), number(right)
    if one is None or other is None:
        return None
    try:
        value = operation(one, other)
    except (OverflowError, ZeroDivisionError):
        return None
    if value.__class__ is float:
        return value if math.isfinite(value) else None
    return value if -INTEGER_MAX < value < INTEGER_MAX else None


def remainder(left: Any, right: Any) -> Number | None:
    """`left % right`, with the sign of left."""
    one, other = number(left), number(right)
    if one is None or other is None or other == 0:
        return None
    if isinstance(one, int) and isinstance(other, int):
        size = abs(one) % abs(other)
        return -size if one < 0 else size
    try:
        return math.fmod(one, other)
    except (OverflowError, ValueError):
        return None


def power(left: Any, right: Any) -> Number | None:
    """`left ^ right`."""
    one, other = number(left), number(right)
    if one is None or other is None:
        return None
    try:
        value = math.pow(one, other)
    except (OverflowError, ValueError):
        return None
    return int(value) if value.is_integer() and abs(value) < _EXACT_MAX else value


def negative(value: Any) -> Number | None:
    """`-value`."""
    as_number = number(value)
    return None if as_number is None else -as_number
