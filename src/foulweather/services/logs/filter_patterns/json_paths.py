"""Property selectors: `$.users[0].name`, `$.['cluster.name']`, `$.items[*].id`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, cast

from foulweather.services.logs.filter_patterns.errors import InvalidPattern

Part = str | int | None
"""A member's name, an element's index, or None for every element."""
_PART: Final = re.compile(r"""\.?\[\s*(?:'([^']*)'|"([^"]*)"|(\d+)|(\*))\s*\]|\.([^\s.\[\]=!<>&|(){}"'%*,]+)""")
SELECTOR: Final = re.compile(r"""\$(?:\.?\[[^\]]*\]|\.[^\s.\[\]=!<>&|(){}"'%*,]+)+""")


@lru_cache(maxsize=4096)
def path(selector: str) -> tuple[Part, ...]:
    """The parts of a selector."""
    parts: list[Part] = []
    position = 1
    while position < len(selector):
        found = _PART.match(selector, position)
        if found is None:
            raise InvalidPattern(f"Invalid filter pattern: invalid property selector '{selector}'")
        single, double, index, every, name = found.groups()
        parts.append(
            None if every else int(index) if index else next(n for n in (single, double, name) if n is not None)
        )
        position = found.end()
    if not parts:
        raise InvalidPattern(f"Invalid filter pattern: invalid property selector '{selector}'")
    return tuple(parts)


def found(value: Any, parts: tuple[Part, ...]) -> Iterator[Any]:
    """Every value that a selector finds: none where something is missing, several only with `[*]`."""
    for position, part in enumerate(parts):
        if part is None:
            if isinstance(value, list):
                rest = parts[position + 1 :]
                for element in cast("list[Any]", value):
                    yield from found(element, rest)
            return
        if isinstance(part, int):
            if not isinstance(value, list) or part >= len(cast("list[Any]", value)):
                return
            value = cast("list[Any]", value)[part]
        else:
            if not isinstance(value, dict) or part not in value:
                return
            value = cast("dict[str, Any]", value)[part]
    yield value
