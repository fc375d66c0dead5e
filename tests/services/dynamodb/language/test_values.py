from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.dynamodb.language.reserved_words import RESERVED
from foulweather.services.dynamodb.language.values import at, compare, equal, type_of, written

EVERY: list[dict[str, Any]] = [
    {"S": "a"}, {"N": "1"}, {"B": b"a"}, {"BOOL": True}, {"NULL": True}, {"SS": ["a"]}, {"NS": ["1"]}, {"BS": [b"a"]},
    {"L": [{"S": "a"}]}, {"M": {"a": {"S": "a"}}},
]  # fmt: skip


@pytest.mark.parametrize("one", EVERY, ids=type_of)
@pytest.mark.parametrize("other", EVERY, ids=type_of)
def test_values_of_different_types_are_never_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert equal(one, other) == (one is other)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"SS": ["a", "b"]}, {"SS": ["b", "a"]}, True),
        ({"SS": ["a", "b"]}, {"SS": ["a", "c"]}, False),
        ({"SS": ["a", "b"]}, {"SS": ["a"]}, False),
        ({"NS": ["1", "2"]}, {"NS": ["2", "1"]}, True),
        ({"BS": [b"1", b"2"]}, {"BS": [b"2", b"1"]}, True),
        ({"L": [{"S": "a"}, {"S": "b"}]}, {"L": [{"S": "b"}, {"S": "a"}]}, False),
        ({"L": [{"SS": ["a", "b"]}]}, {"L": [{"SS": ["b", "a"]}]}, True),
        ({"M": {"x": {"L": [{"SS": ["a", "b"]}]}}}, {"M": {"x": {"L": [{"SS": ["b", "a"]}]}}}, True),
        ({"M": {"x": {"S": "a"}}}, {"M": {"y": {"S": "a"}}}, False),
        ({"N": "1.0"}, {"N": "1"}, True),
        ({"BOOL": True}, {"BOOL": False}, False),
    ],
)
def test_equality_is_deep_and_sets_have_no_order(one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    assert equal(one, other) is same
    assert equal(other, one) is same


@pytest.mark.parametrize(
    ("one", "other", "order"),
    [
        ({"N": "9"}, {"N": "10"}, -1),
        ({"S": "9"}, {"S": "10"}, 1),
        ({"S": "a"}, {"S": "a"}, 0),
        ({"B": b"\x80"}, {"B": b"\x7f"}, 1),
        ({"S": "\uffff"}, {"S": "\U00010000"}, -1),
        ({"S": "1"}, {"N": "1"}, None),
        ({"BOOL": True}, {"BOOL": False}, None),
        ({"L": []}, {"L": []}, None),
    ],
)
def test_only_strings_numbers_and_binaries_have_an_order(
    one: dict[str, Any], other: dict[str, Any], order: int | None
) -> None:
    assert compare(one, other) == order


def test_a_path_reads_maps_by_name_and_lists_by_index() -> None:
    item: dict[str, Any] = {"a": {"M": {"b": {"L": [{"N": "1"}, {"M": {"c": {"S": "x"}}}]}}}, "d": {"S": "y"}}
    assert at(item, ("a", "b", 1, "c")) == {"S": "x"}
    for path in [("z",), ("a", 0), ("a", "b", "c"), ("a", "b", 2), ("d", "x"), ("d", 0), ("a", "b", 0, "c")]:
        assert at(item, path) is None


def test_values_are_written_as_aws_writes_them() -> None:
    assert written({"S": "b"}) == "{S:b}"
    assert written({"L": [{"N": "1"}, {"BOOL": True}]}) == "{L:[{N:1}, {BOOL:true}]}"
    assert written({"M": {"a": {"NULL": True}}}) == "{M:{a={NULL:true}}}"


def test_the_reserved_words_are_the_573_of_the_page() -> None:
    assert len(RESERVED) == 573
    assert {"NAME", "STATUS", "TTL", "ZONE", "ABORT", "SIZE"} <= RESERVED
    assert not {"ID", "PK", "USERNAME"} & RESERVED
