"""Every way in which a file can be wrong, planted, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from drilling.exercises.toolchains import checked, needs_go, quick
from foulweather.drilling.exercises.checking import Outcome, Report, Verdict
from foulweather.drilling.exercises.definition import exercises
from foulweather.engines import process_tree

pytestmark = pytest.mark.skipif(not process_tree.is_visible(), reason="needs Linux' /proc")

SIGNATURE = "def two_sum(numbers, target):\n"
RIGHT = """\
    seen = {}
    for at, one in enumerate(numbers):
        if target - one in seen: return [seen[target - one], at]
        seen[one] = at
    return []
"""


def first(report: Report) -> Outcome:
    assert report.refused is None, report.refused
    assert not report.is_passed
    return report.cases[0]


def planted(body: str, directory: Path, **limits: int) -> Outcome:
    return first(checked(quick("dsa-two-sum", **limits), f"{SIGNATURE}{body}", directory))


def test_a_right_answer_passes_whatever_it_prints(tmp_path: Path) -> None:
    prints = """\
    if len(numbers) == 4:
        import os, sys
        print('{"result": [9, 9]}')
        sys.stderr.write("noise")
        os.write(1, b"raw")
"""
    exercise = quick("dsa-two-sum", time_ms=2000)
    report = checked(exercise, SIGNATURE + prints + RIGHT, tmp_path)
    assert report.is_passed
    assert report.cases[0].verdict is Verdict.PASSED
    assert report.cases[0].input == "numbers = [2, 7, 11, 15], target = 9"
    assert '{"result": [9, 9]}' in report.cases[0].printed


def test_a_right_answer_passes(tmp_path: Path) -> None:
    report = checked(quick("dsa-two-sum", time_ms=2000), SIGNATURE + RIGHT, tmp_path)
    assert report.is_passed
    assert [case.group for case in report.cases] == ["visible", "random", "large", "large"]
    assert all(case.memory_bytes for case in report.cases)
    # Only what is visible is shown.
    assert [bool(case.input) for case in report.cases] == [True, False, False, False]


def test_a_wrong_answer_is_shown_with_what_was_expected(tmp_path: Path) -> None:
    outcome = planted("    return [0, 2]\n", tmp_path)
    assert outcome.verdict is Verdict.WRONG
    assert outcome.message == "2 + 11 is 13, not 9."
    assert (outcome.expected, outcome.actual) == ("[0, 1]", "[0, 2]")


def test_random_cases_find_what_the_examples_do_not(tmp_path: Path) -> None:
    report = checked(quick("dsa-two-sum"), f"{SIGNATURE}    return [0, 1]\n", tmp_path)
    example, random, *_ = report.cases
    assert example.verdict is Verdict.PASSED
    assert random.verdict is Verdict.WRONG
    assert random.input
    assert random.actual == "[0, 1]"


def test_an_exception_names_the_line(tmp_path: Path) -> None:
    outcome = planted("    x = 1\n    return {}[x]\n", tmp_path)
    assert (outcome.verdict, outcome.message, outcome.line) == (Verdict.RAISED, "KeyError: 1", 3)


def test_an_exit_is_an_exception(tmp_path: Path) -> None:
    outcome = planted("    raise SystemExit(0)\n", tmp_path)
    assert (outcome.verdict, outcome.message) == (Verdict.RAISED, "SystemExit: 0")


def test_recursion_without_end_is_an_exception(tmp_path: Path) -> None:
    outcome = planted("    return two_sum(numbers, target)\n", tmp_path)
    assert outcome.verdict is Verdict.RAISED
    assert outcome.message.startswith("RecursionError")


def test_an_endless_loop_is_too_slow_and_the_rest_is_not_run_after_three(tmp_path: Path) -> None:
    report = checked(quick("dsa-two-sum"), f"{SIGNATURE}    while True: pass\n", tmp_path)
    assert first(report).verdict is Verdict.TIME
    assert "CPU time" in report.cases[0].message
    assert [case.verdict for case in report.cases].count(Verdict.NOT_RUN) == 1
    # All are too slow: then it is no matter of growth.
    assert report.growth is None


def test_a_sleep_waits(tmp_path: Path) -> None:
    slow_only_at_first = "    import time\n    if target == 9: time.sleep(60)\n"
    outcome = planted(slow_only_at_first + RIGHT, tmp_path, time_ms=100)
    assert outcome.verdict is Verdict.WAITS
    assert "waits for something" in outcome.message


def test_much_memory(tmp_path: Path) -> None:
    outcome = planted("    held = []\n    while True: held.append(bytearray(1 << 20))\n", tmp_path, time_ms=2000)
    assert outcome.verdict is Verdict.MEMORY


def test_one_huge_piece_of_memory(tmp_path: Path) -> None:
    outcome = planted("    return bytearray(1 << 40)\n", tmp_path)
    assert (outcome.verdict, outcome.line) == (Verdict.MEMORY, 2)


def test_endless_output(tmp_path: Path) -> None:
    outcome = planted("    while True: print('x' * 100)\n", tmp_path, time_ms=2000)
    assert outcome.verdict is Verdict.OUTPUT
    assert len(outcome.printed) <= 400


def test_a_bomb_of_processes(tmp_path: Path) -> None:
    bomb = """\
    import os, signal, time
    while True:
        if os.fork() == 0:
            signal.alarm(20); time.sleep(60)
"""
    outcome = planted(bomb, tmp_path, time_ms=2000)
    assert outcome.verdict is Verdict.PROCESSES
    assert "processes" in outcome.message


def test_a_process_that_ends_itself_crashed(tmp_path: Path) -> None:
    outcome = planted("    import os; print('last words', flush=True); os._exit(3)\n", tmp_path)
    assert outcome.verdict is Verdict.CRASHED
    assert "exit status 3" in outcome.message
    assert "last words" in outcome.printed


def test_a_crash_names_its_signal(tmp_path: Path) -> None:
    outcome = planted("    import ctypes; ctypes.string_at(0)\n", tmp_path)
    assert outcome.verdict is Verdict.CRASHED
    assert "SIGSEGV" in outcome.message


def test_what_is_no_result_is_named(tmp_path: Path) -> None:
    outcome = planted("    return {0, 1}\n", tmp_path)
    assert outcome.verdict is Verdict.UNREADABLE
    assert "a set" in outcome.message


def test_none_is_not_an_empty_list(tmp_path: Path) -> None:
    outcome = planted("    pass\n", tmp_path)
    assert outcome.verdict is Verdict.WRONG
    assert outcome.message == "It should return a list of whole numbers."


def test_a_circular_list_has_no_end(tmp_path: Path) -> None:
    source = "def merge_lists(heads):\n    heads[0].next = heads[0]\n    return heads[0]\n"
    outcome = first(checked(quick("dsa-merge-k-lists", time_ms=2000), source, tmp_path))
    assert outcome.verdict is Verdict.UNREADABLE
    assert "circle" in outcome.message


def test_writing_on_every_channel_is_garbled_and_no_success(tmp_path: Path) -> None:
    everywhere = """\
    import os
    for number in range(3, 20):
        try: os.write(number, b"null\\n")
        except OSError: pass
"""
    outcome = planted(everywhere + RIGHT, tmp_path)
    assert outcome.verdict is Verdict.GARBLED


def refused(source: str, directory: Path) -> Outcome:
    report = checked(quick("dsa-two-sum"), source, directory)
    assert not report.is_passed
    assert report.cases == []
    assert report.refused is not None
    return report.refused


def test_a_syntax_error_names_the_line(tmp_path: Path) -> None:
    outcome = refused("\ndef two_sum(numbers, target)\n    return []\n", tmp_path)
    assert (outcome.verdict, outcome.line) == (Verdict.SYNTAX, 2)
    assert "expected ':'" in outcome.message
    assert outcome.actual == "def two_sum(numbers, target)"


def test_a_missing_function_names_those_that_are_there(tmp_path: Path) -> None:
    outcome = refused("import json\ndef twosum(numbers, target):\n    return []\n", tmp_path)
    assert outcome.verdict is Verdict.MISSING
    assert outcome.message == "There is no function two_sum. It has twosum."


def test_a_file_that_fails_when_it_is_loaded(tmp_path: Path) -> None:
    outcome = refused("x = 1\nimport numpy_that_is_not_there\n", tmp_path)
    assert (outcome.verdict, outcome.line) == (Verdict.IMPORT, 2)
    assert outcome.message.startswith("ModuleNotFoundError")


def test_a_file_that_never_finishes_loading_is_too_slow(tmp_path: Path) -> None:
    outcome = first(checked(quick("dsa-two-sum"), "while True: pass\n", tmp_path))
    assert outcome.verdict is Verdict.TIME
    assert "while the file was loaded" in outcome.message


def test_a_quadratic_solution_is_found_out(tmp_path: Path) -> None:
    pairs = """\
    for i in range(len(numbers)):
        for j in range(i):
            if numbers[i] + numbers[j] == target: return [j, i]
    return []
"""
    report = checked(quick("dsa-two-sum", time_ms=500), SIGNATURE + pairs, tmp_path)
    assert [case.verdict for case in report.cases][:2] == [Verdict.PASSED, Verdict.PASSED]
    assert first_failure(report).verdict is Verdict.TIME
    assert report.growth is not None
    assert report.growth.name == "quadratic, O(n²)"


def first_failure(report: Report) -> Outcome:
    return next(case for case in report.cases if case.verdict is not Verdict.PASSED)


@pytest.mark.slow
def test_trying_every_choice_is_exponential(tmp_path: Path) -> None:
    source = (
        "def knapsack(weights, values, capacity):\n    def best(at, left):\n        if at == len(weights): return 0\n"
        "        skip = best(at + 1, left)\n        if weights[at] > left: return skip\n"
        "        return max(skip, values[at] + best(at + 1, left - weights[at]))\n    return best(0, capacity)\n"
    )
    report = checked(exercises()["dsa-knapsack"], source, tmp_path)
    assert [case.group for case in report.cases if case.verdict is not Verdict.PASSED] == ["large"]
    assert report.growth is not None
    assert report.growth.name.startswith("exponential")


GO = "package exercise\n\n"
GO_SIGNATURE = f"{GO}func TwoSum(numbers []int, target int) []int {{\n"


@needs_go
@pytest.mark.parametrize(
    ("body", "verdict", "said"),
    [
        ("return []int{0, 2}", Verdict.WRONG, "not 9"),
        ("return nil", Verdict.WRONG, "found none"),
        ("return []int{numbers[99]}", Verdict.RAISED, "index out of range"),
        ("for {}", Verdict.TIME, "CPU time"),
        ("select {}", Verdict.CRASHED, "deadlock"),
        ('for { println("x") }', Verdict.OUTPUT, "printed"),
        (
            "var held [][]byte; for { held = append(held, make([]byte, 1<<20)); held[len(held)-1][0] = 1; "
            "for i := range held[len(held)-1] { held[len(held)-1][i] = 1 } }",
            Verdict.MEMORY,
            "MiB",
        ),
        ("return TwoSum(numbers, target)", Verdict.MEMORY, "MiB"),
    ],
)
def test_go_verdicts(body: str, verdict: Verdict, said: str, tmp_path: Path) -> None:
    report = checked(quick("dsa-two-sum", time_ms=1000), f"{GO_SIGNATURE}\t{body}\n}}\n", tmp_path, "go")
    outcome = first(report)
    assert outcome.verdict is verdict, outcome
    assert said in outcome.message


@needs_go
@pytest.mark.parametrize(
    ("source", "verdict", "said", "line"),
    [
        (f"{GO_SIGNATURE}\treturn nil\n", Verdict.SYNTAX, "syntax error", 5),
        (f"{GO_SIGNATURE}\tvar unused int\n\treturn nil\n}}\n", Verdict.SYNTAX, "unused", 4),
        (f"{GO}func Other() {{}}\n", Verdict.MISSING, "TwoSum", 0),
        (f"{GO}func TwoSum(numbers []int) int {{ return 0 }}\n", Verdict.SIGNATURE, "types", 0),
        ("package main\nfunc main() {}\n", Verdict.SYNTAX, "package exercise", 1),
    ],
)
def test_go_refusals(source: str, verdict: Verdict, said: str, line: int, tmp_path: Path) -> None:
    report = checked(quick("dsa-two-sum"), source, tmp_path, "go")
    assert report.refused is not None
    assert (report.refused.verdict, report.refused.line) == (verdict, line), report.refused
    assert said in report.refused.message
