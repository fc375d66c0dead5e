"""Key conditions: a condition read as one partition key and a range of sort keys.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
"""

from __future__ import annotations

from typing import Final, NamedTuple

from foulweather.services.dynamodb.language import keys
from foulweather.services.dynamodb.language.conditions import Condition
from foulweather.services.dynamodb.language.keys import KeySchema
from foulweather.services.dynamodb.language.refusals import LanguageError, invalid_parameter
from foulweather.services.dynamodb.language.resolve import Values
from foulweather.services.dynamodb.language.syntax import (
    And,
    Between,
    Comparison,
    In,
    Not,
    Operand,
    Or,
    Path,
    Tree,
    Value,
)
from foulweather.services.dynamodb.language.values import AttributeValue, compare

NOT_SUPPORTED: Final = "Query key condition not supported"
_MIRRORED: Final = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class KeyTest(NamedTuple):
    """What is asked of one key attribute."""

    name: str
    operator: str
    operands: tuple[AttributeValue, ...]


class KeyCondition(NamedTuple):
    """The partition key of a query, and what it asks of the sort key."""

    hash_values: tuple[AttributeValue, ...]
    sort_prefix: tuple[AttributeValue, ...]
    sort_operator: str | None
    sort_operands: tuple[AttributeValue, ...]
    is_whole: bool

    @property
    def hash_value(self) -> AttributeValue:
        """The partition key, where it is of one attribute."""
        return self.hash_values[0]

    @property
    def hash_key(self) -> bytes:
        """The partition key as bytes."""
        return keys.hash_key(*self.hash_values)

    def bounds(self) -> tuple[bytes, bytes | None]:
        """The sort keys it selects: from the first, to before the second (None: to the end)."""
        before = keys.prefix(*self.sort_prefix)
        return keys.bounds(before, self.sort_operator, self.sort_operands, self.is_whole)


def key_tests(condition: Condition) -> list[KeyTest]:
    """A condition's parts as tests of attributes, with no schema yet; refuses what no key condition may have."""
    tests = [_test(part, condition.values) for part in _parts(condition.tree)]
    names = [test.name for test in tests]
    if len(set(names)) != len(names):
        raise LanguageError("KeyConditionExpressions must only contain one condition per key")
    return tests


def selected(tests: list[KeyTest], schema: KeySchema) -> KeyCondition:
    """What the tests select of a table or an index with this key."""
    found = {test.name: test for test in tests}
    if len(schema.names) <= 2 and len(tests) > 2:
        raise LanguageError("Conditions can be of length 1 or 2 only")
    for name in schema.hash_names:
        if name not in found:
            raise LanguageError(f"Query condition missed key schema element: {name}")
    if len(tests) > len(schema.hash_names):
        _check_sort_names(found, schema)
    for test in tests:
        if test.name not in schema.names:
            raise LanguageError(NOT_SUPPORTED)
        _check_types(test, schema)
    hash_values: list[AttributeValue] = []
    for name in schema.hash_names:
        if found[name].operator != "=":
            raise LanguageError(NOT_SUPPORTED)
        hash_values.append(found[name].operands[0])
    sort_tests = [found[name] for name in schema.sort_names if name in found]
    for test in sort_tests[:-1]:
        if test.operator != "=":
            raise LanguageError(NOT_SUPPORTED)
    before = tuple(test.operands[0] for test in sort_tests[:-1])
    if not sort_tests:
        return KeyCondition(tuple(hash_values), (), None, (), True)
    last = sort_tests[-1]
    is_whole = len(sort_tests) == len(schema.sort_names)
    return KeyCondition(tuple(hash_values), before, last.operator, last.operands, is_whole)


def _check_sort_names(found: dict[str, KeyTest], schema: KeySchema) -> None:
    """Sort attributes are taken from the left, without gaps."""
    wanted = len(found) - len(schema.hash_names)
    for name in schema.sort_names[:wanted]:
        if name not in found:
            raise LanguageError(f"Query condition missed key schema element: {name}")


def _check_types(test: KeyTest, schema: KeySchema) -> None:
    for value in test.operands:
        kind = next(iter(value))
        if kind != schema.types[test.name] or (test.operator == "begins_with" and kind == "N"):
            raise invalid_parameter("Condition parameter type does not match schema type")
        if kind != "N" and not value[kind] and test.operator == "=":
            what = "string" if kind == "S" else "binary"
            raise LanguageError(
                f"One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
                f"empty {what} value. Key: {test.name}"
            )
    if test.operator == "BETWEEN":
        order = compare(*test.operands)
        if order is None or order > 0:
            raise LanguageError(NOT_SUPPORTED)


def _parts(tree: Tree) -> tuple[Tree, ...]:
    """What an AND joins, whatever its parentheses: SDKs write ((a AND b) AND c)."""
    if not isinstance(tree, And):
        return (tree,)
    return tuple([part for one in tree.conditions for part in _parts(one)])


def _test(part: Tree, values: Values) -> KeyTest:
    if isinstance(part, And | Or | Not | In):
        raise _wrong_operator({And: "AND", Or: "OR", Not: "NOT", In: "IN"}[type(part)])
    if isinstance(part, Between):
        name = _attribute("BETWEEN", part.operand, (part.low, part.high))
        return KeyTest(name, "BETWEEN", (_constant(part.low, values), _constant(part.high, values)))
    if isinstance(part, Comparison):
        return _compared(part, values)
    call = part.call
    if call.function != "begins_with":
        raise _wrong_operator(call.function)
    name = _attribute("begins_with", call.operands[0], call.operands[1:])
    return KeyTest(name, "begins_with", (_constant(call.operands[1], values),))


def _compared(part: Comparison, values: Values) -> KeyTest:
    if part.operator == "<>":
        raise _wrong_operator("<>")
    left, right = part.left, part.right
    if isinstance(left, Path) and isinstance(right, Path):
        raise _wrong_condition("Multiple attribute names used in one condition")
    if isinstance(left, Path):
        return KeyTest(_name(left), part.operator, (_constant(right, values),))
    if isinstance(right, Path):
        return KeyTest(_name(right), _MIRRORED[part.operator], (_constant(left, values),))
    raise _wrong_condition("No key attribute specified")


def _attribute(operator: str, first: Operand, rest: tuple[Operand, ...]) -> str:
    if isinstance(first, Path):
        if any(isinstance(operand, Path) for operand in rest):
            raise _wrong_condition("Multiple attribute names used in one condition")
        return _name(first)
    if any(isinstance(operand, Path) for operand in rest):
        raise _wrong_condition(f"{operator} operator must have the key attribute as its first operand")
    raise _wrong_condition("No key attribute specified")


def _name(path: Path) -> str:
    head = path.parts[0]
    if len(path.parts) > 1 or isinstance(head, int):
        raise LanguageError("KeyConditionExpressions cannot have conditions on nested attributes")
    return head


def _constant(operand: Operand, values: Values) -> AttributeValue:
    if not isinstance(operand, Value):
        raise LanguageError("KeyConditionExpressions cannot contain nested operations")
    return values[operand.name]


def _wrong_operator(operator: str) -> LanguageError:
    return LanguageError(f"Invalid operator used in KeyConditionExpression: {operator}")


def _wrong_condition(words: str) -> LanguageError:
    return LanguageError(f"Invalid condition in KeyConditionExpression: {words}")
