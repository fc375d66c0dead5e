# python-jsonpath is typed loosely where it is taken apart here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""JSONPath with choices (`..`, `*`, filters), read by python-jsonpath: whatever the path, its work is bounded.

Paths are somebody else's, and so are the documents that they are held against: `$..a..a..a` or a filter's regular
expression would take the library forever.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sized
from functools import cache
from typing import Any, Final, cast

from foulweather.kernel.linear_patterns import Expression, InvalidExpression

WORK_MAX: Final = 500_000
"""Values that a path may come by, and comparisons that it may make: about a second's worth."""
_CHARACTERS_A_STEP: Final = 256
_FLAGS: Final = {re.I: "i", re.M: "m", re.S: "s"}


class InvalidQuery(ValueError):
    """It is no JSONPath."""


class TooMuchWork(ValueError):
    """A path that would come by too many values."""


class Work:
    """What the query that is under way has done."""

    def __init__(self) -> None:
        self._done = 0

    def begin(self) -> None:
        """Count anew."""
        self._done = 0

    def taken(self) -> int:
        """How much it has done since this was last asked."""
        done, self._done = self._done, 0
        return done

    def spend(self, steps: int = 1) -> None:
        """Count, and stop where it is too much."""
        self._done += steps
        if self._done > WORK_MAX:
            raise TooMuchWork(f"The JSONPath comes by more than {WORK_MAX} values")


_WORK: Final = Work()


def compiled(path: str, *, orders_truths: bool = True) -> Callable[[Any], list[Any]]:
    """What finds the values of a path in an object or array; `orders_truths`: whether true and false have an order."""
    from jsonpath import JSONPathError
    from jsonpath.path import CompoundJSONPath

    try:
        query: Any = _environment(orders_truths).compile(path)
    except (JSONPathError, RecursionError, ValueError, re.error) as error:
        raise InvalidQuery(f"Invalid JSON path: {path}") from error
    if isinstance(query, CompoundJSONPath):
        raise InvalidQuery(f"Invalid JSON path: {path}")  # unions and intersections are the library's own

    def find(document: Any) -> list[Any]:
        if not isinstance(document, dict | list):
            return []  # the library takes a string for a JSON text
        _WORK.begin()
        return cast("list[Any]", query.findall(document))

    return find


def taken_work() -> int:
    """How much work the last query was; nothing where that was asked before."""
    return _WORK.taken()


@cache
def _environment(orders_truths: bool) -> Any:
    from jsonpath import JSONPathEnvironment, parse
    from jsonpath import path as paths
    from jsonpath.filter import RegexLiteral
    from jsonpath.match import JSONPathMatch

    class Match(JSONPathMatch):
        """A value that a path came by; what came of it, and how it was reached, is not kept."""

        def __init__(self, *, obj: object, filter_context: Any, parent: Any, root: Any, path: str, parts: Any) -> None:
            _WORK.spend()
            super().__init__(obj=obj, filter_context=filter_context, parent=None, root=root, path="", parts=())

        def add_child(self, *children: Any) -> None:
            pass

    class Parser(parse.Parser):
        """Regular expressions are RE2's."""

        def parse_regex(self, stream: Any) -> Any:
            literal: Any = super().parse_regex(stream)
            flags = "".join(letter for flag, letter in _FLAGS.items() if literal.value.flags & flag)
            return RegexLiteral(value=cast("Any", _Pattern(literal.value.pattern, flags)))

    class Environment(JSONPathEnvironment):
        """The library's own, with comparisons that count."""

        parser_class = Parser

        def setup_function_extensions(self) -> None:
            super().setup_function_extensions()
            for name in ("match", "search"):
                cast("Any", self.function_extensions[name]).check_cache = _pattern

        def compare(self, left: object, operator: str, right: object) -> bool:
            _WORK.spend(1 + (_size(left) + _size(right)) // _CHARACTERS_A_STEP)
            if operator in ("<", ">", "<=", ">=") and not orders_truths and bool in (type(left), type(right)):
                return False
            return super().compare(left, operator, right)

    cast("Any", paths).JSONPathMatch = Match  # every query begins with one, and its children are of its class
    return Environment()


class _Pattern:
    """A regular expression of a filter, as far as the library asks it."""

    def __init__(self, pattern: str, flags: str = "") -> None:
        self.pattern, self.flags = pattern, 0
        prefix = f"(?{flags})" if flags else ""
        self.search = Expression(prefix + pattern).search
        self.fullmatch = Expression(rf"{prefix}\A(?:{pattern})\Z").search


def _pattern(pattern: str) -> _Pattern | None:
    """The pattern of `match()` or `search()`; None where it is none, which fits nothing."""
    _WORK.spend(8)
    try:
        return _Pattern(pattern)
    except InvalidExpression:
        return None


def _size(value: object) -> int:
    """How much there is to compare, roughly: the characters of a text, the values in a document."""
    if isinstance(value, str):
        return len(value)
    return _weight(value) * 16 if isinstance(value, dict | list) else 0


def _weight(value: Any) -> int:
    count, waiting = 0, [value]
    while waiting and count < WORK_MAX * _CHARACTERS_A_STEP:
        here: Any = waiting.pop()
        inner: list[Any] = list(here.values()) if isinstance(here, dict) else here
        count += 1 + len(cast("Sized", inner))
        waiting += [each for each in inner if isinstance(each, dict | list)]
    return count
