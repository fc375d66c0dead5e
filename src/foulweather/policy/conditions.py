"""The `Condition` element: operators, their qualifiers, and what they make of a request's context."""

from __future__ import annotations

import operator as op
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from foulweather.policy import operators, patterns
from foulweather.policy.operators import Build, Compare
from foulweather.policy.patterns import Context

Quantifier = Literal["", "ForAllValues", "ForAnyValue"]


class Operator(msgspec.Struct, frozen=True):
    """What an operator compares with, and whether it asks for the opposite."""

    name: str
    build: Build
    negated: bool = False


def _pair(name: str, opposite: str, build: Build) -> tuple[Operator, Operator]:
    return Operator(name, build), Operator(opposite, build, negated=True)


_OPERATORS: tuple[Operator, ...] = (
    *_pair("StringEquals", "StringNotEquals", operators.string_equals),
    *_pair("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", operators.string_equals_ignoring_case),
    *_pair("StringLike", "StringNotLike", operators.string_like),
    *_pair("NumericEquals", "NumericNotEquals", operators.numeric(op.eq)),
    Operator("NumericLessThan", operators.numeric(op.lt)),
    Operator("NumericLessThanEquals", operators.numeric(op.le)),
    Operator("NumericGreaterThan", operators.numeric(op.gt)),
    Operator("NumericGreaterThanEquals", operators.numeric(op.ge)),
    *_pair("DateEquals", "DateNotEquals", operators.dated(op.eq)),
    Operator("DateLessThan", operators.dated(op.lt)),
    Operator("DateLessThanEquals", operators.dated(op.le)),
    Operator("DateGreaterThan", operators.dated(op.gt)),
    Operator("DateGreaterThanEquals", operators.dated(op.ge)),
    Operator("Bool", operators.boolean),
    Operator("BinaryEquals", operators.binary),
    *_pair("IpAddress", "NotIpAddress", operators.ip_address),
    *_pair("ArnEquals", "ArnNotEquals", operators.arn_like),
    *_pair("ArnLike", "ArnNotLike", operators.arn_like),
    Operator("Null", operators.boolean),
)
# AWS accepts operator names in any case.
OPERATORS = {each.name.lower(): each for each in _OPERATORS}


class Named(msgspec.Struct, frozen=True):
    """An operator as a policy names it: `ForAnyValue:StringLikeIfExists`."""

    operator: Operator
    quantifier: Quantifier = ""
    if_exists: bool = False


def named(text: str) -> Named | None:
    """The operator that a `Condition` element names, or None if there is none of that name."""
    qualifier, colon, name = text.rpartition(":")
    quantifiers: dict[str, Quantifier] = {"forallvalues": "ForAllValues", "foranyvalue": "ForAnyValue"}
    quantifier: Quantifier | None = quantifiers.get(qualifier.lower()) if colon else ""
    lowered = name.lower()
    if_exists = lowered.endswith("ifexists")
    found = OPERATORS.get(lowered.removesuffix("ifexists"))
    if found is None or quantifier is None or (if_exists and found.name == "Null"):
        return None
    return Named(found, quantifier, if_exists)


class Test(msgspec.Struct, frozen=True, eq=False):
    """One operator on one key: `"StringLike": {"s3:prefix": ["home/*", …]}`."""

    operator: str
    key: str
    wanted: tuple[str, ...]
    lookup: str
    quantifier: Quantifier
    if_exists: bool
    negated: bool
    null: bool
    compare: Compare
    variables: tuple[str, ...]

    def holds(self, context: Context) -> bool:
        """Whether the request's context satisfies the test."""
        actual = context.get(self.lookup)
        if type(actual) is str and not self.quantifier and not self.null:
            return self._verdict(self.compare(actual, context))
        values = () if actual is None else (actual,) if isinstance(actual, str) else actual
        if self.null:
            return ("false" if values else "true") in self.wanted
        if self.quantifier:
            return self._set_holds(values, context)
        if not values:
            return self.negated or self.if_exists
        return self._verdict(_any(self.compare(value, context) for value in values))

    def _set_holds(self, values: Sequence[str], context: Context) -> bool:
        """`ForAllValues` is true and `ForAnyValue` false of a missing key and of an empty data set."""
        if not any(values):
            return self.quantifier == "ForAllValues" or (self.if_exists and not values)
        each = (self._verdict(self.compare(value, context)) for value in values)
        return all(each) if self.quantifier == "ForAllValues" else any(each)

    def _verdict(self, matched: bool | None) -> bool:
        """A value that a missing policy variable leaves open "causes the statement to be invalid".

        So the test fails, negated or not (IAM User Guide, Variables and tags), unless `…IfExists`
        prevents that.
        """
        if matched is None:
            return self.negated and self.if_exists
        return matched is not self.negated


def _any(matches: Iterable[bool | None]) -> bool | None:
    unresolved = False
    for matched in matches:
        if matched:
            return True
        unresolved = unresolved or matched is None
    return None if unresolved else False


def compiled(operator: str, key: str, wanted: tuple[str, ...], *, variables: bool) -> Test | None:
    """A test ready to run, or None if there is no such operator."""
    found = named(operator)
    if found is None:
        return None
    null = found.operator.name == "Null"
    takes_variables = variables and found.operator.name.startswith(("String", "Arn", "Bool"))
    values = tuple(value.lower() for value in wanted) if null else wanted
    return Test(
        operator=operator,
        key=key,
        wanted=values,
        lookup=key.lower(),
        quantifier=found.quantifier,
        if_exists=found.if_exists,
        negated=found.operator.negated,
        null=null,
        compare=found.operator.build(wanted, takes_variables),
        variables=tuple(
            variable.key
            for value in wanted
            if takes_variables
            for variable in patterns.variables_of(patterns.parse(value))
        ),
    )
