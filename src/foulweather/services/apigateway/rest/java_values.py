"""Values as templates see them: JSON with the methods that Velocity templates call, printed as Java prints them."""

from __future__ import annotations

import json
from typing import Any, cast

RANGE_SHOWN_MAX = 100_000


class Boolean(int):
    """A boolean that prints in lower case."""

    def __str__(self) -> str:
        return "true" if self else "false"

    __repr__ = __str__


class Map(dict[str, Any]):
    """An object: prints as `{a=1, b=2}`; a member that it does not have prints as nothing."""

    def __missing__(self, key: str) -> str:
        if key in _METHODS:  # templates call methods by the same syntax
            raise KeyError(key)
        return ""

    def __str__(self) -> str:
        return "{" + ", ".join(f"{name}={shown(value)}" for name, value in self.items()) + "}"

    def size(self) -> int:
        """How many members."""
        return len(self)

    def isEmpty(self) -> Boolean:  # noqa: N802
        """Whether there are none."""
        return Boolean(not self)

    def keySet(self) -> List:  # noqa: N802
        """The names of the members."""
        return Literal(self.keys())

    def entrySet(self) -> List:  # noqa: N802
        """The members."""
        return Literal(Map(key=name, value=value) for name, value in self.items())

    def containsKey(self, name: str) -> Boolean:  # noqa: N802
        """Whether there is such a member."""
        return Boolean(name in self)

    def put(self, name: str, value: Any) -> str:
        """Set a member."""
        self[name] = value
        return ""

    def putAll(self, values: dict[str, Any]) -> str:  # noqa: N802
        """Set several members."""
        self.update(values)
        return ""

    def remove(self, name: str) -> Any:
        """Take a member out."""
        return self.pop(name, "")

    def toString(self) -> str:  # noqa: N802
        """As it prints."""
        return str(self)


_METHODS = frozenset(
    {
        *(name for name in vars(Map) if not name.startswith("_")),
        *("get", "values", "keys", "items", "update", "pop", "clear", "copy"),
    }
)


class List(list[Any]):
    """An array: prints as JSON."""

    def __str__(self) -> str:
        return json.dumps(plain(self), separators=(",", ":"), ensure_ascii=False)

    def size(self) -> int:
        """How many elements."""
        return len(self)

    def isEmpty(self) -> Boolean:  # noqa: N802
        """Whether there are none."""
        return Boolean(not self)

    def get(self, index: int) -> Any:
        """The element at an index."""
        return self[index]

    def contains(self, value: Any) -> Boolean:
        """Whether it is in there."""
        return Boolean(value in self)

    def add(self, value: Any) -> Boolean:
        """Append an element."""
        self.append(value)
        return Boolean(1)

    def toString(self) -> str:  # noqa: N802
        """As it prints."""
        return str(self)


class Literal(List):
    """A list that a template wrote itself, or a map's names or values: prints as Java's own lists do, `[a, b]`."""

    def __str__(self) -> str:
        return f"[{', '.join(shown(each) for each in self)}]"


def wrapped(value: Any) -> Any:
    """A JSON value as templates see it."""
    if isinstance(value, dict):
        return Map({str(name): wrapped(each) for name, each in cast("dict[str, Any]", value).items()})
    if isinstance(value, list):
        return List(wrapped(each) for each in cast("list[Any]", value))
    if isinstance(value, bool):
        return Boolean(value)
    return value


def plain(value: Any) -> Any:
    """The JSON value of what templates see."""
    if isinstance(value, Boolean):
        return bool(value)
    if isinstance(value, dict):
        return {name: plain(each) for name, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [plain(each) for each in cast("list[Any]", value)]
    return value


def shown(value: Any) -> str:
    """A value as Java prints it."""
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, range):
        return f"[{', '.join(map(str, value[:RANGE_SHOWN_MAX]))}]"
    return str(value)
