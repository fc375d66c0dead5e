"""Selection expressions: a key out of what a message, an answer or the context says.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

DEFAULT = "$default"
_PART = re.compile(r"\\\$|\$\{([^}]*)\}|\$([A-Za-z][\w.\[\]-]*)")
Look = Callable[[str], str | None]
"""The value of a variable (`request.body.action`); None where there is none."""


class Expression:
    """An expression, read once."""

    def __init__(self, text: str) -> None:
        self.parts: list[tuple[bool, str]] = []
        """Texts, and names of variables (True)."""
        at = 0
        for found in _PART.finditer(text):
            if found.start() > at:
                self.parts.append((False, text[at : found.start()]))
            at = found.end()
            name = found[1] or found[2]
            if name is None or name == "default":  # `\$`, and the reserved key written without it
                self.parts.append((False, "$" if name is None else DEFAULT))
            else:
                self.parts.append((True, name))
        if at < len(text):
            self.parts.append((False, text[at:]))

    def key(self, look: Look) -> str | None:
        """What it comes to; None where one of its variables has no value."""
        found: list[str] = []
        for is_variable, text in self.parts:
            value = look(text) if is_variable else text
            if value is None:
                return None
            found.append(value)
        return "".join(found)


@lru_cache(1024)
def expression(text: str) -> Expression:
    """An expression by its text."""
    return Expression(text)


def pattern(key: str) -> str:
    r"""The pattern in a key that is one (`/2\d\d/`); nothing where the key is a text."""
    return key[1:-1] if len(key) > 2 and key.startswith("/") and key.endswith("/") else ""
