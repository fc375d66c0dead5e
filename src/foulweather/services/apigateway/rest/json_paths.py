"""JSONPath as `$input.json` and `$input.path` take it: plain paths by hand, all others by the library."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from foulweather.kernel import json_queries

MISSING = object()
Find = Callable[[Any], Any]
_PLAIN = re.compile(r"\$(?:\.[A-Za-z_][\w-]*|\['[^'\]]*'\]|\[\"[^\"\]]*\"\]|\[\d+\])*")
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^'\]]*)'\]|\[\"([^\"\]]*)\"\]|\[(\d+)\]")


class PathSyntax(ValueError):
    """It is no JSONPath, or one that cannot be followed through a document."""


@lru_cache(2048)
def compiled(path: str) -> Find:
    """What looks a path up in a document: one value for a path without choices, a list of values for others."""
    path = path.strip()
    if not path.startswith("$"):
        path = f"$.{path}"
    if _PLAIN.fullmatch(path):
        steps: list[str | int] = [
            int(found[4]) if found[4] else found[1] or found[2] or found[3] or "" for found in _STEP.finditer(path)
        ]
        return lambda document: _walked(document, steps)
    try:
        return _bounded(json_queries.compiled(path), path)
    except json_queries.InvalidQuery as error:
        raise PathSyntax(str(error)) from error


def _bounded(find: Find, path: str) -> Find:
    from jsonpath import JSONPathError

    def found(document: Any) -> Any:
        try:
            return find(document)
        except json_queries.TooMuchWork as error:
            raise PathSyntax(f"{error}: {path}") from error
        except (JSONPathError, RecursionError, TypeError) as error:
            raise PathSyntax(f"Invalid JSON path: {path}") from error

    return found


def _walked(document: Any, steps: list[str | int]) -> Any:
    for step in steps:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            return MISSING
    return document
