"""Fields that are a number, a path to one, or an expression that gives one: timeouts, concurrency, waits.

A wrong number is States.Runtime under JSONPath, and States.QueryEvaluationError under JSONata
(https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from foulweather.services.stepfunctions.language import expressions, paths
from foulweather.services.stepfunctions.language.errors import InvalidDefinition, StatesError
from foulweather.services.stepfunctions.language.expressions import States
from foulweather.services.stepfunctions.language.findings import Fields
from foulweather.services.stepfunctions.language.records import Query, Scope
from foulweather.services.stepfunctions.language.texts import json_text

Give = Callable[[Any, Scope], Any]

KINDS = {
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}


def absent(document: Any, scope: Scope) -> None:
    """The definition says nothing."""
    return


def whole(fields: Fields, name: str, least: int, most: int, narrowed: Query) -> Give:
    """An integer field, `name` or `namePath`; paths are applied to what InputPath leaves."""
    return _bounded(fields, name, least, most, narrowed, lambda: fields.integer(name, least, most), integer=True)


def ratio(fields: Fields, name: str, least: float, most: float, narrowed: Query) -> Give:
    """A number field, `name` or `namePath`."""
    return _bounded(fields, name, least, most, narrowed, lambda: fields.number(name, least, most), integer=False)


def _bounded(
    fields: Fields,
    name: str,
    least: float,
    most: float,
    narrowed: Query,
    literal: Callable[[], float | None],
    *,
    integer: bool,
) -> Give:
    fields.one_of(name, f"{name}Path")
    if f"{name}Path" in fields and not fields.is_jsonata:
        return _by_path(
            fields, f"{name}Path", narrowed, lambda value: _is_number(value, integer) and least <= value <= most
        )
    if name not in fields:
        return absent
    if fields.is_jsonata and isinstance(fields.data[name], str):
        return _by_expression(
            fields, name, lambda value: _is_number(value, integer), lambda value: least <= value <= most
        )
    value = literal()
    return lambda document, scope: value


def _is_number(value: Any, integer: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return not integer or float(value).is_integer()


def _by_path(fields: Fields, name: str, narrowed: Query, fits: Callable[[Any], bool]) -> Give:
    read = reference(fields, name)

    def give(document: Any, scope: Scope) -> Any:
        value = read(narrowed(document, scope), scope)
        if not fits(value):
            shown = value if isinstance(value, str) else json_text(value)
            cause = f"The {name} parameter cannot be parsed as a long value: {fields.data[name]} == {shown}"
            raise StatesError("States.Runtime", cause, name)
        return value

    return give


def reference(fields: Fields, name: str) -> Give:
    """A Reference Path that must lead to something."""
    text = fields.text(name)
    if text is None:
        return absent

    def compiling() -> paths.Find:
        try:
            return paths.finder(text, reference=True)
        except InvalidDefinition:
            raise InvalidDefinition(f"The value for the field '{name}' must be a valid Reference Path") from None

    find = fields.compiled(name, compiling, absent)

    def read(document: Any, scope: Scope) -> Any:
        value = find(document, scope)
        if value is paths.MISSING:
            raise StatesError("States.Runtime", f"The {name} parameter does not reference an input value: {text}", name)
        return value

    return read


def _by_expression(fields: Fields, name: str, is_kind: Callable[[Any], bool], fits: Callable[[Any], bool]) -> Give:
    return by_expression(fields, name, "number", is_kind, fits)


def by_expression(
    fields: Fields, name: str, kind: str, is_kind: Callable[[Any], bool], fits: Callable[[Any], bool]
) -> Give:
    """An expression whose value must be of a kind, and in range."""
    text = fields.data[name]
    if not expressions.is_expression(text):
        fields.error(f"Expected value of type {kind.capitalize()} or a JSONata expression", name)
        return absent
    expression = fields.compiled(name, lambda: expressions.compiled(text, fields.place + name), None)
    if expression is None:
        return absent

    def give(document: Any, scope: Scope) -> Any:
        value = expression.evaluate(States(document, scope))
        if not is_kind(value):
            was = KINDS.get(cast("type[Any]", type(value)), "null")
            rest = (
                f"returned an unexpected result type. Expected '{kind}', but was '{was}' for value: {json_text(value)}"
            )
            raise expression.failed(rest)
        if not fits(value):
            raise expression.failed(f"returned a value that is out of range: {json_text(value)}")
        return int(value) if isinstance(value, float) and value.is_integer() else value

    return give
