from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.dynamodb.language import legacy
from foulweather.services.dynamodb.language.keys import KeySchema
from foulweather.services.dynamodb.language.legacy_updates import attribute_updates
from foulweather.services.dynamodb.language.refusals import LanguageError

INVALID = "One or more parameter values were invalid: "
ITEM: dict[str, Any] = {
    "pk": {"S": "k"},
    "a": {"N": "5"},
    "s": {"S": "dogs"},
    "ss": {"SS": ["x"]},
    "l": {"L": [{"N": "1"}]},
}


def one(operator: str, *operands: dict[str, Any]) -> dict[str, Any]:
    return {"ComparisonOperator": operator, "AttributeValueList": list(operands)}


def n(number: int | str) -> dict[str, Any]:
    return {"N": str(number)}


@pytest.mark.parametrize(
    ("name", "condition", "answer"),
    [
        ("a", one("EQ", n("5.0")), True), ("a", one("EQ", n(6)), False), ("z", one("EQ", n(6)), False),
        ("a", one("NE", n(6)), True), ("z", one("NE", n(6)), True), ("a", one("NE", {"S": "x"}), True),
        ("a", one("LT", n(6)), True), ("a", one("LE", n(5)), True), ("a", one("GT", n(5)), False),
        ("a", one("GE", n(5)), True), ("s", one("GE", n(5)), False), ("a", one("NOT_NULL"), True),
        ("z", one("NOT_NULL"), False), ("z", one("NULL"), True), ("z", {"ComparisonOperator": "NULL"}, True),
        ("s", one("CONTAINS", {"S": "og"}), True), ("ss", one("CONTAINS", {"S": "x"}), True),
        ("l", one("CONTAINS", n(1)), True), ("s", one("NOT_CONTAINS", {"S": "q"}), True),
        ("z", one("NOT_CONTAINS", {"S": "q"}), False), ("s", one("BEGINS_WITH", {"S": "dog"}), True),
        ("a", one("BEGINS_WITH", {"S": "dog"}), False), ("a", one("IN", n(4), n(5)), True),
        ("a", one("IN", n(4)), False),
        ("a", one("BETWEEN", n(5), n(6)), True), ("a", one("BETWEEN", n(6), n(7)), False),
        ("a", {"Value": n(5)}, True), ("a", {"Value": n(6)}, False), ("z", {"Value": n(6)}, False),
        ("a", {"Exists": True, "Value": n(5)}, True), ("z", {"Exists": False}, True), ("a", {"Exists": False}, False),
        ("a", {"ComparisonOperator": "LT", "Value": n(9)}, True),
    ],
)  # fmt: skip
def test_expected(name: str, condition: dict[str, Any], answer: bool) -> None:
    found = legacy.expected({name: condition}, None)
    assert found is not None
    assert found.holds(ITEM) is answer
    assert [reason.holds for reason in found.explain(ITEM)][-1:] == [answer] or name in ("s", "z")


def test_conditions_are_joined_by_and_unless_or_is_asked() -> None:
    conditions = {"a": one("EQ", n(5)), "s": one("EQ", {"S": "cat"})}
    for operator, answer in ((None, False), ("AND", False), ("OR", True)):
        found = legacy.expected(conditions, operator)
        assert found is not None
        assert found.holds(ITEM) is answer


def test_no_conditions_are_no_condition() -> None:
    assert legacy.expected(None, None) is None
    assert legacy.scan_filter({}, None) is None


@pytest.mark.parametrize(
    ("conditions", "operator", "words"),
    [
        (None, "AND", "ConditionalOperator cannot be used without Filter or Expected"),
        ({}, "OR", "ConditionalOperator cannot be used without Filter or Expected"),
        (
            {"a": one("EQ", n(1))},
            "OR",
            "ConditionalOperator can only be used when Filter or Expected has two or more elements",
        ),
        ({"a": one("EQ")}, None, INVALID + "Invalid number of argument(s) for the EQ ComparisonOperator"),
        ({"a": one("LE", n(1), n(2))}, None, INVALID + "Invalid number of argument(s) for the LE ComparisonOperator"),
        ({"a": one("NULL", n(1))}, None, INVALID + "Invalid number of argument(s) for the NULL ComparisonOperator"),
        ({"a": one("IN")}, None, INVALID + "Invalid number of argument(s) for the IN ComparisonOperator"),
        (
            {"a": one("BETWEEN", n(1))},
            None,
            INVALID + "Invalid number of argument(s) for the BETWEEN ComparisonOperator",
        ),
        (
            {"a": {"ComparisonOperator": "EQ"}},
            None,
            INVALID + "Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: a",
        ),
        ({"a": one("LT", {"L": []})}, None, INVALID + "ComparisonOperator LT is not valid for L AttributeValue type"),
        ({"a": one("IN", {"M": {}})}, None, INVALID + "ComparisonOperator IN is not valid for M AttributeValue type"),
        (
            {"a": one("CONTAINS", {"L": []})},
            None,
            INVALID + "ComparisonOperator CONTAINS is not valid for L AttributeValue type",
        ),
        (
            {"a": one("BEGINS_WITH", n(1))},
            None,
            INVALID + "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type",
        ),
        (
            {"a": one("IN", n(1), {"S": "x"})},
            None,
            INVALID + "AttributeValues inside AttributeValueList must be of same type",
        ),
        (
            {"a": one("BETWEEN", n(2), n(1))},
            None,
            "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
        ),
        ({"a": {"Exists": True}}, None, INVALID + "Value must be provided when Exists is true for Attribute: a"),
        ({"a": {}}, None, INVALID + "Value must be provided when Exists is null for Attribute: a"),
        (
            {"a": {"Exists": False, "Value": n(1)}},
            None,
            INVALID + "Value cannot be used when Exists is false for Attribute: a",
        ),
        (
            {"a": {"Exists": False, **one("EQ", n(1))}},
            None,
            INVALID + "Exists and ComparisonOperator cannot be used together for Attribute: a",
        ),
        (
            {"a": {"Value": n(1), **one("EQ", n(1))}},
            None,
            INVALID + "Value and AttributeValueList cannot be used together for Attribute: a",
        ),
        (
            {"a": {"AttributeValueList": [n(1)]}},
            None,
            INVALID + "AttributeValueList can only be used with a ComparisonOperator for Attribute: a",
        ),
        ({"a": one("EQ", {"SS": []})}, None, INVALID + "An string set  may not be empty"),
    ],
)
def test_what_expected_may_not_ask(conditions: Any, operator: str | None, words: str) -> None:
    with pytest.raises(LanguageError) as refused:
        legacy.expected(conditions, operator)
    assert refused.value.message == words


def test_an_unknown_operator_is_refused() -> None:
    with pytest.raises(LanguageError, match="comparisonOperator"):
        legacy.scan_filter({"a": one("eq", n(1))}, None)


def test_a_query_filter_does_not_name_the_key() -> None:
    with pytest.raises(LanguageError, match="non-primary key attributes: Primary key attribute: pk"):
        legacy.query_filter({"pk": one("EQ", {"S": "k"})}, None, ("pk",))


# --- AttributeUpdates


@pytest.mark.parametrize(
    ("updates", "changed"),
    [
        ({"b": {"Value": n("1.0")}}, {"b": n(1)}),
        ({"b": {"Value": n(1), "Action": "PUT"}}, {"b": n(1)}),
        ({"a": {"Action": "DELETE"}}, {"a": None}),
        ({"a": {"Action": "ADD", "Value": n(2)}}, {"a": n(7)}),
        ({"b": {"Action": "ADD", "Value": n(2)}}, {"b": n(2)}),
        ({"ss": {"Action": "ADD", "Value": {"SS": ["y"]}}}, {"ss": {"SS": ["x", "y"]}}),
        ({"l": {"Action": "ADD", "Value": {"L": [n(2)]}}}, {"l": {"L": [n(1), n(2)]}}),
        ({"m": {"Action": "ADD", "Value": {"L": [n(2)]}}}, {"m": {"L": [n(2)]}}),
        ({"ss": {"Action": "DELETE", "Value": {"SS": ["x"]}}}, {"ss": None}),
        ({"zz": {"Action": "DELETE", "Value": {"SS": ["x"]}}}, {}),
        ({}, {}),
    ],
)
def test_attribute_updates(updates: dict[str, Any], changed: dict[str, Any]) -> None:
    wanted = {name: value for name, value in {**ITEM, **changed}.items() if value is not None}
    assert attribute_updates(updates, ("pk",)).apply(ITEM).item == wanted


@pytest.mark.parametrize(
    ("updates", "words"),
    [
        ({"pk": {"Value": n(1)}}, INVALID + "Cannot update attribute pk. This attribute is part of the key"),
        ({"b": {"Action": "PUT"}}, INVALID + "Only DELETE action is allowed when no attribute value is specified"),
        ({"b": {"Action": "ADD", "Value": {"S": "x"}}}, INVALID + "ADD action is not supported for the type S"),
        (
            {"b": {"Action": "DELETE", "Value": {"L": []}}},
            INVALID + "DELETE action with value is not supported for the type L",
        ),
        ({"s": {"Action": "ADD", "Value": n(1)}}, "Type mismatch for attribute to update"),
        ({"a": {"Action": "DELETE", "Value": {"SS": ["x"]}}}, "Type mismatch for attribute to update"),
    ],
)
def test_what_attribute_updates_may_not_ask(updates: dict[str, Any], words: str) -> None:
    with pytest.raises(LanguageError) as refused:
        attribute_updates(updates, ("pk",)).apply(ITEM)
    assert refused.value.message == words


def test_an_update_of_nothing_makes_an_item_and_one_that_only_deletes_does_not() -> None:
    assert attribute_updates({}).creates
    assert not attribute_updates({"a": {"Action": "DELETE"}}).creates


# --- keys, projections, mixing

TABLE = KeySchema(("pk",), ("sk",), {"pk": "S", "sk": "N"})


def test_key_conditions() -> None:
    found = legacy.key_conditions({"pk": one("EQ", {"S": "k"}), "sk": one("BETWEEN", n(1), n(2))}, TABLE)
    assert (found.hash_value, found.sort_operator, found.sort_operands) == ({"S": "k"}, "BETWEEN", (n(1), n(2)))


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ({"sk": one("EQ", n(1))}, "Query condition missed key schema element: pk"),
        ({"pk": one("LT", {"S": "k"})}, "Query key condition not supported"),
        ({"pk": one("NE", {"S": "k"})}, "Attempted conditional constraint is not an indexable operation"),
        (
            {"pk": one("EQ", n(1))},
            INVALID + "Condition parameter type does not match schema type",
        ),
        (
            {"pk": one("EQ", {"S": "k"}), "sk": one("EQ", n(1)), "x": one("EQ", n(1))},
            "Conditions can be of length 1 or 2 only",
        ),
    ],
)
def test_what_key_conditions_may_not_ask(conditions: dict[str, Any], words: str) -> None:
    with pytest.raises(LanguageError) as refused:
        legacy.key_conditions(conditions, TABLE)
    assert refused.value.message == words


def test_attributes_to_get() -> None:
    assert legacy.attributes_to_get(["a", "z", "l"]).of(ITEM) == {"a": n(5), "l": ITEM["l"]}
    with pytest.raises(LanguageError, match="Duplicate value in attribute name: a"):
        legacy.attributes_to_get(["a", "b", "a"])


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (
            {"ProjectionExpression": "a", "AttributesToGet": ["a"]},
            "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
            "{AttributesToGet} Expression parameters: {ProjectionExpression}",
        ),
        (
            {"ConditionExpression": "a", "AttributeUpdates": {}, "Expected": {}},
            "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
            "{AttributeUpdates, Expected} Expression parameters: {ConditionExpression}",
        ),
        (
            {"ExpressionAttributeNames": {"#a": "a"}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            {"ExpressionAttributeValues": {":a": n(1)}},
            "ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and "
            "ConditionExpression are null",
        ),
    ],
)
def test_the_two_ways_of_asking_are_not_mixed(request_: dict[str, Any], words: str) -> None:
    with pytest.raises(LanguageError) as refused:
        legacy.refuse_mixing(request_, ("UpdateExpression", "ConditionExpression"))
    assert refused.value.message == words


def test_one_way_of_asking_is_fine() -> None:
    legacy.refuse_mixing({"ProjectionExpression": "a", "ExpressionAttributeNames": {"#a": "b"}})
    legacy.refuse_mixing({"AttributesToGet": ["a"]})
