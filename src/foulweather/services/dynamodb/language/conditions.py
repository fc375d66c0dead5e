"""Conditions as functions: compiled once from a resolved tree, called with an item and the values of the request.

An attribute that is not there makes every comparison false, except `<>`, which it makes true.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from foulweather.services.dynamodb.language.resolve import Usage, Values
from foulweather.services.dynamodb.language.syntax import (
    And,
    Between,
    Call,
    Comparison,
    In,
    Not,
    Operand,
    Or,
    Path,
    Tree,
    Value,
)
from foulweather.services.dynamodb.language.values import AttributeValue, Item, at, equal, rank, written

_PLACEHOLDER = re.compile(r":[A-Za-z0-9_]+")

Holds = Callable[[Item, Values], bool]
Reads = Callable[[Item, Values], "AttributeValue | None"]


class Reason(NamedTuple):
    """A part of a condition that decided it: what it says, what it read, whether it holds."""

    text: str
    path: tuple[str | int, ...] | None
    actual: AttributeValue | None
    holds: bool


class CompiledCondition(NamedTuple):
    """A condition's text, ready for any item and any values."""

    tree: Tree
    holds: Holds
    usage: Usage


class Condition:
    """A condition and the values it is asked with."""

    __slots__ = ("_compiled", "_holds", "_values")

    def __init__(self, compiled: CompiledCondition, values: Values) -> None:
        self._compiled = compiled
        self._holds = compiled.holds
        self._values = values

    def holds(self, item: Item | None) -> bool:
        """Whether it holds of an item, or of no item."""
        return self._holds({} if item is None else item, self._values)

    @property
    def paths(self) -> tuple[tuple[str | int, ...], ...]:
        """The document paths that it reads."""
        return self._compiled.usage.paths

    @property
    def tree(self) -> Tree:
        """Its tree, with the attributes' own names."""
        return self._compiled.tree

    @property
    def values(self) -> Mapping[str, AttributeValue]:
        """The values it is asked with."""
        return self._values

    def explain(self, item: Item | None) -> list[Reason]:
        """The parts that decided it: those that failed when it does not hold, those that held when it does."""
        reasons: list[Reason] = []
        _explain(self._compiled.tree, item or {}, self._values, reasons)
        return reasons


def compile_tree(tree: Tree) -> Holds:
    """A resolved condition as a function."""
    if isinstance(tree, And | Or):
        return _junction(tree)
    if isinstance(tree, Not):
        inner = compile_tree(tree.condition)
        return lambda item, values: not inner(item, values)
    if isinstance(tree, Comparison):
        return _comparison(tree)
    if isinstance(tree, Between):
        return _between(tree)
    if isinstance(tree, In):
        return _in(tree)
    return _test(tree.call)


def compile_operand(operand: Operand) -> Reads:
    """A resolved operand as a function; None is what an item does not have."""
    if isinstance(operand, Value):
        name = operand.name
        return lambda item, values: values[name]
    if isinstance(operand, Path):
        parts = operand.parts
        if len(parts) == 1:
            head: Any = parts[0]
            return lambda item, values: item.get(head)
        return lambda item, values: at(item, parts)
    return _size(compile_operand(operand.operands[0]))


def _junction(tree: And | Or) -> Holds:
    parts = tuple([compile_tree(one) for one in tree.conditions])
    is_and = isinstance(tree, And)
    if len(parts) == 2:
        first, second = parts
        if is_and:
            return lambda item, values: first(item, values) and second(item, values)
        return lambda item, values: first(item, values) or second(item, values)

    def every(item: Item, values: Values) -> bool:
        for part in parts:  # noqa: SIM110 (a generator would be a frame more)
            if not part(item, values):
                return False
        return True

    def some(item: Item, values: Values) -> bool:
        for part in parts:  # noqa: SIM110
            if part(item, values):
                return True
        return False

    return every if is_and else some


def _comparison(tree: Comparison) -> Holds:
    left, right = compile_operand(tree.left), compile_operand(tree.right)
    operator = tree.operator
    if operator == "=":

        def equals(item: Item, values: Values) -> bool:
            one, other = left(item, values), right(item, values)
            return one is not None and other is not None and (one == other or equal(one, other))

        return equals
    if operator == "<>":

        def differs(item: Item, values: Values) -> bool:
            one, other = left(item, values), right(item, values)
            return one is None or other is None or not equal(one, other)

        return differs
    return _ordering(operator, left, right)


def _ordering(operator: str, left: Reads, right: Reads) -> Holds:
    wanted = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (1, 0)}[operator]

    def ordered(item: Item, values: Values) -> bool:
        one, other = left(item, values), right(item, values)
        if one is None or other is None:
            return False
        first, second = rank(one), rank(other)
        if first is None or second is None or first[0] != second[0]:
            return False
        return ((first[1] > second[1]) - (first[1] < second[1])) in wanted

    return ordered


def _between(tree: Between) -> Holds:
    operand = compile_operand(tree.operand)
    above = _ordering(">=", operand, compile_operand(tree.low))
    below = _ordering("<=", operand, compile_operand(tree.high))
    return lambda item, values: above(item, values) and below(item, values)


def _in(tree: In) -> Holds:
    operand = compile_operand(tree.operand)
    choices = tuple([compile_operand(choice) for choice in tree.choices])

    def among(item: Item, values: Values) -> bool:
        one = operand(item, values)
        if one is None:
            return False
        for choice in choices:
            other = choice(item, values)
            if other is not None and equal(one, other):
                return True
        return False

    return among


def _test(call: Call) -> Holds:
    reads = tuple([compile_operand(operand) for operand in call.operands])
    first = reads[0]
    if call.function == "attribute_exists":
        return lambda item, values: first(item, values) is not None
    if call.function == "attribute_not_exists":
        return lambda item, values: first(item, values) is None
    second = reads[1]
    decides = _TESTS[call.function]

    def tested(item: Item, values: Values) -> bool:
        one, other = first(item, values), second(item, values)
        return one is not None and other is not None and decides(one, other)

    return tested


def _has_type(value: AttributeValue, kind: AttributeValue) -> bool:
    return kind["S"] in value


def _begins(value: AttributeValue, start: AttributeValue) -> bool:
    for kind in ("S", "B"):
        if kind in value and kind in start:
            return value[kind].startswith(start[kind])
    return False


def _contains(value: AttributeValue, sought: AttributeValue) -> bool:
    ((kind, content),) = value.items()
    if kind == "L":
        return any(equal(element, sought) for element in content)
    inner = {"S": "S", "B": "B", "SS": "S", "NS": "N", "BS": "B"}.get(kind)
    return inner is not None and inner in sought and sought[inner] in content


_TESTS: Mapping[str, Callable[[AttributeValue, AttributeValue], bool]] = {
    "attribute_type": _has_type,
    "begins_with": _begins,
    "contains": _contains,
}


def _size(read: Reads) -> Reads:
    def size(item: Item, values: Values) -> AttributeValue | None:
        value = read(item, values)
        if value is None:
            return None
        ((kind, content),) = value.items()
        if kind in ("N", "BOOL", "NULL"):
            return None
        return {"N": str(len(content))}

    return size


def _explain(tree: Tree, item: Item, values: Values, reasons: list[Reason]) -> bool:
    if isinstance(tree, Not):
        return not _explain(tree.condition, item, values, reasons)
    if isinstance(tree, And | Or):
        parts: list[tuple[bool, list[Reason]]] = []
        for one in tree.conditions:
            found: list[Reason] = []
            parts.append((_explain(one, item, values, found), found))
        is_and = isinstance(tree, And)
        holds = all(part for part, _ in parts) if is_and else any(part for part, _ in parts)
        for part, found in parts:
            # A failed AND is decided by what failed, a failed OR by everything; and the other way round.
            if part == holds:
                reasons.extend(found)
        return holds
    holds = compile_tree(tree)(item, values)
    path = _path_of(tree)
    reasons.append(Reason(_with_values(str(tree), values), path, at(item, path) if path else None, holds))
    return holds


def _path_of(tree: Tree) -> tuple[str | int, ...] | None:
    operands: tuple[Any, ...] = ()
    if isinstance(tree, Comparison):
        operands = (tree.left, tree.right)
    elif isinstance(tree, Between):
        operands = (tree.operand, tree.low, tree.high)
    elif isinstance(tree, In):
        operands = (tree.operand, *tree.choices)
    elif not isinstance(tree, Not | And | Or):
        operands = tree.call.operands
    for operand in operands:
        inner = operand.operands[0] if isinstance(operand, Call) else operand
        if isinstance(inner, Path):
            return inner.parts
    return None


def _with_values(text: str, values: Values) -> str:
    def shown(match: re.Match[str]) -> str:
        value = values.get(match.group())
        return match.group() if value is None else written(value)

    return _PLACEHOLDER.sub(shown, text)
