"""Expressions as trees: conditions (also filters and key conditions), updates and projections.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

from __future__ import annotations

from typing import Final, Literal, cast

from foulweather.services.dynamodb.language.lexer import END, KEYWORDS, SECTIONS, Tokens
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

OPERATORS_MAX: Final = 300
IN_OPERANDS_MAX: Final = 100
INDEX_MAX: Final = 2**31 - 1
_CALLS_NESTED_MAX: Final = 64
_COMPARATORS = frozenset({"=", "<>", "<", "<=", ">", ">="})
_STRENGTH = {"OR": 1, "AND": 2, "NOT": 3}


def parse_condition(text: str, parameter: str) -> Tree:
    """The tree of a condition."""
    tokens = Tokens(text, parameter, KEYWORDS)
    reader = _Conditions(tokens)
    return reader.read()


def parse_update(text: str) -> tuple[Action, ...]:
    """The actions of an update, in the order in which they are written."""
    tokens = Tokens(text, "UpdateExpression", SECTIONS)
    actions: list[Action] = []
    seen: set[str] = set()
    while tokens.kind != END:
        section = tokens.kind
        if section not in SECTIONS:
            raise tokens.unexpected()
        tokens.take()
        if section in seen:
            raise tokens.invalid(f'The "{section}" section can only be used once in an update expression;')
        seen.add(section)
        actions.append(_action(tokens, section))
        while tokens.takes(","):
            actions.append(_action(tokens, section))
    operators = sum(isinstance(action.value, Arithmetic) for action in actions)
    _check_operators(tokens, operators)
    return tuple(actions)


def parse_projection(text: str) -> tuple[Path, ...]:
    """The paths of a projection."""
    tokens = Tokens(text, "ProjectionExpression", frozenset())
    paths = [read_path(tokens)]
    while tokens.takes(","):
        paths.append(read_path(tokens))
    tokens.expect(END)
    return tuple(paths)


def read_path(tokens: Tokens) -> Path:
    """A document path."""
    if tokens.kind not in ("name", "alias"):
        raise tokens.unexpected()
    return _path_from(tokens, tokens.take())


def read_operand(tokens: Tokens, depth: int = 0) -> Operand:
    """A path, a value's placeholder or a function's call."""
    kind = tokens.kind
    if kind == "value":
        return Value(tokens.take())
    if kind != "name":
        return read_path(tokens)
    name = tokens.take()
    if depth > _CALLS_NESTED_MAX:
        raise tokens.unexpected()
    if not tokens.takes("("):
        return _path_from(tokens, name)
    operands = [read_operand(tokens, depth + 1)]
    while tokens.takes(","):
        operands.append(read_operand(tokens, depth + 1))
    tokens.expect(")")
    return Call(name, tuple(operands))


def _path_from(tokens: Tokens, head: str) -> Path:
    parts: list[str | int] = [head]
    while True:
        if tokens.takes("."):
            if tokens.kind not in ("name", "alias"):
                raise tokens.unexpected()
            parts.append(tokens.take())
        elif tokens.takes("["):
            parts.append(_index(tokens, tokens.expect("index")))
            tokens.expect("]")
        else:
            return Path(tuple(parts))


def _index(tokens: Tokens, digits: str) -> int:
    if len(digits) > 10 or int(digits) > INDEX_MAX:
        raise tokens.invalid(f"List index is not within the allowable range; index: [{digits}]")
    return int(digits)


def _action(tokens: Tokens, section: str) -> Action:
    path = read_path(tokens)
    if section == "SET":
        tokens.expect("=")
        left = read_operand(tokens)
        if tokens.kind in ("+", "-"):
            operator = cast('Literal["+", "-"]', tokens.take())
            return Action("SET", path, Arithmetic(operator, left, read_operand(tokens)))
        return Action("SET", path, left)
    if section == "REMOVE":
        return Action("REMOVE", path)
    return Action(cast('Literal["ADD", "DELETE"]', section), path, Value(tokens.expect("value")))


def _check_operators(tokens: Tokens, operators: int) -> None:
    if operators > OPERATORS_MAX:
        words = f"The expression contains too many operators; operator count: {OPERATORS_MAX + 1}"
        raise tokens.invalid(words)


class _Conditions:
    """Reads a condition with a stack of its own: an expression of 4 KB may be nested thousands deep."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.trees: list[Tree | _Grouped] = []
        self.pending: list[str] = []
        self.operators = 0
        self.redundant = False
        # The tokens of the parentheses that are open, and of the pair that was closed last.
        self.opened: list[int] = []
        self.closed: tuple[int, int] | None = None

    def read(self) -> Tree:
        tokens = self.tokens
        while True:
            self._operand()
            while tokens.kind == ")" and self.opened:
                self._close()
            word = tokens.kind
            if word == END and not self.opened:
                break
            if word not in ("AND", "OR"):
                raise tokens.unexpected()
            self._reduce(_STRENGTH[word])
            self._push(word)
            tokens.take()
        self._reduce(0)
        _check_operators(tokens, self.operators)
        if self.redundant:
            raise tokens.invalid("The expression has redundant parentheses;")
        return _ungrouped(self.trees[0])

    def _push(self, word: str) -> None:
        self.pending.append(word)
        self.operators += 1

    def _operand(self) -> None:
        tokens = self.tokens
        while tokens.kind in ("(", "NOT"):
            if tokens.kind == "(":
                self.opened.append(tokens.position)
                self.pending.append("(")
            else:
                self._push("NOT")
            tokens.take()
        self.trees.append(self._primary())

    def _close(self) -> None:
        self._reduce(0)
        self.pending.pop()
        first, last = self.opened.pop(), self.tokens.position
        if self.closed == (first + 1, last - 1):
            self.redundant = True
        self.closed = (first, last)
        self.tokens.take()
        # A condition in parentheses is one operand: it is never joined with its neighbours.
        group = self.trees[-1]
        if isinstance(group, And | Or):
            self.trees[-1] = _Grouped(group)

    def _reduce(self, strength: int) -> None:
        while self.pending and self.pending[-1] != "(" and _STRENGTH[self.pending[-1]] >= strength:
            word = self.pending.pop()
            last = _ungrouped(self.trees.pop())
            if word == "NOT":
                self.trees.append(Not(last))
                continue
            first = self.trees.pop()
            node = And if word == "AND" else Or
            joined = first.conditions if isinstance(first, node) else (_ungrouped(first),)
            self.trees.append(node((*joined, last)))

    def _primary(self) -> Tree:
        tokens = self.tokens
        operand = read_operand(tokens)
        kind = tokens.kind
        if kind in _COMPARATORS:
            self.operators += 1
            return Comparison(cast("Comparator", tokens.take()), operand, read_operand(tokens))
        if kind == "BETWEEN":
            self.operators += 1
            tokens.take()
            low = read_operand(tokens)
            tokens.expect("AND")
            return Between(operand, low, read_operand(tokens))
        if kind == "IN":
            self.operators += 1
            tokens.take()
            tokens.expect("(")
            choices = [read_operand(tokens)]
            while tokens.takes(","):
                choices.append(read_operand(tokens))
            tokens.expect(")")
            return In(operand, tuple(choices))
        if isinstance(operand, Call):
            return Test(operand)
        raise tokens.unexpected()


class _Grouped:
    """A condition that stood in parentheses, while its surroundings are still being read."""

    def __init__(self, tree: And | Or) -> None:
        self.tree = tree


def _ungrouped(tree: Tree | _Grouped) -> Tree:
    return tree.tree if isinstance(tree, _Grouped) else tree
