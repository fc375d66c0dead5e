"""The language of formulas: one text that is shown, computed, and shown again with its numbers filled in."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cache

from foulweather.drilling.calculators.numbers import grouped, measured, money
from foulweather.meter.price_book import Price

Value = Decimal | str | bool | tuple[Decimal, ...] | Price

SIGNS = str.maketrans({"×": "*", "÷": "/", "−": "-", "≤": "<=", "≥": ">="})
# Written sign and how tightly it binds.
BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", 1),
    ast.Sub: ("−", 1),
    ast.Mult: ("×", 2),
    ast.Div: ("÷", 2),
}
COMPARED: dict[type[ast.cmpop], tuple[str, Callable[[Decimal, Decimal], bool]]] = {
    ast.Lt: ("<", lambda left, right: left < right),
    ast.LtE: ("≤", lambda left, right: left <= right),
    ast.Gt: (">", lambda left, right: left > right),
    ast.GtE: ("≥", lambda left, right: left >= right),
}
ATOM = 9


class FormulaError(Exception):
    """A calculator's definition makes no sense: an error of ours, never of who uses it."""


@cache
def parsed(text: str) -> ast.expr:
    """The tree of a formula."""
    try:
        return ast.parse(text.translate(SIGNS), mode="eval").body
    except SyntaxError as error:
        raise FormulaError(f"{text}: {error}") from None


def names(text: str) -> set[str]:
    """The names that a formula speaks of."""
    tree = parsed(text)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called}


class Scope:
    """What names stand for, and in what unit."""

    def __init__(self, values: Mapping[str, Value], units: Mapping[str, str]) -> None:
        self.values = dict(values)
        self.units = dict(units)

    def computed(self, text: str) -> Value:
        """What a formula comes to."""
        return self._value(parsed(text))

    def filled(self, text: str) -> str:
        """A formula with the numbers in place of the names."""
        return self._text(parsed(text))[0]

    def _value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=bool() | str() as value):
                return value
            case ast.Constant(value=int() | float() as value):
                return Decimal(repr(value))
            case ast.Name(id=name):
                if name not in self.values:
                    raise FormulaError(f"{name} stands for nothing")
                return self.values[name]
            case ast.BinOp(left=left, op=operator, right=right):
                return _joined(operator, self._number(left), self._number(right))
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                return COMPARED[type(operator)][1](self._number(left), self._number(right))
            case ast.Call(func=ast.Name(id=name)):
                return self._called(name, node)
            case _:
                raise FormulaError(f"{ast.dump(node)} is not of the language of formulas")

    def _number(self, node: ast.expr) -> Decimal:
        value = self._value(node)
        if isinstance(value, Price):
            return value.amount
        if isinstance(value, Decimal):
            return value
        raise FormulaError(f"{ast.unparse(node)} is no number")

    def _called(self, name: str, node: ast.Call) -> Value:
        if name in ("pick", "when"):
            return self._value(self._chosen(name, node))
        if name == "tiered":
            return self._price(node).of(self._number(node.args[1]))
        if name == "sum":
            return sum(self._amounts(node), Decimal(0))
        numbers = [self._number(each) for each in node.args]
        match name:
            case "ceil":
                return numbers[0].to_integral_value(ROUND_CEILING)
            case "floor":
                return numbers[0].to_integral_value(ROUND_FLOOR)
            case "min":
                return min(numbers)
            case "max":
                return max(numbers)
            case _:
                raise FormulaError(f"{name} is no function of the language of formulas")

    def _chosen(self, name: str, node: ast.Call) -> ast.expr:
        """The branch that counts: `pick(choice, this=…, that=…)` or `when(flag, then, otherwise)`."""
        asked = self._value(node.args[0])
        if name == "when":
            return node.args[1] if asked else node.args[2]
        wanted = str(asked).replace("-", "_")
        for keyword in node.keywords:
            if keyword.arg == wanted:
                return keyword.value
        raise FormulaError(f"{ast.unparse(node)} has nothing for {wanted}")

    def _price(self, node: ast.Call) -> Price:
        found = self._value(node.args[0])
        if not isinstance(found, Price):
            raise FormulaError(f"{ast.unparse(node.args[0])} is no price")
        return found

    def _amounts(self, node: ast.Call) -> tuple[Decimal, ...]:
        found = self._value(node.args[0])
        if not isinstance(found, tuple):
            raise FormulaError(f"{ast.unparse(node.args[0])} is no list")
        return found

    def _text(self, node: ast.expr) -> tuple[str, int]:
        """A part of a formula with its numbers, and how tightly it holds together."""
        match node:
            case ast.Constant():
                value = self._value(node)
                return (grouped(value) if isinstance(value, Decimal) else str(value)), ATOM
            case ast.Name(id=name):
                return self.shown(name), ATOM
            case ast.BinOp(left=left, op=operator, right=right):
                sign, binds = BINARY[type(operator)]
                first, second = self._text(left), self._text(right)
                # a − (b + c) and a ÷ (b × c) need their brackets; a + b + c does not.
                is_picky = isinstance(operator, ast.Sub | ast.Div)
                one = f"({first[0]})" if first[1] < binds else first[0]
                two = f"({second[0]})" if second[1] < binds + is_picky else second[0]
                return f"{one} {sign} {two}", binds
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                return f"{self._text(left)[0]} {COMPARED[type(operator)][0]} {self._text(right)[0]}", 0
            case ast.Call(func=ast.Name(id=name)):
                return self._call_text(name, node)
            case _:
                raise FormulaError(f"{ast.dump(node)} is not of the language of formulas")

    def _call_text(self, name: str, node: ast.Call) -> tuple[str, int]:
        if name in ("pick", "when"):
            chosen = self._chosen(name, node)
            if name == "when" and isinstance(node.args[0], ast.Compare) and not _is_number(chosen):
                return self._decision(node.args[0], chosen), ATOM
            return self._text(chosen)
        if name == "sum":
            return " + ".join(grouped(each) for each in self._amounts(node)), 1
        if name == "tiered":
            price = self._price(node)
            shares = price.shares(self._number(node.args[1]))
            text = " + ".join(f"{measured(part, price.unit)} × {money(amount)}" for part, amount in shares)
            return text, 1 if len(shares) > 1 else 2
        return f"{name}({', '.join(self._text(each)[0] for each in node.args)})", ATOM

    def _decision(self, asked: ast.Compare, chosen: ast.expr) -> str:
        """A choice between words, with what decided it."""
        held = "holds" if self._value(asked) else "does not hold"
        further = f", {self._text(chosen)[0]}" if isinstance(chosen, ast.Call) else ""
        return f"{self._text(asked)[0]} {held}{further}"

    def shown(self, name: str) -> str:
        """What a name stands for, as it is written."""
        value = self.values[name]
        if isinstance(value, Price):
            return f"{money(value.amount)}"
        if isinstance(value, tuple):
            return " + ".join(grouped(each) for each in value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return measured(value, self.units.get(name, "")) if isinstance(value, Decimal) else value


def _is_number(node: ast.expr) -> bool:
    """Whether a branch computes something: the others are words, or choose between words."""
    match node:
        case ast.Constant(value=str()):
            return False
        case ast.Call(func=ast.Name(id="when"), args=[_, branch, _]):
            return _is_number(branch)
        case _:
            return True


def _joined(operator: ast.operator, left: Decimal, right: Decimal) -> Decimal:
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
        case _:
            raise FormulaError(f"{type(operator).__name__} is not of the language of formulas")
