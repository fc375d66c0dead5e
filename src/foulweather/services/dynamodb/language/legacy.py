"""The parameters that came before expressions, read as the same trees.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from foulweather.services.dynamodb.language.accept import accepted_value
from foulweather.services.dynamodb.language.conditions import CompiledCondition, Condition, compile_tree
from foulweather.services.dynamodb.language.expressions import refuse_key_filter
from foulweather.services.dynamodb.language.key_conditions import KeyCondition, KeyTest, selected
from foulweather.services.dynamodb.language.keys import KeySchema
from foulweather.services.dynamodb.language.projections import Projection
from foulweather.services.dynamodb.language.refusals import LanguageError, invalid_parameter
from foulweather.services.dynamodb.language.resolve import Usage
from foulweather.services.dynamodb.language.syntax import (
    And,
    Between,
    Call,
    Comparator,
    Comparison,
    In,
    Not,
    Or,
    Path,
    Test,
    Tree,
    Value,
)
from foulweather.services.dynamodb.language.values import ORDERED, AttributeValue, compare

EXPRESSIONS: Final = (
    "ProjectionExpression", "UpdateExpression", "ConditionExpression", "FilterExpression", "KeyConditionExpression",
)  # fmt: skip
LEGACY: Final = (
    "AttributesToGet", "AttributeUpdates", "ScanFilter", "QueryFilter", "Expected", "ConditionalOperator",
    "KeyConditions",
)  # fmt: skip
_LEGACY: Final = frozenset(LEGACY)
_MIXED: Final = frozenset((*EXPRESSIONS, *LEGACY, "ExpressionAttributeNames", "ExpressionAttributeValues"))
COMPARISON_OPERATORS: Final = (
    "IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT", "NOT_NULL", "NE", "LE", "BEGINS_WITH", "GE", "CONTAINS",
)  # fmt: skip
_COMPARED: dict[str, Comparator] = {"EQ": "=", "NE": "<>", "LT": "<", "LE": "<=", "GT": ">", "GE": ">="}
_INDEXABLE = {
    "EQ": "=", "LT": "<", "LE": "<=", "GT": ">", "GE": ">=", "BETWEEN": "BETWEEN", "BEGINS_WITH": "begins_with",
}  # fmt: skip
_SCALARS = frozenset({"S", "N", "B"})
_ACCEPTS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("LT", "LE", "GT", "GE", "BETWEEN"), ORDERED),
    **dict.fromkeys(("IN", "CONTAINS", "NOT_CONTAINS"), _SCALARS),
    "BEGINS_WITH": frozenset({"S", "B"}),
}


def refuse_mixing(request: Mapping[str, Any], valued: tuple[str, ...] = ()) -> None:
    """Refuse expressions together with legacy parameters, and placeholders without expressions.

    `valued` are the operation's expressions that may have values, in the order in which its refusal names them.
    """
    if _MIXED.isdisjoint(request):
        return
    expressions = [name for name in EXPRESSIONS if request.get(name) is not None]
    legacy = [] if _LEGACY.isdisjoint(request) else [name for name in LEGACY if request.get(name) is not None]
    if expressions and legacy:
        raise LanguageError(
            "Can not use both expression and non-expression parameters in the same request: "
            f"Non-expression parameters: {{{', '.join(legacy)}}} Expression parameters: {{{', '.join(expressions)}}}"
        )
    if request.get("ExpressionAttributeNames") is not None and not expressions:
        raise LanguageError("ExpressionAttributeNames can only be specified when using expressions")
    if request.get("ExpressionAttributeValues") is not None and not any(name in expressions for name in valued):
        null = f": {' and '.join(valued)} {'is' if len(valued) == 1 else 'are'} null" if valued else ""
        raise LanguageError(f"ExpressionAttributeValues can only be specified when using expressions{null}")


def expected(conditions: Mapping[str, Any] | None, operator: str | None) -> Condition | None:
    """Expected and its ConditionalOperator; None when there is nothing to hold."""
    return _conditions(conditions, operator, _expectation)


def query_filter(
    conditions: Mapping[str, Any] | None, operator: str | None, key_names: Iterable[str] = ()
) -> Condition | None:
    """QueryFilter, which must not name the key."""
    found = _conditions(conditions, operator, _comparison)
    if found is not None:
        refuse_key_filter(found, key_names)
    return found


def scan_filter(conditions: Mapping[str, Any] | None, operator: str | None) -> Condition | None:
    """ScanFilter."""
    return _conditions(conditions, operator, _comparison)


def key_conditions(conditions: Mapping[str, Any], schema: KeySchema) -> KeyCondition:
    """KeyConditions against the key of what is queried."""
    return selected(read_key_conditions(conditions), schema)


def read_key_conditions(conditions: Mapping[str, Any]) -> list[KeyTest]:
    """KeyConditions before it is known what is queried."""
    tests: list[KeyTest] = []
    for name, condition in conditions.items():
        operator, operands = _operands(name, condition)
        if operator not in _INDEXABLE:
            raise LanguageError("Attempted conditional constraint is not an indexable operation")
        tests.append(KeyTest(name, _INDEXABLE[operator], tuple(operands)))
    if len(tests) > 2:
        raise LanguageError("Conditions can be of length 1 or 2 only")
    return tests


def attributes_to_get(names: list[str]) -> Projection:
    """AttributesToGet: top-level attributes, each once."""
    for index, name in enumerate(names):
        if name in names[:index]:
            raise invalid_parameter(f"Duplicate value in attribute name: {name}")
    return Projection((name,) for name in names)


class _Values:
    """The values of a legacy parameter, numbered as placeholders."""

    def __init__(self) -> None:
        self.values: dict[str, AttributeValue] = {}

    def value(self, value: AttributeValue) -> Value:
        name = f":{len(self.values)}"
        self.values[name] = value
        return Value(name)


def _conditions(conditions: Mapping[str, Any] | None, operator: str | None, read: Any) -> Condition | None:
    if operator is not None:
        if not conditions:
            raise LanguageError("ConditionalOperator cannot be used without Filter or Expected")
        if len(conditions) < 2:
            raise LanguageError("ConditionalOperator can only be used when Filter or Expected has two or more elements")
    if not conditions:
        return None
    values = _Values()
    trees: list[Tree] = [read(name, condition, values) for name, condition in conditions.items()]
    tree = trees[0] if len(trees) == 1 else (Or if operator == "OR" else And)(tuple(trees))
    paths: tuple[tuple[str | int, ...], ...] = tuple((name,) for name in conditions)
    return Condition(
        CompiledCondition(tree, compile_tree(tree), Usage(frozenset(), frozenset(), paths, ())), values.values
    )


def _expectation(name: str, condition: Mapping[str, Any], values: _Values) -> Tree:
    value, exists = condition.get("Value"), condition.get("Exists")
    if "ComparisonOperator" in condition:
        if exists is not None:
            raise invalid_parameter(f"Exists and ComparisonOperator cannot be used together for Attribute: {name}")
        if value is not None:
            if "AttributeValueList" in condition:
                raise invalid_parameter(f"Value and AttributeValueList cannot be used together for Attribute: {name}")
            condition = {**condition, "AttributeValueList": [value]}
        return _comparison(name, condition, values)
    if "AttributeValueList" in condition:
        raise invalid_parameter(f"AttributeValueList can only be used with a ComparisonOperator for Attribute: {name}")
    path = Path((name,))
    if exists is False:
        if value is not None:
            raise invalid_parameter(f"Value cannot be used when Exists is false for Attribute: {name}")
        return Test(Call("attribute_not_exists", (path,)))
    if value is None:
        given = "null" if exists is None else "true"
        raise invalid_parameter(f"Value must be provided when Exists is {given} for Attribute: {name}")
    return Comparison("=", path, values.value(accepted_value(value)[0]))


def _comparison(name: str, condition: Mapping[str, Any], values: _Values) -> Tree:
    operator, operands = _operands(name, condition)
    path = Path((name,))
    if operator == "NULL":
        return Test(Call("attribute_not_exists", (path,)))
    if operator == "NOT_NULL":
        return Test(Call("attribute_exists", (path,)))
    sought = [values.value(operand) for operand in operands]
    if operator in _COMPARED:
        return Comparison(_COMPARED[operator], path, sought[0])
    if operator == "BETWEEN":
        return Between(path, sought[0], sought[1])
    if operator == "IN":
        return In(path, tuple(sought))
    if operator == "BEGINS_WITH":
        return Test(Call("begins_with", (path, sought[0])))
    contains = Test(Call("contains", (path, sought[0])))
    if operator == "CONTAINS":
        return contains
    # NOT_CONTAINS fails when there is no such attribute, as CONTAINS does.
    return And((Test(Call("attribute_exists", (path,))), Not(contains)))


def _operands(name: str, condition: Mapping[str, Any]) -> tuple[str, list[AttributeValue]]:
    """A condition's operator and its operands, in the number and of the types that it takes."""
    operator = condition.get("ComparisonOperator")
    if operator not in COMPARISON_OPERATORS:
        raise LanguageError(
            f"1 validation error detected: Value '{operator}' at '{name}.member.comparisonOperator' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{', '.join(COMPARISON_OPERATORS)}]"
        )
    given = cast("list[AttributeValue]", condition.get("AttributeValueList") or [])
    operands = [accepted_value(value)[0] for value in given]
    wanted = {"NULL": 0, "NOT_NULL": 0, "BETWEEN": 2}.get(operator, 1)
    if not operands and wanted and "AttributeValueList" not in condition:
        words = f"Value or AttributeValueList must be used with ComparisonOperator: {operator} for Attribute: {name}"
        raise invalid_parameter(words)
    if (not operands) if operator == "IN" else len(operands) != wanted:
        raise invalid_parameter(f"Invalid number of argument(s) for the {operator} ComparisonOperator")
    kinds = [next(iter(operand)) for operand in operands]
    allowed = _ACCEPTS.get(operator)
    for kind in kinds:
        if allowed is not None and kind not in allowed:
            raise invalid_parameter(f"ComparisonOperator {operator} is not valid for {kind} AttributeValue type")
    if len(set(kinds)) > 1:
        raise invalid_parameter("AttributeValues inside AttributeValueList must be of same type")
    if operator == "BETWEEN" and (compare(*operands) or 0) > 0:
        raise LanguageError(
            "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
        )
    return operator, operands
