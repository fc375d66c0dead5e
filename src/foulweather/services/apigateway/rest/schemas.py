"""Models as validators: JSON schema, draft 4, with violations in the words of the validator that AWS uses.

https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final, cast

from foulweather.services.apigateway import patterns


def validator(name: str, models: Mapping[str, Mapping[str, Any]]) -> Callable[[Any], list[str]]:
    """What lists a document's violations of a model; a `$ref` may name another model of the API."""
    from referencing import Registry, Resource
    from referencing.exceptions import NoSuchResource
    from referencing.jsonschema import DRAFT4

    def retrieve(uri: str) -> Any:
        model = models.get(uri.rpartition("/models/")[2]) if "/models/" in uri else None
        if model is None:
            raise NoSuchResource(ref=uri)
        return Resource(json.loads(model.get("schema") or "{}"), DRAFT4)

    registry: Any = Registry(retrieve=retrieve)  # pyright: ignore[reportCallIssue]
    schema: Any = json.loads(models[name].get("schema") or "{}")
    compiled: Any = _bounded()(schema, registry=registry)

    def violations(document: Any) -> list[str]:
        _RULES.begin()
        found = sorted(compiled.iter_errors(document), key=lambda error: [str(part) for part in error.absolute_path])
        return [_worded(error) for error in found]

    return violations


@cache
def _bounded() -> Any:
    """Draft 4, with regular expressions whose work is bounded: anybody's requests are held against them."""
    import jsonschema
    from jsonschema import validators

    def fits(validator: Any, pattern: str, found: Any, schema: Any) -> Iterator[Any]:
        if isinstance(found, str) and not patterns.finds(pattern, found):
            yield jsonschema.ValidationError("pattern")

    def of_names(validator: Any, every: Mapping[str, Any], found: Any, schema: Any) -> Iterator[Any]:
        for name, value in cast("dict[str, Any]", found).items() if isinstance(found, dict) else ():
            for pattern, inner in every.items():
                if patterns.finds(pattern, name):
                    yield from validator.descend(value, inner, path=name, schema_path=pattern)

    def further(validator: Any, allowed: Any, found: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
        if not isinstance(found, dict):
            return
        known, named = schema.get("properties", {}), schema.get("patternProperties", {})
        more = [
            name
            for name in cast("dict[str, Any]", found)
            if name not in known and not any(patterns.finds(pattern, name) for pattern in named)
        ]
        if isinstance(allowed, dict):
            for name in more:
                yield from validator.descend(found[name], allowed, path=name)
        elif not allowed and more:
            yield jsonschema.ValidationError("additionalProperties")

    def all_differ(validator: Any, wanted: Any, found: Any, schema: Any) -> Iterator[Any]:
        if wanted and isinstance(found, list):
            items = cast("list[Any]", found)
            if len({_identity(each) for each in items}) < len(items):
                yield jsonschema.ValidationError("uniqueItems")

    rules: dict[str, Any] = {
        **cast("Any", jsonschema.Draft4Validator).VALIDATORS,
        "pattern": fits,
        "patternProperties": of_names,
        "additionalProperties": further,
        "uniqueItems": all_differ,
    }
    counted = {name: _RULES.counted(rule) for name, rule in rules.items()}
    return cast("Any", validators).extend(jsonschema.Draft4Validator, counted)


class TooMuchToCheck(ValueError):
    """A model that refers to itself so often that a document cannot be held against it."""


class _Rules:
    """How many rules have been applied to the document that is being checked."""

    def __init__(self) -> None:
        self._applied = 0

    def begin(self) -> None:
        """Count anew."""
        self._applied = 0

    def counted(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """A rule that fails where too many have been applied."""

        def applied(validator: Any, value: Any, found: Any, schema: Any) -> Any:
            self._applied += 1
            if self._applied > RULES_MAX:
                raise TooMuchToCheck(f"more than {RULES_MAX} rules of the model apply to the document")
            return rule(validator, value, found, schema)

        return applied


RULES_MAX: Final = 200_000
_RULES: Final = _Rules()


def _identity(value: Any) -> Any:
    """What two equal JSON values have in common, and no others."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, list):
        return ("array", *(_identity(each) for each in cast("list[Any]", value)))
    if isinstance(value, dict):
        return frozenset((name, _identity(each)) for name, each in cast("dict[str, Any]", value).items())
    return value


def _listed(values: Any) -> str:
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if value is None:
        return "null"
    names = {dict: "object", list: "array", str: "string", int: "integer", float: "number"}
    return names[type(value)]


def _worded(error: Any) -> str:
    rule, value, found = error.validator, error.validator_value, error.instance
    worded = _WORDS.get(rule)
    return worded(error, value, found) if worded is not None else str(error.message)


def _missing(error: Any, value: Any, found: Any) -> str:
    missing = [name for name in cast("list[str]", value) if name not in found]
    return f"object has missing required properties ({_listed(sorted(missing))})"


def _type(error: Any, value: Any, found: Any) -> str:
    allowed = cast("list[str]", value if isinstance(value, list) else [value])
    if "number" in allowed and "integer" not in allowed:
        allowed = ["integer", *allowed]
    return (
        f"instance type ({_kind(found)}) does not match any allowed primitive type "
        f"(allowed: {_listed(sorted(allowed))})"
    )


def _further(error: Any, value: Any, found: Any) -> str:
    known = error.schema.get("properties", {})
    return (
        "object instance has properties which are not allowed by the schema: "
        f"{_listed(sorted(name for name in found if name not in known and not _is_named(name, error.schema)))}"
    )


def _is_named(name: str, schema: Mapping[str, Any]) -> bool:
    return any(patterns.finds(pattern, name) for pattern in schema.get("patternProperties", {}))


_WORDS: dict[str, Callable[[Any, Any, Any], str]] = {
    "required": _missing,
    "type": _type,
    "additionalProperties": _further,
    "minimum": lambda _, value, found: (
        f"numeric instance is lower than the required minimum (minimum: {value}, found: {found})"
    ),
    "maximum": lambda _, value, found: (
        f"numeric instance is greater than the required maximum (maximum: {value}, found: {found})"
    ),
    "minLength": lambda _, value, found: (
        f"string {_listed(found)} is too short (length: {len(found)}, required minimum: {value})"
    ),
    "maxLength": lambda _, value, found: (
        f"string {_listed(found)} is too long (length: {len(found)}, maximum allowed: {value})"
    ),
    "minItems": lambda _, value, found: (
        f"array is too short: must have at least {value} elements but instance has {len(found)} elements"
    ),
    "maxItems": lambda _, value, found: (
        f"array is too long: must have at most {value} elements but instance has {len(found)} elements"
    ),
    "uniqueItems": lambda _, __, ___: "array must not contain duplicate elements",
    "enum": lambda _, value, found: (
        f"instance value ({_listed(found)}) not found in enum (possible values: {_listed(value)})"
    ),
    "pattern": lambda _, value, found: f'ECMA 262 regex "{value}" does not match input string {_listed(found)}',
}
