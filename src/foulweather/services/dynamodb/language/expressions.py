"""The expressions of a request, read: each text is compiled once and remembered, and then only bound to its values."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from foulweather.services.dynamodb.language.conditions import CompiledCondition, Condition, compile_tree
from foulweather.services.dynamodb.language.key_conditions import KeyCondition, KeyTest, key_tests, selected
from foulweather.services.dynamodb.language.keys import KeySchema
from foulweather.services.dynamodb.language.parser import parse_condition, parse_projection, parse_update
from foulweather.services.dynamodb.language.placeholders import Placeholders
from foulweather.services.dynamodb.language.projections import Projection
from foulweather.services.dynamodb.language.refusals import LanguageError
from foulweather.services.dynamodb.language.resolve import Resolver, Usage, check_overlaps, usage
from foulweather.services.dynamodb.language.updates import CompiledUpdate, Update, compile_actions

_REMEMBERED = 2048

Shape = tuple[tuple[tuple[str, str], ...], tuple[str, ...]]


def condition(text: str, placeholders: Placeholders, parameter: str = "ConditionExpression") -> Condition:
    """A condition, also by another parameter's name."""
    compile_text = _condition if placeholders.is_small else _condition.__wrapped__
    compiled = compile_text(parameter, text, placeholders.shape)
    _bind(compiled.usage, placeholders)
    return Condition(compiled, placeholders.values)


def filter_condition(text: str, placeholders: Placeholders, key_names: Iterable[str] = ()) -> Condition:
    """A query's or a scan's filter; a query's must not name the key."""
    found = condition(text, placeholders, "FilterExpression")
    refuse_key_filter(found, key_names)
    return found


def refuse_key_filter(found: Condition, key_names: Iterable[str]) -> None:
    """Refuse a query's filter that names the key."""
    heads = {path[0] for path in found.paths}
    for name in key_names:
        if name in heads:
            raise LanguageError(
                f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {name}"
            )


def key_condition(text: str, placeholders: Placeholders, schema: KeySchema) -> KeyCondition:
    """A query's key condition against the key of what is queried."""
    return selected(read_key_condition(text, placeholders), schema)


def read_key_condition(text: str, placeholders: Placeholders) -> list[KeyTest]:
    """A query's key condition before it is known what is queried: `key_conditions.selected` does the rest."""
    return key_tests(condition(text, placeholders, "KeyConditionExpression"))


def update(text: str, placeholders: Placeholders, key_names: Iterable[str] = ()) -> Update:
    """An update; it must not write to the key."""
    compile_text = _update if placeholders.is_small else _update.__wrapped__
    compiled = compile_text(text, placeholders.shape)
    _bind(compiled.usage, placeholders)
    found = Update(compiled, placeholders.values)
    found.refuse_key(key_names)
    return found


def projection(text: str, placeholders: Placeholders) -> Projection:
    """A projection."""
    compile_text = _projection if placeholders.is_small else _projection.__wrapped__
    found, used = compile_text(text, placeholders.shape[0])
    placeholders.used_names |= used
    return found


def _bind(used: Usage, placeholders: Placeholders) -> None:
    if used.names:
        placeholders.used_names |= used.names
    if used.values:
        placeholders.used_values |= used.values
    for check in used.checks:
        check(placeholders.values)


@lru_cache(maxsize=_REMEMBERED)
def _condition(parameter: str, text: str, shape: Shape) -> CompiledCondition:
    resolver = Resolver(parameter, dict(shape[0]), frozenset(shape[1]))
    tree = resolver.condition(parse_condition(text, parameter))
    return CompiledCondition(tree, compile_tree(tree), usage(resolver))


@lru_cache(maxsize=_REMEMBERED)
def _update(text: str, shape: Shape) -> CompiledUpdate:
    resolver = Resolver("UpdateExpression", dict(shape[0]), frozenset(shape[1]))
    actions = tuple(resolver.action(action) for action in parse_update(text))
    check_overlaps("UpdateExpression", [action.path.parts for action in actions])
    return compile_actions(actions, usage(resolver))


@lru_cache(maxsize=_REMEMBERED)
def _projection(text: str, names: tuple[tuple[str, str], ...]) -> tuple[Projection, frozenset[str]]:
    resolver = Resolver("ProjectionExpression", dict(names), frozenset())
    paths: list[Any] = [resolver.path(path).parts for path in parse_projection(text)]
    check_overlaps("ProjectionExpression", paths)
    return Projection(paths), frozenset(resolver.used_names)
