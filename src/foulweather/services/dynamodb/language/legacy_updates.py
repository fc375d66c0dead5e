"""AttributeUpdates: what UpdateExpression replaced.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.AttributeUpdates.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from foulweather.services.dynamodb.language.accept import accepted_value
from foulweather.services.dynamodb.language.projections import Projection
from foulweather.services.dynamodb.language.refusals import LanguageError, invalid_parameter
from foulweather.services.dynamodb.language.resolve import Usage, Values
from foulweather.services.dynamodb.language.updates import Change, Changes, CompiledUpdate, Step, Update, added, without
from foulweather.services.dynamodb.language.values import AttributeValue, Item

MISMATCH: Final = "Type mismatch for attribute to update"
_ADDED = frozenset({"N", "SS", "NS", "BS", "L"})
_DELETED = frozenset({"SS", "NS", "BS"})
_NOTHING = Usage(frozenset(), frozenset(), (), ())


def attribute_updates(updates: Mapping[str, Any] | None, key_names: Iterable[str] = ()) -> Update:
    """AttributeUpdates as an update; an empty one still makes an item that was not there."""
    changes: Changes = {}
    creates = not updates
    for name, update in (updates or {}).items():
        action = update.get("Action", "PUT")
        if action not in ("ADD", "PUT", "DELETE"):
            raise LanguageError(
                f"1 validation error detected: Value '{action}' at 'attributeUpdates.{name}.member.action' failed to "
                "satisfy constraint: Member must satisfy enum value set: [ADD, PUT, DELETE]"
            )
        given = update.get("Value")
        value = None if given is None else accepted_value(given)[0]
        changes[name] = _step(action, value)
        creates = creates or action != "DELETE"
    heads = tuple(updates or ())
    found = Update(CompiledUpdate((), changes, heads, Projection((name,) for name in heads), creates, _NOTHING), {})
    found.refuse_key(key_names)
    return found


def _step(action: str, value: AttributeValue | None) -> Step:
    if value is None:
        if action != "DELETE":
            raise invalid_parameter("Only DELETE action is allowed when no attribute value is specified")
        return Step("REMOVE", _putting(None))
    kind = next(iter(value))
    if action == "PUT":
        return Step("SET", _putting(value))
    if action == "ADD":
        if kind not in _ADDED:
            raise invalid_parameter(f"ADD action is not supported for the type {kind}")
        return Step("ADD", _adding(value, kind))
    if kind not in _DELETED:
        raise invalid_parameter(f"DELETE action with value is not supported for the type {kind}")
    return Step("DELETE", _deleting(value, kind))


def _putting(value: AttributeValue | None) -> Change:
    def change(before: AttributeValue | None, item: Item, values: Values) -> AttributeValue | None:
        return value

    return change


def _adding(value: AttributeValue, kind: str) -> Change:
    def change(before: AttributeValue | None, item: Item, values: Values) -> AttributeValue:
        if before is not None and kind not in before:
            raise LanguageError(MISMATCH)
        # ADD joins lists too, though only numbers and sets are documented.
        return {"L": [*before["L"], *value["L"]]} if kind == "L" and before is not None else added(before, value)

    return change


def _deleting(value: AttributeValue, kind: str) -> Change:
    def change(before: AttributeValue | None, item: Item, values: Values) -> AttributeValue | None:
        if before is not None and kind not in before:
            raise LanguageError(MISMATCH)
        return without(before, value)

    return change
