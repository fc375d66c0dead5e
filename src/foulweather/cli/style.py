"""What a terminal can show: colours, box drawing, its width."""

from __future__ import annotations

import os
import shutil
import sys
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


def standard() -> Style:
    """The style for standard output."""
    return style_of(sys.stdout)
