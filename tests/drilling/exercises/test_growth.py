"""Fitting a power to times, and refusing to where they say nothing."""

from __future__ import annotations

from collections.abc import Callable
from math import log2

import pytest

from foulweather.drilling.exercises.growth import fitted, measured

SIZES = [500, 1000, 2000, 4000, 8000, 16000]


@pytest.mark.parametrize(
    ("spent_ns", "name"),
    [
        (lambda n: 50_000 * n, "linear or n log n"),
        (lambda n: 5_000 * n * log2(n), "linear or n log n"),
        (lambda n: 20 * n**2, "quadratic, O(n²)"),
        (lambda n: n**3 // 100, "cubic, O(n³)"),
    ],
)
def test_powers_are_told_apart(spent_ns: Callable[[int], float], name: str) -> None:
    assert fitted([(size, int(spent_ns(size))) for size in SIZES]).name == name


def test_an_exponential_is_no_power() -> None:
    assert fitted([(size, 1000 * 2**size) for size in range(8, 25, 2)]).name.startswith("exponential")


def test_short_times_say_nothing() -> None:
    growth = fitted([(size, size) for size in SIZES])
    assert (growth.power, growth.name) == (None, "unclear")


def test_measuring_stops_when_it_takes_long_or_fails() -> None:
    asked: list[int] = []

    def measure(size: int) -> int | None:
        asked.append(size)
        return 400_000_000 if size == 2000 else 100_000_000

    measured(measure, SIZES)
    assert asked == [500, 1000, 2000]
    assert measured(lambda size: None, SIZES).points == []
