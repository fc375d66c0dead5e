"""The words of a query, with their places."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from foulweather.services.logs.insights.errors import MalformedQuery, unexpected

TokenKind = Literal["name", "quoted", "string", "number", "period", "regex", "op", "end"]

# A field name may hold letters, digits, `_`, `@` and dots; all else needs backticks (CWL_QuerySyntax-Guidelines).
_WORD = re.compile(r"@*[^\W\d][\w@]*(?:\.[\w@]+)*")
_NUMBER = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w@])")
_PERIOD = re.compile(r"(\d+)([A-Za-z]+)")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'', re.DOTALL)
_REGEX = re.compile(r"/((?:[^/\\]|\\.)+)/", re.DOTALL)
_BACKTICK = re.compile(r"`([^`]+)`")
_OPERATOR = re.compile(r"!=|<=|>=|=~|[|,()\[\]=<>+\-*/%^.:]")
_SKIPPED = re.compile(r"(?:\s+|#[^\n]*)+")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}


class Token(msgspec.Struct, frozen=True):
    """One word: `text` as written, `value` as meant."""

    kind: TokenKind
    text: str
    value: str
    start: int
    end: int


def unescaped(body: str) -> str:
    """A string literal's meaning; an escape that the language does not know stays as it is written."""
    if "\\" not in body:
        return body
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[0]), body)


def tokens(text: str) -> list[Token]:
    """The words of a query, the last of them the end itself."""
    found: list[Token] = []
    at = 0
    # `/` opens a regular expression after `like` and `=~`, and where `parse` says its pattern; else it divides.
    pattern_due = False
    while True:
        skipped = _SKIPPED.match(text, at)
        at = skipped.end() if skipped else at
        if at >= len(text):
            found.append(Token("end", "<EOF>", "", len(text), len(text)))
            return found
        token = _token(text, at, pattern_due)
        opens_command = not found or found[-1].text in ("|", "(")
        found.append(token)
        at = token.end
        if token.kind == "name":
            word = token.text.lower()
            pattern_due = pattern_due or word == "like" or (opens_command and word == "parse")
        elif token.kind in ("regex", "string") or token.text == "|":
            pattern_due = False
        elif token.text == "=~":
            pattern_due = True


def _token(text: str, at: int, pattern_due: bool) -> Token:
    character = text[at]
    if character == "/" and pattern_due:
        match = _REGEX.match(text, at)
        if match is None:
            raise unexpected(text, "/", at, at + 1)
        return Token("regex", match[0], match[1], at, match.end())
    if character in "\"'":
        match = _STRING.match(text, at)
        if match is None:
            raise unexpected(text, character, at, at + 1)
        body = match[1] if match[1] is not None else match[2]
        return Token("string", match[0], unescaped(body), at, match.end())
    if character == "`":
        match = _BACKTICK.match(text, at)
        if match is None:
            raise unexpected(text, character, at, at + 1)
        return Token("quoted", match[0], match[1], at, match.end())
    if match := _WORD.match(text, at):
        return Token("name", match[0], match[0], at, match.end())
    if match := _NUMBER.match(text, at):
        return Token("number", match[0], match[0], at, match.end())
    if match := _PERIOD.match(text, at):
        return Token("period", match[0], match[0], at, match.end())
    if match := _OPERATOR.match(text, at):
        return Token("op", match[0], match[0], at, match.end())
    raise unexpected(text, character, at, at + 1)


def number_of(token: Token, text: str) -> int | float:
    """What a number literal means."""
    if token.text.isdigit() and len(token.text) <= 300:
        return int(token.text)
    value = float(token.text)
    if value in (float("inf"), float("-inf")):
        raise MalformedQuery(f"number out of range: {text[token.start : token.end][:40]}", token.start, token.end)
    return value
