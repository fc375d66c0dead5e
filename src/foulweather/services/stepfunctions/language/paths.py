"""JSONPath as Step Functions reads it: paths on a document, on the Context object (`$$`), and on variables (`$name`).

The syntax is Jayway's (https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html). A
definite path gives one value or fails; an indefinite one (wildcard, slice, union, descent, filter) gives the list of
what it found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import msgspec

from foulweather.services.stepfunctions.language import path_steps, path_syntax
from foulweather.services.stepfunctions.language.errors import InvalidDefinition, StatesError
from foulweather.services.stepfunctions.language.json_types import is_object
from foulweather.services.stepfunctions.language.path_syntax import Filter, Function, Index, Name, Path
from foulweather.services.stepfunctions.language.records import Query, Scope
from foulweather.services.stepfunctions.language.texts import json_text


class Missing:
    """What a definite path that leads nowhere gives."""


MISSING = Missing()

Find = Callable[[Any, Scope], Any]  # gives MISSING instead of failing


def finder(text: str, *, reference: bool = False) -> Find:
    """Compile a path into a function that gives its value, or MISSING."""
    path = path_syntax.parse(text)
    if reference and not path_syntax.is_reference(path):
        raise InvalidDefinition("The value for the field must be a valid Reference Path")
    on_document = _on_document(path)
    if path.root == "$":
        return lambda document, scope: on_document(document)
    if path.root == "$$":
        return lambda document, scope: on_document(scope.context)
    name = path.root[1:]

    def on_variable(document: Any, scope: Scope) -> Any:
        value = scope.variables.get(name, MISSING)
        return value if value is MISSING else on_document(value)

    return on_variable


def query(text: str, field: str, *, reference: bool = False) -> Query:
    """Compile the path of a field into a function that gives its value, or fails as AWS words it."""
    if text == "$":
        return lambda document, scope: document
    find = finder(text, reference=reference)

    def found(document: Any, scope: Scope) -> Any:
        value = find(document, scope)
        if value is MISSING:
            raise not_found(text, field, document)
        return value

    return found


def not_found(text: str, field: str, document: Any) -> StatesError:
    """The failure of a path that leads nowhere."""
    where = f"could not be found in the input '{json_text(document)}'"
    return StatesError("States.Runtime", f"The JSONPath '{text}' specified for the field '{field}' {where}", field)


def placer(text: str) -> Callable[[Any, Any], Any]:
    """Compile a ResultPath into a function that gives a document with a value in its place, and changes nothing."""
    path = path_syntax.parse(text)
    if path.root != "$" or not path_syntax.is_reference(path):
        raise InvalidDefinition("The value for the field 'ResultPath' must be a valid Reference Path")
    steps = tuple(step.key if isinstance(step, Name) else cast("Index", step).position for step in path.steps)
    if not steps:
        return lambda document, value: value

    def place(document: Any, value: Any) -> Any:
        try:
            return _placed(document, steps, 0, value)
        except LookupError:
            cause = f"Unable to apply ReferencePath {text} to input {json_text(document)}"
            raise StatesError("States.ResultPathMatchFailure", cause, "ResultPath") from None

    return place


def _placed(document: Any, steps: tuple[str | int, ...], at: int, value: Any) -> Any:
    """A copy of a document along a way; what is missing on it becomes an object."""
    step, last = steps[at], at == len(steps) - 1
    if isinstance(step, str):
        if not isinstance(document, dict):
            raise LookupError
        fields = cast("dict[str, Any]", document)
        inner = value if last else _placed(fields.get(step, {}), steps, at + 1, value)
        return {**fields, step: inner}
    if not isinstance(document, list):
        raise LookupError
    copy = list(cast("list[Any]", document))
    copy[step] = value if last else _placed(copy[step], steps, at + 1, value)
    return copy


def _on_document(path: Path) -> Callable[[Any], Any]:
    steps = path.steps
    if steps and isinstance(steps[-1], Function):
        inner, apply = (
            _on_document(msgspec.structs.replace(path, steps=steps[:-1])),
            path_steps.FUNCTIONS[steps[-1].name],
        )
        return lambda document: _applied(apply, inner(document))
    if any(isinstance(step, Filter) for step in steps):
        return path_steps.filtered(path)
    if path.definite:
        return _definite(tuple(s.key if isinstance(s, Name) else cast("Index", s).position for s in steps))
    return lambda document: list(_all(document, path))


def _applied(apply: Callable[[Any], Any], value: Any) -> Any:
    if value is MISSING:
        return MISSING
    result = apply(value)
    return MISSING if result is None else result


def _definite(keys: tuple[str | int, ...]) -> Callable[[Any], Any]:
    if len(keys) == 1 and isinstance(keys[0], str):
        key = keys[0]
        return lambda document: document.get(key, MISSING) if is_object(document) else MISSING

    def find(document: Any) -> Any:
        value = document
        for key in keys:
            if isinstance(key, str):
                if not isinstance(value, dict) or key not in value:
                    return MISSING
                value = cast("dict[str, Any]", value)[key]
            else:
                if not isinstance(value, list):
                    return MISSING
                items = cast("list[Any]", value)
                if not -len(items) <= key < len(items):
                    return MISSING
                value = items[key]
        return value

    return find


def _all(document: Any, path: Path) -> Iterator[Any]:
    values: Iterator[Any] = iter((document,))
    for step in path.steps:
        values = path_steps.counted(path_steps.stepped(values, step), path)
    return values
