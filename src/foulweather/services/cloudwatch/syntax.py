"""The language of metric math: text to a tree.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple


class Number(NamedTuple):
    """A constant."""

    value: float


class Text(NamedTuple):
    """A quoted string."""

    value: str


class Name(NamedTuple):
    """A query's id, or a function's keyword such as REPEAT."""

    value: str


class Call(NamedTuple):
    """A function with its arguments."""

    name: str
    arguments: tuple[Node, ...]


class Array(NamedTuple):
    """Several series in brackets."""

    items: tuple[Node, ...]


class Operation(NamedTuple):
    """Two values and what is between them; the left one of a minus sign is None."""

    sign: str
    left: Node | None
    right: Node


Node = Number | Text | Name | Call | Array | Operation


class SyntaxFault(Exception):
    """A text that is no expression."""


_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>==|!=|<=|>=|&&|\|\||[-+*/^<>()\[\],]))"
)
_LEVELS = (("||", "OR"), ("&&", "AND"), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/"))
_WORDS = {"OR": "||", "AND": "&&"}


@lru_cache(maxsize=1024)
def parsed(text: str) -> Node:
    """The tree of an expression."""
    tokens: list[tuple[str, str]] = []
    position = 0
    stripped = text.rstrip()
    while position < len(stripped):
        found = _TOKEN.match(stripped, position)
        if found is None:
            raise SyntaxFault(f"unexpected character at position {position}")
        tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
        position = found.end()
    return _Reader(tokens).whole()


def names(node: Node) -> set[str]:
    """The ids that an expression speaks of."""
    match node:
        case Name(value):
            return {value}
        case Call(_, items) | Array(items):
            return set[str]().union(*(names(item) for item in items))
        case Operation(_, left, right):
            return names(right) | (names(left) if left is not None else set())
        case _:
            return set()


def calls(node: Node) -> set[str]:
    """The functions that an expression uses."""
    match node:
        case Call(name, items):
            return {name}.union(*(calls(item) for item in items))
        case Array(items):
            return set[str]().union(*(calls(item) for item in items))
        case Operation(_, left, right):
            return calls(right) | (calls(left) if left is not None else set())
        case _:
            return set()


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def whole(self) -> Node:
        node = self._level(0)
        if self._at < len(self._tokens):
            raise SyntaxFault(f"unexpected {self._tokens[self._at][1]!r}")
        return node

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "end of expression")

    def _take(self, wanted: str | None = None) -> tuple[str, str]:
        token = self._peek()
        if token[0] == "end" or (wanted is not None and token[1] != wanted):
            raise SyntaxFault(f"unexpected {token[1]!r}")
        self._at += 1
        return token

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        node = self._level(level + 1)
        while self._peek()[1] in _LEVELS[level] and self._peek()[0] != "text":
            sign = self._take()[1]
            node = Operation(_WORDS.get(sign, sign), node, self._level(level + 1))
        return node

    def _unary(self) -> Node:
        if self._peek() == ("sign", "-"):
            self._take()
            return Operation("-", None, self._unary())
        node = self._atom()
        if self._peek() == ("sign", "^"):
            self._take()
            return Operation("^", node, self._unary())
        return node

    def _atom(self) -> Node:
        kind, text = self._take()
        if kind == "number":
            return Number(float(text))
        if kind == "text":
            return Text(re.sub(r"\\(.)", r"\1", text[1:-1]))
        if kind == "name":
            if self._peek() != ("sign", "("):
                return Name(text)
            self._take()
            return Call(text.upper(), self._items(")"))
        if text == "(":
            node = self._level(0)
            self._take(")")
            return node
        if text == "[":
            return Array(self._items("]"))
        raise SyntaxFault(f"unexpected {text!r}")

    def _items(self, end: str) -> tuple[Node, ...]:
        items: list[Node] = []
        if self._peek()[1] != end:
            items.append(self._level(0))
            while self._peek() == ("sign", ","):
                self._take()
                items.append(self._level(0))
        self._take(end)
        return tuple(items)
