from __future__ import annotations

from typing import Any

import pytest
from boto3.dynamodb.conditions import ConditionExpressionBuilder, Key

from foulweather.services.dynamodb.language import keys
from foulweather.services.dynamodb.language.expressions import key_condition
from foulweather.services.dynamodb.language.key_conditions import KeyCondition
from foulweather.services.dynamodb.language.keys import KeySchema
from foulweather.services.dynamodb.language.placeholders import Placeholders
from foulweather.services.dynamodb.language.refusals import LanguageError

TABLE = KeySchema(("pk",), ("sk",), {"pk": "S", "sk": "N"})
TEXTUAL = KeySchema(("pk",), ("sk",), {"pk": "S", "sk": "S"})
HASH_ONLY = KeySchema(("pk",), (), {"pk": "S"})
WIDE = KeySchema(("a", "b"), ("c", "d", "e"), {"a": "S", "b": "N", "c": "S", "d": "S", "e": "N"})
VALUES: dict[str, Any] = {
    ":p": {"S": "k"}, ":1": {"N": "1"}, ":2": {"N": "2"}, ":s": {"S": "x"}, ":empty": {"S": ""}, ":t": {"BOOL": True},
}  # fmt: skip


def read(text: str, schema: KeySchema = TABLE) -> KeyCondition:
    return key_condition(text, Placeholders({"#k": "pk", "#s": "sk"}, VALUES), schema)


@pytest.mark.parametrize(
    ("text", "operator", "operands"),
    [
        ("pk = :p", None, ()),
        (" :p  =  #k ", None, ()),
        ("pk=:p AND sk=:1", "=", (":1",)),
        ("sk = :1 aNd pk = :p", "=", (":1",)),
        ("((#s < :1) AND (#k = :p))", "<", (":1",)),
        ("pk=:p AND :1 < sk", ">", (":1",)),
        ("pk=:p AND :1 >= sk", "<=", (":1",)),
        ("pk=:p AND sk >= :1", ">=", (":1",)),
        ("pk=:p AND sk BeTwEeN :1 aNd :2", "BETWEEN", (":1", ":2")),
    ],
)
def test_key_conditions(text: str, operator: str | None, operands: tuple[str, ...]) -> None:
    found = read(text)
    assert found.hash_value == {"S": "k"}
    assert found.hash_key == keys.hash_key({"S": "k"})
    assert found.sort_operator == operator
    assert found.sort_operands == tuple(VALUES[name] for name in operands)


def test_what_boto3_writes_is_read() -> None:
    key = Key("a").eq("k") & Key("b").eq(1) & Key("c").begins_with("x")
    built = ConditionExpressionBuilder().build_expression(key, is_key_condition=True)
    values = {":v0": {"S": "k"}, ":v1": {"N": "1"}, ":v2": {"S": "x"}}
    placeholders = Placeholders(built.attribute_name_placeholders, values)
    found = key_condition(built.condition_expression, placeholders, WIDE)
    placeholders.refuse_unused()
    assert (found.hash_values, found.sort_operator) == (({"S": "k"}, {"N": "1"}), "begins_with")


def test_begins_with_is_for_strings() -> None:
    found = read("pk=:p AND begins_with(sk, :s)", TEXTUAL)
    assert (found.sort_operator, found.sort_operands) == ("begins_with", ({"S": "x"},))
    assert found.bounds() == (b"x", b"y")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sk = :1", "Query condition missed key schema element: pk"),
        ("pk=:p AND a<:1", "Query condition missed key schema element: sk"),
        ("pk=:p AND sk<:1 AND a<:1", "Conditions can be of length 1 or 2 only"),
        ("pk=:p AND pk=:p", "KeyConditionExpressions must only contain one condition per key"),
        ("pk=:p AND sk>=:1 AND sk<=:2", "KeyConditionExpressions must only contain one condition per key"),
        ("pk<:p", "Query key condition not supported"),
        ("pk<:p AND sk=:1", "Query key condition not supported"),
        ("begins_with(pk, :p)", "Query key condition not supported"),
        ("pk=:p OR sk=:1", "Invalid operator used in KeyConditionExpression: OR"),
        ("NOT sk=:1 AND pk=:p", "Invalid operator used in KeyConditionExpression: NOT"),
        ("pk=:p AND sk<>:1", "Invalid operator used in KeyConditionExpression: <>"),
        ("pk=:p AND sk IN (:1)", "Invalid operator used in KeyConditionExpression: IN"),
        ("pk=:p AND attribute_exists(sk)", "Invalid operator used in KeyConditionExpression: attribute_exists"),
        ("pk=:p AND contains(sk, :s)", "Invalid operator used in KeyConditionExpression: contains"),
        ("pk=:p AND (sk>=:1 AND sk<=:2)", "KeyConditionExpressions must only contain one condition per key"),
        ("pk=:p AND size(sk)=:1", "Invalid condition in KeyConditionExpression: No key attribute specified"),
        ("pk=:p AND a.b<:1", "KeyConditionExpressions cannot have conditions on nested attributes"),
        ("pk=sk", "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"),
        (":p=:s", "Invalid condition in KeyConditionExpression: No key attribute specified"),
        (
            "pk=:p AND :1 BETWEEN sk AND :2",
            "Invalid condition in KeyConditionExpression: BETWEEN operator must have the key attribute as its first "
            "operand",
        ),
        (
            "pk=:1",
            "One or more parameter values were invalid: Condition parameter type does not match schema type",
        ),
        (
            "pk=:p AND sk=:s",
            "One or more parameter values were invalid: Condition parameter type does not match schema type",
        ),
        (
            "pk=:empty",
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
            "an empty "
            "string value. Key: pk",
        ),
        ("", "Invalid KeyConditionExpression: The expression can not be empty;"),
        ("pk=:p AND dog(sk, :s)", "Invalid KeyConditionExpression: Invalid function name; function: dog"),
        (
            "pk=:p AND BEGINS_WITH(sk,:s)",
            "Invalid KeyConditionExpression: Invalid function name; function: BEGINS_WITH",
        ),
        (
            "pk=:p AND begins_with(sk, :1)",
            "Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: "
            "begins_with, operand type: N",
        ),
        (
            "pk=:p AND sk BETWEEN :2 AND :1",
            "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to "
            "lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}",
        ),
        ("pk", 'Invalid KeyConditionExpression: Syntax error; token: "<EOF>", near: "pk"'),
    ],
)
def test_what_a_key_condition_may_not_be(text: str, words: str) -> None:
    with pytest.raises(LanguageError) as refused:
        read(text)
    assert refused.value.message == words


def test_a_key_of_one_attribute_takes_no_other() -> None:
    assert read("pk = :p", HASH_ONLY).bounds() == (b"", None)
    with pytest.raises(LanguageError, match="Query key condition not supported"):
        read("pk = :p AND sk = :1", HASH_ONLY)


def test_a_key_of_several_attributes_is_taken_from_the_left() -> None:
    found = read("a=:p AND b=:1 AND c=:s AND begins_with(d, :s)", WIDE)
    assert found.hash_values == ({"S": "k"}, {"N": "1"})
    assert found.sort_prefix == ({"S": "x"},)
    assert (found.sort_operator, found.sort_operands) == ("begins_with", ({"S": "x"},))
    low, high = found.bounds()
    assert high is not None
    assert low <= keys.sort_key({"S": "x"}, {"S": "xy"}, {"N": "-5"}) < high
    assert not low <= keys.sort_key({"S": "x"}, {"S": "y"}, {"N": "-5"}) < high


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a=:p AND c=:s", "Query condition missed key schema element: b"),
        ("a=:p AND b=:1 AND d=:s", "Query condition missed key schema element: c"),
        ("a=:p AND b=:1 AND c>:s AND d=:s", "Query key condition not supported"),
    ],
)
def test_a_key_of_several_attributes_has_no_gaps(text: str, words: str) -> None:
    with pytest.raises(LanguageError) as refused:
        read(text, WIDE)
    assert refused.value.message == words
