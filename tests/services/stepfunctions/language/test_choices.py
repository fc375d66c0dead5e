"""https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html"""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.stepfunctions.language.comparisons import OPERATORS
from services.stepfunctions.language.spoken import failure, said_of, scope, state


def chosen(rule: dict[str, Any], document: Any, **variables: Any) -> bool:
    definition = {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"}
    decided = state(definition).decide(document, scope(**variables))
    assert decided.output == document
    return decided.next == "Yes"


EARLY, LATE = "2001-01-01T12:00:00Z", "2001-01-01T12:00:00.001Z"
LITERALS: list[tuple[str, Any, Any, Any]] = [  # operator, expected, a value that matches, one that does not
    ("StringEquals", "Buy", "Buy", "buy"),
    ("StringLessThan", "b", "a", "b"),
    ("StringLessThanEquals", "b", "b", "c"),
    ("StringGreaterThan", "b", "c", "b"),
    ("StringGreaterThanEquals", "b", "b", "a"),
    ("StringMatches", "log-*.txt", "log-1.2.txt", "log-1.csv"),
    ("NumericEquals", 1, 1.0, 2),
    ("NumericLessThan", 30, 29, 30),
    ("NumericLessThanEquals", 30, 30, 31),
    ("NumericGreaterThan", 20, 21, 20),
    ("NumericGreaterThanEquals", 20, 20, 19),
    ("BooleanEquals", True, True, False),
    ("TimestampEquals", EARLY, "2001-01-01T13:00:00+01:00", LATE),
    ("TimestampLessThan", LATE, EARLY, LATE),
    ("TimestampLessThanEquals", EARLY, EARLY, LATE),
    ("TimestampGreaterThan", EARLY, LATE, EARLY),
    ("TimestampGreaterThanEquals", LATE, LATE, EARLY),
    ("IsNull", True, None, 0),
    ("IsNumeric", True, 1.5, True),
    ("IsString", True, "", 1),
    ("IsBoolean", True, False, 0),
    ("IsTimestamp", True, EARLY, "2001-01-01"),
    ("IsNull", False, 0, None),
    ("IsString", False, 1, ""),
]


@pytest.mark.parametrize(("operator", "expected", "yes", "no"), LITERALS)
def test_an_operator_compares_with_its_literal(operator: str, expected: Any, yes: Any, no: Any) -> None:
    rule = {"Variable": "$.foo", operator: expected}
    assert chosen(rule, {"foo": yes})
    assert not chosen(rule, {"foo": no})


PATHS = [
    (name, expected, yes, no) for name, expected, yes, no in LITERALS if not name.startswith(("Is", "StringMatches"))
]


@pytest.mark.parametrize(("operator", "expected", "yes", "no"), PATHS)
def test_an_operator_compares_with_another_value(operator: str, expected: Any, yes: Any, no: Any) -> None:
    rule = {"Variable": "$.foo", f"{operator}Path": "$.bar"}
    assert chosen(rule, {"foo": yes, "bar": expected})
    assert not chosen(rule, {"foo": no, "bar": expected})
    assert not chosen(rule, {"foo": yes, "bar": {}})
    assert chosen({"Variable": "$foo", f"{operator}Path": "$bar"}, {}, foo=yes, bar=expected)


def test_every_operator_is_compared() -> None:
    told = {name for name, *_ in LITERALS} | {f"{name}Path" for name, *_ in PATHS} | {"IsPresent"}
    assert told == set(OPERATORS)


def test_is_present_does_not_mind_what_is_missing() -> None:
    assert chosen({"Variable": "$.foo", "IsPresent": True}, {"foo": None})
    assert not chosen({"Variable": "$.foo", "IsPresent": True}, {})
    assert chosen({"Variable": "$.foo", "IsPresent": False}, {})


def test_a_missing_variable_fails_as_aws_words_it() -> None:
    error = failure(lambda: chosen({"Variable": "$.type", "StringEquals": "x"}, {}))
    assert (error.error, error.cause) == (
        "States.Runtime",
        "Invalid path '$.type': The choice state's condition path references an invalid value.",
    )


def test_rules_are_combined_and_cut_short() -> None:
    present = {"Variable": "$.key", "IsPresent": True}
    equal = {"Variable": "$.key", "StringEquals": "foo"}
    assert not chosen({"And": [present, equal]}, {})
    assert chosen({"And": [present, equal]}, {"key": "foo"})
    assert chosen({"Or": [{"Not": present}, equal]}, {})
    assert chosen({"Not": {"And": [present, equal]}}, {"key": "bar"})


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("*", "", True),
        ("a*", "a", True),
        ("*a*b*", "xxaxxbxx", True),
        ("*a*b*", "b a", False),
        ("ab*ba", "aba", False),
        ("\\*", "*", True),
        ("\\*", "x", False),
        ("a\\\\*", "a\\b", True),
        ("a.c", "abc", False),
        ("[a-z]*", "[a-z]x", True),
    ],
)
def test_only_the_asterisk_is_special_in_a_pattern(pattern: str, text: str, matches: bool) -> None:
    assert chosen({"Variable": "$.foo", "StringMatches": pattern}, {"foo": text}) is matches


def test_a_pattern_takes_no_exponential_time() -> None:
    assert not chosen({"Variable": "$.foo", "StringMatches": "*a" * 500 + "b"}, {"foo": "a" * 20_000})


@pytest.mark.parametrize("operator", ["StringEquals", "NumericEquals", "BooleanEquals", "TimestampEquals"])
def test_a_value_of_another_type_does_not_match(operator: str) -> None:
    expected: dict[str, Any] = {"String": "1", "Numeric": 1, "Boolean": True, "Timestamp": EARLY}
    rule = {"Variable": "$.foo", operator: next(value for kind, value in expected.items() if operator.startswith(kind))}
    for other in ([], {}, None, "x", 7, False):
        assert not chosen(rule, {"foo": other})


def test_strings_are_ordered_by_utf16_units_as_java_does() -> None:
    assert chosen({"Variable": "$.foo", "StringLessThan": "\uffff"}, {"foo": "\U0001f600"})


@pytest.mark.parametrize(
    "text",
    [
        "2016-08-18t17:33:00Z",
        "2016-08-18T17:33:00z",
        "2016-08-18T17:33:00",
        "2016-13-18T17:33:00Z",
        "2016-08-18T17:33:00+24:00",
    ],
)
def test_a_timestamp_has_the_stricter_form(text: str) -> None:
    assert not chosen({"Variable": "$.foo", "IsTimestamp": True}, {"foo": text})


def test_the_guides_example_goes_to_the_twenties() -> None:
    definition = {
        "Type": "Choice",
        "Choices": [
            {"Not": {"Variable": "$.type", "StringEquals": "Private"}, "Next": "Other"},
            {"Variable": "$.value", "NumericEquals": 0, "Next": "No"},
            {
                "And": [
                    {"Variable": "$.value", "NumericGreaterThanEquals": 20},
                    {"Variable": "$.value", "NumericLessThan": 30},
                ],
                "Next": "Yes",
                "Assign": {"seen.$": "$.value"},
            },
        ],
        "Default": "No",
        "Assign": {"seen": "default"},
    }
    decided = state(definition).decide({"type": "Private", "value": 22}, scope())
    assert (decided.next, decided.assigned) == ("Yes", {"seen": 22})
    decided = state(definition).decide({"type": "Private", "value": 99}, scope())
    assert (decided.next, decided.assigned) == ("No", {"seen": "default"})


def test_no_match_and_no_default_is_an_error() -> None:
    found = state({"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": True, "Next": "Yes"}]})
    assert failure(lambda: found.decide({"a": 1}, scope())).error == "States.NoChoiceMatched"


def test_paths_of_the_state_narrow_what_its_rules_see() -> None:
    definition = {
        "Type": "Choice",
        "InputPath": "$.in",
        "OutputPath": "$.out",
        "Choices": [{"Variable": "$.a", "IsNull": True, "Next": "Yes"}],
    }
    assert state(definition).decide({"in": {"a": None, "out": 5}}, scope()).output == 5


def test_conditions_in_jsonata() -> None:
    definition = {
        "Type": "Choice",
        "Choices": [
            {"Condition": "{% $states.input.n > 10 %}", "Next": "Yes", "Output": "{% $states.input.n %}"},
            {"Condition": False, "Next": "Other"},
        ],
        "Default": "No",
        "Output": {"none": True},
        "Assign": {"lost": "{% $states.input.n %}"},
    }
    found = state(definition, "JSONata")
    decided = found.decide({"n": 11}, scope())
    assert (decided.next, decided.output, decided.assigned) == ("Yes", 11, None)
    decided = found.decide({"n": 1}, scope())
    assert (decided.next, decided.output, decided.assigned) == ("No", {"none": True}, {"lost": 1})


def test_a_condition_must_be_a_boolean() -> None:
    found = state({"Type": "Choice", "Choices": [{"Condition": "{% 'yes' %}", "Next": "Yes"}]}, "JSONata")
    error = failure(lambda: found.decide({}, scope()))
    assert error.error == "States.QueryEvaluationError"
    assert error.cause == (
        "The JSONata expression ''yes'' specified for the field 'Choices[0]/Condition' returned an unexpected result "
        "type. Expected 'boolean', but was 'string' for value: \"yes\""
    )
    assert error.location == "Choices[0]/Condition"


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"Variable": "$.a"},
        {"Variable": "$.a", "StringEquals": 1},
        {"Variable": "$.a", "NumericEquals": "1"},
        {"Variable": "$.a", "BooleanEquals": 1},
        {"Variable": "$.a", "TimestampEquals": "today"},
        {"Variable": "$.a", "IsPresent": "yes"},
        {"Variable": "$.a", "IsNull": 1},
        {"Variable": "$.a", "IsNull": True, "IsString": True},
        {"Variable": "a", "IsNull": True},
        {"Variable": "$.a", "StringEqualsPath": "b"},
        {"Variable": "$.a", "StringMatches": "a\\b"},
        {"Variable": "$.a", "BooleanLessThan": True},
        {"And": []},
        {"And": {}},
        {"Not": [{"Variable": "$.a", "IsNull": True}]},
        {"Not": {"Variable": "$.a", "IsNull": True, "Next": "Yes"}},
        {"And": [{"Variable": "$.a", "IsNull": True}], "Variable": "$.a"},
    ],
)
def test_a_rule_that_cannot_be_right_is_refused(rule: dict[str, Any]) -> None:
    found = said_of({"Type": "Choice", "Choices": [{**rule, "Next": "S"}]})
    assert found
    assert {code for code, _, _ in found} == {"SCHEMA_VALIDATION_FAILED"}
    assert {place for _, _, place in found} == {"/States/S/Choices[0]"}
