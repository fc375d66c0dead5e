"""What a PartiQL statement's WHERE says of the key: partitions to query, one item to write, or nothing (a full scan).

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foulweather.services.dynamodb.language.conditions import Condition
from foulweather.services.dynamodb.language.key_conditions import KeyCondition, KeyTest, selected
from foulweather.services.dynamodb.language.keys import KeySchema
from foulweather.services.dynamodb.language.refusals import LanguageError
from foulweather.services.dynamodb.language.syntax import And, Between, Comparison, In, Or, Path, Test, Tree, Value
from foulweather.services.dynamodb.language.values import AttributeValue, Item, compare

PARTIAL_KEY: Final = "Where clause does not contain a mandatory equality on all key attributes"
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
Values = Mapping[str, AttributeValue]


def key_plan(where: Condition | None, schema: KeySchema) -> tuple[KeyCondition, ...] | None:
    """The partitions that a SELECT reads, each once; None when it reads everything. WHERE still filters."""
    found = None if where is None else _plan(where.tree, where.values, schema)
    if found is None:
        return None
    plans: dict[bytes, KeyCondition] = {}
    for plan in found:
        key = plan.hash_key
        # Two ranges of one partition may share items: the partition is read as a whole then.
        plans[key] = KeyCondition(plan.hash_values, (), None, (), True) if key in plans else plan
    return tuple(plans.values())


def single_key(where: Condition, schema: KeySchema) -> Item:
    """The key of the one item that an UPDATE or a DELETE names."""
    key: Item = {}
    for part in _parts(where.tree):
        test = _test(part, where.values)
        if test is not None and test.operator == "=" and test.name in schema.names and test.name not in key:
            key[test.name] = test.operands[0]
    if any(name not in key for name in schema.names):
        raise LanguageError(PARTIAL_KEY)
    return key


def _parts(tree: Tree) -> tuple[Tree, ...]:
    if not isinstance(tree, And):
        return (tree,)
    parts: list[Tree] = []
    for one in tree.conditions:
        parts.extend(_parts(one))
    return tuple(parts)


def _plan(tree: Tree, values: Values, schema: KeySchema) -> list[KeyCondition] | None:
    if isinstance(tree, Or):
        plans: list[KeyCondition] = []
        for one in tree.conditions:
            found = _plan(one, values, schema)
            if found is None:
                return None
            plans.extend(found)
        return plans
    parts = _parts(tree)
    choices = _hash_choices(parts, values, schema)
    if choices is None:
        return next((found for part in parts if isinstance(part, Or) and (found := _plan(part, values, schema))), None)
    sort = _sort_tests(parts, values, schema)
    return [selected([*choice, *sort], schema) for choice in choices]


def _hash_choices(parts: tuple[Tree, ...], values: Values, schema: KeySchema) -> list[list[KeyTest]] | None:
    """The partition keys named: every combination of what is asked of the partition key's attributes."""
    choices: list[list[KeyTest]] = [[]]
    for name in schema.hash_names:
        wanted: list[AttributeValue] = []
        for part in parts:
            if isinstance(part, In) and part.operand == Path((name,)):
                wanted = [values[choice.name] for choice in part.choices if isinstance(choice, Value)]
                wanted = wanted if len(wanted) == len(part.choices) else []
            elif (test := _test(part, values)) is not None and test.name == name and test.operator == "=":
                wanted = [test.operands[0]]
            if wanted:
                break
        if not wanted:
            return None
        choices = [[*choice, KeyTest(name, "=", (value,))] for choice in choices for value in wanted]
    return choices


def _sort_tests(parts: tuple[Tree, ...], values: Values, schema: KeySchema) -> list[KeyTest]:
    tests: list[KeyTest] = []
    for name in schema.sort_names:
        found = [test for part in parts if (test := _test(part, values)) is not None and test.name == name]
        kind = schema.types[name]
        fitting = [test for test in found if all(kind in operand for operand in test.operands)]
        if not fitting:
            break
        tests.append(next((test for test in fitting if test.operator == "="), fitting[0]))
        if tests[-1].operator != "=":
            break
    return tests


def _test(part: Tree, values: Values) -> KeyTest | None:
    """A part as a test of a top-level attribute against constants; None when it is something else."""
    if isinstance(part, Comparison) and part.operator != "<>":
        if isinstance(part.left, Path) and isinstance(part.right, Value) and len(part.left.parts) == 1:
            return KeyTest(str(part.left.parts[0]), part.operator, (values[part.right.name],))
        if isinstance(part.right, Path) and isinstance(part.left, Value) and len(part.right.parts) == 1:
            return KeyTest(str(part.right.parts[0]), _MIRRORED[part.operator], (values[part.left.name],))
        return None
    if isinstance(part, Between) and isinstance(part.operand, Path) and len(part.operand.parts) == 1:
        if isinstance(part.low, Value) and isinstance(part.high, Value):
            bounds = (values[part.low.name], values[part.high.name])
            if (compare(*bounds) or 0) <= 0:
                return KeyTest(str(part.operand.parts[0]), "BETWEEN", bounds)
        return None
    if isinstance(part, Test) and part.call.function == "begins_with":
        path, start = part.call.operands
        if isinstance(path, Path) and isinstance(start, Value) and len(path.parts) == 1:
            return KeyTest(str(path.parts[0]), "begins_with", (values[start.name],))
    return None
