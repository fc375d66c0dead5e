"""Projections: the parts of an item that somebody asked for, in the item's own shape.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ProjectionExpressions.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from foulweather.services.dynamodb.language.values import AttributeValue, Item

DocumentPath = tuple[str | int, ...]
# What of a value is wanted, by name or index; None is all of it.
Wanted = dict[str | int, "Wanted | None"]


class Projection:
    """The document paths of a projection."""

    __slots__ = ("_heads", "_wanted", "paths")

    def __init__(self, paths: Iterable[DocumentPath]) -> None:
        self.paths = tuple(paths)
        self._wanted: Wanted = {}
        for path in self.paths:
            level = self._wanted
            for part in path[:-1]:
                level = cast("Wanted", level.setdefault(part, {}))
            level[path[-1]] = None
        self._heads = tuple(self._wanted.items())

    def of(self, item: Item) -> Item:
        """What an item has of it; elements of lists close up, and what the item does not have is left out."""
        found: Item = {}
        for name, wanted in self._heads:
            value = item.get(cast("str", name))
            if value is None:
                continue
            part = value if wanted is None else _part(value, wanted)
            if part is not None:
                found[cast("str", name)] = part
        return found


def _part(value: AttributeValue, wanted: Wanted) -> AttributeValue | None:
    """What a document has of what is wanted; None when it has nothing of it."""
    ((kind, content),) = value.items()
    if kind == "L":
        elements: list[Any] = []
        for index in sorted(index for index in wanted if isinstance(index, int)):
            if index < len(content):
                inner = wanted[index]
                element = content[index] if inner is None else _part(content[index], inner)
                if element is not None:
                    elements.append(element)
        return {"L": elements} if elements else None
    if kind == "M":
        members: dict[str, Any] = {}
        for name, inner in wanted.items():
            member = content.get(name)
            if member is not None:
                part = member if inner is None else _part(member, inner)
                if part is not None:
                    members[cast("str", name)] = part
        return {"M": members} if members else None
    return None
