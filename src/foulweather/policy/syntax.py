"""From the text of a policy to its members: strict JSON, with the place of every statement."""

from __future__ import annotations

import json
import re
from json.decoder import JSONDecoder
from typing import Any, Literal

import msgspec

DocumentKind = Literal["identity", "resource", "trust", "boundary", "session", "scp", "rcp"]

# Kinds that name principals: their messages come from another parser of AWS's than IAM's own.
NAMING_PRINCIPALS: frozenset[DocumentKind] = frozenset({"resource", "trust", "rcp"})


class PolicySyntaxError(ValueError):
    """A policy that AWS refuses, in the words of its `MalformedPolicyDocument`.

    `statement` is the index of the offending statement, `sid` its Sid, `element` the element and
    `value` the part of it that offends, as far as the refusal concerns one.
    """

    def __init__(
        self, message: str, *, statement: int | None = None, sid: str = "", element: str = "", value: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.statement = statement
        self.sid = sid
        self.element = element
        self.value = value


class Number(str):
    """A JSON number, as written."""


class Position(msgspec.Struct, frozen=True, order=True):
    """A place in a document: lines and columns count from 1."""

    line: int
    column: int


class Placed(msgspec.Struct, frozen=True):
    """A statement's JSON and the offsets in the text between which IAM places it."""

    json: Any
    start: int
    end: int


class Outline(msgspec.Struct, frozen=True):
    """The members of a policy's outermost object, with the statements apart."""

    members: dict[str, Any]
    statements: list[Placed] | None


def invalid_json(kind: DocumentKind) -> PolicySyntaxError:
    """What AWS says of a text that is no JSON object."""
    return PolicySyntaxError(
        "This policy contains invalid Json" if kind in NAMING_PRINCIPALS else "Syntax errors in policy."
    )


def read(text: str, kind: DocumentKind) -> Outline:
    """The outline of a policy; whatever is not strict JSON, duplicate keys included, is refused."""
    try:
        return _Reader(text).policy()
    except (ValueError, RecursionError):
        raise invalid_json(kind) from None


def position(text: str, offset: int) -> Position:
    """The line and column of an offset, both from 1."""
    return Position(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate key")
    return members


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


_DECODER = JSONDecoder(object_pairs_hook=_unique, parse_int=Number, parse_float=Number, parse_constant=_refuse_constant)
_SPACE = re.compile(r"[ \t\n\r]*")


class _Reader:
    """A walk over the outermost object, and over the list of statements in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def policy(self) -> Outline:
        pairs: list[tuple[str, Any]] = []
        statements: list[Placed] | None = None
        self._take("{")
        while not self._taken("}"):
            if pairs:
                self._take(",")
            key = self._value()
            if not isinstance(key, str) or isinstance(key, Number):
                raise ValueError("a key must be a string")
            self._take(":")
            if key == "Statement":
                statements = self._statements()
                pairs.append((key, None))
            else:
                pairs.append((key, self._value()))
        self._space()
        if self.at != len(self.text):
            raise ValueError("text after the policy")
        return Outline(_unique(pairs), statements)

    def _statements(self) -> list[Placed]:
        """Where IAM places a statement is where its parser stood before it: after the `{` of a lone
        statement, after the `[` or the preceding statement in a list; its end is after its `}`
        (AWS CLI Command Reference, simulate-custom-policy and simulate-principal-policy, examples).
        """
        if not self._taken("["):
            start = self.at + 1
            return [Placed(self._value(), start, self.at)]
        found: list[Placed] = []
        opened = self.at
        while not self._taken("]"):
            start = opened
            if found:
                start = found[-1].end
                self._take(",")
            found.append(Placed(self._value(), start, self.at))
        return found

    def _space(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _taken(self, character: str) -> bool:
        self._space()
        if self.text.startswith(character, self.at):
            self.at += 1
            return True
        return False

    def _take(self, character: str) -> None:
        if not self._taken(character):
            raise ValueError(f"expected {character}")

    def _value(self) -> Any:
        self._space()
        value, self.at = _DECODER.raw_decode(self.text, self.at)
        return value


def text_of(document: Any, kind: DocumentKind) -> str:
    """The JSON text of a document given as text, bytes or a mapping."""
    try:
        if isinstance(document, str):
            return document
        if isinstance(document, (bytes, bytearray)):
            return bytes(document).decode()
        return json.dumps(document, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        raise invalid_json(kind) from None
