"""Large and random inputs, the same on every machine: the numbers are hashes of a seed."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from foulweather.drilling.exercises import oracles
from foulweather.drilling.exercises.definition import Case

LARGE = 100_000
RANDOM_CASES = 1_000
CAPACITY = 10_000
MASK = (1 << 63) - 1


class Numbers:
    """An endless row of numbers that a seed determines."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._block = 0
        self._left: Iterator[int] = iter(())

    def below(self, limit: int) -> int:
        """The next number, from 0 to below the limit."""
        number = next(self._left, None)
        if number is None:
            digest = hashlib.shake_256(f"{self._seed}/{self._block}".encode()).digest(1 << 15)
            words = array("Q", digest)
            if array("H", b"\x01\x00")[0] != 1:
                words.byteswap()
            self._block += 1
            self._left = iter(words)
            number = next(self._left)
        return (number & MASK) % limit

    def several(self, count: int, low: int, high: int) -> list[int]:
        """Numbers from low to high, both included."""
        return [low + self.below(high - low + 1) for _ in range(count)]

    def shuffled(self, count: int) -> list[int]:
        """The numbers from 0 to below count in some order."""
        order = list(range(count))
        for at in range(count - 1, 0, -1):
            other = self.below(at + 1)
            order[at], order[other] = order[other], order[at]
        return order


class Inputs(NamedTuple):
    """How inputs of an exercise are made: small ones at random, and large ones whose answer is known."""

    small: Callable[[Numbers], list[Any]]
    large: Callable[[int], list[Case]]
    """Of a size. The first of them is what growth is measured with."""
    size: int = LARGE


def random_cases(exercise_id: str, count: int = RANDOM_CASES) -> Iterator[Case]:
    """Small random cases, whose answers come from an oracle that tries everything."""
    numbers = Numbers(f"{exercise_id}/random")
    for _ in range(count):
        args = INPUTS[exercise_id].small(numbers)
        yield Case(args, oracles.ORACLES[exercise_id](*args))


def large_cases(exercise_id: str) -> list[Case]:
    """The largest cases that the statement allows."""
    inputs = INPUTS[exercise_id]
    return inputs.large(inputs.size)


def _two_sum_small(numbers: Numbers) -> list[Any]:
    return [numbers.several(numbers.below(9), -6, 6), numbers.below(25) - 12]


def _two_sum_large(size: int) -> list[Case]:
    numbers = Numbers(f"two-sum/{size}")
    even = [2 * number for number in numbers.shuffled(size)]
    odd = 2 * size + 1
    # The sum of two even numbers is even, so an odd target needs the only odd number; its partner stands once.
    at, partner = size // 2, size - 1
    planted = [*even[:at], odd, *even[at + 1 :]]
    return [
        Case([even, 1], [], f"no pair among {size:,} numbers"),
        Case([planted, odd + planted[partner]], [at, partner], f"one pair among {size:,} numbers"),
    ]


def _level_order_small(numbers: Numbers) -> list[Any]:
    values: list[int | None] = []
    open_places = numbers.below(2)
    while open_places and len(values) < 20:
        open_places -= 1
        is_node = not values or numbers.below(3) > 0
        values.append(numbers.below(19) - 9 if is_node else None)
        open_places += 2 if is_node else 0
    while values and values[-1] is None:
        values.pop()
    return [values]


def _level_order_large(size: int) -> list[Case]:
    values = Numbers(f"level-order/{size}").several(size, -1000, 1000)
    full = [values[2**level - 1 : 2 ** (level + 1) - 1] for level in range(size.bit_length())]
    chain: list[int | None] = [values[0]]
    for value in values[1:]:
        chain += [None, value]
    return [
        Case([chain], [[value] for value in values], f"a chain of {size:,} nodes"),
        Case([values], [level for level in full if level], f"a full tree of {size:,} nodes"),
    ]


def _substring_small(numbers: Numbers) -> list[Any]:
    alphabet = "abcdeé "
    return ["".join(alphabet[numbers.below(len(alphabet))] for _ in range(numbers.below(13)))]


def _substring_large(size: int) -> list[Case]:
    # Distinct characters: CJK has 20,902 in a row, from U+4E00.
    distinct = min(size // 5, 20_000)
    order = Numbers(f"substring/{size}").shuffled(distinct)
    wheel = "".join(chr(0x4E00 + number) for number in order)
    return [
        Case([(wheel * 6)[:size]], distinct, f"{size:,} characters, {distinct:,} different ones"),
        Case(["z" * size], 1, f"{size:,} times the same character"),
    ]


def _merge_small(numbers: Numbers) -> list[Any]:
    return [[sorted(numbers.several(numbers.below(5), -9, 9)) for _ in range(numbers.below(6))]]


def _merge_large(size: int) -> list[Case]:
    values = Numbers(f"merge/{size}").several(size, -1_000_000, 1_000_000)
    many = [sorted(values[start : start + 10]) for start in range(0, size, 10)]
    half = size // 2
    two = [sorted(values[:half]), sorted(values[half:])]
    return [
        Case([many], sorted(values), f"{size:,} elements in {len(many):,} lists"),
        Case([two], sorted(values), f"{size:,} elements in two lists"),
    ]


def _courses_small(numbers: Numbers) -> list[Any]:
    courses = 1 + numbers.below(6)
    return [courses, [numbers.several(2, 0, courses - 1) for _ in range(numbers.below(7))]]


def _courses_large(size: int) -> list[Case]:
    numbers = Numbers(f"courses/{size}")
    name = numbers.shuffled(size)
    chain = [[name[at], name[at - 1]] for at in range(1, size)]
    across = [[name[at], name[numbers.below(at)]] for at in range(1, size)]
    # Two ways from each knot to the next: 2^n paths for whoever does not remember where he has been.
    knots = min(size, 3 * 2000) // 3
    ladder = [
        pair
        for at in range(0, 3 * knots - 3, 3)
        for pair in ([at + 1, at], [at + 2, at], [at + 3, at + 1], [at + 3, at + 2])
    ]
    return [
        Case([size, chain + across], True, f"{size:,} courses in one long chain, and more prerequisites across"),
        Case([size, [*across, *chain, [name[0], name[-1]]]], False, f"a cycle through all {size:,} courses"),
        Case([3 * knots, ladder], True, f"{knots:,} times two ways to the same course"),
    ]


def _knapsack_small(numbers: Numbers) -> list[Any]:
    count = numbers.below(8)
    return [numbers.several(count, 0, 9), numbers.several(count, 0, 20), numbers.below(25)]


def _knapsack_large(size: int) -> list[Case]:
    numbers = Numbers(f"knapsack/{size}")
    # Capacity for about half of them, so that neither taking all nor taking few is cut short.
    most = max(2, 4 * CAPACITY // size)
    weights, values = numbers.several(size, most // 4, most), numbers.several(size, 1, 1000)
    capacity = min(CAPACITY, sum(weights) // 2)
    best = oracles.knapsack_by_capacity(weights, values, capacity)
    return [Case([weights, values, capacity], best, f"{size:,} items, W = {capacity:,}")]


INPUTS: dict[str, Inputs] = {
    "dsa-two-sum": Inputs(_two_sum_small, _two_sum_large),
    "dsa-level-order": Inputs(_level_order_small, _level_order_large),
    "dsa-longest-substring": Inputs(_substring_small, _substring_large),
    "dsa-merge-k-lists": Inputs(_merge_small, _merge_large),
    "dsa-course-schedule": Inputs(_courses_small, _courses_large),
    "dsa-knapsack": Inputs(_knapsack_small, _knapsack_large, size=200),
}
