"""Wildcards and policy variables as IAM matches them, compiled once, in linear time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import lru_cache

import msgspec

Context = Mapping[str, str | list[str]]
Matcher = Callable[[str], bool]


class Wild(Enum):
    """The wildcards: within the first five segments of an ARN some of them stop at a colon."""

    ANY = "*"
    ONE = "?"
    ANY_IN_SEGMENT = "[^:]*"
    ONE_IN_SEGMENT = "[^:]"


class Variable(msgspec.Struct, frozen=True):
    """A policy variable, `${aws:username}` or `${aws:PrincipalTag/team, 'none'}`."""

    key: str
    default: str | None = None

    def value(self, context: Context) -> str | None:
        """What the variable stands for in this request; only single-valued keys can be variables."""
        found = context.get(self.key.lower())
        if isinstance(found, str):
            return found
        if found is not None and len(found) == 1:
            return found[0]
        return self.default


Literals = tuple[str | Wild, ...]
Pattern = tuple[str | Wild | Variable, ...]

_SPECIAL = re.compile(r"\$\{(?:([*?$])|\s*([^\s,'{}*?$][^,'{}]*?)\s*(?:,\s*'([^']*)'\s*)?)\}|([*?])")
_ARN_SEGMENTS = 6


def parse(text: str, *, wildcards: bool = True, variables: bool = True) -> Pattern:
    """Split a pattern into literal text, wildcards and variables.

    `${*}`, `${?}` and `${$}` are the characters themselves; without `variables` (policies of version
    2008-10-17) everything but the wildcards is literal text.
    """
    parts: list[str | Wild | Variable] = []
    at = 0
    for found in _SPECIAL.finditer(text):
        escape, key, default, wild = found.groups()
        if (wild is not None and not wildcards) or (wild is None and not variables):
            continue
        parts.append(text[at : found.start()])
        at = found.end()
        if wild is not None:
            parts.append(Wild.ANY if wild == "*" else Wild.ONE)
        elif escape is not None:
            parts.append(escape)
        else:
            parts.append(Variable(key, default))
    parts.append(text[at:])
    return _joined(parts)


def parse_arn(text: str, *, variables: bool = True) -> Pattern:
    """A pattern of the `Resource` element.

    An incomplete ARN gets `*` for every missing field, and in the first five segments a wildcard
    stays within its segment, unless it is a `*` that ends the segment, which "can expand to match
    beyond the colon boundaries" (IAM User Guide, JSON policy elements: Resource).
    """
    pattern = parse(text, variables=variables)
    if not text.startswith("arn:"):
        return pattern
    colons = sum(part.count(":") for part in pattern if isinstance(part, str))
    missing = _ARN_SEGMENTS - 1 - colons
    if missing > 0:
        return _confined(_joined([*pattern, *([":", Wild.ANY] * missing)]))
    return _confined(pattern)


def _confined(pattern: Pattern) -> Pattern:
    """The same pattern with the wildcards before the fifth colon kept within their segments."""
    parts: list[str | Wild | Variable] = []
    colons = 0
    for index, part in enumerate(pattern):
        if isinstance(part, str):
            colons += part.count(":")
        if colons >= _ARN_SEGMENTS - 1 or not isinstance(part, Wild):
            parts.append(part)
        elif part is Wild.ONE:
            parts.append(Wild.ONE_IN_SEGMENT)
        else:
            after = pattern[index + 1] if index + 1 < len(pattern) else ":"
            ends = isinstance(after, str) and after.startswith(":")
            parts.append(Wild.ANY if ends else Wild.ANY_IN_SEGMENT)
    return tuple(parts)


def _joined(parts: Sequence[str | Wild | Variable]) -> Pattern:
    """Neighbouring texts joined, empty ones and repeated `*` dropped."""
    joined: list[str | Wild | Variable] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, str) and isinstance(last, str):
            joined[-1] = last + part
        elif part == "" or (part is Wild.ANY and last is Wild.ANY):
            continue
        else:
            joined.append(part)
    return tuple(joined)


def variables_of(pattern: Pattern) -> list[Variable]:
    """The variables that a pattern mentions, in order."""
    return [part for part in pattern if isinstance(part, Variable)]


def bound(pattern: Pattern, context: Context) -> Literals | None:
    """The pattern with its variables replaced by this request's values, or None if one has none.

    A value's own `*` and `?` are literal: only the policy's author writes wildcards.
    """
    parts: list[str | Wild] = []
    for part in pattern:
        if isinstance(part, Variable):
            value = part.value(context)
            if value is None:
                return None
            parts.append(value)
        else:
            parts.append(part)
    return tuple(parts)


def text_of(literals: Literals) -> str:
    """The text of a pattern in which wildcards are not wildcards."""
    return "".join(part if isinstance(part, str) else part.value for part in literals)


@lru_cache(maxsize=4096)
def compiled(literals: Literals) -> Matcher:
    """A function that tells whether a text matches the whole pattern."""
    kinds = {part for part in literals if isinstance(part, Wild)}
    if not kinds:
        return text_of(literals).__eq__
    if literals == (Wild.ANY,):
        return _anything
    if kinds == {Wild.ANY}:
        return _stars(literals)
    return _automaton(literals)


def _anything(text: str) -> bool:
    return True


def _stars(literals: Literals) -> Matcher:
    """Only `*`: the pieces must occur in order, the first at the start, the last at the end."""
    pieces = [""]
    for part in literals:
        if isinstance(part, str):
            pieces[-1] += part
        else:
            pieces.append("")
    first, *middle, last = pieces
    if not middle and not last:
        return lambda text: text.startswith(first)
    least = len(first) + len(last)

    def matches(text: str) -> bool:
        if len(text) < least or not text.startswith(first) or not text.endswith(last):
            return False
        at, end = len(first), len(text) - len(last)
        for piece in middle:
            at = text.find(piece, at, end)
            if at < 0:
                return False
            at += len(piece)
        return True

    return matches


def _automaton(literals: Literals) -> Matcher:
    """Any mix of wildcards: all states of the matching automaton as the bits of one integer."""
    takes: dict[str, int] = {}
    one = one_in_segment = stays = stays_in_segment = 0
    length = 0
    for part in literals:
        here = 1 << length
        if part is Wild.ANY:
            stays |= here
        elif part is Wild.ANY_IN_SEGMENT:
            stays_in_segment |= here
        elif part is Wild.ONE:
            one |= here
            length += 1
        elif part is Wild.ONE_IN_SEGMENT:
            one_in_segment |= here
            length += 1
        else:
            for character in part:
                takes[character] = takes.get(character, 0) | 1 << length
                length += 1
    accepted = 1 << length

    def matches(text: str) -> bool:
        state = 1
        for character in text:
            step, stay = takes.get(character, 0) | one, stays
            if character != ":":
                step, stay = step | one_in_segment, stay | stays_in_segment
            state = (state & step) << 1 | state & stay
            if not state:
                return False
        return bool(state & accepted)

    return matches


def literals_of(text: str) -> Literals:
    """A pattern with wildcards and without variables."""
    return tuple(part for part in parse(text, variables=False) if not isinstance(part, Variable))


def one_of(patterns: Sequence[Literals]) -> Matcher:
    """A function that tells whether a text matches at least one of the patterns."""
    if (Wild.ANY,) in patterns:
        return _anything
    exact = frozenset(text_of(each) for each in patterns if not _has_wildcards(each))
    wild = tuple(compiled(each) for each in patterns if _has_wildcards(each))
    if not wild:
        return exact.__contains__
    if not exact and len(wild) == 1:
        return wild[0]

    def matches(text: str) -> bool:
        if text in exact:
            return True
        for matcher in wild:  # noqa: SIM110  a generator would cost more than the matching
            if matcher(text):
                return True
        return False

    return matches


def _has_wildcards(literals: Literals) -> bool:
    return any(isinstance(part, Wild) for part in literals)


def arn_components(pattern: Pattern) -> tuple[Pattern, ...]:
    """The six colon-delimited components of an ARN pattern; missing ones are `*`."""
    components: list[list[str | Wild | Variable]] = [[]]
    for part in pattern:
        if not isinstance(part, str):
            components[-1].append(part)
            continue
        pieces = part.split(":", _ARN_SEGMENTS - len(components))
        components[-1].append(pieces[0])
        components.extend([piece] for piece in pieces[1:])
    components.extend([Wild.ANY] for _ in range(_ARN_SEGMENTS - len(components)))
    return tuple(_joined(each) for each in components)
