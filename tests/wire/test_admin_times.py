from __future__ import annotations

import pytest

from foulweather.wire.admin.times import iso, parse_duration, parse_time, shown_duration


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("250ms", 250),
        ("90s", 90_000),
        ("5m", 300_000),
        ("3h", 10_800_000),
        ("2d", 172_800_000),
        ("1d12h", 129_600_000),
        ("1w", 604_800_000),
        ("1m500ms", 60_500),
        (" 1d 12h ", 129_600_000),
        ("0s", 0),
    ],
)
def test_durations_are_read(text: str, ms: int) -> None:
    assert parse_duration(text) == ms


@pytest.mark.parametrize(
    "text", ["", " ", "5", "h", "3 parsecs", "-3h", "1.5h", "3hx", "x3h", "3H", "9" * 30 + "d", "٣h"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|too long"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-01-01", 1_767_225_600_000),
        ("2026-01-01T00:00:00", 1_767_225_600_000),
        ("2026-01-01T01:00:00+01:00", 1_767_225_600_000),
        ("2026-01-01T00:00:00.250Z", 1_767_225_600_250),
        ("1767225600250", 1_767_225_600_250),
    ],
)
def test_times_are_read(text: str, ms: int) -> None:
    assert parse_time(text) == ms


@pytest.mark.parametrize("text", ["", "someday", "2026-13-01", "1969-12-31", "12:00", "9" * 20, "12"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|between"):
        parse_time(text)


def test_times_are_shown_in_iso_with_milliseconds() -> None:
    assert iso(1_767_225_600_007) == "2026-01-01T00:00:00.007Z"
    assert parse_time(iso(1_767_225_600_007)) == 1_767_225_600_007


@pytest.mark.parametrize(
    ("ms", "text"), [(0, "0ms"), (250, "250ms"), (61_001, "1m 1s"), (129_600_000, "1d 12h"), (3_600_000, "1h")]
)
def test_durations_are_shown_by_their_two_largest_units(ms: int, text: str) -> None:
    assert shown_duration(ms) == text
