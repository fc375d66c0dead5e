"""Patterns of terms: `ERROR "access denied" -Debug`, `?ERROR ?WARN`, `%5[0-9]{2}%`."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from foulweather.kernel.linear_patterns import Expression
from foulweather.services.logs.filter_patterns.errors import InvalidPattern
from foulweather.services.logs.filter_patterns.pattern import Pattern
from foulweather.services.logs.filter_patterns.regexes import regex

_TERM: Final = re.compile(r'\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]*)%|([^\s"%]+))', re.DOTALL)
_UNQUOTED: Final = re.compile(r"\w+")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


class _Term(NamedTuple):
    sign: str
    text: str
    regex: Expression | None

    def found(self, message: str) -> bool:
        return self.text in message if self.regex is None else self.regex.search(message) is not None


class Terms(Pattern):
    """All of some terms, none of others; or any of some."""

    def __init__(self, wanted: list[_Term], unwanted: list[_Term], optional: list[_Term]) -> None:
        self._wanted = wanted
        self._unwanted = unwanted
        # "If you combine ? with other terms, the ? is ignored": those terms decide nothing.
        self._optional = [] if wanted or unwanted else optional
        self.regexes = sum(term.regex is not None for term in (*wanted, *unwanted, *optional))
        sought = [term.text for term in (wanted or (self._optional if len(self._optional) == 1 else []))]
        self.needle = max(sought, key=len).encode() if sought else b""

    def matches(self, message: str) -> bool:
        """Whether a message has what it must and nothing that it must not."""
        for term in self._wanted:
            if not term.found(message):
                return False
        for term in self._unwanted:
            if term.found(message):
                return False
        return not self._optional or any(term.found(message) for term in self._optional)


def terms(text: str) -> Pattern:
    """A pattern of terms; without any, everything matches."""
    if not text:
        return Pattern()
    by_sign: dict[str, list[_Term]] = {"": [], "-": [], "?": []}
    position = 0
    while position < len(text):
        found = _TERM.match(text, position)
        if found is None:
            raise InvalidPattern("Invalid filter pattern")
        position = found.end()
        sign, phrase, expression, word = found.groups()
        if word is not None and not _UNQUOTED.fullmatch(word):
            raise InvalidPattern(f"Invalid character(s) in term '{word}'")
        if expression is not None:
            by_sign[sign].append(_Term(sign, "", regex(expression)))
        else:
            by_sign[sign].append(_Term(sign, word if word is not None else _ESCAPED.sub(r"\1", phrase), None))
        while position < len(text) and text[position].isspace():
            position += 1
    return Terms(by_sign[""], by_sign["-"], by_sign["?"])
