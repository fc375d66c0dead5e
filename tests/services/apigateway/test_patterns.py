"""Regular expressions of APIs: what they fit, what is refused, and that none holds the world up."""

from __future__ import annotations

import json

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.apigateway import patterns
from foulweather.services.apigateway.rest.schemas import validator
from foulweather.services.apigateway.schemas import checked_schema

EVIL = "(a+)+$"
LONG = "a" * 20_000 + "b"


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"4\d{2}", "404", True),
        (r"4\d{2}", "4041", False),
        ("4xx|5xx", "5xx", True),
        (".*Error.*", "one\nError\ntwo", True),
        ("a", "a\n", False),
        ("(", "(", False),
        (EVIL, LONG, False),
    ],
)
def test_a_selection_pattern_fits_a_whole_text(pattern: str, text: str, expected: bool) -> None:
    assert patterns.fits(pattern, text) is expected


def test_an_identity_expression_is_searched_for() -> None:
    assert patterns.finds(r"^Bearer [\w.-]+$", "Bearer a.b-c")
    assert not patterns.finds(r"^Bearer [\w.-]+$", "Basic abc")
    assert not patterns.finds(EVIL, LONG)


def test_what_is_not_built_is_refused_when_it_is_set_and_what_is_no_pattern_too() -> None:
    patterns.check("PutIntegrationResponse.selectionPattern", r"5\d\d")
    with pytest.raises(AwsError) as refused:
        patterns.check("PutIntegrationResponse.selectionPattern", "(?!200).*")
    assert refused.value.status == 501
    with pytest.raises(ValueError):
        patterns.check("PutIntegrationResponse.selectionPattern", "(")


def schema(**rules: object) -> dict[str, dict[str, str]]:
    return {"M": {"schema": json.dumps({"type": "object", **rules})}}


def test_a_models_patterns_are_held_against_requests_in_bounded_time() -> None:
    violations = validator("M", schema(properties={"a": {"pattern": EVIL}}))
    assert violations({"a": "aaa"}) == []
    (told,) = violations({"a": LONG})
    assert told.startswith('ECMA 262 regex "(a+)+$" does not match input string "aaa')


def test_members_are_known_by_name_or_by_pattern() -> None:
    rules = {"properties": {"id": {}}, "patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": False}
    violations = validator("M", schema(**rules))
    assert violations({"id": 1, "x-a": "b"}) == []
    assert violations({"x-a": 1})[0].startswith("instance type (integer) does not match")
    assert violations({"y": 1, "x-a": "b"}) == [
        'object instance has properties which are not allowed by the schema: ["y"]'
    ]
    assert validator("M", schema(additionalProperties={"type": "string"}))({"y": 1}) != []


def test_a_schema_with_a_pattern_that_is_none_is_refused() -> None:
    def refused(pattern: str) -> AwsError:
        with pytest.raises(AwsError) as caught:
            checked_schema(json.dumps({"properties": {"a": {"pattern": pattern}}}), lambda _: False)
        return caught.value

    assert refused("(").code == "BadRequestException"
    assert refused("(?=a)").status == 501
