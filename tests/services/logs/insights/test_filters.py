"""Conditions."""

from __future__ import annotations

from typing import Any

import pytest

from services.logs.insights.insights_events import outcome, rows

EVENTS: list[str | dict[str, Any]] = [
    {"n": 1, "level": "INFO", "status": 200, "ok": True, "path": "/a"},
    {"n": 2, "level": "ERROR", "status": 500, "ok": False, "took": "120"},
    {"n": 3, "level": "WARN", "status": "404", "path": "/c/d"},
    {"n": 4},
]


def passing(condition: str) -> list[int]:
    return [int(row["n"]) for row in rows(f"filter {condition} | sort n | display n", EVENTS)]


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        ("level = 'ERROR'", [2]),
        ("level = 'error'", []),
        ("'ERROR' = level", [2]),
        ("level != 'ERROR'", [1, 3, 4]),
        ("status = 404", [3]),
        ("status = '404'", [3]),
        ("status >= 400", [2, 3]),
        ("400 < status", [2, 3]),
        ("status < 400", [1]),
        ("status > 'abc'", []),
        ("level > 'I'", [1, 3]),
        ("status >= 400 and status < 500", [3]),
        ("status = 200 or level = 'WARN'", [1, 3]),
        ("not status >= 400", [1, 4]),
        ("not (status = 200 or status = 500)", [3, 4]),
        ("status in [200, 404]", [1, 3]),
        ("status in ['200', '404']", [1, 3]),
        ("status not in [200, 404]", [2, 4]),
        ("level in ['INF', 'WARN']", [3]),
        ("level in [level]", [1, 2, 3]),
        ("level like 'RRO'", [2]),
        ("level like /^W/", [3]),
        ("level =~ /INFO|WARN/", [1, 3]),
        ("level =~ 'AR'", [3]),
        ("level like /(?i)^error$/", [2]),
        ("level =~ /^(?i)warn$/", [3]),
        ("level not like /R/", [1, 4]),
        ("not level like /R/", [1, 4]),
        ("status like /4\\d\\d/", [3]),
        ("path like /\\/c\\/d/", [3]),
        ("ispresent(path)", [1, 3]),
        ("not ispresent(path)", [2, 4]),
        ("ok = 1", [1]),
        ("ok = true", [1]),
        ("ok = 'true'", [1]),
        ("ok = 0", [2]),
        ("took > 100", [2]),
        ("took = 120.0", [2]),
        ("n % 2 = 1 and n ^ 2 > 4", [3]),
        ("n + 1 = 3", [2]),
        ("strcontains(level, 'NF')", [1]),
        ("nosuch = nosuch", []),
        ("nosuch = ''", []),
        ("isempty(level)", [4]),
        ("n = 1 or n = 2 and level = 'WARN'", [1]),
    ],
)
def test_a_condition_lets_pass_what_meets_it(condition: str, numbers: list[int]) -> None:
    assert passing(condition) == numbers


def test_filters_in_a_row_and_where_all_have_to_hold() -> None:
    assert rows("filter n > 1 | where n < 3 | display n", EVENTS) == [{"n": "2"}]


def test_statistics_count_what_was_scanned_and_what_matched() -> None:
    found = outcome("filter @message like /é|b/ | fields @message", ["a", "é", "b"])
    assert found.statistics.records_scanned == 3
    assert found.statistics.records_matched == 2
    assert found.statistics.bytes_scanned == 4


def test_a_filter_after_sort_counts_too() -> None:
    assert outcome("sort n | filter n > 2", EVENTS).statistics.records_matched == 2


def test_records_outside_the_window_are_not_scanned() -> None:
    from services.logs.insights.insights_events import END_MS, START_MS, event

    records = [event("in", 0), event("last", 3600), event("late", 3601), event("early", -1)]
    found = outcome("fields @message", records)
    assert [dict(row)["@message"] for row in found.rows] == ["last", "in"]
    assert found.statistics.records_scanned == 2
    assert END_MS - START_MS == 3_600_000


def test_timestamps_compare_as_milliseconds() -> None:
    assert rows("filter @timestamp >= 1709290801000 | display n", EVENTS) == [{"n": "4"}, {"n": "3"}, {"n": "2"}]
    assert rows("filter toMillis(@timestamp) >= (now() * 1000 - 3598000) | display n", EVENTS) == [
        {"n": "4"},
        {"n": "3"},
    ]


def test_a_word_in_json_is_found_whatever_surrounds_it() -> None:
    events: list[str | dict[str, Any]] = [{"a": "x", "b": "ERROR"}, {"a": "ERROR"}, "ERROR"]
    assert rows("filter a = 'ERROR' | display a", events) == [{"a": "ERROR"}]
    assert rows("filter a like 'RR' | display a", events) == [{"a": "ERROR"}]
