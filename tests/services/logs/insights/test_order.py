"""`fields`, `display`, `sort`, `limit`, `dedup`: which rows, in which order, with which columns."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.logs.insights.errors import MalformedQuery
from foulweather.services.logs.insights.language import compiled
from services.logs.insights.insights_events import event, outcome, rows

NUMBERED: list[str | dict[str, Any]] = [{"n": n, "server": f"s{n % 3}"} for n in range(12)]


def test_without_fields_the_time_and_the_message_are_shown() -> None:
    found = outcome("filter @message like /b/", ["a", "b"])
    assert found.rows == [[("@timestamp", "2024-03-01 11:00:01.000"), ("@message", "b"), ("@ptr", "ptr-1")]]


def test_all_fields_commands_count_but_only_the_last_display() -> None:
    assert rows("fields n | fields server | limit 1", NUMBERED) == [{"n": "11", "server": "s2"}]
    assert rows("fields n | display n | display server | limit 1", NUMBERED) == [{"server": "s2"}]


def test_a_missing_field_is_left_out() -> None:
    found = outcome("fields n, nosuch | limit 1", NUMBERED)
    assert found.rows == [[("n", "11"), ("@ptr", "ptr-11")]]
    assert found.fields == ["n", "nosuch", "@ptr"]


def test_fields_that_differ_in_case_are_two() -> None:
    assert rows("fields a, A", [{"a": 1, "A": 2}]) == [{"a": "1", "A": "2"}]


def test_an_alias_reads_the_field_that_it_hides() -> None:
    assert rows("fields n + 1 as n | filter n = 12", NUMBERED) == [{"n": "12"}]


def test_events_come_latest_first_unless_sorted() -> None:
    assert [row["n"] for row in rows("fields n | limit 3", NUMBERED)] == ["11", "10", "9"]
    assert [row["n"] for row in rows("fields n | sort @timestamp asc | limit 3", NUMBERED)] == ["0", "1", "2"]
    assert [row["n"] for row in rows("fields n | sort n | limit 2", NUMBERED)] == ["0", "1"]


def test_several_sort_keys() -> None:
    found = rows("fields n, server | sort server desc, n asc | limit 5", NUMBERED)
    assert [row["n"] for row in found] == ["2", "5", "8", "11", "1"]


def test_the_natural_order_of_values() -> None:
    """The example of CWL_QuerySyntax-Sort."""
    ordered = ["!:", "#", "*%04", "0#", "5A", "111A", "2345_", "@", "@_", "A", "A9876fghj", "a12345hfh"]
    numbers = ["0", "1", "2", "3", "10"]
    found = rows("fields v | sort v", [{"v": v} for v in [*reversed(numbers), *reversed(ordered)]])
    assert [row["v"] for row in found] == ordered + numbers
    found = rows("fields v | sort v desc", [{"v": v} for v in [*numbers, *ordered]])
    assert [row["v"] for row in found] == list(reversed(ordered + numbers))


def test_a_missing_value_sorts_first_and_last_when_descending() -> None:
    events: list[str | dict[str, Any]] = [{"v": "a"}, {}, {"v": 1}]
    assert rows("fields v | sort v", events) == [{}, {"v": "a"}, {"v": "1"}]
    assert rows("fields v | sort v desc", events) == [{"v": "1"}, {"v": "a"}, {}]


def test_the_smaller_of_two_limits_holds() -> None:
    assert len(rows("fields n | limit 5", NUMBERED, limit=2)) == 2
    assert len(rows("fields n | limit 2", NUMBERED, limit=5)) == 2
    assert len(rows("fields n | limit 5 | limit 3", NUMBERED)) == 3


def test_ten_thousand_rows_without_a_limit_more_with_one() -> None:
    lots = [event({"n": n}, n % 3600) for n in range(10_100)]
    assert len(outcome("fields n", lots).rows) == 10_000
    assert len(outcome("fields n | limit 10050", lots).rows) == 10_050


def test_sort_then_filter_then_limit() -> None:
    found = rows("fields n | sort n desc | filter server = 's1' | limit 2", NUMBERED)
    assert found == [{"n": "10"}, {"n": "7"}]


def test_limit_then_stats_counts_what_is_left() -> None:
    assert rows("limit 5 | stats count(*)", NUMBERED) == [{"count(*)": "5"}]


def test_limit_any_stops_scanning() -> None:
    found = outcome("filter n > 2 | limit any 2", NUMBERED)
    assert len(found.rows) == 2
    assert found.statistics.records_scanned == 5
    assert found.statistics.records_matched == 2


def test_dedup_keeps_the_latest_of_each_value() -> None:
    assert rows("fields n | dedup server", NUMBERED) == [{"n": "11"}, {"n": "10"}, {"n": "9"}]
    assert rows("fields n | sort n asc | dedup server | limit 2", NUMBERED) == [{"n": "0"}, {"n": "1"}]


def test_dedup_takes_null_for_no_duplicate() -> None:
    events: list[str | dict[str, Any]] = [{"a": 1, "b": 1}, {"a": 1, "b": 1}, {"a": 1}, {"a": 1}]
    assert len(rows("fields a | dedup a, b", events)) == 3


def test_only_limit_may_follow_dedup() -> None:
    with pytest.raises(MalformedQuery, match="limit"):
        compiled("dedup a | fields b")


def test_dedup_after_stats() -> None:
    assert len(rows("stats count(*) as c by n, server | dedup server", NUMBERED)) == 3
