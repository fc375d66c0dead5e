"""The JSON paths of InputPath, of input transformers and of what pipes make of their events: members, indexes, `[*]`.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, cast

_STEP = re.compile(r"\.([\w\-:@#$%/ ]+)|\[(\d+)\]|\[(\*)\]|\.(\*)|\['([^']+)'\]|\[\"([^\"]+)\"\]")


class _Missing:
    """What a path finds where nothing is."""


MISSING: Final = _Missing()


class PathSyntax(ValueError):
    """A path that does not parse."""


@lru_cache(maxsize=2048)
def steps(path: str) -> tuple[str | int | None, ...]:
    """A path's steps: a member's name, an index, or None for all of them."""
    if not path.startswith("$"):
        raise PathSyntax(path)
    found: list[str | int | None] = []
    at = 1
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            raise PathSyntax(path)
        name, index, every, all_members, quoted, double = step.groups()
        found.append(None if every or all_members else int(index) if index else name or quoted or double)
        at = step.end()
    return tuple(found)


def find(document: Any, path: str) -> Any:
    """What is at a path, or MISSING."""
    value = document
    wanted = steps(path)
    for at, step in enumerate(wanted):
        if step is None:
            items = cast("list[Any]", value) if isinstance(value, list) else None
            if items is None:
                return MISSING
            rest = wanted[at + 1 :]
            found = [_along(item, rest) for item in items]
            return [each for each in found if each is not MISSING]
        value = _one(value, step)
        if value is MISSING:
            return MISSING
    return value


def _along(value: Any, rest: tuple[str | int | None, ...]) -> Any:
    for step in rest:
        value = MISSING if step is None else _one(value, step)
        if value is MISSING:
            return MISSING
    return value


def _one(value: Any, step: str | int) -> Any:
    if isinstance(step, int):
        items = cast("list[Any]", value) if isinstance(value, list) else []
        return items[step] if step < len(items) else MISSING
    return cast("dict[str, Any]", value).get(step, MISSING) if isinstance(value, dict) else MISSING
