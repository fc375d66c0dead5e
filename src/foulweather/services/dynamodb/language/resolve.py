"""Trees resolved: placeholders of names replaced, those of values looked for, functions and operands checked.

What depends on the values themselves, which change from call to call, is left as checks: `Resolved.checks`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from foulweather.services.dynamodb.language.accept import NESTING_MAX
from foulweather.services.dynamodb.language.parser import IN_OPERANDS_MAX
from foulweather.services.dynamodb.language.refusals import LanguageError, ReservedWord
from foulweather.services.dynamodb.language.reserved_words import RESERVED
from foulweather.services.dynamodb.language.syntax import (
    Action,
    And,
    Arithmetic,
    Between,
    Call,
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
from foulweather.services.dynamodb.language.values import ORDERED, TYPE_NAMES, TYPES, AttributeValue, compare, written

Values = Mapping[str, AttributeValue]
Check = Callable[[Values], None]

CONDITION_FUNCTIONS: Final = {
    "attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2, "size": 1,
}  # fmt: skip
UPDATE_FUNCTIONS: Final = {"if_not_exists": 2, "list_append": 2}
_PATH_FIRST = frozenset({"attribute_exists", "attribute_not_exists", "if_not_exists"})
_SIZED = frozenset({"S", "B", "SS", "NS", "BS", "M", "L"})
_ADDED = frozenset({"N", "SS", "NS", "BS"})
_DELETED = frozenset({"SS", "NS", "BS"})


class Resolver:
    """Resolves the trees of one text; it fails in the order in which the text is read."""

    def __init__(self, parameter: str, names: Mapping[str, str], values: frozenset[str]) -> None:
        self.parameter = parameter
        self.names = names
        self.values = values
        self.used_names: set[str] = set()
        self.used_values: set[str] = set()
        self.paths: list[tuple[str | int, ...]] = []
        self.checks: list[Check] = []

    # --- conditions

    def condition(self, tree: Tree) -> Tree:
        """A condition with the attributes' own names."""
        if isinstance(tree, And | Or):
            resolved: list[Tree] = []
            for one in tree.conditions:
                resolved.append(self.condition(one))
            return type(tree)(tuple(resolved))
        if isinstance(tree, Not):
            return Not(self.condition(tree.condition))
        if isinstance(tree, Comparison):
            return self._comparison(tree)
        if isinstance(tree, Between):
            return self._between(tree)
        if isinstance(tree, In):
            return self._in(tree)
        call = self._call(tree.call, is_condition=True)
        if call.function == "size":
            raise self._misused("size")
        return Test(call)

    def _comparison(self, tree: Comparison) -> Comparison:
        left, right = self._operand(tree.left), self._operand(tree.right)
        self._distinct(tree.operator, (left, right))
        if tree.operator not in ("=", "<>"):
            self._typed(tree.operator, (left, right), ORDERED)
        return Comparison(tree.operator, left, right)

    def _between(self, tree: Between) -> Between:
        operand, low, high = self._operand(tree.operand), self._operand(tree.low), self._operand(tree.high)
        self._distinct("BETWEEN", (operand, low, high))
        self._typed("BETWEEN", (operand, low, high), ORDERED)
        if isinstance(low, Value) and isinstance(high, Value):
            self._bounds(low.name, high.name)
        return Between(operand, low, high)

    def _in(self, tree: In) -> In:
        operand = self._operand(tree.operand)
        choices = tuple(self._operand(choice) for choice in tree.choices)
        if len(choices) > IN_OPERANDS_MAX:
            raise self._invalid(
                "The IN operator is provided with too many operands; number of operands: " + str(len(choices))
            )
        self._distinct("IN", (operand, *choices))
        return In(operand, choices)

    # --- updates

    def action(self, action: Action) -> Action:
        """An update's action with the attributes' own names."""
        path = self.path(action.path)
        value = action.value
        if value is None:
            return Action(action.section, path)
        if isinstance(value, Arithmetic):
            left, right = self._set_operand(value.left, False), self._set_operand(value.right, False)
            self._typed(value.operator, (left, right), frozenset({"N"}))
            return Action("SET", path, Arithmetic(value.operator, left, right))
        if action.section == "SET":
            return Action("SET", path, self._set_operand(value, True))
        operand = self._operand(value)
        if isinstance(operand, Value):
            self._section_type(action.section, operand.name)
        return Action(action.section, path, operand)

    def _set_operand(self, operand: Operand, is_whole: bool) -> Operand:
        """SET's operand; list_append is only allowed to be the whole of it."""
        if not isinstance(operand, Call):
            return self._operand(operand)
        call = self._call(operand, is_condition=False)
        if call.function == "list_append" and not is_whole:
            raise self._misused("list_append")
        return call

    # --- operands

    def path(self, path: Path) -> Path:
        """A path with the attributes' own names."""
        parts = tuple(part if isinstance(part, int) else self._name(part) for part in path.parts)
        if len(parts) > NESTING_MAX:
            raise self._invalid(f"The document path has too many nesting levels; nesting levels: {len(parts)}")
        self.paths.append(parts)
        return Path(parts)

    def _name(self, part: str) -> str:
        if part[0] != "#":
            if part.upper() in RESERVED:
                told = self._invalid(f"Attribute name is a reserved keyword; reserved keyword: {part}")
                raise ReservedWord(told.message, self.parameter, part)
            return part
        name = self.names.get(part)
        if name is None:
            raise self._invalid(
                f"An expression attribute name used in the document path is not defined; attribute name: {part}"
            )
        self.used_names.add(part)
        return name

    def _operand(self, operand: Operand) -> Operand:
        if isinstance(operand, Value):
            if operand.name not in self.values:
                raise self._invalid(
                    "An expression attribute value used in expression is not defined; attribute value: " + operand.name
                )
            self.used_values.add(operand.name)
            return operand
        if isinstance(operand, Path):
            return self.path(operand)
        if self.parameter == "UpdateExpression":
            return self._nested(operand)
        call = self._call(operand, is_condition=True)
        if call.function != "size":
            raise self._misused(call.function)
        return call

    def _nested(self, operand: Call) -> Call:
        call = self._call(operand, is_condition=False)
        # list_append may hold if_not_exists, but not the other way round, nor itself: found on AWS, not documented.
        if call.function == "list_append":
            raise self._misused("list_append")
        return call

    def _call(self, call: Call, *, is_condition: bool) -> Call:
        function = call.function
        functions = CONDITION_FUNCTIONS if is_condition else UPDATE_FUNCTIONS
        if function not in functions:
            if function not in CONDITION_FUNCTIONS and function not in UPDATE_FUNCTIONS:
                raise self._invalid(f"Invalid function name; function: {function}")
            kind = "a condition" if is_condition else "an update"
            raise self._invalid(f"The function is not allowed in {kind} expression; function: {function}")
        operands = tuple(self._operand(operand) for operand in call.operands)
        if len(operands) != functions[function]:
            raise self._invalid(
                "Incorrect number of operands for operator or function; operator or function: "
                f"{function}, number of operands: {len(operands)}"
            )
        if function in _PATH_FIRST and not isinstance(operands[0], Path):
            raise self._invalid(f"Operator or function requires a document path; operator or function: {function}")
        self._call_types(function, operands)
        return Call(function, operands)

    def _call_types(self, function: str, operands: tuple[Operand, ...]) -> None:
        if function == "size":
            if isinstance(operands[0], Call):
                raise self._wrong_type("size", "N")
            self._typed("size", operands, _SIZED)
        elif function == "begins_with":
            self._distinct(function, operands)
            self._typed(function, operands, frozenset({"S", "B"}))
        elif function == "contains":
            self._distinct(function, operands)
        elif function == "attribute_type":
            kind = operands[1]
            if not isinstance(kind, Value):
                raise self._invalid(
                    "Operator or function requires an expression attribute value; operator or function: attribute_type"
                )
            self._typed(function, (kind,), frozenset({"S"}))
            self._type_name(kind.name)
        elif function == "list_append":
            self._typed(function, operands, frozenset({"L"}))

    # --- checks

    def _distinct(self, operator: str, operands: tuple[Operand, ...]) -> None:
        first = operands[0]
        if isinstance(first, Path) and first in operands[1:]:
            raise self._invalid(
                "The first operand must be distinct from the remaining operands for this operator or function; "
                f"operator: {operator}, first operand: {bracketed(first.parts)}"
            )

    def _typed(self, operator: str, operands: tuple[Operand, ...], allowed: frozenset[str]) -> None:
        names = tuple(operand.name for operand in operands if isinstance(operand, Value))
        if not names:
            return

        def check(values: Values) -> None:
            for name in names:
                kind = next(iter(values[name]))
                if kind not in allowed:
                    raise self._wrong_type(operator, kind)

        self.checks.append(check)

    def _bounds(self, low: str, high: str) -> None:
        def check(values: Values) -> None:
            lower, upper = values[low], values[high]
            order = compare(lower, upper)
            if order is None or order > 0:
                need = (
                    "same data type for lower and upper bounds"
                    if order is None
                    else ("upper bound to be greater than or equal to lower bound")
                )
                raise self._invalid(
                    f"The BETWEEN operator requires {need}; lower bound operand: AttributeValue: {written(lower)}, "
                    f"upper bound operand: AttributeValue: {written(upper)}"
                )

        self.checks.append(check)

    def _type_name(self, name: str) -> None:
        def check(values: Values) -> None:
            kind: Any = values[name]["S"]
            if kind not in TYPES:
                valid = "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
                raise self._invalid(f"Invalid attribute type name found; type: {kind}, valid types: {valid}")

        self.checks.append(check)

    def _section_type(self, section: str, name: str) -> None:
        allowed = _ADDED if section == "ADD" else _DELETED

        def check(values: Values) -> None:
            kind = next(iter(values[name]))
            if kind not in allowed:
                raise self._invalid(
                    f"Incorrect operand type for operator or function; operator: {section}, "
                    f"operand type: {TYPE_NAMES[kind]}, typeSet: ALLOWED_FOR_{section}_OPERAND"
                )

        self.checks.append(check)

    def _wrong_type(self, operator: str, kind: str) -> LanguageError:
        return self._invalid(
            f"Incorrect operand type for operator or function; operator or function: {operator}, operand type: {kind}"
        )

    def _misused(self, function: str) -> LanguageError:
        return self._invalid(f"The function is not allowed to be used this way in an expression; function: {function}")

    def _invalid(self, words: str) -> LanguageError:
        return LanguageError(f"Invalid {self.parameter}: {words}")


class Usage(msgspec.Struct, frozen=True):
    """Which placeholders a text uses, and what is to be checked of their values at each call."""

    names: frozenset[str]
    values: frozenset[str]
    paths: tuple[tuple[str | int, ...], ...]
    checks: tuple[Check, ...]


def usage(resolver: Resolver) -> Usage:
    """What a resolver has seen."""
    return Usage(
        frozenset(resolver.used_names),
        frozenset(resolver.used_values),
        tuple(dict.fromkeys(resolver.paths)),
        tuple(resolver.checks),
    )


def bracketed(path: tuple[str | int, ...]) -> str:
    """A path as AWS's messages write it: [a, b, [0]]."""
    return "[" + ", ".join(f"[{part}]" if isinstance(part, int) else part for part in path) + "]"


def check_overlaps(parameter: str, paths: list[tuple[str | int, ...]]) -> None:
    """Refuse paths of which one holds the other, and paths that take one value for a map and for a list."""
    for index, one in enumerate(paths):
        for other in paths[:index]:
            length = min(len(one), len(other))
            shared = next((at for at in range(length) if one[at] != other[at]), length)
            if shared == length:
                problem, verb = "overlap with each other", "rewrite"
            elif isinstance(one[shared], int) != isinstance(other[shared], int):
                problem, verb = "conflict with each other", "rewrite"
            else:
                continue
            raise LanguageError(
                f"Invalid {parameter}: Two document paths {problem}; must remove or {verb} one of these paths; "
                f"path one: {bracketed(other)}, path two: {bracketed(one)}"
            )
