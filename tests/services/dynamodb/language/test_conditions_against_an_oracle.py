"""Random conditions on random items: the compiled condition and a plain reading of AWS's page must agree.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from hypothesis import given, settings
from hypothesis import strategies as st

from foulweather.services.dynamodb.language import syntax
from foulweather.services.dynamodb.language.accept import accepted
from foulweather.services.dynamodb.language.expressions import condition
from foulweather.services.dynamodb.language.placeholders import Placeholders
from foulweather.services.dynamodb.language.refusals import LanguageError
from foulweather.services.dynamodb.language.syntax import And, Between, Call, Comparison, In, Not, Or, Path, Value

NUMERALS = st.sampled_from(["0", "1", "-1", "1.0", "2", "10", "1e1", "-0.5"])
TEXTS = st.sampled_from(["", "a", "ab", "b", "1"])
SCALARS = st.one_of(
    st.builds(lambda text: {"N": text}, NUMERALS),
    st.builds(lambda text: {"S": text}, TEXTS),
    st.builds(lambda text: {"B": text.encode()}, TEXTS),
    st.builds(lambda flag: {"BOOL": flag}, st.booleans()),
    st.just({"NULL": True}),
    st.builds(lambda texts: {"SS": texts}, st.lists(TEXTS, min_size=1, max_size=2, unique=True)),
    st.builds(lambda texts: {"NS": texts}, st.lists(st.sampled_from(["1", "2"]), min_size=1, max_size=2, unique=True)),
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.builds(lambda elements: {"L": elements}, st.lists(inner, max_size=2)),
        st.builds(lambda members: {"M": members}, st.dictionaries(st.sampled_from(["x", "y"]), inner, max_size=2)),
    ),
    max_leaves=4,
)
ITEMS = st.dictionaries(st.sampled_from(["a", "b", "c"]), DOCUMENTS, max_size=3)
PATHS = st.builds(
    lambda head, rest: Path((head, *rest)),
    st.sampled_from(["a", "b", "c"]),
    st.lists(st.sampled_from(["x", "y", 0, 1]), max_size=1),
)
OPERANDS = st.one_of(PATHS, st.sampled_from([Value(":v"), Value(":w")]))
SIZES = st.builds(lambda path: Call("size", (path,)), PATHS)
LEAVES = st.one_of(
    st.builds(Comparison, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), st.one_of(OPERANDS, SIZES), OPERANDS),
    st.builds(Between, OPERANDS, OPERANDS, OPERANDS),
    st.builds(In, OPERANDS, st.lists(OPERANDS, min_size=1, max_size=2).map(tuple)),
    st.builds(lambda name, path: syntax.Test(Call(name, (path,))),
              st.sampled_from(["attribute_exists", "attribute_not_exists"]), PATHS),
    st.builds(lambda name, path, other: syntax.Test(Call(name, (path, other))),
              st.sampled_from(["begins_with", "contains"]),
              PATHS, OPERANDS),
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)


class Oracle:
    """Reads conditions with Python's own values: numbers as Decimals, sets as sets."""

    def __init__(self, item: dict[str, Any], values: dict[str, Any]) -> None:
        self.item, self.values = item, values

    def find(self, operand: Any) -> Any:
        if isinstance(operand, Value):
            return self.values[operand.name]
        if isinstance(operand, Call):
            sized = self.find(operand.operands[0])
            kind = next(iter(sized)) if sized else None
            return {"N": str(len(sized[kind]))} if kind in ("S", "B", "SS", "NS", "L", "M") else None
        value: Any = {"M": self.item}
        for part in operand.parts:
            if isinstance(part, int):
                elements = value.get("L", [])
                value = elements[part] if part < len(elements) else None
            else:
                value = value.get("M", {}).get(part)
            if value is None:
                return None
        return value

    def equal(self, one: Any, other: Any) -> bool:
        return one is not None and other is not None and tagged(one) == tagged(other)

    def ordered(self, operator: str, one: Any, other: Any) -> bool:
        if one is None or other is None or one.keys() != other.keys() or next(iter(one)) not in ("S", "N", "B"):
            return False
        (left,), (right,) = one.values(), other.values()
        if "N" in one:
            left, right = Decimal(left), Decimal(right)
        return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]

    def holds(self, tree: syntax.Tree) -> bool:
        match tree:
            case And(parts):
                return all(self.holds(part) for part in parts)
            case Or(parts):
                return any(self.holds(part) for part in parts)
            case Not(part):
                return not self.holds(part)
            case Comparison("=", left, right):
                return self.equal(self.find(left), self.find(right))
            case Comparison("<>", left, right):
                return not self.equal(self.find(left), self.find(right))
            case Comparison(operator, left, right):
                return self.ordered(operator, self.find(left), self.find(right))
            case Between(operand, low, high):
                found = self.find(operand)
                return self.ordered(">=", found, self.find(low)) and self.ordered("<=", found, self.find(high))
            case In(operand, choices):
                return any(self.equal(self.find(operand), self.find(choice)) for choice in choices)
            case syntax.Test(call):
                return self.tested(call.function, [self.find(operand) for operand in call.operands])

    def tested(self, function: str, found: list[Any]) -> bool:
        if function == "attribute_exists":
            return found[0] is not None
        if function == "attribute_not_exists":
            return found[0] is None
        if None in found:
            return False
        ((kind, whole),), ((sought_kind, sought),) = found[0].items(), found[1].items()
        if function == "begins_with":
            return kind == sought_kind and kind in ("S", "B") and whole.startswith(sought)
        if kind in ("S", "B"):
            return kind == sought_kind and sought in whole
        if kind in ("SS", "NS"):
            return kind[0] == sought_kind and any(self.equal({sought_kind: one}, found[1]) for one in whole)
        return kind == "L" and any(self.equal(one, found[1]) for one in whole)


def tagged(value: Any) -> Any:
    """A value that Python compares as DynamoDB does: boto3's own reading of it, with types kept apart."""
    ((kind, content),) = value.items()
    if kind == "L":
        return kind, [tagged(one) for one in content]
    if kind == "M":
        return kind, {name: tagged(one) for name, one in content.items()}
    return kind, TypeDeserializer().deserialize(value)


@settings(max_examples=400)
@given(TREES, ITEMS, DOCUMENTS, DOCUMENTS)
def test_a_condition_holds_when_the_oracle_says_so(tree: Any, item: Any, one: Any, other: Any) -> None:
    item = accepted(item)[0]
    values = {":v": one, ":w": other}
    try:
        found = condition(str(tree), Placeholders(None, values))
    except LanguageError:
        return
    answer = Oracle(item, values).holds(tree)
    assert found.holds(item) is answer
    for reason in found.explain(item):
        assert reason.text
