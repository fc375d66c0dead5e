from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.dynamodb.language.accept import accepted, accepted_value
from foulweather.services.dynamodb.language.refusals import LanguageError
from foulweather.services.dynamodb.language.sizes import checked_item_size, item_size

INVALID = "One or more parameter values were invalid: "


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        (
            {"S": "a", "N": "1"},
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
            "datatypes",
        ),
        ({"NULL": False}, INVALID + "Null attribute value types must have the value of true"),
        ({"SS": []}, INVALID + "An string set  may not be empty"),
        ({"NS": []}, INVALID + "An number set  may not be empty"),
        ({"BS": []}, INVALID + "Binary sets should not be empty"),
        ({"SS": ["a", "b", "a"]}, INVALID + "Input collection [a, b, a] contains duplicates."),
        ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
        ({"N": "x"}, "The parameter cannot be converted to a numeric value: x"),
        ({"M": {"a": {"L": [{"N": "y"}]}}}, "The parameter cannot be converted to a numeric value: y"),
        ({"M": {"": {"S": "a"}}}, INVALID + "Empty attribute name"),
    ],
)
def test_an_invalid_value_is_refused_in_awss_words(value: dict[str, Any], words: str) -> None:
    for give in (lambda: accepted_value(value), lambda: accepted({"a": value}), lambda: accepted_value({"L": [value]})):
        with pytest.raises(LanguageError) as refused:
            give()
        assert refused.value.message == words


def test_duplicate_binaries_are_refused() -> None:
    with pytest.raises(LanguageError, match=r"Input collection \[YQ==, YQ==\]of type BS contains duplicates\."):
        accepted_value({"BS": [b"a", b"a"]})


def test_empty_strings_binaries_lists_and_maps_are_values() -> None:
    item = {"a": {"S": ""}, "b": {"B": b""}, "c": {"L": []}, "d": {"M": {}}}
    assert accepted(item) == (item, 4 + 0 + 0 + 3 + 3)


def test_numbers_are_stored_in_their_own_form_and_the_item_given_is_left_alone() -> None:
    item = {"n": {"N": "1.0"}, "l": {"L": [{"N": "+2"}, {"M": {"x": {"NS": ["3e0", "4"]}}}]}}
    before = repr(item)
    stored, size = accepted(item)
    assert stored == {"n": {"N": "1"}, "l": {"L": [{"N": "2"}, {"M": {"x": {"NS": ["3", "4"]}}}]}}
    assert repr(item) == before
    assert size == item_size(stored)


def test_an_item_that_is_in_order_is_not_copied() -> None:
    item = {"n": {"N": "1"}, "m": {"M": {"a": {"S": "b"}}}}
    assert accepted(item)[0] is item


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"a": {"S": "bc"}}, 3),
        ({"é": {"S": "é"}}, 4),
        ({"a": {"N": "27"}}, 3),
        ({"a": {"N": "-27"}}, 4),
        ({"a": {"B": b"123"}}, 4),
        ({"a": {"BOOL": False}}, 2),
        ({"a": {"NULL": True}}, 2),
        ({"a": {"L": []}}, 4),
        ({"a": {"L": [{"S": "x"}, {"S": "y"}]}}, 1 + 3 + 2 * (1 + 1)),
        ({"a": {"M": {"k": {"S": "x"}}}}, 1 + 3 + (1 + 1 + 1)),
        ({"a": {"SS": ["x", "yz"]}}, 4),
        ({"a": {"NS": ["1", "12", "123"]}}, 1 + 2 + 2 + 3),
        ({"a": {"BS": [b"x", b"yz"]}}, 4),
    ],
)
def test_an_items_size_is_its_names_and_values(item: dict[str, Any], size: int) -> None:
    assert accepted(item)[1] == size
    assert item_size(item) == size


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "x"}
    for level in range(levels):
        value = {"L": [value]} if level % 2 else {"M": {"a": value}}
    return value


def test_documents_nest_32_deep_and_no_deeper() -> None:
    accepted({"a": nested(32)})
    with pytest.raises(LanguageError, match="Nesting Levels have exceeded supported limits"):
        accepted({"a": nested(33)})


def test_a_value_of_no_type_is_refused() -> None:
    with pytest.raises(LanguageError, match="Supplied AttributeValue is empty"):
        accepted_value({"Q": "x"})


@pytest.mark.parametrize(("name", "words"), [("", "Empty attribute name"), ("a" * 65_536, "less than 65536 bytes")])
def test_attribute_names_have_from_1_to_65535_bytes(name: str, words: str) -> None:
    with pytest.raises(LanguageError, match=words):
        accepted({name: {"S": "x"}})
    accepted({"a" * 65_535: {"S": "x"}})


def test_an_item_has_at_most_400_kilobytes() -> None:
    assert checked_item_size({"a": {"S": "x" * (409_600 - 1)}}) == 409_600
    with pytest.raises(LanguageError, match=r"^Item size has exceeded the maximum allowed size$"):
        checked_item_size({"a": {"S": "x" * 409_600}})
