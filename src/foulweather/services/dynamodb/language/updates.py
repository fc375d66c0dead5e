"""Updates as functions: every value is computed from the item as it was, then all paths are written at once.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, cast

from foulweather.services.dynamodb.language import numerals
from foulweather.services.dynamodb.language.accept import NESTING_MAX, TOO_NESTED
from foulweather.services.dynamodb.language.projections import Projection
from foulweather.services.dynamodb.language.refusals import LanguageError, invalid_parameter
from foulweather.services.dynamodb.language.resolve import Usage, Values
from foulweather.services.dynamodb.language.sizes import (
    ITEM_BYTES_MAX,
    TOO_LARGE_AFTER_UPDATE,
    item_size,
    text_size,
    value_size,
)
from foulweather.services.dynamodb.language.syntax import Action, Arithmetic, Call, Operand, Path, Value
from foulweather.services.dynamodb.language.values import SETS, AttributeValue, Item, at

INVALID_PATH: Final = "The document path provided in the update expression is invalid for update"
NO_ATTRIBUTE: Final = "The provided expression refers to an attribute that does not exist in the item"
WRONG_TYPE: Final = "An operand in the update expression has an incorrect data type"

Reads = Callable[[Item, Values], AttributeValue]
# A new value for what is at a path (None: nothing is), or None to take it away.
Change = Callable[["AttributeValue | None", Item, Values], "AttributeValue | None"]
# The actions of an update by the parts of their paths; no path is the beginning of another.
Changes = dict[str | int, "Changes | Step"]


class Step(NamedTuple):
    """What an action does at the end of its path."""

    section: str
    change: Change


class CompiledUpdate(NamedTuple):
    """An update's text, ready for any item and any values."""

    actions: tuple[Action, ...]
    changes: Changes
    heads: tuple[str, ...]
    projection: Projection
    creates: bool
    usage: Usage


class Applied(NamedTuple):
    """An item after an update, its bytes, and the top-level attributes that the update named."""

    item: Item
    size: int
    touched: tuple[str, ...]


class Update:
    """An update and the values it is made with."""

    __slots__ = ("_compiled", "_values")

    def __init__(self, compiled: CompiledUpdate, values: Values) -> None:
        self._compiled = compiled
        self._values = values

    @property
    def paths(self) -> tuple[tuple[str | int, ...], ...]:
        """The document paths that it writes."""
        return self._compiled.projection.paths

    @property
    def creates(self) -> bool:
        """Whether it makes an item that was not there: REMOVE and DELETE alone do not."""
        return self._compiled.creates

    def refuse_key(self, key_names: Iterable[str]) -> None:
        """Refuse to write to the key."""
        heads = self._compiled.heads
        for name in key_names:
            if name in heads:
                raise invalid_parameter(f"Cannot update attribute {name}. This attribute is part of the key")

    def apply(self, item: Item, size: int | None = None, existed: bool = True) -> Applied:
        """The item updated; `size` is that of the item before, when the caller knows it.

        `existed` is False when `item` is only the key of an item that is not there yet.
        """
        compiled = self._compiled
        values = self._values
        new = dict(item)
        for name, step in compiled.changes.items():
            head = cast("str", name)
            before = item.get(head)
            if isinstance(step, Step):
                after = step.change(before, item, values)
            elif before is None and not existed and _only_takes(step):
                # AWS ignores REMOVE a.b of an item that does not exist, but refuses it of one that has no a.
                continue
            else:
                after = _changed(before, step, item, values)
            if after is None:
                new.pop(head, None)
            else:
                if "M" in after or "L" in after:
                    _check_depth(after, 1)
                new[head] = after
        return Applied(new, self._size(item, new, size), compiled.heads)

    def old(self, before: Item) -> Item:
        """What UPDATED_OLD returns."""
        return self._compiled.projection.of(before)

    def new(self, after: Item) -> Item:
        """What UPDATED_NEW returns."""
        return self._compiled.projection.of(after)

    def _size(self, before: Item, after: Item, size: int | None) -> int:
        if size is None:
            size = item_size(after)
        else:
            for name in self._compiled.heads:
                if name in before:
                    size -= text_size(name) + value_size(before[name])
                if name in after:
                    size += text_size(name) + value_size(after[name])
        if size > ITEM_BYTES_MAX:
            raise LanguageError(TOO_LARGE_AFTER_UPDATE)
        return size


def compile_actions(actions: tuple[Action, ...], usage: Usage) -> CompiledUpdate:
    """Resolved actions as an update."""
    changes: Changes = {}
    for action in actions:
        level = changes
        parts = action.path.parts
        for part in parts[:-1]:
            level = cast("Changes", level.setdefault(part, {}))
        level[parts[-1]] = Step(action.section, _CHANGES[action.section](action))
    paths = [action.path.parts for action in actions]
    creates = any(action.section in ("SET", "ADD") for action in actions)
    heads = tuple(dict.fromkeys(cast("str", path[0]) for path in paths))
    return CompiledUpdate(actions, changes, heads, Projection(paths), creates, usage)


# --- documents


def _changed(value: AttributeValue | None, changes: Changes, item: Item, values: Values) -> AttributeValue:
    """A document with the changes made in it; the document itself is left as it is."""
    if value is None:
        raise LanguageError(INVALID_PATH)
    if isinstance(next(iter(changes)), int):
        elements = value.get("L")
        if elements is None:
            raise LanguageError(INVALID_PATH)
        return {"L": _changed_list(elements, cast("dict[int, Changes | Step]", changes), item, values)}
    members: dict[str, AttributeValue] | None = value.get("M")
    if members is None:
        raise LanguageError(INVALID_PATH)
    new = dict(members)
    for part, step in changes.items():
        name = cast("str", part)
        before = members.get(name)
        after = step.change(before, item, values) if isinstance(step, Step) else _changed(before, step, item, values)
        if after is None:
            new.pop(name, None)
        else:
            new[name] = after
    return {"M": new}


def _changed_list(
    elements: list[AttributeValue], changes: dict[int, Changes | Step], item: Item, values: Values
) -> list[AttributeValue]:
    """A list changed: indexes are those before the update, and what is beyond the end is appended in their order."""
    length = len(elements)
    new: list[AttributeValue | None] = list(elements)
    for index in sorted(changes):
        step = changes[index]
        before = elements[index] if index < length else None
        after = step.change(before, item, values) if isinstance(step, Step) else _changed(before, step, item, values)
        if index < length:
            new[index] = after
        elif after is not None:
            new.append(after)
    return [element for element in new if element is not None]


def _only_takes(changes: Changes) -> bool:
    return all(step.section == "REMOVE" if isinstance(step, Step) else _only_takes(step) for step in changes.values())


def _check_depth(value: AttributeValue, depth: int) -> None:
    ((kind, content),) = value.items()
    inner: Any = content.values() if kind == "M" else content if kind == "L" else None
    if inner is None:
        return
    if depth > NESTING_MAX:
        raise LanguageError(TOO_NESTED)
    for one in inner:
        _check_depth(one, depth + 1)


# --- the four sections


def _set(action: Action) -> Change:
    read = _computed(cast("Operand | Arithmetic", action.value))
    return lambda before, item, values: read(item, values)


def _remove(action: Action) -> Change:
    return lambda before, item, values: None


def _add(action: Action) -> Change:
    read = _reader(cast("Operand", action.value))
    return lambda before, item, values: added(before, read(item, values))


def _delete(action: Action) -> Change:
    read = _reader(cast("Operand", action.value))
    return lambda before, item, values: without(before, read(item, values))


def added(before: AttributeValue | None, operand: AttributeValue) -> AttributeValue:
    """A number increased, or a set with more elements; what is not there begins as zero, or as the empty set."""
    if before is None:
        return operand
    ((kind, content),) = operand.items()
    current: Any = before.get(kind)
    if current is None:
        raise LanguageError(WRONG_TYPE)
    if kind == "N":
        return {"N": numerals.add(current, content)}
    return {kind: list(dict.fromkeys((*current, *content)))}


def without(before: AttributeValue | None, operand: AttributeValue) -> AttributeValue | None:
    """A set without some elements; nothing is left of a set that loses its last."""
    if before is None:
        return None
    ((kind, content),) = operand.items()
    current: Any = before.get(kind)
    if current is None or kind not in SETS:
        raise LanguageError(WRONG_TYPE)
    gone: set[Any] = set(content)
    left = [element for element in current if element not in gone]
    return {kind: left} if left else None


_CHANGES: Final[dict[str, Callable[[Action], Change]]] = {
    "SET": _set, "REMOVE": _remove, "ADD": _add, "DELETE": _delete,
}  # fmt: skip


# --- values


def _computed(value: Operand | Arithmetic) -> Reads:
    if not isinstance(value, Arithmetic):
        return _reader(value)
    left, right = _reader(value.left), _reader(value.right)
    combine = numerals.add if value.operator == "+" else numerals.subtract

    def computed(item: Item, values: Values) -> AttributeValue:
        one, other = left(item, values), right(item, values)
        if "N" not in one or "N" not in other:
            raise LanguageError(WRONG_TYPE)
        return {"N": combine(one["N"], other["N"])}

    return computed


def _reader(operand: Operand) -> Reads:
    if isinstance(operand, Value):
        name = operand.name
        return lambda item, values: values[name]
    if isinstance(operand, Path):
        return _existing(operand)
    return _call(operand)


def _existing(path: Path) -> Reads:
    parts = path.parts

    def existing(item: Item, values: Values) -> AttributeValue:
        value = at(item, parts)
        if value is None:
            raise LanguageError(NO_ATTRIBUTE)
        return value

    return existing


def _call(call: Call) -> Reads:
    if call.function == "if_not_exists":
        parts = cast("Path", call.operands[0]).parts
        default = _reader(call.operands[1])

        def if_not_exists(item: Item, values: Values) -> AttributeValue:
            value = at(item, parts)
            return default(item, values) if value is None else value

        return if_not_exists
    first, second = _reader(call.operands[0]), _reader(call.operands[1])

    def list_append(item: Item, values: Values) -> AttributeValue:
        one, other = first(item, values), second(item, values)
        if "L" not in one or "L" not in other:
            raise LanguageError(WRONG_TYPE)
        return {"L": [*one["L"], *other["L"]]}

    return list_append
