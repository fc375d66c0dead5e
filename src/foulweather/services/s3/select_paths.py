"""Paths into JSON values.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-select-sql-reference-select.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from foulweather.services.s3.select_output import MISSING, Row
from foulweather.services.s3.select_refusals import refused
from foulweather.services.s3.select_values import Path, Step

Getter = Callable[[Any], Any]


def getter_of(path: Path) -> Getter:
    """What takes the value at a path out of a JSON value."""

    def get(value: Any) -> Any:
        for step in path:
            value = _at(value, step)
            if value is MISSING:
                return MISSING
        return value

    if path == (Step("_1"),):  # what is no object is its own first column
        return lambda value: get(value) if isinstance(value, dict) else value
    return get


def every(value: Any, steps: Path) -> Iterator[Any]:
    """The records that the source of a query takes out of a JSON value."""
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    if step.is_every:
        if isinstance(value, list):
            for each in value:  # type: ignore[reportUnknownVariableType]
                yield from every(each, rest)
        return
    found = _at(value, step)
    if found is not MISSING:
        yield from every(found, rest)


def names_in(value: Any) -> Row:
    """A JSON value as a row: an object's members, or the value itself as its first column."""
    if isinstance(value, dict):
        return list(value.items())  # type: ignore[reportUnknownArgumentType]
    return [("_1", value)]


def _at(value: Any, step: Step) -> Any:
    if step.place is not None:
        return value[step.place] if isinstance(value, list) and step.place < len(value) else MISSING  # type: ignore[reportUnknownArgumentType]
    if not isinstance(value, dict):
        return MISSING
    if step.name in value:
        return value[step.name]  # type: ignore[reportUnknownVariableType]
    if step.is_exact:
        return MISSING
    wanted = step.name.lower()
    found = [name for name in value if name.lower() == wanted]  # type: ignore[reportUnknownVariableType]
    if len(found) > 1:  # type: ignore[reportUnknownArgumentType]
        raise refused("AmbiguousFieldName", "name", step.name)
    return value[found[0]] if found else MISSING  # type: ignore[reportUnknownVariableType]
