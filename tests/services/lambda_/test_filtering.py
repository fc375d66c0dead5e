from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.services.lambda_ import filtering


def accepts(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    return filtering.read(json.dumps(pattern)).accepts(filtering.parsed(json.dumps(event)))


def passes(pattern: dict[str, Any], body: str) -> bool:
    record = {"messageId": "1", "body": body}
    return filtering.read(json.dumps(pattern)).accepts_message(record, body)


@pytest.mark.parametrize(
    ("clause", "matching", "other"),
    [
        (["paid"], "paid", "Paid"),
        (["paid", "sent"], "sent", "lost"),
        ([None], None, ""),
        ([""], "", None),
        ([True], True, 1),
        ([{"prefix": "re"}], "regular", "irregular"),
        ([{"prefix": {"equals-ignore-case": "RE"}}], "regular", "irregular"),
        ([{"suffix": ".png"}], "a.png", "a.png.txt"),
        ([{"suffix": {"equals-ignore-case": ".PNG"}}], "a.png", "a.gif"),
        ([{"equals-ignore-case": "Alice"}], "ALICE", "Bob"),
        ([{"wildcard": "a*c"}], "abbc", "abcd"),
        ([{"wildcard": "a\\*c"}], "a*c", "abc"),
        ([{"numeric": ["=", 100]}], 1e2, 101),
        ([{"numeric": [">", 10, "<=", 20]}], 20, 10),
        ([{"numeric": ["<", 0]}], -0.5, 0),
        ([{"anything-but": "x"}], "y", "x"),
        ([{"anything-but": ["x", "y"]}], "z", "y"),
        ([{"anything-but": [1, 2]}], 3, 2),
        ([{"anything-but": {"prefix": "re"}}], "irregular", "regular"),
        ([{"anything-but": {"suffix": ["a", "b"]}}], "c", "cb"),
        ([{"anything-but": {"equals-ignore-case": ["x"]}}], "y", "X"),
        ([{"anything-but": {"wildcard": "a*c"}}], "abd", "abc"),
        ([{"cidr": "10.0.0.0/24"}], "10.0.0.255", "10.0.1.0"),
        ([{"exists": True}], None, {"not": "a leaf"}),
        ([{"exists": False}], {"not": "a leaf"}, "there"),
        (["a"], ["b", "a"], ["b"]),
    ],
)
def test_a_leaf_is_what_a_clause_wants(clause: list[Any], matching: Any, other: Any) -> None:
    assert accepts({"at": clause}, {"at": matching})
    assert not accepts({"at": clause}, {"at": other})


@pytest.mark.parametrize(
    "clause", [["x"], [None], [{"anything-but": "x"}], [{"exists": True}], [{"numeric": ["<", 5]}]]
)
def test_what_is_absent_matches_only_its_absence(clause: list[Any]) -> None:
    assert not accepts({"at": clause}, {"other": 1})
    assert accepts({"at": [*clause, {"exists": False}]}, {"other": 1})


def test_numbers_are_equal_only_as_they_are_written() -> None:
    pattern = filtering.read('{"at": [300]}')
    assert pattern.accepts(filtering.parsed('{"at": 300}'))
    assert not pattern.accepts(filtering.parsed('{"at": 300.0}'))
    assert not pattern.accepts(filtering.parsed('{"at": "300"}'))


def test_every_key_must_match_and_any_alternative_may() -> None:
    pattern = {"a": ["1"], "$or": [{"b": ["2"]}, {"c": {"d": [{"exists": True}]}}]}
    assert accepts(pattern, {"a": "1", "b": "2"})
    assert accepts(pattern, {"a": "1", "c": {"d": 5}})
    assert not accepts(pattern, {"a": "1", "b": "3"})
    assert not accepts(pattern, {"b": "2"})


def test_conditions_on_an_object_of_an_array_are_met_by_one_element() -> None:
    pattern = {"items": {"sku": ["a"], "count": [2]}}
    assert accepts(pattern, {"items": [{"sku": "b", "count": 1}, {"sku": "a", "count": 2}]})
    assert not accepts(pattern, {"items": [{"sku": "a", "count": 1}, {"sku": "b", "count": 2}]})


def test_a_body_of_json_wants_a_pattern_of_json() -> None:
    by_json, by_text, by_neither = {"body": {"kind": ["a"]}}, {"body": [{"prefix": "{"}]}, {"messageId": ["1"]}
    assert passes(by_json, '{"kind": "a"}')
    assert not passes(by_json, '{"kind": "b"}')
    assert not passes(by_json, "kind a")
    assert not passes(by_text, '{"kind": "a"}')
    assert passes(by_text, "{kind a")
    assert passes(by_neither, "anything")
    assert passes(by_neither, "{}")


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("{", "Event pattern is not valid JSON"),
        ("[]", "Filter is not an object"),
        ("{}", "Empty objects are not allowed"),
        ('{"a": {}}', "Empty objects are not allowed"),
        ('{"a": []}', "Empty arrays are not allowed"),
        ('{"a": "b"}', '"a" must be an object or an array'),
        ('{"a": [{"like": "b"}]}', "Unrecognized match type like"),
        ('{"a": [{"prefix": 1}]}', "prefix match pattern must be a string"),
        ('{"a": [{"prefix": "a", "suffix": "b"}]}', "Only one key allowed in match expression"),
        ('{"a": [{"exists": "yes"}]}', "exists match pattern must be either true or false."),
        ('{"a": [{"numeric": [">", 5, "<", 5]}]}', "Bottom must be less than top"),
        ('{"a": [{"numeric": ["~", 5]}]}', "Unrecognized numeric range operator: ~"),
        ('{"a": [{"numeric": ["<", 5, ">", 1]}]}', "Bad numeric range operator: >"),
        ('{"a": [{"anything-but": [1, "b"]}]}', "Inside anything but list, either all values are number"),
        ('{"a": [{"wildcard": "a**"}]}', "Consecutive wildcard characters at pos 1"),
        ('{"a": [{"cidr": "10.0.0.0/99"}]}', "Malformed CIDR, invalid address or mask"),
        ('{"$or": [{"a": ["b"]}]}', "There must have at least 2 Objects"),
    ],
)
def test_what_is_no_pattern_is_refused_with_the_reason(pattern: str, words: str) -> None:
    with pytest.raises(filtering.PatternSyntax, match=words.replace("$", r"\$")):
        filtering.read(pattern)
