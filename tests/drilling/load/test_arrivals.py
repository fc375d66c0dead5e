from __future__ import annotations

from itertools import islice, pairwise
from random import Random

import pytest

from foulweather.drilling.load import Arrivals, Daily, Even, Poisson, Ramp, Recorded, Surge
from foulweather.world.world import World

HOUR_MS = 3_600_000


def times(arrivals: Arrivals, seed: int = 1, start_ms: int = 0) -> list[int]:
    return list(arrivals.times(Random(seed), start_ms))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_poisson_arrivals_keep_their_mean_rate(seed: int) -> None:
    found = times(Poisson(per_s=50, until_ms=HOUR_MS), seed)
    assert abs(len(found) - 180_000) < 4 * 424  # four standard deviations
    assert found == sorted(found)
    assert found[-1] < HOUR_MS


def test_poisson_gaps_vary_as_much_as_their_mean() -> None:
    found = times(Poisson(per_s=1, until_ms=10 * HOUR_MS))
    gaps = [later - earlier for earlier, later in pairwise(found)]
    mean = sum(gaps) / len(gaps)
    deviation = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert 0.95 < deviation / mean < 1.05


def test_a_rate_per_minute_is_a_sixtieth() -> None:
    assert times(Even(per_min=2, until_ms=120_001)) == [30_000, 60_000, 90_000, 120_000]


def test_even_arrivals_do_not_drift_where_the_gap_is_no_whole_millisecond() -> None:
    found = times(Even(per_s=300, until_ms=HOUR_MS + 1))
    assert len(found) == 300 * 3600
    assert found[-1] == HOUR_MS
    assert {later - earlier for earlier, later in pairwise(found)} == {3, 4}


def test_arrivals_begin_at_the_time_of_the_world_that_they_are_given() -> None:
    assert times(Even(per_s=1, until_ms=2_500), start_ms=5_000_000) == [5_001_000, 5_002_000]


def test_a_surge_multiplies_the_rate_while_it_lasts() -> None:
    found = times(Even(per_s=10, shapes=(Surge(at_ms=60_000, for_ms=30_000, times=5),), until_ms=120_000))
    assert abs(sum(60_000 <= at < 90_000 for at in found) - 1500) <= 1
    assert abs(sum(at < 60_000 for at in found) - 600) <= 1
    assert abs(sum(at >= 90_000 for at in found) - 300) <= 1


def test_a_surge_of_zero_times_is_silence() -> None:
    found = times(Poisson(per_s=20, shapes=(Surge(at_ms=10_000, for_ms=10_000, times=0),), until_ms=30_000))
    assert not [at for at in found if 10_000 <= at < 20_000]
    assert [at for at in found if at >= 20_000]


def test_a_ramp_rises_in_a_straight_line() -> None:
    found = times(Even(per_s=100, shapes=(Ramp(for_ms=600_000),), until_ms=900_000))
    assert abs(sum(at < 600_000 for at in found) - 30_000) < 60
    assert abs(sum(at < 300_000 for at in found) - 7_500) < 30
    assert abs(sum(at >= 600_000 for at in found) - 30_000) < 5


def test_a_day_has_the_nominal_rate_in_the_mean_and_a_quiet_night() -> None:
    found = times(Poisson(per_min=60, shapes=(Daily(),), until_ms=24 * HOUR_MS))
    assert abs(len(found) - 86_400) < 1_200
    night = sum(3 * HOUR_MS <= at < 4 * HOUR_MS for at in found)
    evening = sum(19 * HOUR_MS <= at < 20 * HOUR_MS for at in found)
    assert evening > 8 * night


def test_a_day_shifts_with_where_people_are() -> None:
    here, east = Daily(), Daily(shift_hours=9)
    assert east.permille(0, 10 * HOUR_MS) == here.permille(0, 19 * HOUR_MS)


def test_shapes_multiply_each_other() -> None:
    shapes = (Surge(0, 60_000, 2), Surge(0, 60_000, 3))
    assert abs(len(times(Even(per_s=10, shapes=shapes, until_ms=60_000))) - 3600) <= 1


def test_recorded_arrivals_come_as_recorded_several_in_one_millisecond_too() -> None:
    assert times(Recorded([0, 5, 5, 9]), start_ms=100) == [100, 105, 105, 109]


def test_a_recording_repeats_in_its_period() -> None:
    repeated = Recorded([0, 5], every_ms=10).times(Random(1), 0)
    assert list(islice(repeated, 5)) == [0, 5, 10, 15, 20]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Poisson(),
        lambda: Poisson(per_s=1, per_min=1),
        lambda: Even(per_s=-1),
        lambda: Recorded([5, 4]),
        lambda: Recorded([5, 20], every_ms=10),
        lambda: Daily(hours=(1, 2)),
    ],
)
def test_what_is_no_process_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError):
        wrong()  # type: ignore[operator]


def test_streams_of_one_world_are_independent_and_come_again_with_its_seed() -> None:
    first, second = World(seed=9, mode="held", start_ms=0), World(seed=9, mode="held", start_ms=0)
    second.random.random()
    assert first.stream("a").random() == second.stream("a").random()
    assert first.stream("a").random() != first.stream("b").random()
