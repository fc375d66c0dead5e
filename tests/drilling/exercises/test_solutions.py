"""Each exercise's own solution, tests and oracle agree."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from drilling.exercises.toolchains import go_cache, needs_go
from foulweather.drilling.exercises import checking, inputs, oracles
from foulweather.drilling.exercises.definition import Exercise, exercises
from foulweather.drilling.exercises.drivers import driver
from foulweather.drilling.exercises.judging import objection

ALL = list(exercises().values())
each = pytest.mark.parametrize("exercise", ALL, ids=lambda one: one.id)


def solved(exercise: Exercise) -> Any:
    """The solution as a function of a case's arguments, in this process."""
    path = exercise.folder / "solution.py"
    found = importlib.util.spec_from_file_location(f"solution_{exercise.python}", path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)

    def call(args: list[Any]) -> Any:
        given: list[Any] = []
        for kind, value in zip(exercise.parameters.values(), args, strict=True):
            if kind == "tree":
                given.append(driver.tree(module.TreeNode, value))
            elif kind == "linked_lists":
                given.append([driver.linked(module.ListNode, one) for one in value])
            else:
                given.append(value)
        result = getattr(module, exercise.python)(*given)
        return driver.unlinked(result) if exercise.returns == "linked_list" else result

    return call


def test_there_are_six() -> None:
    assert [exercise.id for exercise in ALL] == [
        "dsa-course-schedule",
        "dsa-knapsack",
        "dsa-level-order",
        "dsa-longest-substring",
        "dsa-merge-k-lists",
        "dsa-two-sum",
    ]
    assert {exercise.id for exercise in ALL} == set(inputs.INPUTS) == set(oracles.ORACLES)


@each
def test_the_written_cases_agree_with_the_oracle_and_the_solution(exercise: Exercise) -> None:
    call = solved(exercise)
    for case in [*exercise.visible, *exercise.hidden]:
        assert objection(exercise, case, call(case.args)) == "", case
        assert objection(exercise, case, oracles.ORACLES[exercise.id](*case.args)) == "", case


@each
def test_the_solution_agrees_with_the_oracle_on_random_cases(exercise: Exercise) -> None:
    call = solved(exercise)
    answers = set()
    for case in inputs.random_cases(exercise.id, 200):
        assert objection(exercise, case, call(case.args)) == "", case
        answers.add(str(case.expected))
    assert len(answers) > 1


@each
def test_the_solution_answers_the_large_cases(exercise: Exercise) -> None:
    call = solved(exercise)
    for case in inputs.large_cases(exercise.id):
        assert objection(exercise, case, call(case.args)) == "", case.name


@each
def test_large_inputs_are_as_large_as_the_statement_allows(exercise: Exercise) -> None:
    sizes = [len(json.dumps(case.args)) for case in inputs.large_cases(exercise.id)]
    if exercise.id == "dsa-knapsack":
        (case,) = inputs.large_cases(exercise.id)
        weights, _, capacity = case.args
        assert (len(weights), capacity) == (200, 10_000)
        assert sum(weights) > capacity
    else:
        assert inputs.INPUTS[exercise.id].size == 100_000
        assert max(sizes) > 100_000


def test_inputs_are_the_same_on_every_machine() -> None:
    assert inputs.Numbers("a").several(4, 0, 999) == KNOWN
    told = [[case.args for case in inputs.random_cases(one.id, 20)] for one in ALL]
    again = [[case.args for case in inputs.random_cases(one.id, 20)] for one in ALL]
    assert told == again
    assert inputs.Numbers("a").several(4, 0, 999) != inputs.Numbers("b").several(4, 0, 999)


# The first 8 bytes of each word, little endian, without the sign bit.
KNOWN = [
    (int.from_bytes(hashlib.shake_256(b"a/0").digest(32)[at : at + 8], "little") & (2**63 - 1)) % 1000
    for at in range(0, 32, 8)
]


@each
def test_no_hint_is_empty_and_the_statement_has_limits(exercise: Exercise) -> None:
    assert len(exercise.hints) == 3
    assert all(len(hint) > 30 for hint in exercise.hints)
    assert "up to" in exercise.statement


@each
@pytest.mark.slow
def test_the_python_solution_passes_its_check(exercise: Exercise, tmp_path: Path) -> None:
    report = checking.check(exercise, "python", exercise.folder / "solution.py", tmp_path)
    assert report.is_passed, report


@each
@pytest.mark.slow
def test_the_python_starter_does_not_pass(exercise: Exercise, tmp_path: Path) -> None:
    report = checking.check(exercise, "python", exercise.folder / "starter.py", tmp_path)
    assert {case.verdict for case in report.cases} == {checking.Verdict.RAISED}


@each
@needs_go
@pytest.mark.slow
def test_the_go_solution_passes_its_check(exercise: Exercise, tmp_path: Path) -> None:
    report = checking.check(exercise, "go", exercise.folder / "solution.go", go_cache(tmp_path))
    assert report.is_passed, report


@each
@needs_go
@pytest.mark.slow
def test_the_go_starter_does_not_pass(exercise: Exercise, tmp_path: Path) -> None:
    report = checking.check(exercise, "go", exercise.folder / "starter.go", go_cache(tmp_path))
    assert {case.verdict for case in report.cases} == {checking.Verdict.RAISED}
