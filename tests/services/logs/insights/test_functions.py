"""Functions and operators, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from services.logs.insights.insights_events import rows, value


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("2 + 3 * 4", "14"),
        ("(2 + 3) * 4", "20"),
        ("2 ^ 3", "8"),
        ("2 ^ 3 ^ 2", "512"),
        ("10 % 3", "1"),
        ("-7 % 3", "-1"),
        ("7 / 2", "3.5"),
        ("10 / 2", "5"),
        ("1 / 3", "0.3333"),
        ("1 / 0", None),
        ("1 + 'x'", None),
        ("'1' + '2'", "3"),
        ("-(3 - 5)", "2"),
        ("1 - -1", "2"),
        ("0.1 + 0.2", "0.3"),
        ("1e3 + 0", "1000"),
        ("9999999999 * 9999999999", "99999999980000000001"),
        ("abs(-2.5)", "2.5"),
        ("ceil(2.1)", "3"),
        ("floor(-2.1)", "-3"),
        ("greatest(1, '7', 3)", "7"),
        ("least(4, 2)", "2"),
        ("log(1)", "0"),
        ("log(0)", None),
        ("sqrt(16)", "4"),
        ("sqrt(-1)", None),
        ("round(2.5)", "3"),
        ("round(2.346, 2)", "2.35"),
        ("haversine(52.52, 13.405, 48.8566, 2.3522)", "877.4645"),
        ("toNumber('42')", "42"),
        ("toInt('42.9')", "42"),
        ("toInt(3000000000)", None),
        ("toLong(3000000000)", "3000000000"),
        ("toDouble('1.5')", "1.5"),
        ("isNumeric('1e5')", "1"),
        ("isNumeric('1x')", "0"),
        ("1 = 1", "1"),
        ("1 > 2", "0"),
        ("concat('a', 1, '-', 2.5)", "a1-2.5"),
        ("strlen('añb')", "3"),
        ("messageSize('añb')", "4"),
        ("toupper('aB')", "AB"),
        ("tolower('aB')", "ab"),
        ("trim('  a ')", "a"),
        ("ltrim('xyZxyfooxyZ', 'xyZ')", "fooxyZ"),
        ("rtrim('xyZfooxyxyZ', 'xyZ')", "xyZfoo"),
        ("trim('xyZxyfooxyxyZ', 'xyZ')", "foo"),
        ("substr('xyZfooxyZ', 3, 3)", "foo"),
        ("substr('xyZfooxyZ', 6)", "xyZ"),
        ("replace('foo', 'o', '0')", "f00"),
        ("regexReplace('a1b22', '[0-9]+', '#')", "a#b#"),
        ("regexReplace('john smith', '(\\w+) (\\w+)', '$2 $1')", "smith john"),
        ("strcontains('Hello', 'ell')", "1"),
        ("strcontains('Hello', 'ELL')", "0"),
        ("strcontains('Hello', 'ELL', true)", "1"),
        ("startsWith('Hello', 'He')", "1"),
        ("endsWith('Hello', 'He')", "0"),
        ("isempty('')", "1"),
        ("isempty(nosuch)", "1"),
        ("isblank('  ')", "1"),
        ("isblank('a')", "0"),
        ("urlencode('a b/c')", "a%20b%2Fc"),
        ("urldecode('a%20b')", "a b"),
        ("base64encode('hi')", "aGk="),
        ("base64decode('aGk=')", "hi"),
        ("base64decode('?')", None),
        ("split('a,b,c', ',')", '["a","b","c"]'),
        ("split('a,b,c', ',')[1]", "b"),
        ("hexToAscii('48656c6c6f')", "Hello"),
        ("hexToDec('0xff')", "255"),
        ("decToHex(255)", "0xff"),
        ("decToHex(-255.9)", "-0xff"),
        ("md5('a')", "0cc175b9c0f1b6a831c399e269772661"),
        ("sha256('')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("coalesce(nosuch, 'b', 'c')", "b"),
        ("coalesce(nosuch)", None),
        ("if(1 = 1, 'yes', 'no')", "yes"),
        ("if(nosuch > 1, 'yes', 'no')", "no"),
        ("case(1 = 2, 'a', 2 = 2, 'b', 'c')", "b"),
        ("case(1 = 2, 'a', 'c')", "c"),
        ("case(1 = 2, 'a')", None),
        ("bin(5m)", "2024-03-01 11:00:00.000"),
        ("datefloor(@timestamp, 1d)", "2024-03-01 00:00:00.000"),
        ("dateceil(@timestamp, 1d)", "2024-03-02 00:00:00.000"),
        ("dateceil(@timestamp, 1h)", "2024-03-01 11:00:00.000"),
        ("fromMillis(1642195111000)", "2022-01-14 21:18:31.000"),
        ("toMillis(@timestamp)", "1709290800000"),
        ("toMillis(fromMillis(5))", "5"),
        ("now()", "1709294400"),
        ("queryStartTime()", "1709290800000"),
        ("queryEndTime()", "1709294400000"),
        ("queryTimeRange()", "3600000"),
        ("parseDate('2024-03-01', 'yyyy-MM-dd', 'UTC')", "1709251200000"),
        ("parseDate('2024-03-01T12:00:00', \"yyyy-MM-dd'T'HH:mm:ss\")", "1709294400000"),
        ("parseDate('x', 'yyyy')", None),
        ("formatDate(@timestamp, '%Y-%m-%d %H', 'UTC')", "2024-03-01 11"),
        ("strftime(@timestamp, '%H', 'Europe/Berlin')", "12"),
        ("isValidIp('::1')", "1"),
        ("isValidIpV4('10.0.0.256')", "0"),
        ("isValidIpV6('2001:db8::1')", "1"),
        ("isIpv4InSubnet('192.0.2.9', '192.0.2.0/24')", "1"),
        ("isIpv4InSubnet('192.0.3.9', '192.0.2.0/24')", "0"),
        ("isIpv6InSubnet('2001:db8::9', '2001:db8::/32')", "1"),
        ("isIpInSubnet('2001:db8::9', '192.0.2.0/24')", "0"),
        ("ipv4ToNumber('0.0.1.0')", "256"),
        ("isPrivateIP('172.16.9.9')", "1"),
        ("isPublicIP('8.8.8.8')", "1"),
        ("isReservedIP('240.0.0.1')", "1"),
        ("jsonParse('[1, {\"a\": 2}]')[1].a", "2"),
        ("jsonParse('{\"user.id\": 7}').`user.id`", "7"),
        ("jsonParse('no json')", None),
        ("jsonParse('5')", None),
        ("jsonStringify(jsonParse('{\"a\": [1]}'))", '{"a":[1]}'),
        ("jsonArraySize('[1, 2]')", "2"),
        ("jsonArrayContains('[\"a\", \"b\"]', 'b')", "1"),
        ("jsonArrayContains('{}', 'b')", "0"),
        ("toupper(jsonParse('{}'))", None),
        ("jsonParse('{}') = jsonParse('{}')", "0"),
        ("ispresent(nosuch)", "0"),
    ],
)
def test_an_expression_gives_its_value(expression: str, answer: str | None) -> None:
    assert value(expression) == answer


@pytest.mark.parametrize(
    ("period", "floor"),
    [
        ("1s", "2024-05-15 13:47:51.000"),
        ("500ms", "2024-05-15 13:47:51.500"),
        ("30s", "2024-05-15 13:47:30.000"),
        ("300s", "2024-05-15 13:47:00.000"),  # AWS caps seconds at 60
        ("5min", "2024-05-15 13:45:00.000"),
        ("2hrs", "2024-05-15 12:00:00.000"),
        ("1day", "2024-05-15 00:00:00.000"),
        ("1w", "2024-05-13 00:00:00.000"),
        ("1mo", "2024-05-01 00:00:00.000"),
        ("1q", "2024-04-01 00:00:00.000"),
        ("1year", "2024-01-01 00:00:00.000"),
    ],
)
def test_periods_round_down(period: str, floor: str) -> None:
    assert value(f"datefloor(fromMillis(1715780871789), {period})") == floor


def test_fields_of_a_structure_are_reached_by_dots_and_brackets() -> None:
    message: dict[str, Any] = {"users": [{"action": "Get"}, {"action": "PutData"}], "user.id": "123"}
    query = "fields jsonParse(@message) as j | filter j.users[1].action = 'PutData' and j.`user.id` = '123'"
    query += " | display j.users[0].action"
    assert rows(query, [message]) == [{"j.users[0].action": "Get"}]


def test_numbers_of_the_log_are_shown_as_they_are_and_computed_ones_with_four_decimals() -> None:
    found = rows("fields a, a * 1 as b", [{"a": 0.123456789}])
    assert found == [{"a": "0.123456789", "b": "0.1235"}]


def test_the_unmasked_message_is_shown_where_there_is_one() -> None:
    from foulweather.services.logs.insights.records import Record
    from services.logs.insights.insights_events import START_MS

    record = Record("g", "s", "1", START_MS, START_MS, "ssn ***", "p", unmasked="ssn 123")
    assert rows("fields @message, unmask(@message)", [record]) == [
        {"@message": "ssn ***", "unmask(@message)": "ssn 123"}
    ]
