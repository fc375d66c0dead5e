"""What the steps of an indefinite path select, and the functions at the end of one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, cast

from foulweather.kernel import json_queries
from foulweather.services.stepfunctions.language import path_syntax
from foulweather.services.stepfunctions.language.errors import InvalidDefinition, StatesError
from foulweather.services.stepfunctions.language.path_syntax import (
    Descent,
    Index,
    Name,
    Path,
    Slice,
    Step,
    Union,
    Wildcard,
)


def stepped(values: Iterator[Any], step: Step) -> Iterator[Any]:
    """What one step selects beneath each of some values; where it does not fit, nothing."""
    match step:
        case Name(key):
            return (fields[key] for fields in _objects(values) if key in fields)
        case Index(position):
            return (items[position] for items in _arrays(values) if -len(items) <= position < len(items))
        case Slice(start, stop, by):
            return (item for items in _arrays(values) for item in items[start:stop:by])
        case Wildcard():
            return (child for value in values for child in _children(value))
        case Union(keys):
            return (chosen for value in values for chosen in _chosen(value, keys))
        case Descent():
            return (inner for value in values for inner in _descendants(value))
        case _:
            raise InvalidDefinition("Invalid path")


def _objects(values: Iterator[Any]) -> Iterator[dict[str, Any]]:
    return (cast("dict[str, Any]", value) for value in values if isinstance(value, dict))


def _arrays(values: Iterator[Any]) -> Iterator[list[Any]]:
    return (cast("list[Any]", value) for value in values if isinstance(value, list))


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(cast("dict[str, Any]", value).values())
    return cast("list[Any]", value) if isinstance(value, list) else []


def _chosen(value: Any, keys: tuple[str | int, ...]) -> Iterator[Any]:
    for key in keys:
        yield from stepped(iter((value,)), Name(key) if isinstance(key, str) else Index(key))


def _descendants(value: Any) -> Iterator[Any]:
    """A value and all beneath it, in the order of the text; without recursion, however deep it is."""
    waiting = [value]
    while waiting:
        here = waiting.pop()
        yield here
        waiting.extend(reversed(_children(here)))


def filtered(path: Path) -> Callable[[Any], list[Any]]:
    """Compile a path with a filter in it: python-jsonpath reads what the filter says."""
    try:
        # Comparisons as Jayway has them: true and false have no order.
        query = json_queries.compiled(path_syntax.canonical(path), orders_truths=False)
    except json_queries.InvalidQuery as refused:
        raise InvalidDefinition(f"Invalid path '{path.text}'") from refused

    def find(document: Any) -> list[Any]:
        from jsonpath import JSONPathError, exceptions

        try:
            return query(document)
        except (exceptions.JSONPathRecursionError, RecursionError):
            cause = f"The input is too deeply nested for the JSONPath '{path.text}'"
            raise StatesError("States.Runtime", cause) from None
        except json_queries.TooMuchWork:
            raise _too_much(path) from None
        except (JSONPathError, TypeError, ValueError):
            # A filter that does not fit the data selects nothing.
            return []

    return find


def counted(values: Iterator[Any], path: Path) -> Iterator[Any]:
    """Values that a step selects, as long as they are not too many: `$..*..*..*` would find the same ever again."""
    for count, value in enumerate(values):
        if count >= json_queries.WORK_MAX:
            raise _too_much(path)
        yield value


def _too_much(path: Path) -> StatesError:
    return StatesError("States.Runtime", f"The JSONPath '{path.text}' selects too many values of the input")


def _numbers(value: Any) -> list[float]:
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [item for item in items if isinstance(item, int | float) and not isinstance(item, bool)]


def _over(apply: Callable[[list[float]], float]) -> Callable[[Any], float | None]:
    def of(value: Any) -> float | None:
        numbers = _numbers(value)
        return apply(numbers) if numbers else None

    return of


def _length(value: Any) -> int | None:
    return len(cast("list[Any]", value)) if isinstance(value, list | dict | str) else None


def _deviation(numbers: list[float]) -> float:
    mean = sum(numbers) / len(numbers)
    return math.sqrt(sum((number - mean) ** 2 for number in numbers) / len(numbers))


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "length": _length,
    "min": _over(min),
    "max": _over(max),
    "sum": _over(sum),
    "avg": _over(lambda numbers: sum(numbers) / len(numbers)),
    "stddev": _over(_deviation),
}
