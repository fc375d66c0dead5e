"""The syntax of an intrinsic function call: `States.Format('{} of {}', $.a, States.UUID())`."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import orjson

from foulweather.services.stepfunctions.language.errors import InvalidDefinition

NESTED_MAX = (
    10  # https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html: "up to 10 intrinsic functions"
)

_NAME = re.compile(r"\s*(States\.[A-Za-z0-9]+)\(")
_STRING = re.compile(r"\s*'((?:[^'\\]|\\.)*)'", re.DOTALL)
_NUMBER = re.compile(r"\s*(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?=\s*[,)])")
_WORD = re.compile(r"\s*(null|true|false)(?=\s*[,)])")
_BLANK = re.compile(r"\s*")


class Text(msgspec.Struct, frozen=True):
    """A string as it is written, its escapes still in it."""

    raw: str


class Value(msgspec.Struct, frozen=True):
    """A number, null, true or false."""

    value: Any


class PathArgument(msgspec.Struct, frozen=True):
    """A path."""

    text: str


class Invocation(msgspec.Struct, frozen=True):
    """A call with its arguments; `text` is how it is written."""

    name: str
    arguments: tuple[Argument, ...]
    text: str


Argument = Text | Value | PathArgument | Invocation


def parse(text: str) -> Invocation:
    """Read a call, or refuse it."""
    invocation, end = _invocation(text, 0, 1)
    if text[end:].strip():
        raise InvalidDefinition(f"The intrinsic function call '{text}' has text after its end")
    return invocation


def unescaped(raw: str) -> str:
    """A string without its escapes: only `'`, `{`, `}` and the backslash itself can be escaped."""
    wrong = re.search(r"\\(?![\\'{}])", re.sub(r"\\\\", "", raw))
    if wrong is not None:
        raise InvalidDefinition("An open escape backslash is in the intrinsic function call")
    return re.sub(r"\\(.)", r"\1", raw)


def _invocation(text: str, at: int, depth: int) -> tuple[Invocation, int]:
    head = _NAME.match(text, at)
    if head is None or depth > NESTED_MAX:
        raise InvalidDefinition(f"The intrinsic function call '{text}' is not valid")
    place = _blank(text, head.end())
    arguments: list[Argument] = []
    if text.startswith(")", place):
        return Invocation(head.group(1), (), text[at : place + 1].strip()), place + 1
    while True:
        argument, place = _argument(text, place, depth)
        arguments.append(argument)
        place = _blank(text, place)
        if text.startswith(")", place):
            return Invocation(head.group(1), tuple(arguments), text[at : place + 1].strip()), place + 1
        if not text.startswith(",", place):
            raise InvalidDefinition(f"The intrinsic function call '{text}' is not valid")
        place = _blank(text, place + 1)


def _blank(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank is not None else at


def _argument(text: str, at: int, depth: int) -> tuple[Argument, int]:
    if text.startswith("$", at):
        end = _path_end(text, at)
        return PathArgument(text[at:end].strip()), end
    if (quoted := _STRING.match(text, at)) is not None:
        unescaped(quoted.group(1))
        return Text(quoted.group(1)), quoted.end()
    if (number := _NUMBER.match(text, at)) is not None:
        try:
            return Value(orjson.loads(number.group(1))), number.end()
        except orjson.JSONDecodeError:
            raise InvalidDefinition(f"The intrinsic function call '{text}' is not valid") from None
    if (word := _WORD.match(text, at)) is not None:
        return Value({"null": None, "true": True, "false": False}[word.group(1)]), word.end()
    return _invocation(text, at, depth + 1)


def _path_end(text: str, at: int) -> int:
    """Where a path ends: before the comma or parenthesis that is in none of its brackets."""
    depth, quote = 0, ""
    place = at
    while place < len(text):
        char = text[place]
        if quote:
            if char == "\\":
                place += 1
            elif char == quote:
                quote = ""
        elif depth and char in "'\"":
            quote = char
        elif char in "[(":
            depth += 1
        elif char == "]" or (char == ")" and depth):
            depth -= 1
        elif char in ",)" and not depth:
            return place
        place += 1
    raise InvalidDefinition(f"The intrinsic function call '{text}' is not valid")
