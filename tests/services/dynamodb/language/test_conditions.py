from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.dynamodb.language.conditions import Reason
from foulweather.services.dynamodb.language.expressions import condition, filter_condition
from foulweather.services.dynamodb.language.placeholders import Placeholders
from foulweather.services.dynamodb.language.refusals import LanguageError

ITEM: dict[str, Any] = {
    "one": {"N": "1"}, "two": {"N": "2"}, "ten": {"N": "10"}, "s": {"S": "dog"}, "t": {"S": "dogs"},
    "b": {"B": b"\x81\x02"},
    "yes": {"BOOL": True}, "nil": {"NULL": True}, "ss": {"SS": ["x", "y"]}, "ns": {"NS": ["1", "2"]},
    "bs": {"BS": [b"p", b"q"]}, "l": {"L": [{"N": "1"}, {"S": "hi"}, {"L": [{"S": "in"}]}]},
    "m": {"M": {"k": {"N": "5"}, "d.t": {"S": "dot"}}},
}  # fmt: skip
VALUES: dict[str, Any] = {
    ":1": {"N": "1"}, ":1.0": {"N": "1.0"}, ":2": {"N": "2"}, ":3": {"N": "3"}, ":9": {"N": "9"}, ":do": {"S": "do"},
    ":dog": {"S": "dog"}, ":x": {"S": "x"}, ":yx": {"SS": ["y", "x"]}, ":S": {"S": "S"}, ":N": {"S": "N"},
    ":NULL": {"S": "NULL"}, ":hi": {"S": "hi"}, ":in": {"L": [{"S": "in"}]}, ":p": {"B": b"p"}, ":b": {"B": b"\x7f"},
    ":b2": {"B": b"\x81"}, ":L": {"L": []}, ":DOG": {"S": "DOG"}, ":true": {"BOOL": True}, ":M": {"M": {}},
}  # fmt: skip
VALUES = {name.replace(".", "_"): value for name, value in VALUES.items()}


def holds(text: str, item: dict[str, Any] | None = ITEM) -> bool:
    found = condition(text, Placeholders({"#dot": "d.t"}, VALUES))
    answer = found.holds(item)
    found.explain(item)
    return answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("one = :1", True), ("one = :1_0", True), ("one = :2", False), ("one = :x", False), ("gone = :1", False),
        ("gone = absent", False), ("gone <> absent", True), ("one <> :1", False), ("one <> :2", True),
        ("one <> :x", True), ("gone <> :1", True), ("ss = :yx", True), ("ss <> :yx", False),
        ("one < :2", True), ("one < two", True), ("two < :9", True), ("ten < :9", False), ("ten > :9", True),
        ("two <= :2", True), ("two >= :2", True), ("two > :2", False), ("gone < :2", False), (":2 > gone", False),
        ("NOT gone < :2", True), ("gone < absent", False), ("s < :x", True), ("s < :2", False), ("l < :2", False),
        ("b > :b", True), ("b >= :b2", True), ("yes = :true", True),
        ("two BETWEEN :1 AND :3", True), ("two BETWEEN :2 AND :2", True), ("two BETWEEN one AND ten", True),
        ("two BETWEEN ten AND one", False), ("gone BETWEEN :1 AND :3", False), ("s BETWEEN :1 AND :3", False),
        ("two BETWEEN one AND ten AND one < two", True),
        ("one IN (:2, :1)", True), ("one IN (:2, :x)", False), ("gone IN (:1)", False),
        ("one IN (gone, one1, :1)", True),
        ("attribute_exists(one)", True), ("attribute_exists(gone)", False), ("attribute_not_exists(gone)", True),
        ("attribute_not_exists(nil)", False), ("attribute_exists(m.k)", True), ("attribute_exists(m.z)", False),
        ("attribute_exists(l[2][0])", True), ("attribute_exists(l[3])", False), ("attribute_exists(m.#dot)", True),
        ("attribute_exists(l.k)", False), ("attribute_exists(m[0])", False),
        ("attribute_type(s, :S)", True), ("attribute_type(one, :S)", False), ("attribute_type(nil, :NULL)", True),
        ("attribute_type(gone, :S)", False), ("attribute_type(:1, :N)", True),
        ("begins_with(s, :do)", True), ("begins_with(t, s)", True), ("begins_with(s, t)", False),
        ("begins_with(one, :do)", False), ("begins_with(b, :b2)", True), ("begins_with(gone, :do)", False),
        ("begins_with(:dog, s)", True),
        ("contains(s, :do)", True), ("contains(ss, :x)", True), ("contains(ns, :1_0)", True),
        ("contains(bs, :p)", True),
        ("contains(ss, :1)", False), ("contains(l, :hi)", True), ("contains(l, :in)", True), ("contains(l, :2)", False),
        ("contains(one, :1)", False), ("contains(m, :x)", False), ("contains(gone, :x)", False),
        ("size(s) = :3", True), ("size(ss) = :2", True), ("size(l) = :3", True), ("size(m) = :2", True),
        ("size(b) = :2", True), ("size(one) = :1", False), ("size(nil) = :1", False), ("size(gone) = :1", False),
        ("size(s) > two", True), ("size(s) = :x", False), ("size(:dog) = :3", True),
        ("size(s) BETWEEN :1 AND :9", True),
        ("size(s) IN (:3)", True), ("m.k > :3", True), ("l[1] = :hi", True), ("l[0] < m.k", True),
        ("one = :2 OR two = :2 AND ten = :1", False), ("(one = :2 OR two = :2) AND ten = :1", False),
        ("one = :1 OR two = :2 AND ten = :1", True), ("NOT one = :1 AND two = :1", False),
        ("NOT (one = :1 AND two = :1)", True), ("one = :1 AND two = :2 AND ten > :9", True),
        ("one = :2 OR two = :1 OR ten > :9", True), ("one = :2 OR two = :1 OR ten = :9", False),
    ],
)  # fmt: skip
def test_conditions_on_an_item(text: str, answer: bool) -> None:
    assert holds(text) is answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [("attribute_not_exists(one)", True), ("attribute_exists(one)", False), ("one <> :1", True), ("one = :1", False)],
)
def test_conditions_on_an_item_that_does_not_exist(text: str, answer: bool) -> None:
    assert holds(text, None) is answer


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("status = :1", "Attribute name is a reserved keyword; reserved keyword: status"),
        ("m.Name = :1", "Attribute name is a reserved keyword; reserved keyword: Name"),
        (
            "#z = :1",
            "An expression attribute name used in the document path is not defined; attribute name: #z",
        ),
        ("one = :z", "An expression attribute value used in expression is not defined; attribute value: :z"),
        ("dog(a) = :1", "Invalid function name; function: dog"),
        ("SIZE(a) = :1", "Invalid function name; function: SIZE"),
        ("size(one)", "The function is not allowed to be used this way in an expression; function: size"),
        (
            "attribute_exists(one) < :1",
            "The function is not allowed to be used this way in an expression; function: attribute_exists",
        ),
        ("if_not_exists(a, b) = :1", "The function is not allowed in a condition expression; function: if_not_exists"),
        (
            "size(a, b) = :1",
            "Incorrect number of operands for operator or function; operator or function: size, number of operands: 2",
        ),
        (
            "attribute_exists(:1)",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "one < :M",
            "Incorrect operand type for operator or function; operator or function: <, operand type: M",
        ),
        (":L >= one", "Incorrect operand type for operator or function; operator or function: >=, operand type: L"),
        (
            "one BETWEEN :L AND :1",
            "Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: L",
        ),
        (
            "begins_with(s, :1)",
            "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
        ),
        (
            "size(:1) = :1",
            "Incorrect operand type for operator or function; operator or function: size, operand type: N",
        ),
        (
            "size(size(s)) = :1",
            "Incorrect operand type for operator or function; operator or function: size, operand type: N",
        ),
        (
            "attribute_type(s, :DOG)",
            "Invalid attribute type name found; type: DOG, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        ),
        (
            "one BETWEEN :3 AND :1",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound "
            "operand: "
            "AttributeValue: {N:3}, upper bound operand: AttributeValue: {N:1}",
        ),
        (
            "one BETWEEN :1 AND :x",
            "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: "
            "AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:x}",
        ),
        (
            "contains(s, s)",
            "The first operand must be distinct from the remaining operands for this operator or function; operator: "
            "contains, first operand: [s]",
        ),
        (
            "m.k[0] = m.k[0]",
            "The first operand must be distinct from the remaining operands for this operator or function; "
            "operator: =, "
            "first operand: [m, k, [0]]",
        ),
    ],
)
def test_what_a_condition_may_not_ask(text: str, words: str) -> None:
    with pytest.raises(LanguageError) as refused:
        holds(text)
    assert refused.value.message == f"Invalid ConditionExpression: {words}"


def test_attribute_types_second_operand_is_a_value() -> None:
    with pytest.raises(LanguageError, match="attribute_type"):
        holds("attribute_type(s, t)")


def test_in_takes_at_most_100_operands() -> None:
    values = {f":v{i}": {"N": str(i)} for i in range(101)}
    hundred = ", ".join(list(values)[:100])
    assert condition(f"one IN ({hundred})", Placeholders(None, values)).holds(ITEM)
    with pytest.raises(LanguageError, match="too many operands"):
        condition(f"one IN ({', '.join(values)})", Placeholders(None, values))


def test_a_value_of_a_wrong_type_is_refused_each_time_not_only_when_compiled() -> None:
    condition("one < :v", Placeholders(None, {":v": {"N": "1"}}))
    with pytest.raises(LanguageError, match="operand type: BOOL"):
        condition("one < :v", Placeholders(None, {":v": {"BOOL": True}}))


def test_a_filter_says_so_and_does_not_name_the_key() -> None:
    with pytest.raises(LanguageError, match=r"^Invalid FilterExpression: Invalid function name; function: f"):
        filter_condition("f(a)", Placeholders(None, None))
    with pytest.raises(LanguageError) as refused:
        filter_condition("attribute_exists(a) OR attribute_exists(pk)", Placeholders(None, None), ("pk", "sk"))
    assert (
        refused.value.message
        == "Filter Expression can only contain non-primary key attributes: Primary key attribute: pk"
    )
    filter_condition("attribute_exists(a)", Placeholders(None, None), ("pk",))


def explained(text: str) -> list[Reason]:
    return condition(text, Placeholders(None, VALUES)).explain(ITEM)


def test_a_failed_condition_is_explained_by_what_failed() -> None:
    assert explained("one = :1 AND two = :3 AND gone = :1") == [
        Reason("two = {N:3}", ("two",), {"N": "2"}, False),
        Reason("gone = {N:1}", ("gone",), None, False),
    ]


def test_a_failed_or_is_explained_by_all_its_parts() -> None:
    assert [reason.text for reason in explained("one = :2 OR m.k = :1")] == ["one = {N:2}", "m.k = {N:1}"]


def test_a_failed_not_is_explained_by_what_holds() -> None:
    assert explained("NOT (one = :1 OR two = :3)") == [Reason("one = {N:1}", ("one",), {"N": "1"}, True)]


def test_a_function_is_explained_by_what_it_read() -> None:
    assert explained("attribute_not_exists(s) AND size(l) > :9") == [
        Reason("attribute_not_exists(s)", ("s",), {"S": "dog"}, False),
        Reason("size(l) > {N:9}", ("l",), ITEM["l"], False),
    ]
