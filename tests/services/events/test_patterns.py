"""Event patterns: every operator of AWS's documentation, and the words of what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws

EVENT = {
    "id": "1",
    "account": "111122223333",
    "source": "shop",
    "time": "2026-01-01T00:00:00Z",
    "region": "us-east-1",
    "resources": ["arn:a", "arn:b"],
    "detail-type": "Order Placed",
    "detail": {
        "state": "open",
        "file": "images/Cat.PNG",
        "price": 300,
        "address": "10.0.0.7",
        "nothing": None,
        "empty": "",
        "rush": True,
        "tags": ["a", "b"],
        "lines": [{"sku": "x", "count": 1}, {"sku": "y", "count": 2}],
    },
}


def matches(aws: Aws, pattern: Any) -> bool:
    text = pattern if isinstance(pattern, str) else json.dumps(pattern)
    return aws.events_.test_event_pattern({"EventPattern": text, "Event": json.dumps(EVENT)})["Result"]


@pytest.mark.parametrize(
    ("detail", "wanted"),
    [
        ({"state": ["open", "shut"]}, True),
        ({"state": ["shut"]}, False),
        ({"price": [300]}, True),
        ('{"price": [300.0]}', False),
        ({"price": ["300"]}, False),
        ({"price": [{"numeric": ["=", 300.0]}]}, True),
        ({"price": [{"numeric": [">", 0, "<=", 300]}]}, True),
        ({"price": [{"numeric": [">", 300]}]}, False),
        ({"nothing": [None]}, True),
        ({"empty": [""]}, True),
        ({"empty": [None]}, False),
        ({"rush": [True]}, True),
        ({"rush": ["true"]}, False),
        ({"file": [{"prefix": "images/"}]}, True),
        ({"file": [{"prefix": {"equals-ignore-case": "IMAGES/"}}]}, True),
        ({"file": [{"suffix": ".png"}]}, False),
        ({"file": [{"suffix": {"equals-ignore-case": ".png"}}]}, True),
        ({"file": [{"equals-ignore-case": "IMAGES/cat.png"}]}, True),
        ({"file": [{"wildcard": "images/*.PNG"}]}, True),
        ({"file": [{"wildcard": "*.jpg"}]}, False),
        ({"state": [{"anything-but": "open"}]}, False),
        ({"state": [{"anything-but": ["shut", "gone"]}]}, True),
        ({"price": [{"anything-but": [100, 200]}]}, True),
        ({"file": [{"anything-but": {"prefix": "images/"}}]}, False),
        ({"file": [{"anything-but": {"prefix": ["video/", "audio/"]}}]}, True),
        ({"file": [{"anything-but": {"suffix": [".PNG", ".jpg"]}}]}, False),
        ({"file": [{"anything-but": {"equals-ignore-case": ["images/cat.png"]}}]}, False),
        ({"file": [{"anything-but": {"wildcard": "*/Cat*"}}]}, False),
        ({"missing": [{"anything-but": "x"}]}, False),
        ({"address": [{"cidr": "10.0.0.0/24"}]}, True),
        ({"address": [{"cidr": "10.0.1.0/24"}]}, False),
        ({"missing": [{"exists": False}]}, True),
        ({"state": [{"exists": False}]}, False),
        ({"state": [{"exists": True}]}, True),
        ({"missing": [{"exists": False}, "x"]}, True),
        ({"tags": ["b"]}, True),
        ({"lines": {"sku": ["x"], "count": [1]}}, True),
        ({"lines": {"sku": ["x"], "count": [2]}}, False),
        ({"$or": [{"state": ["shut"]}, {"price": [{"numeric": ["<", 400]}]}]}, True),
        ({"$or": [{"state": ["shut"]}, {"price": [1]}], "rush": [True]}, False),
    ],
)
def test_operators(aws: Aws, detail: Any, wanted: bool) -> None:
    pattern = f'{{"detail": {detail}}}' if isinstance(detail, str) else {"detail": detail}
    assert matches(aws, pattern) is wanted


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ('{"source": "shop"}', '"source" must be an object or an array'),
        ("[]", "Filter is not an object"),
        ("{}", "Empty objects are not allowed"),
        ('{"source": []}', "Empty arrays are not allowed"),
        ('{"source": [["x"]]}', "Match value must be String, number, true, false, or null"),
        ('{"source": [{"like": "x"}]}', "Unrecognized match type like"),
        ('{"source": [{"prefix": 1}]}', "prefix match pattern must be a string"),
        ('{"source": [{"exists": "no"}]}', "exists match pattern must be either true or false."),
        ('{"a": [{"numeric": ["<", 1, ">", 0]}]}', "Bad numeric range operator: >"),
        ('{"a": [{"numeric": [">", 5, "<", 1]}]}', "Bottom must be less than top"),
        ('{"a": [{"wildcard": "a**b"}]}', "Consecutive wildcard characters at pos 1"),
        ('{"a": [{"prefix": "a", "suffix": "b"}]}', "Only one key allowed in match expression"),
        ('{"$or": [{"a": [1]}]}', "There must have at least 2 Objects in $or relationship."),
        ('{"a": [tru]}', "Unrecognized token 'tru'"),
        ('{"a": ["x"', "Unexpected end-of-input"),
    ],
)
def test_what_is_no_pattern_is_refused_with_its_place(aws: Aws, pattern: str, reason: str) -> None:
    with pytest.raises(AwsError) as refused:
        aws.events_.put_rule({"Name": "r", "EventPattern": pattern})
    assert refused.value.code == "InvalidEventPatternException"
    assert refused.value.message.startswith(f"Event pattern is not valid. Reason: {reason}")
    assert f'at [Source: (String)"{pattern}"; line: 1, column: ' in refused.value.message


def test_an_event_to_test_must_be_whole(aws: Aws) -> None:
    with pytest.raises(AwsError) as refused:
        aws.events_.test_event_pattern({"EventPattern": '{"source": ["x"]}', "Event": '{"source": "x"}'})
    assert refused.value.code == "ValidationException"
