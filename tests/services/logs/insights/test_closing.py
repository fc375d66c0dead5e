"""The commands that work on rows as they are shown: running sums, earlier rows' values, gaps filled."""

from __future__ import annotations

import pytest

from foulweather.services.logs.insights.errors import MalformedQuery, NotBuilt
from foulweather.services.logs.insights.language import compiled
from services.logs.insights.insights_events import outcome, rows

BYTES = [{"bytes": 5}, {"bytes": 7}, {"x": 1}, {"bytes": 8}]


def test_accum_sums_up_in_the_order_of_the_rows() -> None:
    found = rows("fields bytes | sort @timestamp asc | accum bytes as total", BYTES)
    assert found == [{"bytes": "5", "total": "5"}, {"bytes": "7", "total": "12"}, {}, {"bytes": "8", "total": "20"}]
    newest = rows("fields bytes | accum bytes as total | limit 2", BYTES)
    assert newest == [{"bytes": "8", "total": "8"}, {}]


def test_accum_works_on_what_stats_made() -> None:
    found = rows(
        "stats count(*) as n by bytes | sort bytes | accum n as sum", [{"bytes": 1}, {"bytes": 1}, {"bytes": 2}]
    )
    assert [(row["n"], row["sum"]) for row in found] == [("2", "2"), ("1", "3")]


def test_autoregress_copies_from_rows_before() -> None:
    found = rows("fields bytes | filter ispresent(bytes) | sort @timestamp asc | autoregress bytes p=1-2", BYTES)
    assert found == [
        {"bytes": "5"},
        {"bytes": "7", "bytes_p1": "5"},
        {"bytes": "8", "bytes_p1": "7", "bytes_p2": "5"},
    ]
    (_, second, _) = rows(
        "filter ispresent(bytes) | fields bytes | sort @timestamp asc | autoregress bytes as b", BYTES
    )
    assert second == {"bytes": "7", "b": "5"}


def test_filldown_carries_the_last_value_on() -> None:
    events = [{"host": "a", "cpu_user": 1}, {"cpu_user": 2}, {"mem": 3}]
    asked = "fields host, cpu_user, mem | sort @timestamp asc | filldown"
    assert rows(asked, events) == [
        {"host": "a", "cpu_user": "1"},
        {"host": "a", "cpu_user": "2"},
        {"host": "a", "cpu_user": "2", "mem": "3"},
    ]
    assert rows(f"{asked} cpu* mem", events)[2] == {"cpu_user": "2", "mem": "3"}
    whole = outcome(f"{asked} host", events)
    assert [[name for name, _ in row][-1] for row in whole.rows] == ["@ptr"] * 3


def test_count_frequent_puts_the_most_frequent_first() -> None:
    events = [{"m": "GET", "s": 200}] * 3 + [{"m": "PUT", "s": 500}] + [{"m": "GET", "s": 404}] * 2
    expected = [
        {"m": "GET", "s": "200", "_approxcount": "3"},
        {"m": "GET", "s": "404", "_approxcount": "2"},
        {"m": "PUT", "s": "500", "_approxcount": "1"},
    ]
    for name in ("countFrequent", "count_frequent"):
        assert rows(f"fields m, s | {name} m, s", events) == expected


@pytest.mark.parametrize(
    "query",
    [
        "fields a | accum a",
        "fields a | accum b as c",
        "fields a | autoregress a as b p=1-2",
        "fields a | accum a as b | stats count(*)",
        "fields a | fillmissing",
        "pattern @message | diff",
    ],
)
def test_what_aws_does_not_describe_is_not_built(query: str) -> None:
    with pytest.raises(NotBuilt):
        compiled(query)


@pytest.mark.parametrize(
    "query", ["fields a | accum", "fields a | autoregress a p=0", "fields a | autoregress a p=2-1"]
)
def test_what_is_no_command_is_malformed(query: str) -> None:
    with pytest.raises(MalformedQuery):
        compiled(f"fields a | {query}")
