from __future__ import annotations

import pytest

from foulweather.world import clock as clocks
from foulweather.world.clock import Clock


def test_a_held_clock_stands_until_it_is_moved() -> None:
    clock = Clock(1_000, "held")
    assert clock.now_ms == 1_000
    clock.move_to(5_000)
    assert clock.now_ms == 5_000


def test_time_never_runs_backwards() -> None:
    clock = Clock(5_000, "held")
    clock.move_to(1_000)
    assert clock.now_ms == 5_000


def test_a_paced_clock_runs_at_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    now_ns = 0
    monkeypatch.setattr(clocks.time, "monotonic_ns", lambda: now_ns)
    clock = Clock(0, "paced", 60_000)
    now_ns = 1_000_000_000
    assert clock.now_ms == 60_000
    assert clock.real_delay_s(120_000) == 1.0


def test_a_released_clock_goes_on_from_where_it_was_held(monkeypatch: pytest.MonkeyPatch) -> None:
    now_ns = 0
    monkeypatch.setattr(clocks.time, "monotonic_ns", lambda: now_ns)
    clock = Clock(10_000)
    now_ns = 2_000_000_000
    clock.hold()
    now_ns = 9_000_000_000
    assert clock.now_ms == 12_000
    clock.release()
    now_ns = 10_000_000_000
    assert clock.now_ms == 13_000


def test_a_rate_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        Clock(0).release(0)


def test_real_time_passes_while_a_paced_world_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "wall_ms", lambda: 1_000_000)
    reading = Clock(50_000).reading()
    monkeypatch.setattr(clocks, "wall_ms", lambda: 1_060_000)
    assert Clock.resumed(reading).now_ms - reading.now_ms >= 60_000


def test_held_time_does_not_pass_while_the_world_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "wall_ms", lambda: 1_000_000)
    reading = Clock(50_000, "held").reading()
    monkeypatch.setattr(clocks, "wall_ms", lambda: 9_000_000)
    assert Clock.resumed(reading).now_ms == 50_000


DAY_MS = 86_400_000


class TestTimesToldFromOutside:
    """Clients sign by their machine's clock; the world's may be days ahead."""

    @pytest.fixture
    def wall(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        wall = [100 * DAY_MS]
        monkeypatch.setattr(clocks, "wall_ms", lambda: wall[0])
        return wall

    def test_a_signature_made_just_now_is_fresh_after_the_world_was_advanced(self, wall: list[int]) -> None:
        clock = Clock(wall[0], "held")
        clock.move_to(wall[0] + 4 * DAY_MS)
        wall[0] += 1_000
        assert clock.since(wall[0]) == 0

    def test_a_signature_of_the_second_of_the_advance_is_fresh(self, wall: list[int]) -> None:
        signed_ms = wall[0]
        for rate_permille in (0, 1000, 60_000):
            clock = Clock(wall[0], "held" if not rate_permille else "paced", rate_permille or 1000)
            wall[0] += 700
            clock.move_to(wall[0] + 4 * DAY_MS)
            wall[0] += 50
            assert clock.since(signed_ms) < 10
            wall[0] = signed_ms

    def test_a_url_presigned_before_the_advance_is_as_old_as_the_advance(self, wall: list[int]) -> None:
        clock = Clock(wall[0], "held")
        signed_ms = wall[0]
        wall[0] += 60_000
        clock.move_to(wall[0] + 2 * 3_600_000)
        assert clock.since(signed_ms) >= 2 * 3_600_000

    def test_a_client_inside_the_world_signs_by_the_worlds_clock(self, wall: list[int]) -> None:
        clock = Clock(5 * DAY_MS, "held")
        assert clock.since(5 * DAY_MS - 2_000) == 2_000

    def test_a_clock_that_is_a_day_off_is_a_day_off(self, wall: list[int]) -> None:
        clock = Clock(wall[0], "held")
        assert clock.since(wall[0] + DAY_MS) == -DAY_MS
        assert clock.since(wall[0] - DAY_MS) == DAY_MS


def test_a_signature_of_now_is_fresh_however_little_the_world_was_advanced() -> None:
    clock = Clock(clocks.wall_ms(), "held")
    for minutes in range(1, 40):
        clock.move_to(clock.now_ms + 60_000)
        told_ms = clocks.wall_ms() // 1000 * 1000
        assert abs(clock.since(told_ms)) < 5_000, f"after {minutes} minutes"
        assert clock.since(clock.now_ms) == 0
