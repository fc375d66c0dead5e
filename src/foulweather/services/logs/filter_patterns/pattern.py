"""What every compiled filter pattern can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orjson import JSONDecodeError, loads

NOTHING: Mapping[str, str] = {}


class Pattern:
    """A pattern of any grammar, here the empty one: every message matches.

    `needle` is a text that every matching message holds, as bytes: whoever scans many messages looks for it first.
    `regexes` counts the regular expressions, `fields` are the names that a metric's value may refer to.
    """

    needle: bytes = b""
    regexes: int = 0
    is_json: bool = False
    fields: frozenset[str] = frozenset()

    def matches(self, message: str) -> bool:
        """Whether a message matches."""
        return True

    def extracted(self, message: str) -> Mapping[str, str]:
        """The values that the pattern names, out of a message that matches."""
        return NOTHING

    def value(self, message: str, selector: str) -> str | None:
        """One value out of a message that matches: `$.latency`, `$bytes`; None where it has none."""
        return self.extracted(message).get(selector)


def parsed(message: str) -> Any:
    """A message as JSON; None where it is no JSON object."""
    if not message.lstrip().startswith("{"):
        return None
    try:
        return loads(message)
    except JSONDecodeError:
        return None
