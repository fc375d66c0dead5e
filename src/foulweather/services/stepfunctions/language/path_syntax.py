"""The syntax of a JSONPath: its root, its steps, and whether it is definite or a Reference Path."""

from __future__ import annotations

import re

import msgspec

from foulweather.kernel.errors import not_implemented
from foulweather.services.stepfunctions.language.errors import InvalidDefinition

LENGTH_MAX = 10_000
STEPS_MAX = 250
FUNCTION_NAMES = frozenset({"length", "min", "max", "avg", "sum", "stddev"})

_ROOT = re.compile(r"\$\$|\$(?=[.\[]|$)|\$[^\W\d]\w*(?=[.\[]|$)")
_QUOTED = re.compile(r"\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")\s*")
_INTEGER = re.compile(r"\s*(-?\d{1,9})\s*\Z")
_SLICE = re.compile(r"\s*(-?\d{1,9})?\s*:\s*(-?\d{1,9})?\s*(?::\s*(-?\d{1,9})?\s*)?\Z")
_REGEX = re.compile(r"=~|\b(?:match|search)\s*\(")


class Name(msgspec.Struct, frozen=True):
    """One field."""

    key: str


class Index(msgspec.Struct, frozen=True):
    """One element; negative counts from the end."""

    position: int


class Wildcard(msgspec.Struct, frozen=True):
    """All fields or elements."""


class Slice(msgspec.Struct, frozen=True):
    """A range of elements."""

    start: int | None
    stop: int | None
    step: int | None


class Union(msgspec.Struct, frozen=True):
    """Some fields or some elements."""

    keys: tuple[str | int, ...]


class Descent(msgspec.Struct, frozen=True):
    """The value itself and everything beneath it."""


class Filter(msgspec.Struct, frozen=True):
    """The elements that meet a condition, as it is written."""

    text: str


class Function(msgspec.Struct, frozen=True):
    """A function at the end of a path."""

    name: str


Step = Name | Index | Wildcard | Slice | Union | Descent | Filter | Function


class Path(msgspec.Struct, frozen=True):
    """A path: `root` is `$`, `$$` or `$name`."""

    text: str
    root: str
    steps: tuple[Step, ...]

    @property
    def definite(self) -> bool:
        """Whether it can lead to one value at most."""
        return all(isinstance(step, Name | Index | Function) for step in self.steps)


def is_reference(path: Path) -> bool:
    """Whether a path is a Reference Path: names and positions only."""
    return all(isinstance(step, Name) or (isinstance(step, Index) and step.position >= 0) for step in path.steps)


def parse(text: str) -> Path:
    """Read a path, or refuse it."""
    root = _ROOT.match(text)
    if root is None or len(text) > LENGTH_MAX:
        raise InvalidDefinition(f"Invalid path '{text[:200]}'")
    steps: list[Step] = []
    at = root.end()
    while at < len(text):
        if len(steps) >= STEPS_MAX:
            raise InvalidDefinition(f"Invalid path '{text[:200]}': it has more than {STEPS_MAX} steps")
        at = _step(text, at, steps)
    if any(isinstance(step, Function) for step in steps[:-1]) or (steps and isinstance(steps[-1], Descent)):
        raise InvalidDefinition(f"Invalid path '{text[:200]}'")
    return Path(text, root.group(), tuple(steps))


def _step(text: str, at: int, steps: list[Step]) -> int:
    """Read one step and give the place after it."""
    if text.startswith("..", at):
        steps.append(Descent())
        at += 2
        return at if text.startswith("[", at) else _dotted(text, at, steps)
    if text[at] == ".":
        # Jayway takes `$.[0]` for `$[0]`.
        return at + 1 if text.startswith("[", at + 1) else _dotted(text, at + 1, steps)
    if text[at] != "[":
        raise InvalidDefinition(f"Invalid path '{text}'")
    end = _closing(text, at)
    steps.append(_bracketed(text, text[at + 1 : end]))
    return end + 1


def _dotted(text: str, at: int, steps: list[Step]) -> int:
    """Read a name after a dot; a backslash takes the next character as it is."""
    if text.startswith("*", at):
        steps.append(Wildcard())
        return at + 1
    name: list[str] = []
    while at < len(text) and text[at] not in ".[( ":
        if text[at] == "\\" and at + 1 < len(text):
            at += 1
        name.append(text[at])
        at += 1
    if not name:
        raise InvalidDefinition(f"Invalid path '{text}'")
    if text.startswith("()", at):
        if "".join(name) not in FUNCTION_NAMES:
            raise InvalidDefinition(f"Invalid path '{text}': the function {''.join(name)}() is not supported")
        steps.append(Function("".join(name)))
        return at + 2
    steps.append(Name("".join(name)))
    return at


def _closing(text: str, at: int) -> int:
    """The place of the bracket that closes the one at a place; quoted text does not count."""
    depth, quote = 0, ""
    place = at
    while place < len(text):
        char = text[place]
        if quote:
            if char == "\\":
                place += 1
            elif char == quote:
                quote = ""
        elif char in "'\"":
            quote = char
        elif char == "[":
            depth += 1
        elif char == "]":
            depth -= 1
            if not depth:
                return place
        place += 1
    raise InvalidDefinition(f"Invalid path '{text}'")


def _bracketed(text: str, inside: str) -> Step:
    bare = inside.strip()
    if bare == "*":
        return Wildcard()
    if bare.startswith("?"):
        if _REGEX.search(bare):
            # Java's regular expressions can take for ever, and no linear engine here reads all of them.
            raise not_implemented("stepfunctions", "JSONPath filters with regular expressions")
        return Filter(bare)
    if (whole := _INTEGER.match(inside)) is not None:
        return Index(int(whole.group(1)))
    if (between := _SLICE.match(inside)) is not None:
        start, stop, step = (int(number) if number is not None else None for number in between.groups())
        if step is not None and step <= 0:
            raise InvalidDefinition(f"Invalid path '{text}'")
        return Slice(start, stop, step)
    keys = _keys(text, inside)
    first, *others = keys
    if others:
        return Union(tuple(keys))
    return Name(first) if isinstance(first, str) else Index(first)


def _keys(text: str, inside: str) -> list[str | int]:
    """Quoted names or numbers, separated by commas."""
    keys: list[str | int] = []
    at = 0
    while True:
        quoted = _QUOTED.match(inside, at)
        if quoted is not None:
            raw = quoted.group(1) if quoted.group(1) is not None else quoted.group(2)
            keys.append(re.sub(r"\\(.)", r"\1", raw))
            at = quoted.end()
        else:
            end = inside.find(",", at)
            number = _INTEGER.match(inside[at : end if end >= 0 else len(inside)])
            if number is None:
                raise InvalidDefinition(f"Invalid path '{text}'")
            keys.append(int(number.group(1)))
            at = end if end >= 0 else len(inside)
        if at >= len(inside):
            return keys
        if inside[at] != ",":
            raise InvalidDefinition(f"Invalid path '{text}'")
        at += 1


def canonical(path: Path) -> str:
    """The path as RFC 9535 writes it, from the root of its document."""
    parts = ["$"]
    for step in path.steps:
        match step:
            case Name(key):
                parts.append(f"[{_literal(key)}]")
            case Index(position):
                parts.append(f"[{position}]")
            case Wildcard():
                parts.append("[*]")
            case Slice():
                parts.append(_range(step))
            case Union(keys):
                parts.append(f"[{','.join(_literal(key) if isinstance(key, str) else str(key) for key in keys)}]")
            case Descent():
                parts.append("..")
            case Filter(text):
                parts.append(f"[{text}]")
            case Function():
                pass
    return "".join(parts)


def _range(step: Slice) -> str:
    numbers = [step.start, step.stop] + ([] if step.step is None else [step.step])
    return "[" + ":".join("" if number is None else str(number) for number in numbers) + "]"


def _literal(key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + "".join(char if char >= " " else f"\\u{ord(char):04x}" for char in escaped) + "'"
