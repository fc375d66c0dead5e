from __future__ import annotations

import pytest

from foulweather.cli import waterfall
from foulweather.cli.style import Style
from foulweather.kernel.trace import Hop, Trace
from foulweather.kernel.why import Why

TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/orders"
DENIED = Why("denied", "No policy allows dynamodb:Query.")


def hop(
    request_id: str, parent: str, what: str, at: int, took: int | None, *, resource: str = "", bad: str = ""
) -> Hop:
    service, _, operation = what.partition(":")
    ended = 0 if took is None else 1000 + at + took
    why = DENIED if bad else None
    return Hop(request_id, "1", parent, service, operation, "who", "0", "r", 1000 + at, ended, resource, bad, why)


def orders() -> Trace:
    return Trace(
        "1",
        1,
        [
            hop("1", "", "apigateway:GET /orders", 0, 1600),
            hop("2", "1", "lambda:Invoke", 400, 1200),
            hop("3", "2", "dynamodb:Query", 800, 0, resource=TABLE, bad="AccessDeniedException"),
            hop("4", "2", "sqs:SendMessage", 1200, 400),
        ],
    )


def test_each_hop_is_a_bar_on_the_whole_time_and_the_failing_one_is_marked_with_its_cause():
    style = Style(width=60)
    assert [line.rstrip() for line in waterfall.drawn(orders(), style)] == [
        "                                              0         1.60 s",
        "apigateway:GET /orders                1.60 s  ████████████████  ✓",
        "└─ lambda:Invoke                      1.20 s      ████████████  ✓",
        "   ├─ dynamodb:Query table/orders       0 ms          ▏         ✗ AccessDeniedException",
        "                                              ▶ No policy allows dynamodb:Query.",
        "   └─ sqs:SendMessage                 400 ms              ████  ✓",
    ]


def test_what_is_under_way_reaches_to_the_end_and_old_terminals_get_ascii():
    trace = orders()
    trace.hops[1] = hop("2", "1", "lambda:Invoke", 400, None)
    told = waterfall.drawn(trace, Style(is_unicode=False, width=60))
    assert all(line.isascii() for line in told)
    assert "under way" in told[2]
    assert told[2].rstrip().endswith("############")


def test_a_bar_is_never_wider_than_its_place():
    trace = orders()
    trace.hops.append(hop("5", "1", "sns:Publish", 1600, 0))
    trace.hops.append(hop("6", "1", "sns:Publish", 1599, 1))
    style = Style(width=200)
    told = waterfall.drawn(trace, style)
    assert len({len(line.partition("✓")[0]) for line in told if "✓" in line}) == 1


@pytest.mark.parametrize(
    ("took_ms", "said"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (1000, "1.00 s"),
        (29_000, "29.00 s"),
        (60_000, "1 min"),
        (61_000, "1 min 1 s"),
        (3_600_000, "1 h"),
        (7_500_000, "2 h 5 min"),
        (180_000_000, "2 d 2 h"),
    ],
)
def test_times_are_told_as_people_tell_them(took_ms: int, said: str):
    assert waterfall.duration(took_ms) == said
