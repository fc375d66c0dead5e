"""Whatever the text: a query runs, or is refused as malformed or not built; nothing else ever comes of it."""

from __future__ import annotations

import random

import pytest

from foulweather.services.logs.insights.errors import MalformedQuery, NotBuilt
from foulweather.services.logs.insights.functions import FUNCTIONS, WRITTEN
from foulweather.services.logs.insights.language import Query, compiled
from services.logs.insights.insights_events import END_MS, START_MS, events

RECORDS = events(
    [
        {"level": "ERROR", "duration": 12, "a": {"b": [1, {"c": "x"}]}, "ok": True, "x": '{"k":[1,2]}', "huge": 1e300},
        "plain ERROR a=1 b=2",
        {"level": "INFO", "duration": "7.5", "a": 3, "n": None},
        "",
        '{"a":[',
        "REPORT RequestId: 8f5a-x",
    ]
)
FIELDS = ["@timestamp", "@message", "level", "duration", "a.b.0", "a", "ok", "@duration", "`foo-bar`", "x", "@log", "n"]
FIELDS += ["y", "zz.q", '`a"b`', "huge", "x[0].k", "@entity.KeyAttributes.Type"]
CONSTANTS = ["1", "2.5", '"x"', "'ERROR'", "5m", "true", "-3", '"7"', "1h", "1e300"]
PATTERNS = ["/E/", "/(?i)a|b/", '"x"', "/[/", "x", "/a{2,}(?<q>b)?/"]
PARSES = ['"a=* b=*" as n, y', "/a=(?<zz>.)/", "/(.)/ as n multi", "logfmt as zz", "csv as n, y"]
AGGREGATIONS = [
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "median",
    "stddev",
    "earliest",
    "latest",
    "sortsLast",
    "pct",
    "oops",
]
NOISE = [*"|()[]`'\"/.,=<*@#\\ ", "5m", "\x00", "é", "as", " by ", "like", "\ud800"]


class Queries:
    """Random queries that are mostly well formed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def expression(self, depth: int = 0) -> str:
        pick, roll = self.random.choice, self.random.random()
        if depth > 3 or roll < 0.35:
            return pick(FIELDS)
        if roll < 0.5:
            return pick(CONSTANTS)
        if roll < 0.6:
            return f"{self.expression(depth + 1)} {pick('+-*/%^')} {self.expression(depth + 1)}"
        if roll < 0.7:
            return f"({self.expression(depth + 1)} {pick(['=', '!=', '<', '>', '<='])} {self.expression(depth + 1)})"
        if roll < 0.82:
            arguments = ",".join(self.expression(depth + 1) for _ in range(pick([0, 1, 1, 1, 2, 2, 3, 4])))
            return f"{pick([*FUNCTIONS, *WRITTEN])}({arguments})"
        if roll < 0.9:
            return f"({self.expression(depth + 1)} {pick(['and', 'or', 'and not'])} {self.expression(depth + 1)})"
        if roll < 0.95:
            return f"{self.expression(depth + 1)} {pick(['like', 'not like', '=~'])} {pick(PATTERNS)}"
        return f"{self.expression(depth + 1)} {pick(['in', 'not in'])} [{self.expression(3)}, {self.expression(3)}]"

    def command(self) -> str:
        pick, expression = self.random.choice, self.expression
        aggregation = f"{pick(AGGREGATIONS)}({pick(['*', expression(2), expression(2), expression(2) + ', 95'])})"
        return pick(
            [
                f"fields {expression()}{pick(['', ' as n', ' as y'])}, {expression()}",
                f"display {expression()}",
                f"filter {expression()}",
                f"filter {expression()}",
                f"sort {expression()}{pick(['', ' desc'])}",
                f"limit {pick([1, 3, 'any 2', 0])}",
                f"stats {aggregation}{pick(['', ' as n'])}{pick(['', f' by {expression(2)}', ' by bin(5m) as y'])}",
                f"stats {aggregation} by {expression(2)}",
                f"parse {pick(FIELDS)} {pick(PARSES)}",
                f"dedup {expression(2)}",
                f"unnest {expression(2)} into n",
                f"pattern {expression(2)}",
                f'json field={pick(FIELDS)} "k.0" as y',
                f"addtotals{pick(['', ' col=true'])}",
            ]
        )

    def query(self) -> str:
        text = " | ".join(self.command() for _ in range(self.random.randint(1, 5)))
        if self.random.random() < 0.25:
            at = self.random.randrange(len(text) + 1)
            text = text[:at] + self.random.choice(NOISE) + text[at + self.random.randint(0, 2) :]
        return text


def accepted(text: str) -> Query | None:
    """The query, or None if it is refused; the refusal then points into the text."""
    place = (0, 0)
    try:
        return compiled.__wrapped__(text)
    except NotBuilt:
        pass
    except MalformedQuery as error:
        place = (error.start, error.end)
    assert 0 <= place[0] <= place[1] <= len(text)
    return None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("seed", range(4))
def test_a_query_runs_or_is_refused(seed: int) -> None:
    queries = Queries(seed)
    ran = 0
    for _ in range(500):
        text = queries.query()
        query = accepted(text)
        if query is None:
            continue
        ran += 1
        found = query.run(RECORDS, START_MS, END_MS, 100)
        for row in found.rows:
            assert all(type(shown) is str for _, shown in row), text
            if "addtotals" not in text:
                assert [name for name, _ in row] == [name for name in found.fields if name in dict(row)], text
    assert ran > 50


@pytest.mark.parametrize("seed", range(2))
def test_noise_is_refused(seed: int) -> None:
    words = (
        "fields filter stats by sort limit parse | | ( ) [ ] , as like /a/ 'x' \"y\" @message count(*) bin(5m) and or "
    )
    words += "not in = != 5 -1 . * ` # SOURCE logGroups( namePrefix: join where type=inner left=a right=b a.x=b.y"
    source = random.Random(seed)
    for turn in range(2000):
        if turn % 2:
            text = "".join(
                source.choice(words.split()) + source.choice(["", " "]) for _ in range(source.randint(1, 14))
            )
        else:
            text = "".join(chr(source.randrange(0x3000)) for _ in range(source.randint(0, 30)))
        accepted(text)
