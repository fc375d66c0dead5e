"""`pattern`: the text structures that log events share (CWL_QuerySyntax-Pattern).

AWS finds them by machine learning and does not say how. Here a word that looks like a time, an address, an id or a
number is a token, and so is a place where otherwise equal patterns differ again and again.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

_VARYING_MIN = 3  # so many different words at one place of otherwise equal patterns make it a token
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?|\d\d:\d\d:\d\d(?:[.,]\d+)?"
_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_WORDS = re.compile(
    rf"(?P<Time>{_TIME})|(?P<UUID>{_UUID})|(?P<IPAddress>\b\d{{1,3}}(?:\.\d{{1,3}}){{3}}\b)"
    r"|(?P<ID>\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9]{6,}(?:-[A-Za-z0-9]+)*\b|\b\d+(?:-\d+)+\b)"
    r"|(?P<Number>(?<![\w.])-?\d+(?:\.\d+)?)|(?P<Word>[A-Za-z_]\w*)|(?P<Rest>.)",
    re.DOTALL,
)
_NAMES = {"Time": "Time", "UUID": "ID", "IPAddress": "IPAddress", "ID": "ID", "Number": "Number"}
_SEVERITIES = (
    ("Error", re.compile(r"\b(?:ERROR|FATAL|CRITICAL|SEVERE|EXCEPTION)\b", re.IGNORECASE)),
    ("Warning", re.compile(r"\bWARN(?:ING)?\b", re.IGNORECASE)),
    ("Info", re.compile(r"\bINFO\b", re.IGNORECASE)),
    ("Debug", re.compile(r"\b(?:DEBUG|TRACE)\b", re.IGNORECASE)),
)

# A part of a pattern: a word as it is, or the kind of a token between NULs, which no log message holds.
Parts = tuple[str, ...]


class Found(NamedTuple):
    """A pattern, how many events have it, and how severe it sounds."""

    pattern: str
    events: int
    severity: str | None


def clustered(texts: list[str]) -> list[Found]:
    """The patterns of texts, the most frequent first."""
    counts: Counter[Parts] = Counter(_parts(text) for text in texts)
    merged = _merged(counts)
    found = [Found(_named(parts), count, _severity(parts)) for parts, count in merged.items()]
    return sorted(found, key=lambda one: (-one.events, one.pattern))


def _parts(text: str) -> Parts:
    found: list[str] = []
    for match in _WORDS.finditer(text):
        kind = match.lastgroup or "Rest"
        found.append(f"\0{_NAMES[kind]}" if kind in _NAMES else match[0])
    return tuple(found)


def _merged(counts: Counter[Parts]) -> Counter[Parts]:
    """Patterns that differ in one word only become one, place by place."""
    length_max = max((len(parts) for parts in counts), default=0)
    for place in range(min(length_max, 400)):
        alike: dict[Parts, list[Parts]] = {}
        for parts in counts:
            if place < len(parts) and (parts[place][0].isalnum() or parts[place][0] in "\0_"):
                alike.setdefault((*parts[:place], "\0", *parts[place + 1 :]), []).append(parts)
        for rest, group in alike.items():
            if len(group) >= _VARYING_MIN:
                total = sum(counts.pop(parts) for parts in group)
                token = (*rest[:place], "\0Token", *rest[place + 1 :])
                counts[token] += total
    return counts


def _named(parts: Parts) -> str:
    found: list[str] = []
    number = 0
    for part in parts:
        if part.startswith("\0") and len(part) > 1:
            number += 1
            found.append(f"<{part[1:]}-{number}>")
        else:
            found.append(part)
    return "".join(found)


def _severity(parts: Parts) -> str | None:
    text = "".join(part for part in parts if not part.startswith("\0"))
    return next((name for name, pattern in _SEVERITIES if pattern.search(text)), None)
