"""Patterns of JSON: `{ ($.status >= 500 || $.error IS TRUE) && $.path != "/health" }`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from foulweather.services.logs.filter_patterns import json_paths
from foulweather.services.logs.filter_patterns.errors import InvalidPattern
from foulweather.services.logs.filter_patterns.json_paths import Part
from foulweather.services.logs.filter_patterns.pattern import NOTHING, Pattern, parsed
from foulweather.services.logs.filter_patterns.regexes import check_count
from foulweather.services.logs.filter_patterns.values import Compared, Test, comparison, text_of

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<selector>"""
    + json_paths.SELECTOR.pattern
    + r""")|(?P<sign>&&|\|\||[()]|!=|<=|>=|[=<>])|(?P<value>"(?:[^"\\]|\\.)*"|%[^%]*%|[^\s()&|=<>!"{}]+))""",
    re.DOTALL,
)
_COMPARISONS: Final = frozenset({"=", "!=", "<", "<=", ">", ">="})
_PLAIN: Final = re.compile(r"[A-Za-z0-9_@ .:-]+")
DEPTH_MAX: Final = 50


class _Node(msgspec.Struct, frozen=True):
    """A condition, and a text that is in every message that satisfies it."""

    holds: Callable[[Any], bool]
    needle: str = ""


class Json(Pattern):
    """A condition on the properties of a JSON message."""

    is_json = True

    def __init__(self, node: _Node, selectors: list[str], regexes: int) -> None:
        self._holds = node.holds
        self._paths = {selector: json_paths.path(selector) for selector in selectors}
        self.regexes = regexes
        self.fields = frozenset(selectors)
        self.needle = node.needle.encode()

    def matches(self, message: str) -> bool:
        """Whether a message is a JSON object that satisfies the condition."""
        value = parsed(message)
        return value is not None and self._holds(value)

    def extracted(self, message: str) -> Mapping[str, str]:
        """The properties that the condition names."""
        value = parsed(message)
        if value is None:
            return NOTHING
        shown = {selector: next(json_paths.found(value, path), None) for selector, path in self._paths.items()}
        return {selector: text_of(each) for selector, each in shown.items() if each is not None}

    def value(self, message: str, selector: str) -> str | None:
        """Any property, be it in the condition or not."""
        value = parsed(message)
        each = None if value is None else next(json_paths.found(value, json_paths.path(selector)), None)
        return None if each is None else text_of(each)


class _Parser:
    """Reads a condition by recursive descent: `||` binds less than `&&`."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        position = 0
        while position < len(text):
            found = _TOKEN.match(text, position)
            if found is None:
                if text[position:].isspace():
                    break
                raise InvalidPattern("Invalid filter pattern")
            position = found.end()
            self._tokens.append((found.lastgroup or "", found[found.lastgroup or 0]))
        self._tokens.append(("end", ""))
        self._at = 0
        self._depth = 0
        self.selectors: list[str] = []
        self.regexes = 0

    def whole(self) -> _Node:
        node = self._any()
        if self._tokens[self._at][0] != "end":
            raise InvalidPattern("Invalid filter pattern")
        return node

    def _any(self) -> _Node:
        node = self._all()
        while self._takes("||"):
            node = _either(node, self._all())
        return node

    def _all(self) -> _Node:
        node = self._one()
        while self._takes("&&"):
            node = _both(node, self._one())
        return node

    def _one(self) -> _Node:
        if self._takes("("):
            self._depth += 1
            if self._depth > DEPTH_MAX:
                raise InvalidPattern("Invalid filter pattern")
            node = self._any()
            self._depth -= 1
            if not self._takes(")"):
                raise InvalidPattern("Invalid filter pattern")
            return node
        kind, selector = self._next()
        if kind != "selector":
            raise InvalidPattern("Invalid filter pattern")
        path = json_paths.path(selector)
        if selector not in self.selectors:
            self.selectors.append(selector)
        kind, word = self._next()
        if word in _COMPARISONS:
            kind, written = self._next()
            if kind != "value":
                raise InvalidPattern("Invalid filter pattern")
            compared = comparison(word, written)
            self.regexes += compared.is_regex
            return _compared(path, compared)
        if kind == "value":
            return self._stated(path, word.upper())
        raise InvalidPattern("Invalid filter pattern")

    def _stated(self, path: tuple[Part, ...], word: str) -> _Node:
        """`IS NULL`, `IS TRUE`, `IS FALSE`, `EXISTS`, `NOT EXISTS`."""
        if word == "EXISTS":
            return _compared(path, Compared(lambda _value: True))
        then = self._next()[1].upper()
        if (word, then) == ("NOT", "EXISTS"):
            return _Node(lambda value: next(json_paths.found(value, path), path) is path)
        if word == "IS" and then in ("NULL", "TRUE", "FALSE"):
            wanted = {"NULL": None, "TRUE": True, "FALSE": False}[then]
            return _compared(path, Compared(lambda value: value is wanted))
        raise InvalidPattern("Invalid filter pattern")

    def _next(self) -> tuple[str, str]:
        token = self._tokens[self._at]
        if token[0] == "end":
            raise InvalidPattern("Invalid filter pattern")
        self._at += 1
        return token

    def _takes(self, sign: str) -> bool:
        if self._tokens[self._at] == ("sign", sign):
            self._at += 1
            return True
        return False


def _compared(path: tuple[Part, ...], compared: Compared) -> _Node:
    """A comparison holds where a value is there and satisfies it."""
    test: Test = compared.test
    needle = compared.needle if _PLAIN.fullmatch(compared.needle) else ""
    if len(needle) < 3:  # a short value is everywhere: the property's name is rarer
        names = [part for part in path if isinstance(part, str) and _PLAIN.fullmatch(part)]
        needle = f'"{names[-1]}"' if names else ""
    if len(path) == 1 and isinstance(path[0], str):
        name = path[0]
        absent = object()

        def holds_member(value: Any) -> bool:
            member = value.get(name, absent)
            return member is not absent and test(member)

        return _Node(holds_member, needle)

    def holds(value: Any) -> bool:
        return any(test(each) for each in json_paths.found(value, path))

    return _Node(holds, needle)


def _either(a: _Node, b: _Node) -> _Node:
    first, second = a.holds, b.holds
    return _Node(lambda value: first(value) or second(value), a.needle if a.needle == b.needle else "")


def _both(a: _Node, b: _Node) -> _Node:
    first, second = a.holds, b.holds
    return _Node(lambda value: first(value) and second(value), max(a.needle, b.needle, key=len))


def json_pattern(text: str) -> Pattern:
    """A pattern in braces."""
    if not text.endswith("}"):
        raise InvalidPattern("Invalid filter pattern")
    parser = _Parser(text[1:-1])
    node = parser.whole()
    check_count(parser.regexes)
    return Json(node, parser.selectors, parser.regexes)
