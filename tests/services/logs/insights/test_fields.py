"""What Insights finds in log events by itself."""

from __future__ import annotations

import json

import pytest

from foulweather.services.logs.insights.fields import discovered
from services.logs.insights.insights_events import event, outcome, rows

REQUEST_ID = "3604209a-e9a3-11e6-939a-754dd98c7be3"
REPORT = (
    f"REPORT RequestId: {REQUEST_ID}\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\t"
    "Max Memory Used: 18 MB\tInit Duration: 154.1 ms\t\n"
    "XRAY TraceId: 1-5e34a614-10bdxmpl\tSegmentId: 07f107e9\tSampled: true\t"
)


def test_nested_json_is_flattened_with_dots_and_indexes() -> None:
    message = {"a": {"b": [{"c": 1}, 2.5]}, "ok": True, "no": None, "empty": {}}
    assert discovered(json.dumps(message)) == {"a.b.0.c": "1", "a.b.1": "2.5", "ok": "1"}


def test_a_field_that_starts_with_at_gets_another() -> None:
    assert discovered('{"@type": "x"}') == {"@@type": "x"}
    assert rows("fields @@type", ['{"@type": "x"}']) == [{"@@type": "x"}]


def test_at_most_two_hundred_fields_are_found() -> None:
    message = {f"k{n}": n for n in range(300)}
    assert len(discovered(json.dumps(message))) == 200
    assert rows("fields k199, k200", [message]) == [{"k199": "199"}]


@pytest.mark.parametrize("message", ["", "plain", "[1, 2]", '{"a": 1', '{"a": 1} tail', "{not json}"])
def test_what_is_no_json_object_has_no_fields(message: str) -> None:
    assert discovered(message) == {}
    assert rows("fields a", [message]) == [{}]


def test_json_after_white_space_is_json() -> None:
    assert rows("fields a", ['  {"a": 1}']) == [{"a": "1"}]


def test_an_object_is_no_field_but_its_members_are() -> None:
    assert rows("fields a, a.b", [{"a": {"b": 1}}]) == [{"a.b": "1"}]
    assert rows("filter ispresent(a)", [{"a": {"b": 1}}]) == []


def test_a_key_may_hold_dots_itself() -> None:
    messages = [{"a.b": 1}, {"a": {"b": 2}}, {"a": {"b.c": 3}}, {"a.b": {"c": 4}}]
    assert rows("fields a.b, a.b.c | sort @timestamp", messages) == [
        {"a.b": "1"},
        {"a.b": "2"},
        {"a.b.c": "3"},
        {"a.b.c": "4"},
    ]


def test_json_in_a_string_is_no_structure() -> None:
    message = {"data": '{"start": 1234}'}
    assert rows("fields data.start", [message]) == [{}]
    assert rows("fields jsonParse(data).start as start", [message]) == [{"start": "1234"}]


def test_a_lambda_report_has_its_numbers() -> None:
    assert discovered(REPORT) == {
        "@type": "REPORT",
        "@requestId": REQUEST_ID,
        "@duration": "12.34",
        "@billedDuration": "13",
        "@memorySize": "128000000",
        "@maxMemoryUsed": "18000000",
        "@initDuration": "154.1",
        "@xrayTraceId": "1-5e34a614-10bdxmpl",
        "@xraySegmentId": "07f107e9",
    }


def test_lambda_lines_have_their_request_id_and_first_json() -> None:
    line = f'2024-03-01T11:00:00.123Z\t{REQUEST_ID}\tINFO\t{{"order": {{"id": 7}}}} and {{"order": 8}}'
    assert discovered(line) == {"@requestId": REQUEST_ID, "order.id": "7"}
    assert discovered(f"START RequestId: {REQUEST_ID} Version: $LATEST\n") == {
        "@type": "START",
        "@requestId": REQUEST_ID,
    }
    python_line = f"[ERROR]\t2024-03-01T11:00:00.123Z\t{REQUEST_ID}\tboom"
    assert discovered(python_line) == {"@requestId": REQUEST_ID}
    timeout = f"2024-03-01T11:00:00.123Z {REQUEST_ID} Task timed out after 3.00 seconds"
    assert discovered(timeout) == {"@requestId": REQUEST_ID}


def test_json_that_only_looks_embedded_is_left_alone() -> None:
    assert discovered('some text {"a": 1}') == {}


def test_a_flow_log_has_its_columns() -> None:
    line = "2 123456789010 eni-1235b8ca 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"
    found = discovered(line)
    assert found["srcAddr"] == "172.31.16.139"
    assert found["dstPort"] == "22"
    assert found["logStatus"] == "OK"
    assert rows("stats sum(bytes) as b by srcAddr", [line, line]) == [{"srcAddr": "172.31.16.139", "b": "8498"}]


def test_a_route_53_log_has_its_columns() -> None:
    line = "1.0 2017-12-13T08:16:02.130Z Z123412341234 example.com A SERVFAIL UDP FRA6 192.0.2.1 -"
    assert discovered(line)["queryName"] == "example.com"
    assert rows('filter responseCode="SERVFAIL" | stats count(*) by queryName', [line]) == [
        {"queryName": "example.com", "count(*)": "1"}
    ]


def test_system_fields() -> None:
    record = event("text", group="/aws/lambda/f", stream="2024/03/01/[$LATEST]abc")
    found = outcome("fields @timestamp, @ingestionTime, @logStream, @log, @message, @ptr", [record])
    assert found.rows == [
        [
            ("@timestamp", "2024-03-01 11:00:00.000"),
            ("@ingestionTime", "2024-03-01 11:00:00.250"),
            ("@logStream", "2024/03/01/[$LATEST]abc"),
            ("@log", "111122223333:/aws/lambda/f"),
            ("@message", "text"),
            ("@ptr", "ptr-0"),
        ]
    ]
    assert found.fields == ["@timestamp", "@ingestionTime", "@logStream", "@log", "@message", "@ptr"]


def test_escaped_json_is_found_by_a_filter_too() -> None:
    assert rows("filter level = 'ERROR' | fields level", ['{"level":"\\u0045RROR"}']) == [{"level": "ERROR"}]


def test_names_that_no_struct_can_have_are_read_all_the_same() -> None:
    assert rows('fields `a"b`, c', [{'a"b': 1, "c": 2}]) == [{'a"b': "1", "c": "2"}]


def test_json_amid_other_text_is_found_in_lambdas_logs_only() -> None:
    line = 'event: {"order": 7} {"order": 8}'
    assert discovered(line) == {}
    assert discovered(line, "/aws/lambda/f") == {"order": "7"}
    assert rows("fields order", [event(line, group="/aws/lambda/f")]) == [{"order": "7"}]
    assert rows("fields order", [event('{"order": 9} tail', group="/aws/lambda/f")]) == [{"order": "9"}]
    assert rows("fields order", [event('{"order": NaN}', group="/aws/lambda/f")]) == [{}]


def test_numbers_without_end_are_no_numbers() -> None:
    long = "9" * 400
    query = "stats sum(n) as s, avg(n) as a, max(n) as m, stddev(n) as d, sum(x) as inf, ceil(inf) as c"
    found = rows(query, [f'{{"n": {long}, "x": 1.7e308}}', '{"n": 1.5, "x": 1.7e308}'])
    assert found == [{"s": "1.5", "a": "1.5", "m": "1.5", "d": "0", "inf": "inf"}]
