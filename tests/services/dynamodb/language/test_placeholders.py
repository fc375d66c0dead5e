from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.dynamodb.language.expressions import condition, projection, update
from foulweather.services.dynamodb.language.placeholders import Placeholders
from foulweather.services.dynamodb.language.refusals import LanguageError


@pytest.mark.parametrize(
    ("names", "values", "words"),
    [
        ({}, None, "ExpressionAttributeNames must not be empty"),
        (None, {}, "ExpressionAttributeValues must not be empty"),
        ({"a": "b"}, None, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"'),
        ({"#": "b"}, None, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "#"'),
        ({"#a-b": "b"}, None, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "#a-b"'),
        (None, {"v": {"S": "a"}}, 'ExpressionAttributeValues contains invalid key: Syntax error; key: "v"'),
        (None, {":": {"S": "a"}}, 'ExpressionAttributeValues contains invalid key: Syntax error; key: ":"'),
        (
            None,
            {":value": {"SS": []}},
            "ExpressionAttributeValues contains invalid value: One or more parameter values were invalid: "
            "An string set  may not be empty for key :value",
        ),
        (
            None,
            {":v": {}},
            "ExpressionAttributeValues contains invalid value: Supplied AttributeValue is empty, must contain exactly "
            "one of the supported datatypes for key :v",
        ),
    ],
)
def test_substitutions_are_checked_before_any_expression(names: Any, values: Any, words: str) -> None:
    with pytest.raises(LanguageError) as refused:
        Placeholders(names, values)
    assert refused.value.message == words


@pytest.mark.parametrize(("name", "words"), [("", "Empty attribute name"), ("a" * 65_536, "65536")])
def test_names_are_names_of_attributes(name: str, words: str) -> None:
    with pytest.raises(LanguageError, match=words):
        Placeholders({"#a": name}, None)


def test_a_placeholder_has_at_most_255_bytes() -> None:
    Placeholders({"#" + "a" * 254: "b"}, {":" + "a" * 254: {"S": "b"}})
    with pytest.raises(LanguageError, match="too long"):
        Placeholders({"#" + "a" * 255: "b"}, None)
    with pytest.raises(LanguageError, match="too long"):
        Placeholders(None, {":" + "a" * 255: {"S": "b"}})


def test_substitutions_have_at_most_2_megabytes_together() -> None:
    half = "x" * (1024 * 1024)
    with pytest.raises(LanguageError, match="has exceeded the maximum"):
        Placeholders(None, {":a": {"S": half}, ":b": {"S": half}})


def test_what_no_expression_uses_is_refused_names_first() -> None:
    placeholders = Placeholders({"#a": "a", "#b": "b"}, {":v": {"S": "x"}, ":w": {"S": "y"}})
    update("SET #a = :v", placeholders)
    with pytest.raises(LanguageError) as refused:
        placeholders.refuse_unused()
    assert refused.value.message == "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"
    condition("#b = :v", placeholders)
    with pytest.raises(LanguageError) as refused:
        placeholders.refuse_unused()
    assert refused.value.message == "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"
    condition("c = :w", placeholders)
    placeholders.refuse_unused()


def test_what_is_used_counts_over_all_expressions_and_every_time() -> None:
    for _ in range(2):
        placeholders = Placeholders({"#a": "a", "#b": "b"}, {":v": {"S": "x"}})
        condition("#a = :v OR attribute_exists(#a)", placeholders)
        projection("c.#b", placeholders)
        placeholders.refuse_unused()


def test_a_text_is_compiled_anew_when_a_name_stands_for_another_attribute() -> None:
    for attribute in ("a", "b"):
        found = condition("attribute_exists(#x)", Placeholders({"#x": attribute}, None))
        assert found.paths == ((attribute,),)


def test_values_of_one_call_do_not_reach_another() -> None:
    one = condition("a = :v", Placeholders(None, {":v": {"N": "1"}}))
    other = condition("a = :v", Placeholders(None, {":v": {"N": "2"}}))
    assert (one.holds({"a": {"N": "1"}}), other.holds({"a": {"N": "1"}})) == (True, False)
