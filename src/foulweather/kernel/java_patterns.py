"""The models' patterns are Java's: what Python's `re` lacks of them, translated."""

from __future__ import annotations

import re
import unicodedata
import warnings
from functools import cache
from typing import Final

_ASSIGNED_MAX: Final = 0x32400
"""Above it (but for tags and variation selectors) Unicode has assigned nothing but private use."""

_LENGTH_MAX: Final = 20_000
"""A value longer than this is not matched: its length is what AWS complains of."""

_POSIX: Final = {
    "Alnum": "0-9A-Za-z",
    "Alpha": "A-Za-z",
    "ASCII": r"\x00-\x7f",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1f\x7f",
    "Digit": "0-9",
    "Graph": "!-~",
    "Lower": "a-z",
    "Print": " -~",
    "Punct": r"!-/:-@\[-`{-~",
    "Space": r"\s",
    "Upper": "A-Z",
    "XDigit": "0-9A-Fa-f",
    "all": r"\x00-\U0010ffff",
}
_PROPERTIES: Final = {"IsAlphabetic": ("L", "Nl"), "LD": ("L", "Nd"), "IsWhitespace": ("Z",)}

_ESCAPE: Final = re.compile(
    r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"  # a surrogate pair is one character
    r"|\\([pP])\{(\w+)\}|\\([pP])([A-Z])"
    r"|\\x\{([0-9a-fA-F]+)\}"
    r"|\\(z)"
    r"|\\.",
    re.DOTALL,
)

EXPONENTIAL: Final = frozenset(
    {
        r"""(([0-9]|.|:|/)*)""",
        r"""(?:[\._\-/#A-Za-z0-9]+|\$\{[A-Za-z]+(?:\.[A-Za-z]+){1,2}\})+""",
        r"""(?:^[\d\w\-_\.+]*$)|(?:^arn:aws(-\w+)*:[\w\d-]+:([\w\d-]*)?:[\w\d_-]*([:/].+)*$)""",
        r"""(arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:model-customization-job/[a-z0-9-]{1,63}[.]{1}[a-z0-9-]{1,63}([a-z0-9-]{1,63}[.]){0,2}[a-z0-9-]{1,63}([:][a-z0-9-]{1,63}){0,2}/[a-z0-9]{12})|([a-zA-Z0-9](-*[a-zA-Z0-9\+\-\.])*)""",
        r"""(arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:model-import-job/[a-z0-9]{12})|([a-zA-Z0-9](-*[a-zA-Z0-9\+\-\.])*)""",
        r"""[ \t]*[\x20-\x7E]+([ \t]+[\x20-\x7E]+)*[ \t]*|(\$(\.[\w/_-]+(\[(\d+|\*)\])*)*)""",
        r"""[a-z0-9]([-a-z0-9]*[a-z0-9]){0,39}?""",
        r"""[a-zA-Z0-9!-~]+([a-zA-Z0-9!-~ ]*[a-zA-Z0-9!-~]+)*""",
        r"""[a-zA-Z0-9](-*[a-zA-Z0-9\+\-\.])*""",
        r"""[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9\+\-\.]){0,63}""",
        r"""[a-zA-Z0-9_](([a-zA-Z0-9_]+)*([a-zA-Z0-9_]+))?""",
        r"""[a-zA-Z](?:-?[a-zA-Z0-9]+)*""",
        r"""^([A-Za-z](-|_|.)?)+$""",
        r"""^([^/]([!-~]+/){1,511})?[A-Za-z0-9_+=,.@-]{1,64}$""",
        r"""^[ \t]*[\x20-\x7E]+([ \t]+[\x20-\x7E]+)*[ \t]*$""",
        r"""^[ \t]*[^\x00-\x1F:\x7F]+([ \t]+[^\x00-\x1F:\x7F]+)*[ \t]*$""",
        r"""^[0-9](.[0-9]*)*$""",
        r"""^[a-z0-9*](?:[._\-/a-z0-9*]?[a-z0-9*]+)*$""",
        r"""^arn:aws(-\w+)*:[\w\d-]+:([\w\d-]*)?:[\w\d_-]*([:/].+)*$""",
        r"""https://([.\-_a-zA-Z0-9]+/?){3,1016}""",
    }
)
"""Patterns that take Python's backtracking for ever on some short text: they are not checked."""


@cache
def _categories() -> dict[str, list[tuple[int, int]]]:
    """The ranges of every general category of Unicode."""
    ranges: dict[str, list[tuple[int, int]]] = {}
    category, start = "", 0
    for code in (*range(_ASSIGNED_MAX), *range(0xE0000, 0xE0200)):
        found = unicodedata.category(chr(code))
        if found != category or code == 0xE0000:
            if category:
                end = code - 1 if code != 0xE0000 else 0xDFFFF
                ranges.setdefault(category, []).append((start, end))
            category, start = found, code
    ranges.setdefault(category, []).append((start, 0xEFFFF))
    ranges.setdefault("Co", []).append((0xF0000, 0x10FFFF))
    return ranges


@cache
def _class_of(name: str) -> list[tuple[int, int]]:
    """The ranges of a category (`Lu`), or of a family of them (`L`), in order."""
    found = sorted(span for category, spans in _categories().items() if category.startswith(name) for span in spans)
    if not found:
        raise ValueError(f"no Unicode category is called {name}")
    joined = [found[0]]
    for start, end in found[1:]:
        if start <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _written(spans: list[tuple[int, int]]) -> str:
    return "".join([f"\\U{start:08x}-\\U{end:08x}" for start, end in spans])


def _property(name: str, negated: bool) -> str:
    r"""What stands inside of brackets for `\p{name}`, or for `\P{name}`."""
    if name in _POSIX and not negated:
        return _POSIX[name]
    spans = sorted(span for part in _PROPERTIES.get(name, (name,)) for span in _class_of(part))
    if not negated:
        return _written(spans)
    gaps: list[tuple[int, int]] = []
    position = 0
    for start, end in spans:
        if start > position:
            gaps.append((position, start - 1))
        position = end + 1
    if position <= 0x10FFFF:
        gaps.append((position, 0x10FFFF))
    return _written(gaps)


def translated(pattern: str) -> str:
    """`pattern` in Python's syntax; ValueError for what it cannot say."""
    result: list[str] = []
    position, in_class, class_start = 0, False, 0
    while position < len(pattern):
        match = _ESCAPE.match(pattern, position)
        if match is not None:
            text = _escape(match, in_class)
            position = match.end()
            is_set = match[3] or match[5] or match.group()[1:] in ("w", "d", "s", "W", "D", "S")
            if in_class and is_set and pattern[position : position + 1] == "-" and pattern[position + 1 :][:1] != "]":
                text += r"\-"  # after a set a hyphen is only a hyphen
                position += 1
            result.append(text)
            continue
        character = pattern[position]
        position += 1
        if in_class:
            if character == "&" and pattern[position : position + 1] == "&":
                raise ValueError("an intersection of classes")
            if character == "]" and position - 1 > class_start:
                in_class = False
            elif character in "[|~":
                character = "\\" + character
        elif character == "[":
            in_class = True
            class_start = position + (pattern[position : position + 1] == "^")
        result.append(character)
    return "".join(result)


def _escape(match: re.Match[str], in_class: bool) -> str:
    if match[1]:
        high, low = int(match[1], 16), int(match[2], 16)
        return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"
    kind = match[3] or match[5]
    if kind:
        inside = _property(match[4] or match[6], negated=kind == "P")
        return inside if in_class else f"[{inside}]"
    if match[7]:
        return f"\\U{int(match[7], 16):08x}"
    return r"\Z" if match[8] else match.group()


@cache
def compiled(pattern: str) -> re.Pattern[str] | None:
    """`pattern` ready to match a whole value, or None when Python cannot, or had better not, run it."""
    if pattern in EXPONENTIAL:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(translated(pattern), re.ASCII)  # Java's \w, \d and \s are ASCII's
    except (re.error, ValueError, OverflowError, RecursionError):
        return None


def satisfies(pattern: re.Pattern[str], value: str) -> bool:
    """Whether the whole of `value` matches."""
    return len(value) > _LENGTH_MAX or pattern.fullmatch(value) is not None
