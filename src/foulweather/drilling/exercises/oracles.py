"""The slow and obvious answer to each exercise: they try everything, so that a reader can see that they are right."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, permutations
from typing import Any


def two_sum(numbers: list[int], target: int) -> list[int]:
    """Every pair."""
    for pair in combinations(range(len(numbers)), 2):
        if sum(numbers[at] for at in pair) == target:
            return list(pair)
    return []


def level_order(values: list[int | None]) -> list[list[int]]:
    """Read off the notation: each node of a level takes the next two places."""
    levels: list[list[int]] = []
    rest = list(values)
    places = 1
    while rest and places:
        level, rest = rest[:places], rest[places:]
        nodes = [value for value in level if value is not None]
        if nodes:
            levels.append(nodes)
        places = 2 * len(nodes)
    return levels


def longest_substring(text: str) -> int:
    """Every substring."""
    return max(
        (
            end - start
            for start in range(len(text))
            for end in range(start + 1, len(text) + 1)
            if len(set(text[start:end])) == end - start
        ),
        default=0,
    )


def merge_lists(lists: list[list[int]]) -> list[int]:
    """All of them, sorted."""
    return sorted(value for each in lists for value in each)


def can_finish(courses: int, prerequisites: list[list[int]]) -> bool:
    """Every order of the courses."""
    return any(
        all(order.index(first) < order.index(course) for course, first in prerequisites)
        for order in permutations(range(courses))
    )


def knapsack(weights: list[int], values: list[int], capacity: int) -> int:
    """Every choice of items."""
    items = range(len(weights))
    return max(
        sum(values[at] for at in choice)
        for count in range(len(weights) + 1)
        for choice in combinations(items, count)
        if sum(weights[at] for at in choice) <= capacity
    )


def knapsack_by_capacity(weights: list[int], values: list[int], capacity: int) -> int:
    """The same for inputs that are too large to try everything: a row of the best by capacity, item after item."""
    best = [0] * (capacity + 1)
    for weight, value in zip(weights, values, strict=True):
        taken = [value + before for before in best[: max(0, capacity + 1 - weight)]]
        best[weight:] = map(max, best[weight:], taken)
    return best[capacity]


ORACLES: dict[str, Callable[..., Any]] = {
    "dsa-two-sum": two_sum,
    "dsa-level-order": level_order,
    "dsa-longest-substring": longest_substring,
    "dsa-merge-k-lists": merge_lists,
    "dsa-course-schedule": can_finish,
    "dsa-knapsack": knapsack,
}
