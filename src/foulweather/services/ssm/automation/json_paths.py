"""JSONPath as runbooks select with it: members, indexes, slices, wildcards, descent, and filters by one comparison."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, cast

_TOKEN: Final = re.compile(
    r"""\.\.(?P<deep>[\w$-]+|\*)
      | \.(?P<name>[\w$-]+|\*)
      | \[\s*(?P<quoted>'[^']*'|"[^"]*")\s*\]
      | \[\s*(?P<index>-?\d+)\s*\]
      | \[\s*(?P<slice>-?\d*:-?\d*)\s*\]
      | \[\s*(?P<star>\*)\s*\]
      | \[\s*\?\s*\(\s*@\.(?P<member>[\w$.-]+)\s*(?:(?P<operator>==|!=|>=|<=|>|<)\s*(?P<wanted>[^)]+?))?\s*\)\s*\]
    """,
    re.VERBOSE,
)
_COMPARED: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    ">": lambda one, other: one > other,
    "<": lambda one, other: one < other,
    ">=": lambda one, other: one >= other,
    "<=": lambda one, other: one <= other,
}


class PathError(ValueError):
    """A text that is no path, or one that says more than is known here."""


class Missing(LookupError):
    """A path that leads nowhere."""


def select(path: str, value: Any) -> Any:
    """What a path leads to; a list where it may lead to several."""
    text = path.strip()
    if not text.startswith("$"):
        raise PathError(f"A JSONPath begins with $: {path}")
    found, at, is_many = [value], 1, False
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise PathError(f"Unsupported JSONPath {path} at {text[at:]}")
        found = [each for one in found for each in _step(token, one)]
        is_many = is_many or token["name"] == "*" or token.lastgroup not in ("name", "quoted", "index")
        at = token.end()
    if is_many:
        return found
    if not found:
        raise Missing(path)
    return found[0]


def _step(token: re.Match[str], value: Any) -> Iterator[Any]:
    if token["deep"]:
        yield from _below(token["deep"], value)
    elif token["name"] == "*" or token["star"]:
        yield from _children(value)
    elif token["name"] or token["quoted"]:
        name = token["name"] or token["quoted"][1:-1]
        if isinstance(value, dict) and name in value:
            yield cast("dict[str, Any]", value)[name]
    elif not isinstance(value, list):
        return
    elif token["index"]:
        yield from _at(cast("list[Any]", value), int(token["index"]))
    elif token["slice"]:
        start, _, end = token["slice"].partition(":")
        yield from cast("list[Any]", value)[int(start) if start else None : int(end) if end else None]
    else:
        yield from (each for each in cast("list[Any]", value) if _passes(token, each))


def _at(value: list[Any], index: int) -> Iterator[Any]:
    if -len(value) <= index < len(value):
        yield value[index]


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from cast("dict[str, Any]", value).values()
    elif isinstance(value, list):
        yield from cast("list[Any]", value)


def _below(name: str, value: Any) -> Iterator[Any]:
    if name == "*":
        yield from _children(value)
    elif isinstance(value, dict) and name in value:
        yield cast("dict[str, Any]", value)[name]
    for each in _children(value):
        yield from _below(name, each)


def _passes(token: re.Match[str], value: Any) -> bool:
    held: Any = value
    for name in token["member"].split("."):
        if not isinstance(held, dict) or name not in held:
            return False
        held = cast("dict[str, Any]", held)[name]
    if token["operator"] is None:
        return True
    wanted = token["wanted"]
    if wanted[0] == wanted[-1] == "'":
        wanted = json.dumps(wanted[1:-1])
    try:
        return _COMPARED[token["operator"]](held, json.loads(wanted))
    except TypeError:
        return False
    except ValueError:
        raise PathError(f"Unsupported value in a JSONPath filter: {token['wanted']}") from None
