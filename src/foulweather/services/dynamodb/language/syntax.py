"""The tree of an expression, and the tree written back as text.

A `Path`'s parts are names as written (`a`, `#a`) until they are resolved, and the attributes' own names afterwards.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Comparator = Literal["=", "<>", "<", "<=", ">", ">="]


class Path(msgspec.Struct, frozen=True):
    """A document path: names, and indexes of list elements."""

    parts: tuple[str | int, ...]

    def __str__(self) -> str:
        head, *rest = self.parts
        return str(head) + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest)


class Value(msgspec.Struct, frozen=True):
    """A placeholder of a value: `:v`."""

    name: str

    def __str__(self) -> str:
        return self.name


class Call(msgspec.Struct, frozen=True):
    """A function and its operands."""

    function: str
    operands: tuple[Operand, ...]

    def __str__(self) -> str:
        return f"{self.function}({', '.join(map(str, self.operands))})"


class Arithmetic(msgspec.Struct, frozen=True):
    """A sum or a difference of two operands; only SET has them."""

    operator: Literal["+", "-"]
    left: Operand
    right: Operand

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"


class Comparison(msgspec.Struct, frozen=True):
    """Two operands compared."""

    operator: Comparator
    left: Operand
    right: Operand

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"


class Between(msgspec.Struct, frozen=True):
    """An operand between two others, both included."""

    operand: Operand
    low: Operand
    high: Operand

    def __str__(self) -> str:
        return f"{self.operand} BETWEEN {self.low} AND {self.high}"


class In(msgspec.Struct, frozen=True):
    """An operand that equals one of several."""

    operand: Operand
    choices: tuple[Operand, ...]

    def __str__(self) -> str:
        return f"{self.operand} IN ({', '.join(map(str, self.choices))})"


class Test(msgspec.Struct, frozen=True):
    """A function that is a condition by itself."""

    call: Call

    def __str__(self) -> str:
        return str(self.call)


class Not(msgspec.Struct, frozen=True):
    """A condition negated."""

    condition: Tree

    def __str__(self) -> str:
        return f"NOT {_inner(self.condition)}"


class And(msgspec.Struct, frozen=True):
    """Conditions that must all hold."""

    conditions: tuple[Tree, ...]

    def __str__(self) -> str:
        return " AND ".join(map(_inner, self.conditions))


class Or(msgspec.Struct, frozen=True):
    """Conditions of which one must hold."""

    conditions: tuple[Tree, ...]

    def __str__(self) -> str:
        return " OR ".join(str(one) if isinstance(one, And) else _inner(one) for one in self.conditions)


class Action(msgspec.Struct, frozen=True):
    """One action of an update: SET and its value, ADD and DELETE and their operand, REMOVE."""

    section: Literal["SET", "REMOVE", "ADD", "DELETE"]
    path: Path
    value: Operand | Arithmetic | None = None

    def __str__(self) -> str:
        if self.section == "SET":
            return f"{self.path} = {self.value}"
        return str(self.path) if self.value is None else f"{self.path} {self.value}"


Operand = Path | Value | Call
Tree = Comparison | Between | In | Test | Not | And | Or


def _inner(condition: Tree) -> str:
    return f"({condition})" if isinstance(condition, And | Or) else str(condition)


def write_update(actions: tuple[Action, ...]) -> str:
    """The text of an update, section by section in the order of the actions."""
    sections: dict[str, list[str]] = {}
    for action in actions:
        sections.setdefault(action.section, []).append(str(action))
    return " ".join(f"{section} {', '.join(texts)}" for section, texts in sections.items())
