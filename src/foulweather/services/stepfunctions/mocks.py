"""Results that TestState is given in place of a call, checked against what the API would answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from foulweather.kernel.model import Shape
from foulweather.services.stepfunctions import limits, refusals, resources
from foulweather.services.stepfunctions.language.records import AnyState, Task
from foulweather.services.stepfunctions.shaping import of_java

_KINDS: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
}


def check(mock: Mapping[str, Any] | None) -> None:
    """Refuse a mock that says nothing, or two things."""
    if mock is None:
        return
    if (mock.get("result") is None) == (mock.get("errorOutput") is None):
        raise refusals.invalid("A mock must have exactly one of result and errorOutput")
    text = mock.get("result")
    if text is not None and not limits.is_json(text):
        raise refusals.invalid("The mock result must be valid JSON")


def result(state: AnyState, mock: Mapping[str, Any]) -> Any:
    """The result of a mock."""
    made: Any = msgspec.json.decode(mock["result"])
    mode = mock.get("fieldValidationMode") or "STRICT"
    if isinstance(state, Task) and mode != "NONE":
        resource = resources.of(state.resource)
        operation = resources.operation_of(resource) if resource is not None and resource.model else None
        if operation is not None and operation.output is not None:
            _compare(operation.output, made, "", requires=mode == "STRICT")
    return made


def _compare(shape: Shape, value: Any, path: str, *, requires: bool) -> None:
    kinds = _KINDS.get(shape.type)
    if shape.is_document or kinds is None or value is None:
        return
    if not isinstance(value, kinds):
        raise refusals.invalid(f"The mock result does not match the API: {path or 'result'} must be a {shape.type}")
    if shape.type == "list":
        for each in cast("list[Any]", value):
            _compare(shape.member, each, path, requires=requires)
    elif shape.type == "map":
        for each in cast("dict[str, Any]", value).values():
            _compare(shape.value, each, path, requires=requires)
    elif shape.type == "structure":
        _compare_members(shape, cast("dict[str, Any]", value), path, requires=requires)


def _names(name: str) -> set[str]:
    pascal = name[:1].upper() + name[1:]
    return {pascal, of_java(pascal)}


def _compare_members(shape: Shape, value: Mapping[str, Any], path: str, *, requires: bool) -> None:
    by_name = {name[:1].upper() + name[1:]: member for name, member in shape.members.items()}
    by_name |= {of_java(name): member for name, member in by_name.items()}
    for name, each in value.items():
        if name in by_name:
            _compare(by_name[name], each, f"{path}.{name}".lstrip("."), requires=requires)
        elif requires and name not in ("SdkHttpMetadata", "SdkResponseMetadata"):
            raise refusals.invalid(f"The mock result does not match the API: it has no member {name}")
    missing = [name for name in shape.required if requires and not _names(name) & set(value)]
    if missing:
        raise refusals.invalid(f"The mock result does not match the API: {missing[0]} is missing")
