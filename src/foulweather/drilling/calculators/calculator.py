"""A calculator: inputs, the steps of its formula, and an answer that shows how it came about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Context, Decimal, localcontext

import msgspec

from foulweather.drilling.calculators.formula import Scope, Value
from foulweather.drilling.calculators.inputs import Input, Refusal
from foulweather.drilling.calculators.numbers import measured
from foulweather.meter.price_book import Price, UnknownPrice, price

DIGITS = 40


class Step(msgspec.Struct, frozen=True):
    """One line of the formula; what is `shown` is an output, the others are on the way there."""

    name: str
    formula: str
    unit: str
    title: str
    is_output: bool = True


def step(name: str, formula: str, unit: str, title: str) -> Step:
    """A line on the way to the outputs."""
    return Step(name, formula, unit, title, is_output=False)


def output(name: str, formula: str, unit: str, title: str) -> Step:
    """A line that answers what was asked."""
    return Step(name, formula, unit, title)


class Item(msgspec.Struct, frozen=True):
    """A price of the price book; `{input}` in the item stands for what was chosen."""

    service: str
    item: str


class Check(msgspec.Struct, frozen=True):
    """What must hold between inputs, and the refusal's words."""

    holds: str
    otherwise: str


class Correction(msgspec.Struct, frozen=True):
    """A figure that goes around, and what it really is."""

    quoted: str
    really: str
    because: str


class Example(msgspec.Struct, frozen=True):
    """A worked example: inputs that differ from the defaults, and what comes out."""

    title: str
    inputs: Mapping[str, str]
    gives: Mapping[str, str]
    """Output and its value, rounded as it is shown."""


class Worked(msgspec.Struct, frozen=True):
    """A step with its numbers."""

    step: Step
    filled: str
    value: Value

    @property
    def shown(self) -> str:
        """The value as it is written."""
        if isinstance(self.value, Decimal):
            return measured(self.value, self.step.unit)
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        return str(self.value)


class Answer(msgspec.Struct, frozen=True):
    """What a calculator answered, and how."""

    calculator: Calculator
    inputs: dict[str, Value]
    given: frozenset[str]
    steps: list[Worked]
    prices: dict[str, Price]

    @property
    def outputs(self) -> list[Worked]:
        """The steps that answer what was asked."""
        return [each for each in self.steps if each.step.is_output]

    def shown_input(self, of: Input) -> str:
        """An input as it is written."""
        return Scope(self.inputs, {of.name: of.unit}).shown(of.name)

    def value(self, name: str) -> Value:
        """What one step came to."""
        return next(each.value for each in self.steps if each.step.name == name)

    def shown(self, name: str) -> str:
        """What one step came to, as it is written."""
        return next(each.shown for each in self.steps if each.step.name == name)


Rule = Callable[[Scope], list[Worked]]


class Calculator(msgspec.Struct, frozen=True, kw_only=True):
    """One question that has a number for an answer."""

    id: str
    title: str
    answers: str
    inputs: tuple[Input, ...]
    steps: tuple[Step, ...] = ()
    prices: Mapping[str, Item] = {}
    checks: tuple[Check, ...] = ()
    assumptions: tuple[str, ...]
    sources: tuple[str, ...]
    examples: tuple[Example, ...]
    corrections: tuple[Correction, ...] = ()
    rule: Rule | None = None
    """What computes the first steps where arithmetic alone does not: a table, address ranges."""
    rule_steps: tuple[Step, ...] = ()

    @property
    def formula(self) -> list[tuple[str, str]]:
        """What each name of the formula stands for, in order: prices, then steps."""
        on = " on priced_on" if any(each.name == "priced_on" for each in self.inputs) else ""
        prices = [(name, f"list price of {each.service} {each.item}{on}") for name, each in self.prices.items()]
        return prices + [(each.name, each.formula) for each in (*self.rule_steps, *self.steps)]

    def run(self, given: Mapping[str, str]) -> Answer:
        """Compute, with defaults for what was not given."""
        with localcontext(Context(prec=DIGITS)):
            values = self._read(given)
            on = date.fromisoformat(priced) if (priced := str(values.get("priced_on", ""))) else None
            chosen = {name: str(value) for name, value in values.items()}
            try:
                found = {
                    name: price(item.service, item.item.format_map(chosen), on=on) for name, item in self.prices.items()
                }
            except UnknownPrice as unknown:
                raise Refusal(str(unknown)) from None
            units = {each.name: each.unit for each in (*self.inputs, *self.rule_steps, *self.steps)}
            scope = Scope(values | found, units)
            for check in self.checks:
                if not scope.computed(check.holds):
                    raise Refusal(check.otherwise)
            worked = self.rule(scope) if self.rule else []
            scope.values |= {each.step.name: each.value for each in worked}
            for each in self.steps:
                value = scope.computed(each.formula)
                worked.append(Worked(each, scope.filled(each.formula), value))
                scope.values[each.name] = value
            return Answer(self, values, frozenset(given), worked, found)

    def example(self, number: int) -> Example:
        """An example by its number, from 1."""
        if not 1 <= number <= len(self.examples):
            raise Refusal(f"{self.id} has examples 1 to {len(self.examples)}.")
        return self.examples[number - 1]

    def _read(self, given: Mapping[str, str]) -> dict[str, Value]:
        known = {each.name for each in self.inputs}
        for name in given:
            if name not in known:
                raise Refusal(f"{self.id} takes no {name}: it takes {', '.join(each.name for each in self.inputs)}.")
        return {each.name: each.read(given.get(each.name, each.default)) for each in self.inputs}
