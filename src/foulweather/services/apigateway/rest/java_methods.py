# What templates call is what they make of their values.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
"""The methods and operators that values have in templates: those of Java's String, List, Map and numbers."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final, cast

from foulweather.kernel import linear_patterns
from foulweather.services.apigateway.rest.java_values import Boolean, List, Literal, Map, shown
from foulweather.services.apigateway.rest.template_work import TEXT_CHARS_MAX, VALUE_WORK, WORK, TooMuch

_LONG: Final = 1 << 63
_SEARCH: Final = 4
"""What a character counts for that a regular expression reads."""


def _pattern(text: str) -> Any:
    try:
        return linear_patterns.linear(text)
    except linear_patterns.InvalidExpression as error:
        raise ValueError(f"the regular expression {text[:100]!r} is not understood: {error}") from None


def _replacement(text: str) -> str:
    r"""Java's `$1` is RE2's `\1`, and a backslash makes the next character stand for itself."""
    return text.replace("\\$", "\0").replace("\\", "\\\\").replace("$", "\\").replace("\0", "$")


def _replaced_all(text: str, pattern: str, replacement: str) -> str:
    return _substituted(text, pattern, replacement, 0)


def _replaced_first(text: str, pattern: str, replacement: str) -> str:
    return _substituted(text, pattern, replacement, 1)


def _substituted(text: str, pattern: str, replacement: str, most: int) -> str:
    words = _replacement(replacement)
    WORK.text(text, times=_SEARCH)

    def written(match: Any) -> str:
        WORK.spend(_SEARCH * 8)
        return WORK.text(cast("str", match.expand(words)))

    return cast("str", _pattern(pattern).sub(written, text, most))


def _replaced(text: str, old: str, new: str) -> str:
    _fits(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


def _joined(text: str, other: str) -> str:
    _fits(len(text) + len(other))
    return text + other


def _fits(characters: int) -> None:
    if characters > TEXT_CHARS_MAX:
        raise TooMuch(f"The template's text is longer than {TEXT_CHARS_MAX} characters")


def _extended(found: list[Any], others: list[Any] | range) -> Boolean:
    WORK.spend(VALUE_WORK * len(others))
    found.extend(others)
    return Boolean(1)


def _split(text: str, pattern: str, limit: int = 0) -> List:
    WORK.text(text, times=_SEARCH * 4)
    parts = List(_pattern(pattern).split(text, max(0, limit - 1)))
    WORK.spend(VALUE_WORK * len(parts))
    while not limit and parts and not parts[-1]:
        parts.pop()
    return parts


TEXT: Final[dict[str, Callable[..., Any]]] = {
    "charAt": lambda text, index: text[index],
    "concat": _joined,
    "contains": lambda text, other: Boolean(shown(other) in text),
    "endsWith": lambda text, other: Boolean(text.endswith(other)),
    "equals": lambda text, other: Boolean(text == other),
    "equalsIgnoreCase": lambda text, other: Boolean(text.lower() == shown(other).lower()),
    "indexOf": lambda text, other, start=0: text.find(other, start),
    "isBlank": lambda text: Boolean(not text.strip()),
    "isEmpty": lambda text: Boolean(not text),
    "lastIndexOf": lambda text, other: text.rfind(other),
    "length": len,
    "matches": lambda text, pattern: Boolean(_pattern(pattern).fullmatch(text) is not None),
    "replace": _replaced,
    "replaceAll": _replaced_all,
    "replaceFirst": _replaced_first,
    "split": _split,
    "startsWith": lambda text, other: Boolean(text.startswith(other)),
    "strip": lambda text: text.strip(),
    "substring": lambda text, start, end=None: text[start:end],
    "toLowerCase": lambda text: text.lower(),
    "toString": lambda text: text,
    "toUpperCase": lambda text: text.upper(),
    "trim": lambda text: text.strip(),
}
_OF_MAPS: Final[dict[str, Callable[..., Any]]] = {
    "get": lambda found, name: found.get(name, ""),
    "values": lambda found: Literal(found.values()),
    "clear": lambda found: found.clear() or "",
    "equals": lambda found, other: Boolean(found == other),
    **{name: each for name, each in vars(Map).items() if not name.startswith("_")},
}
_OF_LISTS: Final[dict[str, Callable[..., Any]]] = {
    "set": lambda found, index, value: found.__setitem__(index, value) or "",
    "addAll": _extended,
    "remove": lambda found, index: found.pop(index),
    "indexOf": lambda found, value: found.index(value) if value in found else -1,
    "equals": lambda found, other: Boolean(found == other),
    **{name: each for name, each in vars(List).items() if not name.startswith("_")},
}
_OF_NUMBERS: Final[dict[str, Callable[..., Any]]] = {
    "equals": lambda number, other: Boolean(number == other),
    "toString": shown,
    "intValue": int,
    "doubleValue": float,
}
SMALL: Final = frozenset({"size", "isEmpty", "get", "add", "addAll", "set", "put", "containsKey"})
"""Methods of lists and maps that do not go through all that is in there."""
METHODS: Final[tuple[tuple[type, dict[str, Callable[..., Any]]], ...]] = (
    (str, TEXT),
    (dict, _OF_MAPS),
    (list, _OF_LISTS),
    (range, {"size": len, "get": lambda found, index: found[index]}),
    (int, _OF_NUMBERS),
    (float, _OF_NUMBERS),
)


# --- operators


def _numbers(apply: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def applied(one: Any, other: Any) -> Any:
        if not isinstance(one, (int, float)) or not isinstance(other, (int, float)):
            raise TypeError("arithmetic is with numbers")
        found = apply(one, other)
        if isinstance(found, int) and not -_LONG <= found < _LONG:
            raise OverflowError("a number of more than 64 bits")
        return found

    return applied


def _sum(one: Any, other: Any) -> Any:
    if isinstance(one, str) or isinstance(other, str):
        WORK.value(one)
        WORK.value(other)
        return WORK.text(_joined(shown(one), shown(other)))
    return _numbers(operator.add)(one, other)


def _quotient(one: Any, other: Any) -> Any:
    """Whole numbers are divided as Java divides them: towards zero; by zero there is no result."""
    if other == 0:
        return None
    if isinstance(one, int) and isinstance(other, int):
        whole = abs(one) // abs(other)
        return whole if (one < 0) == (other < 0) else -whole
    return one / other


def _compared(apply: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    def applied(one: Any, other: Any) -> Any:
        WORK.value(one)
        WORK.value(other)
        return Boolean(apply(one, other))

    return applied


OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    **{
        name: _compared(apply)
        for names, apply in (
            (("==", "eq"), operator.eq),
            (("!=", "ne"), operator.ne),
            ((">", "gt"), operator.gt),
            ((">=", "ge"), operator.ge),
            (("<", "lt"), operator.lt),
            (("<=", "le"), operator.le),
        )
        for name in names
    },
    **dict.fromkeys(("||", "or"), lambda one, other: Boolean(bool(one) or bool(other))),
    **dict.fromkeys(("&&", "and"), lambda one, other: Boolean(bool(one) and bool(other))),
    "+": _sum,
    "-": _numbers(operator.sub),
    "*": _numbers(operator.mul),
    "/": _numbers(_quotient),
    "%": _numbers(lambda one, other: one - other * _quotient(one, other) if other else None),
}
