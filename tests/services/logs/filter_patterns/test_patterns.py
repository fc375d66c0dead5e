"""The three grammars of filter patterns; most examples are those of AWS's own page."""

from __future__ import annotations

import json

import pytest

from foulweather.services.logs.filter_patterns import InvalidPattern, compiled

ERRORS = ["[ERROR 400] BAD REQUEST", "[ERROR 401] UNAUTHORIZED REQUEST", "[ERROR 419] MISSING ARGUMENTS", "[WARN] x"]
EVENT = json.dumps(
    {
        "eventType": "UpdateTrail",
        "sourceIPAddress": "111.111.111.111",
        "arrayKey": ["value", "another value"],
        "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
        "SomeObject": None,
        "cluster.name": "c",
        "latency": 75.5,
        "status": 404,
        "text_number": "75",
        "is_ok": True,
        "nested": {"path": "/health", "deep": {"x": "y"}},
        "empty": "",
    }
)
ACCESS = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'


def matching(pattern: str, messages: list[str]) -> list[int]:
    ready = compiled(pattern)
    found = [place for place, message in enumerate(messages) if ready.matches(message)]
    # What is looked for first in many messages must be in every one that matches.
    assert all(ready.needle in messages[place].encode() for place in found)
    return found


@pytest.mark.parametrize(
    ("pattern", "places"),
    [
        ("", [0, 1, 2, 3]),
        ('" "', [0, 1, 2, 3]),
        ("ERROR", [0, 1, 2]),
        ("ERROR ARGUMENTS", [2]),
        ("?ARGUMENTS ?WARN", [2, 3]),
        ("ERROR -ARGUMENTS", [0, 1]),
        ("-ERROR", [3]),
        ('"BAD REQUEST"', [0]),
        ('ERROR -"BAD REQUEST"', [1, 2]),
        ("%AUTHORIZED%", [1]),
        ("%4(0|1)%", None),
        ("%4[01][0-9]%", [0, 1, 2]),
        ("error", []),
        ("?MISSING REQUEST", [0, 1]),  # the optional term is ignored beside another
    ],
)
def test_terms(pattern: str, places: list[int] | None) -> None:
    if places is None:
        with pytest.raises(InvalidPattern):
            compiled(pattern)
    else:
        assert matching(pattern, ERRORS) == places


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ('{ $.eventType = "UpdateTrail" }', True),
        ("{ $.eventType = UpdateTrail }", True),
        ('{ $.eventType = "Update*" }', True),
        ("{ $.eventType = *Trail }", True),
        ("{ $.eventType = %Trail% }", True),
        ("{ $.eventType != %Trail% }", False),
        ("{ $.sourceIPAddress != 123.123.* }", True),
        ("{ $.sourceIPAddress = 111.111.* }", True),
        ('{ $.arrayKey[0] = "value" }', True),
        ('{ $.arrayKey[1] = "value" }', False),
        ('{ $.arrayKey[9] = "value" }', False),
        ("{ $.objectList[1].id = 2 }", True),
        ("{ $.objectList[*].id = 2 }", True),
        ("{ $.objectList[*].id = 3 }", False),
        ("{ $.SomeObject IS NULL }", True),
        ("{ $.Missing IS NULL }", False),
        ("{ $.Missing NOT EXISTS }", True),
        ("{ $.SomeObject NOT EXISTS }", False),
        ("{ $.SomeObject EXISTS }", True),
        ("{ $.is_ok IS TRUE }", True),
        ("{ $.is_ok IS FALSE }", False),
        ("{ $.['cluster.name'] = \"c\" }", True),
        ("{ $.latency > 75 }", True),
        ("{ $.latency >= 75.5 }", True),
        ("{ $.latency < 75.5 }", False),
        ("{ $.latency = 75.5 }", True),
        ("{ $.status = 4* }", True),
        ("{ $.status = 404.0 }", True),
        ("{ $.status != 404 }", False),
        ("{ $.text_number > 70 }", True),
        ("{ $.Missing > 1 }", False),
        ("{ $.Missing != 1 }", False),
        ('{ $.nested.path != "/health" }', False),
        ("{ $.nested.deep.x = y }", True),
        ('{ $.empty = "" }', True),
        ("{ $.latency > 100 || $.status = 404 }", True),
        ("{ $.latency > 100 && $.status = 404 }", False),
        ("{ $.latency > 70 && ($.status = 500 || $.status = 404) }", True),
        ("{ $.status = 404 || $.status = 500 && $.latency > 100 }", True),
        ('{ ($.eventType = "UpdateTrail") && ($.sourceIPAddress != 123.123.*) }', True),
    ],
)
def test_json(pattern: str, matches: bool) -> None:
    assert matching(pattern, [EVENT]) == ([0] if matches else [])


def test_json_patterns_match_nothing_but_json_objects() -> None:
    assert matching("{ $.a NOT EXISTS }", ["no json", "[1]", '{"b": 1}', "{broken", ' {"b": 2}']) == [2, 4]


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("[ip, user, username, timestamp, request, status_code, bytes]", True),
        ("[ip, user, username, timestamp, request, status_code, bytes, more]", False),
        ("[ip, user]", False),
        ("[ip, user, username, timestamp, request = *.html*, status_code = 4*, bytes > 1000]", True),
        ("[ip, user, username, timestamp, request, status_code = 5*, bytes]", False),
        ("[..., status_code = 404 || status_code = 410, bytes]", True),
        ("[ip = %127\\.0\\.0\\.[0-9]{1,3}%, ..., bytes]", True),
        ("[ip, ..., bytes < 1000]", False),
        ("[ip, user, ...]", True),
        ("[ip != 127.0.0.1, ...]", False),
        ('[ip, user, username, timestamp, request = "GET /index.html HTTP/1.0", ...]', True),
        ("[..., status_code >= 400 && status_code < 500, bytes]", True),
        ("[,,username=frank,...]", True),
    ],
)
def test_delimited(pattern: str, matches: bool) -> None:
    assert matching(pattern, [ACCESS]) == ([0] if matches else [])


@pytest.mark.parametrize(
    "pattern",
    [
        "a:b",
        "Task timed out after 3.00",
        '"unfinished',
        "{ $.a = }",
        "{ $.a }",
        "{ $.a = 1",
        "{ a = 1 }",
        "{ $.a > word }",
        "{ ($.a = 1 }",
        "{ $.a = 1 && }",
        "{ $.a = %x% && $.b = %y% && $.c = %z% }",
        "[a, b",
        "[a, ..., b, ...]",
        "[a = 1 || b = 2]",
        "[1a]",
        "%a!%",
        "%[%",
        "%%",
    ],
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidPattern):
        compiled(pattern)


def test_extracted_values_are_named_as_the_pattern_names_them() -> None:
    delimited = compiled("[ip, ..., status, bytes]").extracted(ACCESS)
    assert (delimited["$ip"], delimited["$3"], delimited["$status"], delimited["$bytes"]) == (
        "127.0.0.1",
        "frank",
        "404",
        "1534",
    )
    ready = compiled("{ $.latency > 1 && $.Missing NOT EXISTS || $.is_ok IS TRUE }")
    assert ready.extracted(EVENT) == {"$.latency": "75.5", "$.is_ok": "true"}
    assert ready.value(EVENT, "$.nested.path") == "/health"
    assert ready.value(EVENT, "$.Missing") is None


def test_a_pattern_is_compiled_once() -> None:
    assert compiled("{ $.a = 1 }") is compiled("{ $.a = 1 }")


def test_the_patterns_of_the_catalogue_match_their_lines() -> None:
    assert matching("[timestamp, level=ERROR, ...]", ["2026-01-01T00:00:00Z ERROR it broke", "x INFO y"]) == [0]
    assert matching('{ $.error_type = "PaymentFailed" }', ['{"error_type":"PaymentFailed","error_code":"E1"}']) == [0]
    deploying = '{$.eventName = "UpdateService" && $.userIdentity.arn != "arn:aws:sts::1:assumed-role/deploy/ci"}'
    by = '{"eventName":"UpdateService","userIdentity":{"arn":"arn:aws:sts::1:assumed-role/%s/ci"}}'
    assert matching(deploying, [by % "deploy", by % "somebody"]) == [1]
