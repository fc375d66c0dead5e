"""Schedule expressions: when each is due next, and what is none."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from foulweather.kernel import cron


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


def due(expression: str, after: str, zone: str = "UTC") -> str:
    when_ms = cron.next_ms(cron.read(expression), ms(after), begins_ms=ms("2026-01-01"), zone=ZoneInfo(zone))
    return "" if when_ms is None else datetime.fromtimestamp(when_ms // 1000, UTC).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("expression", "after", "wanted"),
    [
        ("cron(15 10 * * ? *)", "2026-01-01T10:15:00", "2026-01-02 10:15"),
        ("cron(0 18 ? * MON-FRI *)", "2026-01-02T18:00:00", "2026-01-05 18:00"),
        ("cron(0/10 * ? * MON-FRI *)", "2026-01-02T23:55:00", "2026-01-05 00:00"),
        ("cron(0 8 1 * ? *)", "2026-01-02", "2026-02-01 08:00"),
        ("cron(0 0 L * ? *)", "2026-02-01", "2026-02-28 00:00"),
        ("cron(0 0 L-2 * ? *)", "2026-02-01", "2026-02-26 00:00"),
        ("cron(0 0 LW * ? *)", "2026-02-01", "2026-02-27 00:00"),
        ("cron(0 0 15W * ? *)", "2026-02-01", "2026-02-16 00:00"),
        ("cron(0 0 1W * ? *)", "2026-07-31T01:00:00", "2026-08-03 00:00"),
        ("cron(0 0 ? * 6L *)", "2026-01-01", "2026-01-30 00:00"),
        ("cron(0 0 ? * TUE#2 *)", "2026-01-01", "2026-01-13 00:00"),
        ("cron(0 0 ? * 3#5 *)", "2026-01-01", "2026-03-31 00:00"),
        ("cron(0 0 29 2 ? *)", "2026-01-01", "2028-02-29 00:00"),
        ("cron(0 0 1 1 ? 2020)", "2026-01-01", ""),
        ("cron(30,45 6-8/2 ? JAN,MAR SAT 2026-2027)", "2026-01-31T08:45:00", "2026-03-07 06:30"),
        ("cron(0 0 ? * FRI-MON *)", "2026-01-05T00:00:00", "2026-01-09 00:00"),
        ("rate(90 minutes)", "2026-01-01T01:30:00", "2026-01-01 03:00"),
        ("rate(1 day)", "2026-01-01T00:00:00", "2026-01-02 00:00"),
        ("at(2026-06-01T12:00:00)", "2026-01-01", "2026-06-01 12:00"),
        ("at(2026-06-01T12:00:00)", "2026-06-01T12:00:00", ""),
    ],
)
def test_when_it_is_due_next(expression: str, after: str, wanted: str) -> None:
    assert due(expression, after) == wanted


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 10 * * * *)",
        "cron(0 10 ? * ? *)",
        "cron(0 10 * * ?)",
        "cron(60 10 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 0 32 * ? *)",
        "cron(0 0 ? * 8 *)",
        "cron(0 0 ? * MON#6 *)",
        "cron(0 0 ? FOO MON *)",
        "cron(0/0 0 * * ? *)",
        "cron(0 0 *-5 * ? *)",
        "cron(0 0 1 1 ? 2200)",
        "rate(0 minutes)",
        "rate(1 minutes)",
        "rate(5 minute)",
        "rate(5 weeks)",
        "at(2026-02-30T00:00:00)",
        "at(2026-01-01)",
        "daily",
        "",
    ],
)
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(cron.CronError):
        cron.read(expression)


def test_a_zones_local_time_moves_with_its_clocks() -> None:
    nine = "cron(0 9 * * ? *)"
    assert due(nine, "2026-03-27T12:00:00", "Europe/Berlin") == "2026-03-28 08:00"
    assert due(nine, "2026-03-28T12:00:00", "Europe/Berlin") == "2026-03-29 07:00"
    missing = "cron(30 2 29 3 ? *)"
    assert due(missing, "2026-01-01", "Europe/Berlin").startswith("2027-03-29")
    twice = "cron(30 2 25 10 ? *)"
    assert due(twice, "2026-10-24", "Europe/Berlin") == "2026-10-25 00:30"
    assert due(twice, "2026-10-25T00:30:00", "Europe/Berlin").startswith("2027")


def test_an_expression_every_few_minutes_does_not_skip_the_hour_that_comes_twice() -> None:
    assert due("cron(0/30 * * * ? *)", "2026-10-25T00:00:00", "Europe/Berlin") == "2026-10-25 00:30"
