"""The comparison operators of JSONPath Choice rules.

https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html#amazon-states-language-choice-state-rules
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from foulweather.services.stepfunctions.language import timestamps
from foulweather.services.stepfunctions.language.errors import InvalidDefinition

Read = Callable[[Any], Any]  # a value of the operator's type, ready to compare, or None where it has another type
Compare = Callable[[Any, Any], bool]


def _text(value: Any) -> Any:
    # Java's compareTo goes by UTF-16 units: beyond the Basic Multilingual Plane that is not Python's order.
    if not isinstance(value, str):
        return None
    return value.encode("utf-16-be", "surrogatepass")


def _number(value: Any) -> Any:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _boolean(value: Any) -> Any:
    return value if isinstance(value, bool) else None


def _timestamp(value: Any) -> Any:
    return timestamps.nanoseconds(value) if isinstance(value, str) else None


READS: dict[str, Read] = {"String": _text, "Numeric": _number, "Boolean": _boolean, "Timestamp": _timestamp}
ORDERS: dict[str, Compare] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}


TESTS: dict[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsNumeric": lambda value: _number(value) is not None,
    "IsString": lambda value: isinstance(value, str),
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: _timestamp(value) is not None,
}

# The operators with an order: StringEquals … TimestampGreaterThanEquals; BooleanEquals has no other order.
ORDERED: dict[str, tuple[Read, Compare]] = {
    kind + order: (READS[kind], compare)
    for kind in READS
    for order, compare in ORDERS.items()
    if kind != "Boolean" or order == "Equals"
}
OPERATORS = frozenset({*ORDERED, *(name + "Path" for name in ORDERED), *TESTS, "IsPresent", "StringMatches"})


def against(name: str, expected: Any) -> Callable[[Any], bool]:
    """Compile an operator with its literal; a value of another type does not match."""
    if name in TESTS or name == "IsPresent":
        if not isinstance(expected, bool):
            raise InvalidDefinition("Expected value of type Boolean")
        test = TESTS.get(name, lambda value: True)
        return lambda value: test(value) is expected
    if name == "StringMatches":
        return matcher(expected)
    read, compare = ORDERED[name]
    wanted = read(expected)
    if wanted is None:
        kind = next(kind for kind in READS if name.startswith(kind))
        expected_type = {"String": "String", "Numeric": "Number", "Boolean": "Boolean", "Timestamp": "Timestamp"}[kind]
        raise InvalidDefinition(f"Expected value of type {expected_type}")

    def compared(value: Any) -> bool:
        found = read(value)
        return found is not None and compare(found, wanted)

    return compared


def between(name: str) -> Callable[[Any, Any], bool]:
    """Compile an operator (without its `Path`) for two values."""
    read, compare = ORDERED[name]

    def compared(one: Any, other: Any) -> bool:
        first, second = read(one), read(other)
        return first is not None and second is not None and compare(first, second)

    return compared


def matcher(pattern: Any) -> Callable[[Any], bool]:
    r"""Compile a StringMatches pattern: `*` is anything, `\*` an asterisk, `\\` a backslash; nothing else is special.

    The parts between asterisks are looked for from left to right, so no pattern can take long.
    """
    if not isinstance(pattern, str):
        raise InvalidDefinition("Expected value of type String")
    parts = _parts(pattern)
    first, last, inner = parts[0], parts[-1], [part for part in parts[1:-1] if part]
    if len(parts) == 1:
        return lambda value: isinstance(value, str) and value == first

    def matched(value: Any) -> bool:
        if not isinstance(value, str) or not value.startswith(first):
            return False
        at, end = len(first), len(value) - len(last)
        for part in inner:
            found = value.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return at <= end and value.endswith(last)

    return matched


def _parts(pattern: str) -> list[str]:
    parts = [""]
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            if pattern[at + 1 : at + 2] not in ("*", "\\"):
                raise InvalidDefinition("A backslash in StringMatches must be followed by '*' or '\\'")
            at += 1
            parts[-1] += pattern[at]
        elif char == "*":
            parts.append("")
        else:
            parts[-1] += char
        at += 1
    return parts
