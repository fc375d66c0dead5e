"""What counts as the right result."""

from __future__ import annotations

import pytest

from foulweather.drilling.exercises.definition import Case, exercises
from foulweather.drilling.exercises.judging import objection

PAIR = Case([[3, 3, 3, 5], 6], [0, 1])


@pytest.mark.parametrize("actual", [[0, 1], [1, 0], [1, 2], [0, 2]])
def test_any_pair_will_do_in_any_order(actual: list[int]) -> None:
    assert objection(exercises()["dsa-two-sum"], PAIR, actual) == ""


@pytest.mark.parametrize(
    ("actual", "said"),
    [
        ([], "found none"),
        ([0], "two positions"),
        ([0, 0], "same element twice"),
        ([0, 3], "8, not 6"),
        ([-1, 0], "run from 0 to 3"),
        ([0, 9], "run from 0 to 3"),
        ([0.0, 1], "whole numbers"),
        ([True, False], "whole numbers"),
        (None, "whole numbers"),
        ("01", "whole numbers"),
    ],
)
def test_what_is_wrong_with_a_pair_is_said(actual: object, said: str) -> None:
    assert said in objection(exercises()["dsa-two-sum"], PAIR, actual)


def test_a_pair_where_there_is_none_is_wrong() -> None:
    assert objection(exercises()["dsa-two-sum"], Case([[1, 2], 9], []), [0, 1])


@pytest.mark.parametrize(
    ("exercise_id", "right", "wrong"),
    [
        ("dsa-course-schedule", True, 1),
        ("dsa-knapsack", 1, True),
        ("dsa-knapsack", 9, 9.0),
        ("dsa-level-order", [[1]], [1]),
        ("dsa-merge-k-lists", [1], [[1]]),
    ],
)
def test_kinds_are_not_mixed_up(exercise_id: str, right: object, wrong: object) -> None:
    exercise = exercises()[exercise_id]
    assert objection(exercise, Case([], right), right) == ""
    assert "should return" in objection(exercise, Case([], right), wrong)
