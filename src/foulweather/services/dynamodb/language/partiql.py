"""PartiQL statements as the same conditions, updates and projections that expressions make.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

from typing import Any, Final, Literal, cast

import msgspec

from foulweather.services.dynamodb.language.accept import accepted
from foulweather.services.dynamodb.language.conditions import CompiledCondition, Condition, compile_tree
from foulweather.services.dynamodb.language.partiql_lexer import NESTED_MAX, Statement, malformed
from foulweather.services.dynamodb.language.projections import Projection
from foulweather.services.dynamodb.language.resolve import Resolver, check_overlaps, usage
from foulweather.services.dynamodb.language.syntax import (
    Action,
    And,
    Arithmetic,
    Between,
    Call,
    Comparator,
    Comparison,
    In,
    Not,
    Operand,
    Or,
    Path,
    Test,
    Tree,
    Value,
)
from foulweather.services.dynamodb.language.updates import Update, compile_actions
from foulweather.services.dynamodb.language.values import AttributeValue, Item

Returning = Literal["ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"]
_COMPARATORS: Final = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_SET_ACTIONS: Final[dict[str, Literal["ADD", "DELETE"]]] = {"set_add": "ADD", "set_delete": "DELETE"}


class Select(msgspec.Struct, frozen=True):
    """SELECT: what of which items of a table or an index; `order` is (key attribute, is descending)."""

    table: str
    index: str | None
    projection: Projection | None
    where: Condition | None
    order: tuple[tuple[str, bool], ...]


class Insert(msgspec.Struct, frozen=True):
    """INSERT of one item that is not there yet, with its size."""

    table: str
    item: Item
    size: int


class UpdateStatement(msgspec.Struct, frozen=True):
    """UPDATE of one item that its WHERE names by the whole key."""

    table: str
    update: Update
    where: Condition
    returning: Returning | None


class Delete(msgspec.Struct, frozen=True):
    """DELETE of one item that its WHERE names by the whole key."""

    table: str
    where: Condition
    returning: Literal["ALL_OLD"] | None


class Exists(msgspec.Struct, frozen=True):
    """EXISTS(SELECT ...): a transaction's condition check."""

    select: Select


def statement(
    text: str, parameters: list[AttributeValue] | None = None
) -> Select | Insert | UpdateStatement | Delete | Exists:
    """A statement with its parameters in place."""
    reader = Statement(text, parameters or [])
    if reader.takes("SELECT"):
        found = _select(reader)
    elif reader.takes("EXISTS", "("):
        reader.expect("SELECT")
        found = Exists(_select(reader))
        reader.expect(")")
    elif reader.takes("INSERT", "INTO"):
        found = _insert(reader)
    elif reader.takes("UPDATE"):
        found = _update(reader)
    elif reader.takes("DELETE", "FROM"):
        found = _delete(reader)
    else:
        raise malformed("Expected data manipulation")
    reader.finish()
    return found


# --- statements


def _select(reader: Statement) -> Select:
    paths: list[Path] | None = None
    if not reader.takes("*"):
        paths = [reader.path()]
        while reader.takes(","):
            paths.append(reader.path())
    reader.expect("FROM")
    table, index = reader.identifier(), None
    if reader.takes("."):
        index = reader.identifier()
    if reader.takes(","):
        raise malformed("Only select from a single table or index is supported.")
    where = _where(reader) if reader.takes("WHERE") else None
    order: list[tuple[str, bool]] = []
    if reader.takes("ORDER", "BY"):
        order.append(_ordering(reader))
        while reader.takes(","):
            order.append(_ordering(reader))
    projection = None
    if paths is not None:
        resolver = _resolver(reader)
        resolved: list[Any] = [resolver.path(path).parts for path in paths]
        check_overlaps("projection", resolved)
        projection = Projection(resolved)
    return Select(table, index, projection, where, tuple(order))


def _ordering(reader: Statement) -> tuple[str, bool]:
    name = reader.identifier()
    is_descending = reader.takes("DESC")
    if not is_descending:
        reader.takes("ASC")
    return name, is_descending


def _insert(reader: Statement) -> Insert:
    table = reader.identifier()
    reader.expect("VALUE")
    if reader.token.text != "{":
        raise reader.unexpected()
    item, size = accepted(reader.literal()["M"])
    return Insert(table, item, size)


def _update(reader: Statement) -> UpdateStatement:
    table = reader.identifier()
    actions: list[Action] = []
    while True:
        if reader.takes("SET"):
            actions.append(_set_action(reader))
            while reader.takes(","):
                actions.append(_set_action(reader))
        elif reader.takes("REMOVE"):
            actions.append(Action("REMOVE", reader.path()))
            while reader.takes(","):
                actions.append(Action("REMOVE", reader.path()))
        else:
            break
    if not actions:
        raise reader.unexpected()
    reader.expect("WHERE")
    where = _where(reader)
    returning = _returning(reader)
    resolver = _resolver(reader, "UpdateExpression")
    resolved = tuple(resolver.action(action) for action in actions)
    check_overlaps("UpdateExpression", [action.path.parts for action in resolved])
    for check in resolver.checks:
        check(reader.values)
    return UpdateStatement(table, Update(compile_actions(resolved, usage(resolver)), reader.values), where, returning)


def _delete(reader: Statement) -> Delete:
    table = reader.identifier()
    reader.expect("WHERE")
    where = _where(reader)
    returning = _returning(reader)
    if returning not in (None, "ALL_OLD"):
        raise malformed("DELETE can return ALL OLD * only")
    return Delete(table, where, returning)


def _returning(reader: Statement) -> Returning | None:
    if not reader.takes("RETURNING"):
        return None
    for which, prefix in (("ALL", "ALL"), ("MODIFIED", "UPDATED")):
        for when in ("OLD", "NEW"):
            if reader.takes(which, when, "*"):
                return cast("Returning", f"{prefix}_{when}")
    raise reader.unexpected()


def _set_action(reader: Statement) -> Action:
    path = reader.path()
    reader.expect("=")
    left = _operand(reader)
    if isinstance(left, Call) and left.function in _SET_ACTIONS:
        if len(left.operands) != 2 or not isinstance(left.operands[0], Path):
            raise malformed(f"{left.function} takes a path and a set")
        if not _same(reader, left.operands[0], path):
            # AWS's SET_ADD is ADD: the set that it reads is the one that it writes.
            raise malformed(f"{left.function} must be of the attribute that is set")
        return Action(_SET_ACTIONS[left.function], path, left.operands[1])
    for operator in ("+", "-"):
        if reader.takes(operator):
            return Action("SET", path, Arithmetic(operator, left, _operand(reader)))
    return Action("SET", path, left)


def _same(reader: Statement, one: Path, other: Path) -> bool:
    def named(path: Path) -> list[Any]:
        return [reader.names.get(part, part) if isinstance(part, str) else part for part in path.parts]

    return named(one) == named(other)


# --- conditions


def _where(reader: Statement) -> Condition:
    tree = _or(reader, 0)
    resolver = _resolver(reader, "WHERE clause")
    resolved = resolver.condition(tree)
    for check in resolver.checks:
        check(reader.values)
    return Condition(CompiledCondition(resolved, compile_tree(resolved), usage(resolver)), reader.values)


def _resolver(reader: Statement, parameter: str = "SELECT") -> Resolver:
    return Resolver(parameter, reader.names, frozenset(reader.values))


def _or(reader: Statement, depth: int) -> Tree:
    if depth > NESTED_MAX:
        raise malformed("the statement is nested too deeply")
    parts = [_and(reader, depth)]
    while reader.takes("OR"):
        parts.append(_and(reader, depth))
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def _and(reader: Statement, depth: int) -> Tree:
    parts = [_not(reader, depth)]
    while reader.takes("AND"):
        parts.append(_not(reader, depth))
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _not(reader: Statement, depth: int) -> Tree:
    negations = 0
    while reader.takes("NOT"):
        negations += 1
    if reader.takes("("):
        tree = _or(reader, depth + 1)
        reader.expect(")")
    else:
        tree = _comparison(reader)
    return Not(tree) if negations % 2 else tree


def _comparison(reader: Statement) -> Tree:
    operand = _operand(reader)
    mark = _COMPARATORS.get(reader.token.text)
    if mark is not None:
        reader.take()
        return Comparison(cast("Comparator", mark), operand, _operand(reader))
    if reader.takes("IS"):
        return _is(reader, operand)
    is_negated = reader.takes("NOT")
    if reader.takes("BETWEEN"):
        low = _operand(reader)
        reader.expect("AND")
        tree: Tree = Between(operand, low, _operand(reader))
    elif reader.takes("IN"):
        tree = In(operand, _choices(reader))
    elif isinstance(operand, Call) and not is_negated:
        return Test(operand)
    else:
        raise reader.unexpected()
    return Not(tree) if is_negated else tree


def _is(reader: Statement, operand: Operand) -> Tree:
    is_negated = reader.takes("NOT")
    if reader.takes("MISSING"):
        return Test(Call("attribute_exists" if is_negated else "attribute_not_exists", (operand,)))
    if reader.takes("NULL"):
        name = f":{len(reader.values)}"
        reader.values[name] = {"S": "NULL"}
        tree = Test(Call("attribute_type", (operand, Value(name))))
        return Not(tree) if is_negated else tree
    raise reader.unexpected()


def _choices(reader: Statement) -> tuple[Operand, ...]:
    end = "]" if reader.takes("[") else ")"
    if end == ")":
        reader.expect("(")
    choices = [_operand(reader)]
    while reader.takes(","):
        choices.append(_operand(reader))
    reader.expect(end)
    return tuple(choices)


def _operand(reader: Statement, depth: int = 0) -> Operand:
    if depth > NESTED_MAX:
        raise malformed("the statement is nested too deeply")
    if reader.is_literal():
        return reader.value()
    token = reader.token
    following = reader.tokens[min(reader.position + 1, len(reader.tokens) - 1)]
    if token.kind == "word" and following.text == "(" and following.kind == "mark":
        reader.position += 2
        operands = [_operand(reader, depth + 1)]
        while reader.takes(","):
            operands.append(_operand(reader, depth + 1))
        reader.expect(")")
        return Call(token.text.lower(), tuple(operands))
    return reader.path()
