from __future__ import annotations

from typing import Any

import pytest

from foulweather.policy import conditions, operators

CONTEXT = dict[str, Any]


def holds(operator: str, key: str, wanted: str | list[str], context: CONTEXT, *, variables: bool = True) -> bool:
    values = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    test = conditions.compiled(operator, key, values, variables=variables)
    assert test is not None
    return test.holds({name.lower(): value for name, value in context.items()})


@pytest.mark.parametrize(
    ("operator", "wanted", "actual", "expected"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", "a", "A", False),
        ("StringEquals", "a*", "ab", False),
        ("StringNotEquals", "a", "b", True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringEqualsIgnoreCase", "Admin", "aDMIN", True),
        ("StringNotEqualsIgnoreCase", "Admin", "aDMIN", False),
        ("StringLike", ["t1.*", "t2.*"], "t2.micro", True),
        ("StringLike", "t?.micro", "t10.micro", False),
        ("StringNotLike", ["t1.*", "t2.*"], "m5.large", True),
        ("StringLike", ["", "home/"], "", True),
        ("NumericEquals", "10", "10.0", True),
        ("NumericNotEquals", "10", "11", True),
        ("NumericLessThan", "10", "9.5", True),
        ("NumericLessThan", "10", "10", False),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericGreaterThan", "10", "1e2", True),
        ("NumericGreaterThanEquals", "10", "abc", False),
        ("NumericEquals", "10", "ten", False),
        ("DateGreaterThan", "2020-01-01T00:00:01Z", "2020-01-01T00:00:02Z", True),
        ("DateGreaterThan", "2020-01-01T00:00:01Z", "2020-01-01T00:00:01Z", False),
        ("DateGreaterThanEquals", "2020-01-01T00:00:01Z", "1577836801", True),
        ("DateLessThan", "2020-06-30T23:59:59Z", "2020-07-01T00:00:00+02:00", True),
        ("DateEquals", "2020-01-01", "2020-01-01T00:00:00Z", True),
        ("DateEquals", "2020", "2020-01-01T00:00:00.000Z", True),
        ("DateNotEquals", "2020-01-01", "2020-01-02T00:00Z", True),
        ("DateLessThanEquals", "2020-01-01T00:00:00.5Z", "2020-01-01T00:00:00.500Z", True),
        ("Bool", "true", "true", True),
        ("Bool", "True", "TRUE", True),
        ("Bool", "false", "true", False),
        ("BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", True),
        ("BinaryEquals", "QmluYXJ5", "!", False),
        ("IpAddress", "203.0.113.0/24", "203.0.113.99", True),
        ("IpAddress", "203.0.113.0/24", "203.0.114.1", False),
        ("IpAddress", "203.0.113.7", "203.0.113.7", True),
        ("IpAddress", ["203.0.113.0/24", "2001:DB8:1234:5678::/64"], "2001:db8:1234:5678::1", True),
        ("IpAddress", "0.0.0.0/0", "2001:db8::1", False),
        ("NotIpAddress", ["192.0.2.0/24", "203.0.113.0/24"], "198.51.100.1", True),
        ("NotIpAddress", ["192.0.2.0/24", "203.0.113.0/24"], "192.0.2.9", False),
        ("ArnEquals", "arn:aws:sns:*:1:t", "arn:aws:sns:us-east-1:1:t", True),
        ("ArnLike", "arn:aws:iam::1:role/*", "arn:aws:iam::1:role/a/b:c", True),
        ("ArnNotEquals", "arn:aws:sns:*:1:t", "arn:aws:sns:us-east-1:1:t", False),
        ("ArnNotLike", "arn:aws:sns:*:1:t", "not an arn", True),
        ("stringequals", "a", "a", True),
    ],
)
def test_operators(operator: str, wanted: str | list[str], actual: str, expected: bool) -> None:
    assert holds(operator, "x:y", wanted, {"x:y": actual}) is expected


# IAM User Guide, Condition operators, "Amazon Resource Name (ARN) condition operators".
def test_string_like_crosses_colons_where_arn_like_does_not() -> None:
    pattern = "arn:aws:someservice:*:111122223333:finance/*"
    actual = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"
    assert holds("StringLike", "aws:SourceArn", pattern, {"aws:SourceArn": actual})
    assert not holds("ArnLike", "aws:SourceArn", pattern, {"aws:SourceArn": actual})


def test_condition_keys_are_case_insensitive() -> None:
    assert holds("StringEquals", "AWS:UserName", "a", {"aws:username": "a"})


@pytest.mark.parametrize("name", [each.name for each in conditions.OPERATORS.values() if each.name != "Null"])
def test_a_missing_key_fails_unless_the_operator_is_negated_or_if_exists(name: str) -> None:
    wanted = "2020-01-01" if name.startswith("Date") else "1"
    negated = "Not" in name
    assert holds(name, "x:y", wanted, {}) is negated
    assert holds(f"{name}IfExists", "x:y", wanted, {}) is True
    assert holds(f"ForAllValues:{name}", "x:y", wanted, {}) is True
    assert holds(f"ForAnyValue:{name}", "x:y", wanted, {}) is False
    assert holds(f"ForAnyValue:{name}IfExists", "x:y", wanted, {}) is True


def test_null_asks_whether_the_key_is_absent() -> None:
    assert holds("Null", "aws:TokenIssueTime", "true", {})
    assert not holds("Null", "aws:TokenIssueTime", "false", {})
    assert holds("Null", "aws:TokenIssueTime", "false", {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"})
    assert holds("Null", "aws:TagKeys", "True", {"aws:TagKeys": []})
    assert conditions.compiled("NullIfExists", "x:y", ("true",), variables=True) is None


# IAM User Guide, "Evaluation logic for condition set operators" (dynamodb:requestedAttributes).
@pytest.mark.parametrize(
    ("operator", "wanted", "requested", "expected"),
    [
        ("ForAllValues:StringLike", ["PostDateTime", "Message", "Tags"], ["PostDateTime", "Message"], True),
        ("ForAllValues:StringLike", ["PostDateTime", "Message", "Tags"], ["PostDateTime", "UserName"], False),
        ("ForAllValues:StringLike", ["PostDateTime", "Message", "Tags"], ["ID", "Message"], False),
        ("ForAnyValue:StringLike", ["ID", "PostDateTime"], ["UserName", "Message", "PostDateTime"], True),
        ("ForAnyValue:StringLike", ["ID", "PostDateTime"], ["UserName"], False),
        ("ForAllValues:StringLike", ["a"], [""], True),
        ("ForAnyValue:StringLike", [""], [""], False),
        ("ForAllValues:StringNotEquals", ["a", "b"], ["c", "d"], True),
        ("ForAllValues:StringNotEquals", ["a", "b"], ["a", "d"], False),
        ("ForAnyValue:StringNotEquals", ["a", "b"], ["a", "d"], True),
        ("ForAnyValue:StringNotEquals", ["a", "b"], ["a", "b"], False),
    ],
)
def test_set_operators(operator: str, wanted: list[str], requested: list[str], expected: bool) -> None:
    assert holds(operator, "dynamodb:Attributes", wanted, {"dynamodb:Attributes": requested}) is expected


def test_variables_in_values() -> None:
    context = {"s3:prefix": "home/alice/x", "aws:username": "alice", "aws:PrincipalTag/p": "x"}
    assert holds("StringLike", "s3:prefix", "home/${aws:username}/*", context)
    assert holds("StringEquals", "aws:PrincipalTag/p", "${aws:PrincipalTag/p}", context)
    assert not holds("StringEquals", "aws:username", "${aws:username}", context, variables=False)
    assert holds(
        "ArnLike", "x:arn", "arn:aws:iam::1:user/${aws:username}", {**context, "x:arn": "arn:aws:iam::1:user/alice"}
    )


# IAM User Guide, Variables and tags: "any attempt to match it fails and causes the statement to be invalid".
def test_an_unresolved_variable_fails_the_test_even_negated() -> None:
    context = {"x:y": "v"}
    assert not holds("StringEquals", "x:y", "${aws:username}", context)
    assert not holds("StringNotEquals", "x:y", "${aws:username}", context)
    assert holds("StringNotEqualsIfExists", "x:y", "${aws:username}", context)
    assert not holds("StringNotEquals", "x:y", ["${aws:username}", "v"], context)
    assert holds("StringEquals", "x:y", ["${aws:username}", "v"], context)


@pytest.mark.parametrize("name", ["StringEqual", "", "ForSome:StringEquals", "IfExists", ":StringEquals"])
def test_unknown_operators_are_none(name: str) -> None:
    assert conditions.compiled(name, "x:y", ("a",), variables=True) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1.5", 1_500_000_000),
        ("1970", 0),
        ("2020-13-01", None),
        ("yesterday", None),
        ("٣", None),
    ],
)
def test_dates(text: str, expected: int | None) -> None:
    assert operators.date(text) == expected
