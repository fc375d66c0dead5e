from __future__ import annotations

import json
from random import Random

import pytest

from foulweather.drilling.load import Histogram, Ledger, Records
from foulweather.drilling.load.durations import duration


def test_percentiles_of_small_values_are_exact() -> None:
    histogram = Histogram(range(1, 101))
    assert [histogram.percentile(percent) for percent in (50, 90, 95, 99, 100)] == [50, 90, 95, 99, 100]


def test_percentiles_of_large_values_are_within_two_percent_above() -> None:
    values = sorted(Random(1).randrange(1, 10_000_000) for _ in range(5_000))
    histogram = Histogram(values)
    for percent in (10, 50, 90, 99):
        exact = values[len(values) * percent // 100 - 1]
        assert exact <= histogram.percentile(percent) <= exact * 102 // 100 + 1
    assert histogram.percentile(100) == values[-1]


def test_percentiles_of_nothing_are_zero() -> None:
    assert Histogram().summary() == {"count": 0, "mean": 0, "p50": 0, "p90": 0, "p95": 0, "p99": 0, "max": 0}


def test_records_count_by_operation_and_code() -> None:
    records = Records()
    for code in ("", "", "AccessDenied"):
        records.add("send_message", code, 1000, 1010)
    records.add("receive_message", "", 2000, 4000)
    assert (records.calls, records.errors) == (4, 1)
    assert records.count("send_message") == 3
    assert records.count(code="") == 3
    assert records.count("send_message", "AccessDenied") == 1
    assert records.codes() == {"AccessDenied": 1}
    assert json.loads(json.dumps(records.summary()))["latency_ms"]["max"] == 2000
    assert "AccessDenied" in records.table()
    assert "25.0 %" in records.table()


def test_a_time_line_has_every_step_also_those_without_calls() -> None:
    records = Records()
    records.add("x", "", 0, 500)
    records.add("x", "Oops", 0, 2_100)
    assert [(one.at_ms, one.calls, one.errors) for one in records.timeline(1000)] == [
        (0, 1, 0),
        (1000, 0, 0),
        (2000, 1, 1),
    ]
    assert [one.calls for one in records.timeline(3000)] == [2]
    assert records.since(1000).calls == 1
    assert records.since(0, 1000).latency.percentile(50) == 500


def test_a_long_time_line_gets_coarser_and_loses_no_call() -> None:
    records = Records()
    for second in range(20_000):
        records.add("x", "", second * 1000, second * 1000)
    assert records.slot_ms == 10_000
    assert sum(one.calls for one in records.timeline(1000)) == 20_000
    assert records.timeline(1000)[0].calls == 10


def test_durations_are_drawn_as_their_words_say() -> None:
    draws = Random(1)
    assert duration("200")(draws) == 200
    uniform = [duration("100-300")(draws) for _ in range(4000)]
    assert min(uniform) >= 100
    assert max(uniform) <= 300
    assert 195 < sum(uniform) / 4000 < 205
    tailed = sorted(duration("~1000")(draws) for _ in range(4000))
    assert 960 < tailed[2000] < 1040
    assert 1080 < sum(tailed) / 4000 < 1190  # a lognormal's mean is above its median
    assert tailed[3960] > 2500


@pytest.mark.parametrize("words", ["", "fast", "-5", "300-100", "~1-2", "1.5"])
def test_what_is_no_duration_is_refused(words: str) -> None:
    with pytest.raises(ValueError):
        duration(words)


# --- the ledger


def test_an_event_is_served_by_one_effect_within_the_deadline() -> None:
    ledger = Ledger()
    keys = [ledger.ask(at_ms) for at_ms in (0, 100, 200, 300, 9_000)]
    ledger.effect(keys[0], 50)
    ledger.effect(keys[1], 150)
    ledger.effect(keys[1], 170)  # a duplicate
    ledger.effect(keys[2], 5_000)  # late
    report = ledger.report(now_ms=9_500, deadline_ms=1_000)
    assert (report.asked, report.pending, report.served) == (5, 1, 1)
    assert (report.lost, report.late, report.duplicated) == (2, 1, 1)
    assert report.judged == 4
    assert report.served_permille == 250
    assert report.latency.count == 3
    assert ledger.lost(9_500, 1_000) == [keys[3]]
    assert ledger.duplicated() == [keys[1]]


def test_a_report_is_of_what_was_asked_in_its_window() -> None:
    ledger = Ledger()
    for at_ms in range(0, 10_000, 1_000):
        key = ledger.ask(at_ms)
        if at_ms < 5_000:
            ledger.effect(key, at_ms + 10)
    assert ledger.report(now_ms=60_000, deadline_ms=100, since_ms=5_000).lost == 5
    assert ledger.report(now_ms=60_000, deadline_ms=100, until_ms=5_000).served_permille == 1000
    steps = ledger.timeline(5_000, now_ms=10_000, deadline_ms=100)
    assert [(at_ms, report.served, report.lost) for at_ms, report in steps] == [(0, 5, 0), (5_000, 0, 5)]


def test_nothing_asked_is_nothing_failed() -> None:
    assert Ledger().report(now_ms=1, deadline_ms=1).served_permille == 1000


def test_what_comes_after_a_later_event_of_its_group_is_out_of_order() -> None:
    ledger = Ledger()
    first, other, second = ledger.ask(0, "a"), ledger.ask(1, "b"), ledger.ask(2, "a")
    for at_ms, key in enumerate((second, first, other)):
        ledger.effect(key, 10 + at_ms)
    assert ledger.report(now_ms=100, deadline_ms=50).out_of_order == 1


def test_every_effect_of_an_event_is_kept() -> None:
    ledger = Ledger()
    key = ledger.ask(0)
    ledger.ask(0)
    message_id = "c7d352ad-6a66-4190-a958-34db5e8ba02b"
    ledger.effect(key, 5, 3, message_id, 1)
    ledger.effect(key + 1, 6)
    ledger.effect(key, 40_000, 4, message_id, 2)
    assert ledger.effects_of(key) == [(5, 3, message_id, 1), (40_000, 4, message_id, 2)]
    assert ledger.has_effect(key)


def test_events_may_be_known_by_a_name() -> None:
    ledger = Ledger()
    key = ledger.key_of("order-1-v1", 10)
    assert ledger.key_of("order-1-v1", 20) == key
    assert ledger.asked_at_ms(key) == 10


def test_an_effect_that_nobody_asked_for_is_counted_apart() -> None:
    ledger = Ledger()
    ledger.effect(7, 1)
    assert ledger.unasked == 1
    assert not ledger.has_effect(7)
