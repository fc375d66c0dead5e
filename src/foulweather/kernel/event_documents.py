"""JSON with places: an event pattern's tokens, and where in the text each of them ends."""

from __future__ import annotations

import json
import re
from typing import Any, Final, Literal, NamedTuple, NoReturn

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORD = re.compile(r"[\w$.+-]+")
_LITERALS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}
_SHOWN_MAX: Final = 500
# Deeper ones would not fit on this interpreter's stack: reading takes two frames a level.
_DEPTH_MAX: Final = 300

Kind = Literal["object", "array", "string", "number", "literal"]


class Number(NamedTuple):
    """A number as it is written: 300, 300.0 and 3.0e2 are not equal."""

    text: str


class Node(NamedTuple):
    """A value of a pattern: an object's members in order, an array's items, or a scalar; `at` is behind its token."""

    kind: Kind
    value: Any
    at: int


class PatternSyntax(ValueError):
    """A pattern that is refused, in the rule compiler's words, and where."""

    def __init__(self, reason: str, at: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = at

    def located(self, text: str) -> str:
        """The reason with its place, as the compiler's JSON parser tells it."""
        before = text[: self.at]
        line = before.count("\n") + 1
        column = self.at - (before.rfind("\n") + 1) + 1
        shown = text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}[truncated {len(text) - _SHOWN_MAX} chars]"
        return f'{self.reason}\n at [Source: (String)"{shown}"; line: {line}, column: {column}]'


def parsed(text: str | bytes) -> Any:
    """JSON in which numbers are what is written; ValueError for what is none, or is nested too deeply."""
    try:
        return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def read(text: str) -> Node:
    """A pattern's text as nodes."""
    reader = _Reader(text)
    node = reader.value(reader.skip(0), 0)
    end = reader.skip(reader.end)
    if end < len(text):
        _unexpected(text, end, "was expecting end of input")
    return node


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.end = 0

    def skip(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return at if found is None else found.end()

    def value(self, at: int, depth: int) -> Node:
        text = self.text
        if at >= len(text):
            raise PatternSyntax("Unexpected end-of-input", at)
        if depth > _DEPTH_MAX:
            raise PatternSyntax("The pattern is nested too deeply", at)
        first = text[at]
        if first == "{":
            return self._object(at, depth)
        if first == "[":
            return self._array(at, depth)
        if first == '"':
            return Node("string", self._string(at), self.end)
        number = _NUMBER.match(text, at)
        if number is not None and number.end() > at:
            self.end = number.end()
            return Node("number", Number(number[0]), self.end)
        return self._literal(at)

    def _literal(self, at: int) -> Node:
        word = _WORD.match(self.text, at)
        if word is None:
            _unexpected(self.text, at, "expected a valid value (JSON String, Number, Array, Object or token)")
        if word[0] not in _LITERALS:
            raise PatternSyntax(
                f"Unrecognized token '{word[0]}': was expecting (JSON String, Number, Array, Object or token 'null', "
                "'true' or 'false')",
                word.end(),
            )
        self.end = word.end()
        return Node("literal", _LITERALS[word[0]], self.end)

    def _string(self, at: int) -> str:
        found = _STRING.match(self.text, at)
        if found is None:
            raise PatternSyntax("Unexpected end-of-input in a JSON String", len(self.text))
        self.end = found.end()
        try:
            return json.loads(found[0])
        except ValueError:
            raise PatternSyntax("Unrecognized character escape in a JSON String", self.end) from None

    def _object(self, at: int, depth: int) -> Node:
        text, members, start = self.text, dict[str, Node](), at + 1
        at = self.skip(at + 1)
        if text[at : at + 1] == "}":
            self.end = at + 1
            return Node("object", members, start)
        while True:
            if at >= len(text):
                raise PatternSyntax("Unexpected end-of-input: expected close marker for Object", at)
            if text[at] != '"':
                _unexpected(text, at, "was expecting double-quote to start field name")
            key = self._string(at)
            at = self.skip(self.end)
            if text[at : at + 1] != ":":
                _unexpected(text, at, "was expecting a colon to separate field name and value")
            members[key] = self.value(self.skip(at + 1), depth + 1)
            at = self.skip(self.end)
            if text[at : at + 1] == "}":
                self.end = at + 1
                return Node("object", members, start)
            if text[at : at + 1] != ",":
                _unexpected(text, at, "was expecting comma to separate Object entries")
            at = self.skip(at + 1)

    def _array(self, at: int, depth: int) -> Node:
        text, items, start = self.text, list[Node](), at + 1
        at = self.skip(at + 1)
        if text[at : at + 1] == "]":
            self.end = at + 1
            return Node("array", items, start)
        while True:
            items.append(self.value(at, depth + 1))
            at = self.skip(self.end)
            if text[at : at + 1] == "]":
                self.end = at + 1
                return Node("array", items, start)
            if text[at : at + 1] != ",":
                _unexpected(text, at, "was expecting comma to separate Array entries")
            at = self.skip(at + 1)


def _unexpected(text: str, at: int, expected: str) -> NoReturn:
    if at >= len(text):
        raise PatternSyntax(f"Unexpected end-of-input: {expected}", at)
    raise PatternSyntax(f"Unexpected character ('{text[at]}' (code {ord(text[at])})): {expected}", at + 1)
