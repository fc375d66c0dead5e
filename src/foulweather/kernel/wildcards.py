"""Texts in which `*` stands for anything: whatever the pattern, a text is read once, for a world has one thread."""

from __future__ import annotations

import re
from collections.abc import Sequence


def wildcard(text: str) -> re.Pattern[str]:
    """A whole text in which `*` stands for anything."""
    return between(re.sub(r"\*+", "*", text).split("*"))


def between(parts: Sequence[str]) -> re.Pattern[str]:
    """A whole text that has some parts in their order, the first and the last at its ends, and anything between them.

    The earliest place of a part is never a worse one for those after it, so none is given up again.
    """
    first, *rest = parts
    if not rest:
        return re.compile(re.escape(first))
    middle = "".join([rf"(?>.*?{re.escape(part)})" for part in rest[:-1]])
    return re.compile(rf"{re.escape(first)}{middle}.*{re.escape(rest[-1])}", re.DOTALL)


def escaped_wildcard(text: str) -> re.Pattern[str]:
    r"""A whole text in which `*` stands for anything, `\*` for an asterisk and `\\` for a backslash."""
    parts = [""]
    for token in re.split(r"(\\[\\*]|\*+)", text):
        if token.startswith("*"):
            parts.append("")
        else:
            parts[-1] += token[1:] if token in ("\\\\", "\\*") else token
    return between(parts)
