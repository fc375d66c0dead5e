"""Regular expressions of users: whatever the pattern, its work is bounded, for a world has one thread.

RE2 takes time linear in the text, and is the judge of what a pattern may be: no look-around, no back-references.
Python's own engine is several times faster on a short text, so it is asked where even its worst case is short.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import re2

from foulweather.kernel.wildcards import wildcard

_RE2: Final[Any] = re2
_OPTIONS: Final[Any] = _RE2.Options()
_OPTIONS.log_errors = False
# How long a text Python's engine may be given, by how many repeats of the pattern can share a text among them in more
# than one way: a search tries each split from each place, which comes to about a million steps at most.
_TEXT_MAX: Final = (1024, 1024, 128)
_ATOM: Final = re.compile(r"\\x[0-9A-Fa-f]{2}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\\[]", re.DOTALL)
_REPEAT: Final = re.compile(r"([*+?]|\{\d+(?:,\d*)?\}|\{,\d+\})\??")
_GROUP: Final = re.compile(r"\((?:\?:|\?P<\w+>|\?[ims]+:)?")
_ASIDE: Final = re.compile(r"\\[ABbzZ]|[\^$]")
_CHOICES_MAX: Final = 100
_IN_GROUP: Final = 25
_CHARACTERS: Final = [*map(chr, range(128)), "\u00e9"]


# RE2 keeps where each group is for each place of the pattern that a match may be at.
GROUPS_MAX: Final = 200
LENGTH_MAX: Final = 10_000

Match = re.Match[str]
"""What is found, by either engine: RE2's looks the same."""


class InvalidExpression(ValueError):
    """A pattern that is none, or that RE2 does not take."""


def linear(pattern: str, options: Any = None) -> Any:
    """RE2's own expression; `options` are its own too. Its time is linear, and its memory bounded."""
    if len(pattern) > LENGTH_MAX:
        raise InvalidExpression(f"the pattern has more than {LENGTH_MAX} characters")
    try:
        found: Any = _RE2.compile(pattern, options or _OPTIONS)
    except (_RE2.error, UnicodeEncodeError) as error:
        told = error.args[0] if error.args else ""
        raise InvalidExpression(told.decode() if isinstance(told, bytes) else str(told)) from None
    if found.groups > GROUPS_MAX:
        raise InvalidExpression(f"the pattern has more than {GROUPS_MAX} groups")
    return found


class Expression:
    """A compiled pattern, ready to search with."""

    __slots__ = ("finditer", "groupindex", "groups", "search")

    def __init__(self, pattern: str, *, ignores_case: bool = False) -> None:
        flags = re.ASCII | (re.IGNORECASE if ignores_case else 0)
        self.search: Callable[[str], Match | None]
        self.finditer: Callable[[str], Iterator[Match]]
        try:
            slow: Any = linear(("(?i)" if ignores_case else "") + _for_re2(pattern))
            quick = re.compile(pattern, flags)
        except (re.error, OverflowError, RecursionError) as error:
            raise InvalidExpression(str(error)) from None
        self.groups: int = quick.groups
        self.groupindex: Mapping[str, int] = quick.groupindex
        quick_max = _quick_max(pattern)
        if quick_max is None:
            self.search, self.finditer = quick.search, quick.finditer
            return

        def search(text: str) -> Match | None:
            return quick.search(text) if len(text) <= quick_max else slow.search(_encodable(text))

        def finditer(text: str) -> Iterator[Match]:
            return quick.finditer(text) if len(text) <= quick_max else slow.finditer(_encodable(text))

        self.search, self.finditer = (search, finditer) if quick_max else (_only(slow.search), _only(slow.finditer))

    def sub(self, replacement: Callable[[Match], str], text: str) -> str:
        """The text with each match replaced."""
        parts: list[str] = []
        at = 0
        for match in self.finditer(text):
            parts += text[at : match.start()], replacement(match)
            at = match.end()
        return "".join([*parts, text[at:]])


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Expression:
    """A pattern, compiled once."""
    return Expression(pattern)


def glob(text: str) -> re.Pattern[str]:
    """A text in which `*` stands for anything, from the first place of what comes before the first of them.

    What is between is a group, as little as can be; after the last text, all that is left. An earliest place is never
    a worse one for what follows, so none is given up again (`(?>…)`).
    """
    parts = text.split("*")
    first = re.escape(parts[0])
    found = [rf"\A(?>(?s:.*?){first})" if first else r"\A"]
    for part in parts[1:-1]:
        found.append(rf"(?>((?s:.*?)){re.escape(part)})")
    if len(parts) > 1:
        found.append(rf"(?>((?s:.*?)){re.escape(parts[-1])})" if parts[-1] else "((?s:.*))")
    return re.compile("".join(found))


def _only(function: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: function(_encodable(text))


def _encodable(text: str) -> str:
    """The text, without halves of characters: RE2 reads UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _for_re2(pattern: str) -> str:
    """A pattern of Python's in RE2's words: `$` is also before a last line break."""
    found: list[str] = []
    at = 0
    while at < len(pattern):
        atom = _ATOM.match(pattern, at)
        text = atom[0] if atom is not None else pattern[at]
        at += len(text)
        found.append({"$": r"(?:$|\n\z)", r"\Z": r"\z"}.get(text, text))
    return "".join(found)


def _quick_max(pattern: str) -> int | None:
    """How long a text may be that Python's engine is given; None where it has nothing to repeat."""
    if not pattern.isascii():
        return 0  # they do not fold the same letters
    read = _read(pattern)
    if read is None:
        return 0
    if not any(repeats for _, repeats, _ in read):
        return None
    shared = sum(1 for place, (_, repeats, _) in enumerate(read) if repeats and _is_shared(read, place))
    return _TEXT_MAX[shared] if shared < len(_TEXT_MAX) else 0


def _is_shared(read: list[tuple[int, bool, bool]], place: int) -> bool:
    """Whether what follows a repeat can begin with what the repeat takes."""
    taken = read[place][0]
    for characters, _, is_optional in read[place + 1 :]:
        if taken & characters:
            return True
        if not is_optional:
            return False
    return False


def _read(pattern: str) -> list[tuple[int, bool, bool]] | None:
    """The characters (a bit for each), whether they repeat and may be missing; None for repeated groups and choices."""
    found: list[tuple[int, bool, bool]] = []
    at, depth, choices, repeats_any = 0, 0, 0, False
    while at < len(pattern):
        if (aside := _ASIDE.match(pattern, at)) is not None:
            at = aside.end()
            continue
        if (group := _GROUP.match(pattern, at)) is not None:
            at, depth = group.end(), depth + 1
            continue
        if pattern[at] == ")":
            at, depth = at + 1, depth - 1
            if _REPEAT.match(pattern, at) is not None or depth < 0:
                return None
            continue
        if pattern[at] == "|":
            at, choices = at + 1, choices + (_IN_GROUP if depth else 1)
            continue
        atom = _ATOM.match(pattern, at)
        if atom is None or atom[0] in "*+?":
            return None
        repeat = _REPEAT.match(pattern, atom.end())
        written = repeat[1] if repeat is not None else ""
        at = repeat.end() if repeat is not None else atom.end()
        if pattern[at : at + 1] == "+":
            return None
        repeats_any = repeats_any or bool(written)
        is_optional = written[:1] in ("*", "?") or written.startswith(("{0", "{,"))
        found.append((_characters(atom[0]), bool(written), is_optional))
    # Choices in groups multiply; choices among whole patterns, or in one or two groups, do not come to much.
    return None if (choices and repeats_any) or choices >= _CHOICES_MAX or depth else found


@lru_cache(maxsize=512)
def _characters(atom: str) -> int:
    try:
        matches = re.compile(atom, re.ASCII | re.IGNORECASE | re.DOTALL).fullmatch
    except re.error:
        return (1 << len(_CHARACTERS)) - 1
    return sum(1 << bit for bit, character in enumerate(_CHARACTERS) if matches(character))


__all__ = ["Expression", "InvalidExpression", "Match", "compiled", "glob", "wildcard"]
