"""Patterns of space-delimited fields: `[ip, user, ..., request = *.html*, status_code = 4*, bytes > 1000]`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from foulweather.services.logs.filter_patterns.errors import InvalidPattern
from foulweather.services.logs.filter_patterns.pattern import NOTHING, Pattern
from foulweather.services.logs.filter_patterns.regexes import check_count
from foulweather.services.logs.filter_patterns.values import comparison

ELLIPSIS: Final = "..."
# A field is a word, or what stands in double quotes or in brackets.
_FIELD: Final = re.compile(r'"([^"]*)"|\[([^\]]*)\]|(\S+)')
_TOKEN: Final = re.compile(
    r'\s*(?:(?P<sign>&&|\|\||!=|<=|>=|[=<>(),])|(?P<value>"(?:[^"\\]|\\.)*"|%[^%]*%|[^\s=<>!(),&|"]+))', re.DOTALL
)
_NAME: Final = re.compile(r"[A-Za-z_][\w.-]*")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.:/-]{3,}")

Test = Callable[[str], bool]


class Field(msgspec.Struct, frozen=True):
    """One field of the pattern: its name, and what it must satisfy."""

    name: str
    test: Test | None = None
    needle: str = ""


class Delimited(Pattern):
    """Conditions on the fields of a message, by their places."""

    def __init__(self, fields: list[Field], regexes: int) -> None:
        self.regexes = regexes
        names = [field.name for field in fields]
        if names.count(ELLIPSIS) > 1:
            raise InvalidPattern("Invalid filter pattern: only one ellipsis is allowed")
        self._has_gap = ELLIPSIS in names
        gap = names.index(ELLIPSIS) if self._has_gap else len(fields)
        self._head, self._tail = fields[:gap], fields[gap + 1 :]
        self._count = len(self._head) + len(self._tail)
        self.fields = frozenset(f"${name}" for name in names if name and name != ELLIPSIS)
        self.needle = max([field.needle for field in fields], key=len, default="").encode()

    def matches(self, message: str) -> bool:
        """Whether a message has the fields, and they satisfy their conditions."""
        found = split(message)
        if len(found) < self._count or (len(found) > self._count and not self._has_gap):
            return False
        for field, value in zip(self._head, found, strict=False):
            if field.test is not None and not field.test(value):
                return False
        tail = found[len(found) - len(self._tail) :]
        return all(field.test is None or field.test(value) for field, value in zip(self._tail, tail, strict=True))

    def extracted(self, message: str) -> Mapping[str, str]:
        """The fields by name; those without one by number."""
        found = split(message)
        if len(found) < self._count:
            return NOTHING
        shown: dict[str, str] = {}
        between = len(found) - self._count
        names = [field.name for field in self._head] + [""] * between + [field.name for field in self._tail]
        for number, (name, value) in enumerate(zip(names, found, strict=False), 1):
            shown[f"${name or number}"] = value
        return shown


def split(message: str) -> list[str]:
    """The fields of a message."""
    return [a or b or c for a, b, c in _FIELD.findall(message)]


def delimited(text: str) -> Pattern:
    """A pattern in brackets."""
    if not text.endswith("]"):
        raise InvalidPattern("Invalid filter pattern")
    tokens: list[tuple[str, str]] = []
    position, inner = 0, text[1:-1]
    while position < len(inner):
        found = _TOKEN.match(inner, position)
        if found is None:
            if inner[position:].isspace():
                break
            raise InvalidPattern("Invalid filter pattern")
        position = found.end()
        tokens.append((found.lastgroup or "", found[found.lastgroup or 0]))
    parser = _Parser(tokens)
    fields = parser.fields()
    check_count(parser.regexes)
    return Delimited(fields, parser.regexes)


class _Parser:
    """Reads fields one after the other; a condition names its field each time."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = [*tokens, ("end", "")]
        self._at = 0
        self.regexes = 0

    def fields(self) -> list[Field]:
        found = [self._field()]
        while self._takes(","):
            found.append(self._field())
        if self._tokens[self._at][0] != "end":
            raise InvalidPattern("Invalid filter pattern")
        return found

    def _field(self) -> Field:
        kind, text = self._tokens[self._at]
        if kind == "value" and text == ELLIPSIS:
            self._at += 1
            return Field(ELLIPSIS)
        if kind == "end" or (kind, text) == ("sign", ","):
            return Field("")
        return self._any()

    def _any(self) -> Field:
        field = self._all()
        while self._takes("||"):
            field = _either(field, self._all())
        return field

    def _all(self) -> Field:
        field = self._one()
        while self._takes("&&"):
            field = _both(field, self._one())
        return field

    def _one(self) -> Field:
        if self._takes("("):
            field = self._any()
            if not self._takes(")"):
                raise InvalidPattern("Invalid filter pattern")
            return field
        kind, name = self._tokens[self._at]
        if kind != "value" or not _NAME.fullmatch(name):
            raise InvalidPattern(f"Invalid filter pattern: invalid field '{name}'")
        self._at += 1
        operator = self._tokens[self._at][1]
        if operator not in ("=", "!=", "<", "<=", ">", ">="):
            return Field(name)
        kind, written = self._tokens[self._at + 1]
        if kind != "value":
            raise InvalidPattern("Invalid filter pattern")
        self._at += 2
        compared = comparison(operator, written)
        self.regexes += compared.is_regex
        return Field(name, compared.test, compared.needle if _PLAIN.fullmatch(compared.needle) else "")

    def _takes(self, sign: str) -> bool:
        if self._tokens[self._at] == ("sign", sign):
            self._at += 1
            return True
        return False


def _same(a: Field, b: Field) -> tuple[Test, Test]:
    if a.name != b.name or a.test is None or b.test is None:
        raise InvalidPattern("Invalid filter pattern: a condition must be about one field")
    return a.test, b.test


def _either(a: Field, b: Field) -> Field:
    first, second = _same(a, b)
    return Field(a.name, lambda value: first(value) or second(value))


def _both(a: Field, b: Field) -> Field:
    first, second = _same(a, b)
    return Field(a.name, lambda value: first(value) and second(value), max(a.needle, b.needle, key=len))
