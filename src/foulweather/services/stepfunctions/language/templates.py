"""Payload templates of JSONPath states: Parameters, ItemSelector, ResultSelector, Assign, Credentials, BatchInput.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-inputpath-params.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from foulweather.services.stepfunctions.language import intrinsics, paths
from foulweather.services.stepfunctions.language.errors import InvalidDefinition
from foulweather.services.stepfunctions.language.records import Query, Scope
from foulweather.services.stepfunctions.language.texts import SHARED_MAX, check_built


def compiled(template: Any) -> Query:
    """Compile a template; one without any `.$` field gives itself."""
    give = _compiled(template)
    if give is None:
        return lambda document, scope: template
    if _dynamic_fields(template) <= SHARED_MAX:
        return give
    return lambda document, scope: check_built(give(document, scope))


def _dynamic_fields(template: Any) -> int:
    """How many `.$` fields there are in a template."""
    if isinstance(template, list):
        return sum(_dynamic_fields(each) for each in cast("list[Any]", template))
    if not isinstance(template, dict):
        return 0
    fields = cast("dict[str, Any]", template)
    return sum(1 if key.endswith(".$") else _dynamic_fields(value) for key, value in fields.items())


def dynamic(text: Any, field: str) -> Query:
    """Compile what stands behind a `.$` field: a path or an intrinsic function call."""
    if not isinstance(text, str):
        raise InvalidDefinition(
            f"The value for the field '{field}' must be a STRING that contains a JSONPath but was a {_kind(text)}"
        )
    try:
        if text.startswith("$"):
            return paths.query(text, field)
        return intrinsics.compiled(text, field)
    except InvalidDefinition:
        words = f"The value for the field '{field}' must be a valid JSONPath or a valid intrinsic function call"
        raise InvalidDefinition(words) from None


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "BOOLEAN"
        case int() | float():
            return "NUMBER"
        case dict():
            return "OBJECT"
        case list():
            return "ARRAY"
        case _:
            return "NULL"


def _compiled(template: Any) -> Query | None:
    """Compile a template, or None where nothing in it is dynamic."""
    if isinstance(template, dict):
        return _object(cast("dict[str, Any]", template))
    if isinstance(template, list):
        return _array(cast("list[Any]", template))
    return None


def _object(template: dict[str, Any]) -> Query | None:
    fields: list[tuple[str, Any, Query | None]] = []
    for key, value in template.items():
        if key.endswith(".$"):
            fields.append((key[:-2], None, dynamic(value, key)))
        else:
            fields.append((key, value, _compiled(value)))
    names = [name for name, _, _ in fields]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidDefinition(f"Duplicate field name '{twice}' after removing the '.$' suffix")
    if all(give is None for _, _, give in fields):
        return None

    def build(document: Any, scope: Scope) -> Any:
        return {name: constant if give is None else give(document, scope) for name, constant, give in fields}

    return build


def _array(template: list[Any]) -> Query | None:
    items: list[tuple[Any, Callable[[Any, Scope], Any] | None]] = [(item, _compiled(item)) for item in template]
    if all(give is None for _, give in items):
        return None

    def build(document: Any, scope: Scope) -> Any:
        return [constant if give is None else give(document, scope) for constant, give in items]

    return build
