"""Commands that make other rows of rows: unnest, pattern, addtotals, lookup, join, subqueries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from foulweather.services.logs.insights.errors import MalformedQuery, NotBuilt
from foulweather.services.logs.insights.language import compiled
from foulweather.services.logs.insights.records import Record, Sources
from services.logs.insights.insights_events import event, outcome, rows


class Elsewhere:
    """Other log groups and a lookup table."""

    def __init__(self, groups: dict[str, list[dict[str, Any]]]) -> None:
        self.groups = groups

    def records(self, sources: Sources) -> Iterable[Record]:
        for group in sources.log_groups:
            yield from (event(message, second, group=group) for second, message in enumerate(self.groups[group]))

    def lookup_table(self, name: str) -> Iterable[Mapping[str, str]]:
        assert name == "user_data"
        return [{"id": "1", "name": "Ann", "team": "x"}, {"id": "1", "name": "Other"}, {"id": "2", "name": "Bob"}]


def test_unnest_makes_a_record_of_each_item() -> None:
    message = {"events": [{"name": "exception"}, {"name": "user action"}]}
    query = "fields jsonParse(@message) as json_message | unnest json_message.events into event | display event.name"
    assert rows(query, [message]) == [{"event.name": "exception"}, {"event.name": "user action"}]


def test_unnest_then_filter_and_aggregate() -> None:
    message = {"accounts": [{"id": "a", "n": 1}, {"id": "b", "n": 2}, {"id": "a", "n": 3}]}
    query = "fields jsonParse(@message) as js | unnest js.accounts into account | filter account.n > 1"
    found = outcome(f"{query} | stats sum(account.n) as n by account.id | sort n desc", [message])
    assert [dict(row) for row in found.rows] == [{"account.id": "a", "n": "3"}, {"account.id": "b", "n": "2"}]
    assert found.statistics.records_matched == 1


def test_unnest_takes_anything_but_a_list_as_one_item() -> None:
    assert rows("unnest a into b | display b", [{"a": 5}]) == [{"b": "5"}]


def test_a_pattern_has_tokens_for_what_varies() -> None:
    lines = [
        f"2023-01-01 19:00:0{n} [INFO] Calling DynamoDB to store for resource id 1234{n}k124-12345" for n in range(3)
    ]
    assert rows("pattern @message", [*lines, "[ERROR] gone"]) == [
        {
            "@pattern": "<Time-1> [INFO] Calling DynamoDB to store for resource id <ID-2>",
            "@ratio": "0.75",
            "@sampleCount": "3",
            "@severityLabel": "Info",
        },
        {"@pattern": "[ERROR] gone", "@ratio": "0.25", "@sampleCount": "1", "@severityLabel": "Error"},
    ]


def test_a_word_that_varies_is_a_token_of_no_known_kind() -> None:
    lines = [f"user {name} logged in" for name in ("ann", "bob", "cy", "dee")]
    assert rows("pattern @message | display @pattern", lines) == [{"@pattern": "user <Token-1> logged in"}]


def test_patterns_are_filtered_and_sorted() -> None:
    lines = ["took 5 ms", "took 6 ms", "up", "WARN x"]
    query = "pattern @message | filter @sampleCount > 1 or @severityLabel = 'Warning' | sort @sampleCount | limit 5"
    assert [row["@pattern"] for row in rows(query, lines)] == ["WARN x", "took <Number-1> ms"]


def test_addtotals() -> None:
    events: list[str | dict[str, Any]] = [{"a": 1, "b": 2}, {"a": 3, "b": "x"}]
    assert rows("fields a, b | sort a | addtotals", events) == [
        {"a": "1", "b": "2", "Total": "3"},
        {"a": "3", "b": "x", "Total": "3"},
    ]
    assert rows("fields a, b | sort a | addtotals row=false col=true a", events)[-1] == {"a": "4"}
    assert rows("fields a, b | sort a | addtotals fieldname=Sum b", events)[0]["Sum"] == "2"


def test_lookup_adds_the_columns_of_the_row_that_matches() -> None:
    query = "fields id | lookup user_data id as id OUTPUT name, team | sort id"
    assert rows(query, [{"id": "1"}, {"id": 2}, {"id": 3}], reach=Elsewhere({})) == [
        {"id": "1", "name": "Ann", "team": "x"},
        {"id": "2", "name": "Bob"},
        {"id": "3"},
    ]
    assert compiled(query).lookup_tables == ("user_data",)


def test_an_inner_join_keeps_what_matches_and_a_left_join_everything() -> None:
    api = [{"requestId": "r1", "status": 500, "latency": 30}, {"requestId": "r2", "status": 502, "latency": 10}]
    reach = Elsewhere({"/aws/lambda/f": [{"requestId": "r1", "duration": 25}, {"requestId": "r9"}]})
    query = (
        "filter status >= 500 | join type={} left=api right=lambda where api.requestId=lambda.requestId "
        "(SOURCE '/aws/lambda/f') | fields api.requestId, api.status, lambda.duration | sort api.latency desc"
    )
    first = {"api.requestId": "r1", "api.status": "500", "lambda.duration": "25"}
    assert rows(query.format("inner"), api, reach=reach) == [first]
    assert rows(query.format("left"), api, reach=reach) == [first, {"api.requestId": "r2", "api.status": "502"}]
    assert compiled(query.format("left")).inner_sources == (Sources(log_groups=("/aws/lambda/f",)),)


def test_the_right_side_of_a_join_may_be_filtered_or_aggregated() -> None:
    reach = Elsewhere({"g": [{"k": "a", "n": 1}, {"k": "a", "n": 2}, {"k": "b", "n": 3}]})
    join = "join left=l right=r where l.k=r.k "
    assert rows(f"{join}(SOURCE 'g' | filter n > 1) | fields r.n", [{"k": "a"}], reach=reach) == [{"r.n": "2"}]
    assert rows(f"{join}(SOURCE 'g' | stats sum(n) as s by k) | fields l.k, r.s", [{"k": "a"}], reach=reach) == [
        {"l.k": "a", "r.s": "3"}
    ]


def test_a_subquery_is_a_set_of_values() -> None:
    reach = Elsewhere({"pay": [{"id": "a", "status": "FAILED"}] * 4 + [{"id": "b", "status": "FAILED"}]})
    query = (
        "filter id in (SOURCE 'pay' | filter status = 'FAILED' | stats count(*) as n by id | filter n > 3 | fields id)"
        " | fields id"
    )
    assert rows(query, [{"id": "a"}, {"id": "b"}], reach=reach) == [{"id": "a"}]
    assert rows(query.replace("id in", "id not in", 1), [{"id": "a"}, {"id": "b"}], reach=reach) == [{"id": "b"}]


def test_subqueries_do_not_nest_and_need_somebody_who_reaches_out() -> None:
    with pytest.raises(MalformedQuery):
        compiled("filter a in (SOURCE 'g' | filter b in (SOURCE 'h' | fields b) | fields a)")
    with pytest.raises(NotBuilt):
        outcome("filter a in (SOURCE 'g' | fields a)", [{"a": 1}])
