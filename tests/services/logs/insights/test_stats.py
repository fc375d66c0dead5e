"""`stats`: aggregations, groups, and a second round of them."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.logs.insights.errors import MalformedQuery
from foulweather.services.logs.insights.language import compiled
from services.logs.insights.insights_events import START_MS, event, outcome, rows

EVENTS: list[str | dict[str, Any]] = [
    {"n": 10, "svc": "a"},
    {"n": "20", "svc": "b"},
    {"n": 30.5, "svc": "a"},
    {"svc": "a", "word": "pear"},
    {"n": "none", "word": "apple"},
]


@pytest.mark.parametrize(
    ("aggregation", "answer"),
    [
        ("count(*)", "5"),
        ("count()", "5"),
        ("count(n)", "4"),
        ("count_over_time(n)", "4"),
        ("count_distinct(svc)", "2"),
        ("sum(n)", "60.5"),
        ("sum_over_time(n)", "60.5"),
        ("avg(n)", "20.1667"),
        ("min(svc)", "a"),
        ("max(svc)", "b"),
        ("pct(n, 50)", "20"),
        ("pct(n, 90)", "30.5"),
        ("pct(n, 0)", "10"),
        ("median(n)", "20"),
        ("stddev(n)", "10.251"),
        ("earliest(n)", "10"),
        ("latest(n)", "none"),
        ("sortsFirst(word)", "apple"),
        ("sortsLast(word)", "pear"),
        ("sortsLast(n)", "30.5"),
        ("avg(nosuch)", None),
        ("max(@timestamp)", "2024-03-01 11:00:04.000"),
        ("earliest(@timestamp)", "2024-03-01 11:00:00.000"),
        ("sum(n) / count(*)", "12.1"),
        ("sum(strcontains(svc, 'a'))", "3"),
        ("sum(svc = 'a') * 100 / count(*)", "60"),
        ("max(strlen(@message)) - min(strlen(@message))", "9"),
    ],
)
def test_an_aggregation_of_all_events(aggregation: str, answer: str | None) -> None:
    assert rows(f"stats {aggregation} as answer", EVENTS)[0].get("answer") == answer


def test_keys_come_first_and_a_missing_one_is_a_group_of_its_own() -> None:
    found = outcome("stats count(*), avg(n) as mean by svc | sort svc", EVENTS)
    assert found.fields == ["svc", "count(*)", "mean"]
    assert found.rows == [
        [("count(*)", "1")],
        [("svc", "a"), ("count(*)", "3"), ("mean", "20.25")],
        [("svc", "b"), ("count(*)", "1"), ("mean", "20")],
    ]


def test_groups_by_bin_come_latest_first() -> None:
    records = [event({"n": n}, n * 60) for n in range(3)]
    assert rows("stats sum(n) by bin(1m)", records) == [
        {"bin(1m)": "2024-03-01 11:02:00.000", "sum(n)": "2"},
        {"bin(1m)": "2024-03-01 11:01:00.000", "sum(n)": "1"},
        {"bin(1m)": "2024-03-01 11:00:00.000", "sum(n)": "0"},
    ]


def test_several_keys_and_a_computed_one() -> None:
    assert rows("stats count(*) as c by svc, strlen(svc) as l | sort c desc | limit 1", EVENTS) == [
        {"svc": "a", "l": "1", "c": "3"}
    ]


def test_an_aggregation_can_use_the_ones_before_it() -> None:
    query = "stats max(n) as most, min(n) as least, most - least as spread | display spread"
    assert rows(query, EVENTS[:3]) == [{"spread": "20.5"}]


def test_no_events_give_no_row() -> None:
    assert rows("filter nosuch = 1 | stats count(*)", EVENTS) == []


def test_after_stats_columns_are_sorted_filtered_and_computed_with() -> None:
    query = "stats count(*) as c by svc | filter c > 1 | fields svc, c * 2 as twice"
    assert rows(query, EVENTS) == [{"svc": "a", "twice": "6"}]
    assert rows("stats count(*) by svc | sort count(*) desc | limit 1", EVENTS) == [{"svc": "a", "count(*)": "3"}]
    assert rows("stats COUNT( * ) by svc | filter count(*) = 3 | display svc", EVENTS) == [{"svc": "a"}]


def test_a_field_is_gone_after_stats() -> None:
    with pytest.raises(MalformedQuery) as found:
        compiled("FIELDS @message | STATS SUM(Fault) by Operation | STATS MAX(strlen(@message)) AS MaxMessageSize")
    assert found.value.message == "Unknown symbols found in or after stats: @message"
    for query in ("stats count(*) by a | sort @timestamp", "stats count(*) by a | stats avg(c) by bin(5m)"):
        with pytest.raises(MalformedQuery, match=r"@timestamp|c$"):
            compiled(query)


def test_a_field_that_an_alias_hides_is_unknown_to_stats() -> None:
    hidden = 'fields svc | fields if(ispresent(svc), svc, "x") as svc | stats count(*) by svc'
    with pytest.raises(MalformedQuery) as found:
        compiled(hidden)
    assert found.value.message == "Unknown symbols found in or after stats: svc"
    assert rows('fields if(ispresent(svc), svc, "x") as svc | stats count(*) as c by svc | sort c', EVENTS) == [
        {"svc": "b", "c": "1"},
        {"svc": "x", "c": "1"},
        {"svc": "a", "c": "3"},
    ]


def test_a_second_stats_aggregates_the_first() -> None:
    records = [event("x" * size, second) for second, size in ((0, 10), (10, 20), (300, 5), (900, 7))]
    query = (
        "FIELDS strlen(@message) AS length | STATS sum(length) AS total BY BIN(5m) as @t"
        " | STATS max(total) AS most, min(total) AS least, count(*) AS bins BY dateceil(@t, 10m)"
    )
    assert rows(query, records) == [
        {"dateceil(@t, 10m)": "2024-03-01 11:20:00.000", "most": "7", "least": "7", "bins": "1"},
        {"dateceil(@t, 10m)": "2024-03-01 11:10:00.000", "most": "5", "least": "5", "bins": "1"},
        {"dateceil(@t, 10m)": "2024-03-01 11:00:00.000", "most": "30", "least": "30", "bins": "1"},
    ]


@pytest.mark.parametrize(
    "query",
    [
        "stats count(*) as a by b | stats sum(a) as c by b | stats max(c)",
        "sort a | stats count(*) as a by b | stats sum(a)",
        "stats count(*) as a by b | limit 5 | stats sum(a)",
    ],
)
def test_the_rules_of_two_stats(query: str) -> None:
    with pytest.raises(MalformedQuery):
        compiled(query)


def test_rows_of_stats_have_no_ptr_and_take_the_limit() -> None:
    found = outcome("stats count(*) by n", EVENTS, limit=2)
    assert len(found.rows) == 2
    assert "@ptr" not in found.fields
    assert found.statistics.records_matched == 5


def test_a_filtered_count_by_time() -> None:
    messages = [event("ERROR a", 0), event("ok", 1), event("ERROR b", 61)]
    assert rows("filter @message like /ERROR/ | stats count(*) as errors by bin(1m) | sort errors", messages) == [
        {"bin(1m)": "2024-03-01 11:01:00.000", "errors": "1"},
        {"bin(1m)": "2024-03-01 11:00:00.000", "errors": "1"},
    ]
    assert START_MS % 60_000 == 0
