"""JSON schemas of models (draft 4): whether they are valid, what they refer to, and a mapping template made of one.

https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, cast

from foulweather.services.apigateway import limits, patterns, refusals

_WORDS: Final = "Invalid model specified: Validation Result: warnings : [], errors : [{}]"
_REFERENCE = re.compile(r"https://apigateway\.amazonaws\.com/restapis/([a-z0-9]+)/models/([A-Za-z0-9]+)")
Schema = dict[str, Any]


def checked_schema(text: str | None, has_model: Callable[[str], bool]) -> str | None:
    """A model's schema, which is one of draft 4 and refers to the API's own models."""
    if not text:
        return None
    if len(text.encode()) > limits.MODEL_BYTES_MAX:
        raise refusals.invalid("Model size exceeds the maximum of 400 KB", schema=len(text.encode()))
    try:
        schema: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _invalid("Invalid model schema specified", error) from None
    if not isinstance(schema, dict):
        raise _invalid("Invalid model schema specified", "a schema is an object")
    from jsonschema import Draft4Validator  # here, for it is not needed before the first model
    from jsonschema.exceptions import SchemaError

    try:
        named = list(references(schema))
        Draft4Validator.check_schema(cast("Schema", schema))
        for pattern in _patterns(schema):
            patterns.check("CreateModel.schema", pattern)
    except (SchemaError, RecursionError, ValueError) as error:
        raise _invalid("Invalid model schema specified", error) from None
    for reference in named:
        if reference.startswith("#"):
            continue
        found = _REFERENCE.fullmatch(reference)
        if found is None:
            words = "Invalid model schema specified, Model reference must be in canonical form"
            raise _invalid(words, reference)
        if not has_model(found[2]):
            raise _invalid(f"Invalid model specified: {found[2]}", reference)
    return text


def references(schema: Any) -> Iterator[str]:
    """Every `$ref` in a schema."""
    if isinstance(schema, dict):
        held = cast("Schema", schema)
        if not isinstance(held.get("$ref", {}), dict):
            yield str(held["$ref"])
        for value in held.values():
            yield from references(value)
    elif isinstance(schema, list):
        for value in cast("list[Any]", schema):
            yield from references(value)


def _patterns(schema: Any) -> Iterator[str]:
    """Every regular expression in a schema."""
    if isinstance(schema, dict):
        held = cast("Schema", schema)
        if isinstance(held.get("pattern"), str):
            yield held["pattern"]
        if isinstance(held.get("patternProperties"), dict):
            yield from cast("Schema", held["patternProperties"])
        for value in held.values():
            yield from _patterns(value)
    elif isinstance(schema, list):
        for value in cast("list[Any]", schema):
            yield from _patterns(value)


def models_named(text: str | None) -> set[str]:
    """The models that a schema refers to."""
    if not text:
        return set()
    return {found[2] for reference in references(json.loads(text)) if (found := _REFERENCE.fullmatch(reference))}


def flattened(text: str, schema_of: Callable[[str], str | None]) -> str:
    """A schema with the models that it refers to among its own definitions."""
    definitions: Schema = {}

    def local(schema: Any) -> Any:
        if isinstance(schema, list):
            return [local(value) for value in cast("list[Any]", schema)]
        if not isinstance(schema, dict):
            return schema
        made: Schema = {name: local(value) for name, value in cast("Schema", schema).items()}
        found = _REFERENCE.fullmatch(str(made.get("$ref", "")))
        if found is not None:
            made["$ref"] = f"#/definitions/{found[2]}"
            if found[2] not in definitions:
                definitions[found[2]] = {}
                definitions[found[2]] = local(json.loads(schema_of(found[2]) or "{}"))
        return made

    whole: Schema = local(json.loads(text))
    if definitions:
        whole["definitions"] = {**whole.get("definitions", {}), **definitions}
    return json.dumps(whole)


def template_of(text: str | None) -> str:
    """A mapping template that passes on what a model describes, as API Gateway generates it for a start."""
    schema: Schema = json.loads(text or "{}")
    return f"#set($inputRoot = $input.path('$'))\n{_rendered(schema, schema, '$inputRoot', '', 0)}"


def _rendered(whole: Schema, schema: Schema, path: str, indent: str, depth: int) -> str:
    reference = str(schema.get("$ref", ""))
    if reference.startswith("#/definitions/"):
        named: Schema = whole.get("definitions", {})
        schema = named.get(reference.removeprefix("#/definitions/"), {})
    kind = schema.get("type")
    if depth > 16:  # a schema may contain itself
        return "{ }"
    if kind == "array":
        name = "elem" if depth == 0 else f"elem{depth}" if "elem" in path else "elem"
        deeper = f"{indent}  "
        item = _rendered(whole, cast("Schema", schema.get("items") or {}), f"${name}", deeper, depth + 1)
        return (
            f"[\n{indent}#foreach(${name} in {path})\n{deeper}{item}#if($foreach.hasNext),#end\n{indent}\n"
            f"{indent}#end\n{indent}]"
        )
    if kind == "object" or "properties" in schema:
        deeper = f"{indent}  "
        properties: Schema = schema.get("properties") or {}
        lines = [
            f'{deeper}"{name}" : {_rendered(whole, each, f"{path}.{name}", deeper, depth + 1)}'
            for name, each in properties.items()
        ]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}" if lines else "{ }"
    return path if kind in ("integer", "number", "boolean") else f'"{path}"'


def _invalid(words: str, why: object) -> Exception:
    return refusals.invalid(_WORDS.format(words), schema=str(why))
