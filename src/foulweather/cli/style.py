"""What a terminal can show: colours, box drawing, its width."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import NamedTuple, TextIO

PLAIN_WIDTH = 100


class Style(NamedTuple):
    """How to draw; the plain one is for files, pipes and old terminals."""

    is_coloured: bool = False
    is_unicode: bool = True
    width: int = PLAIN_WIDTH

    @property
    def tick(self) -> str:
        """The mark of what went well."""
        return "✓" if self.is_unicode else "ok"

    @property
    def cross(self) -> str:
        """The mark of what went wrong."""
        return "✗" if self.is_unicode else "x"

    @property
    def dot(self) -> str:
        """What stands between a resource and its property."""
        return "·" if self.is_unicode else "-"

    @property
    def times(self) -> str:
        """What stands before a number of repetitions."""
        return "×" if self.is_unicode else "x"

    @property
    def pointer(self) -> str:
        """The mark of a line that matters."""
        return "▶" if self.is_unicode else ">"

    @property
    def branches(self) -> tuple[str, str, str, str]:
        """A branch, the last branch, and what goes on below either."""
        return ("├─ ", "└─ ", "│  ", "   ") if self.is_unicode else ("|- ", "`- ", "|  ", "   ")

    def bars(self, values: Sequence[int], most: int = 0) -> str:
        """A line of bars, as high as the values are beside the highest (or `most`); nothing at all is a blank."""
        steps = "▁▂▃▄▅▆▇█" if self.is_unicode else ".:-=+*#@"
        most = max(most, *values, 1) if values else 1
        return "".join(steps[(value * len(steps) - 1) // most] if value > 0 else " " for value in values)

    def bad(self, text: str) -> str:
        """What went wrong."""
        return self._in("1;31", text)

    def good(self, text: str) -> str:
        """What went well."""
        return self._in("32", text)

    def strong(self, text: str) -> str:
        """A heading, or what matters."""
        return self._in("1", text)

    def faint(self, text: str) -> str:
        """What can be passed over."""
        return self._in("2", text)

    def command(self, text: str) -> str:
        """What can be typed."""
        return self._in("36", text)

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.is_coloured and text else text


def style_of(stream: TextIO) -> Style:
    """The style for a stream: colour only on a terminal that nobody asked to go without."""
    is_terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
    try:
        "├✓·▶×".encode(stream.encoding or "ascii")
        is_unicode = True
    except (UnicodeEncodeError, LookupError):
        is_unicode = False
    return Style(
        is_coloured=is_terminal and not os.environ.get("NO_COLOR"),
        is_unicode=is_unicode,
        width=shutil.get_terminal_size().columns if is_terminal else PLAIN_WIDTH,
    )


def standard(*, is_plain: bool = False) -> Style:
    """The style for standard output; a plain one has no colour."""
    style = style_of(sys.stdout)
    return style._replace(is_coloured=False) if is_plain else style


def table(rows: Sequence[Sequence[str]], width: int, gap: str = "  ") -> list[str]:
    """Rows in columns as wide as they must be; the last column is wrapped to what is left of the width."""
    if not rows:
        return []
    *widths, _ = (max(len(row[column]) for row in rows) for column in range(len(rows[0])))
    indent = sum(widths) + len(gap) * len(widths)
    lines: list[str] = []
    for row in rows:
        head = "".join(f"{cell:<{wide}}{gap}" for cell, wide in zip(row, widths, strict=False))
        wrapped = textwrap.wrap(row[-1], max(width - indent, 20), break_on_hyphens=False) or [""]
        lines += [f"{head}{wrapped[0]}".rstrip(), *(f"{' ' * indent}{rest}" for rest in wrapped[1:])]
    return lines
