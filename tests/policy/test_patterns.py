from __future__ import annotations

import re
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foulweather.policy import patterns


def matches(pattern: str, text: str, **context: str) -> bool:
    literals = patterns.bound(patterns.parse(pattern), context)
    return literals is not None and patterns.compiled(literals)(text)


def arn_matches(pattern: str, text: str) -> bool:
    literals = patterns.bound(patterns.parse_arn(pattern), {})
    return literals is not None and patterns.compiled(literals)(text)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("abc", "abc", True),
        ("abc", "ABC", False),
        ("*", "", True),
        ("*", "a:b/c", True),
        ("a*", "a", True),
        ("*c", "abc", True),
        ("a*c", "ac", True),
        ("a*ca", "aca", True),
        ("a*ca", "aa", False),
        ("ab*ba", "aba", False),
        ("*b*", "abc", True),
        ("*b*b*", "abc", False),
        ("?", "", False),
        ("?", "a", True),
        ("a?c*", "abcd", True),
        ("a?c*", "acd", False),
        ("*a?", "xaxab", True),
    ],
)
def test_star_is_any_run_and_question_mark_one_character(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
def test_wildcards_agree_with_a_regular_expression(pattern: str, text: str) -> None:
    regular = "".join({"*": ".*", "?": "."}.get(c, c) for c in pattern)
    assert matches(pattern, text) is bool(re.fullmatch(regular, text))


@given(st.text("ab*?:", max_size=12), st.text("ab:", max_size=14))
def test_arn_wildcards_agree_with_a_regular_expression(pattern: str, text: str) -> None:
    pattern = "arn:" + pattern
    while pattern.count(":") < 5:
        pattern += ":*"
    regular, colons = "", 0
    collapsed = re.sub(r"\*+", "*", pattern)
    for i, c in enumerate(collapsed):
        colons += c == ":"
        ends = i + 1 == len(collapsed) or collapsed[i + 1] == ":"
        free = colons >= 5
        regular += {"*": ".*" if free or ends else "[^:]*", "?": "." if free else "[^:]"}.get(c, c)
    assert arn_matches(pattern, "arn:" + text) is bool(re.fullmatch(regular, "arn:" + text))


@pytest.mark.parametrize("pattern", ["a*" * 40 + "b", "*a?" * 30 + "b", "arn:x*y*" + "z*w?" * 30 + ":"])
def test_matching_takes_no_exponential_time(pattern: str) -> None:
    text = "arn:x" + "a" * 2_000
    began = perf_counter()
    assert not matches(pattern, text)
    assert not arn_matches(pattern, text)
    assert perf_counter() - began < 1


# IAM User Guide, JSON policy elements: Resource, "Using wildcards in resource ARNs".
@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("arn:aws:iam::123456789012:user/accounting/*", "arn:aws:iam::123456789012:user/accounting/a/b", True),
        ("arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket/1/2/test/3/object.jpg", True),
        ("arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket/test/object.jpg", False),
        ("arn:aws:s3:::bucket/???/test/*", "arn:aws:s3:::bucket/123/test/3/object.jpg", True),
        ("arn:aws:s3:::bucket/???/test/*", "arn:aws:s3:::bucket/1/2/test/object.jpg", True),
        ("arn:aws:sqs", "arn:aws:sqs:us-east-1:123456789012:q", True),
        ("arn:aws:sqs:*", "arn:aws:sqs:us-east-1:123456789012:q", True),
        ("arn:aws:sqs:us-*-1:*:q", "arn:aws:sqs:us-east-1:123456789012:q", True),
        ("arn:aws:sqs:us-*-1:q", "arn:aws:sqs:us-east-2:1234567890-1:q", False),
        ("arn:aws:sqs:us-east-?:1:q", "arn:aws:sqs:us-east-:1:q", False),
        ("arn:aws:sqs:*:q", "arn:aws:sqs:us-east-1:123456789012:q", False),  # the missing field is the last one
        ("arn:aws:s3:::bucket/*.jpg", "arn:aws:s3:::bucket/a:b.jpg", True),
        ("*", "*", True),
        ("arn:aws:sqs:*:*:*", "*", False),
    ],
)
def test_resource_arns_match_as_documented(pattern: str, resource: str, expected: bool) -> None:
    assert arn_matches(pattern, resource) is expected


def test_variables_stand_for_the_requests_values() -> None:
    assert matches("home/${aws:username}/*", "home/alice/x", **{"aws:username": "alice"})
    assert matches("home/${AWS:UserName}/*", "home/alice/x", **{"aws:username": "alice"})
    assert not matches("home/${aws:username}/*", "home/bob/x", **{"aws:username": "alice"})


def test_a_value_brings_no_wildcards_of_its_own() -> None:
    assert not matches("home/${aws:username}", "home/alice", **{"aws:username": "*"})
    assert matches("home/${aws:username}", "home/*", **{"aws:username": "*"})


def test_a_variable_without_value_matches_nothing_unless_it_has_a_default() -> None:
    assert patterns.bound(patterns.parse("${aws:PrincipalTag/team}"), {}) is None
    assert matches("${aws:PrincipalTag/team, 'company-wide'}", "company-wide")
    assert matches("${aws:PrincipalTag/team, 'none'}", "red", **{"aws:principaltag/team": "red"})


def test_a_multivalued_key_is_no_variable() -> None:
    assert patterns.bound(patterns.parse("${aws:TagKeys}"), {"aws:tagkeys": ["a", "b"]}) is None


def test_escapes_are_the_characters_themselves() -> None:
    assert matches("a${*}b${?}c${$}", "a*b?c$")
    assert not matches("a${*}b", "axb")


def test_the_older_version_has_no_variables() -> None:
    literals = patterns.literals_of("${aws:username}*")
    assert patterns.compiled(literals)("${aws:username}/x")
