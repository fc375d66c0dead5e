"""`foulweather exercise`, as a learner uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.terminal import Shell
from foulweather.drilling.exercises import languages
from foulweather.drilling.exercises.definition import exercises


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path / "state")


def solve(exercise_id: str, file: Path) -> None:
    file.write_text(exercises()[exercise_id].solution("python"))


def test_the_list_has_all_of_them(shell: Shell) -> None:
    text = shell.run("exercise", "list")
    assert [line.split()[0] for line in text.splitlines()] == list(exercises())
    assert len(shell.json("exercise", "list")["exercises"]) == 6


def test_from_start_to_solved(shell: Shell, tmp_path: Path) -> None:
    assert "two_sum.py" in shell.run("exercise", "start", "dsa-two-sum")
    directory = tmp_path / "dsa-two-sum"
    # A failed check prints its table on standard output, so it is read through JSON here.
    before = checked(shell, "dsa-two-sum", status=1)
    assert before["is_passed"] is False
    solve("dsa-two-sum", directory / "two_sum.py")
    table = shell.run("exercise", "check", "dsa-two-sum")
    assert "✓ numbers = [2, 7, 11, 15], target = 9" in table
    assert "All 12 passed, within 2 s and 256 MiB." in table
    assert "solved in python, 2 checks" in shell.run("exercise", "status")
    (status,) = [one for one in shell.json("exercise", "status")["exercises"] if one["id"] == "dsa-two-sum"]
    assert status["passed"] == ["python"]


def checked(shell: Shell, *arguments: str, status: int) -> dict[str, object]:
    """The report of a check that need not pass."""
    import subprocess
    import sys

    command = [sys.executable, "-m", "foulweather", "exercise", "check", *arguments, "--json"]
    ran = subprocess.run(command, env=shell.environment, capture_output=True, text=True)
    assert ran.returncode == status, ran.stderr
    return json.loads(ran.stdout)


def test_nothing_is_written_over(shell: Shell, tmp_path: Path) -> None:
    shell.run("exercise", "start", "dsa-knapsack", "--dir", "here")
    (tmp_path / "here" / "knapsack.py").write_text("mine")
    assert "nothing was written" in shell.run("exercise", "start", "dsa-knapsack", "--dir", "here", status=1)
    assert (tmp_path / "here" / "knapsack.py").read_text() == "mine"


def test_a_wrong_file_is_refused_with_one_and_shows_where(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def two_sum(numbers, target):\n    return numbers[\n")
    report = checked(shell, "dsa-two-sum", str(tmp_path / "mine.py"), status=1)
    assert report["refused"]["verdict"] == "does not compile"  # type: ignore[index]
    assert report["cases"] == []


def test_the_table_tells_what_was_expected(shell: Shell, tmp_path: Path) -> None:
    import contextlib
    import io

    from foulweather.cli.main import main

    (tmp_path / "mine.py").write_text("def two_sum(numbers, target):\n    print('here')\n    return [0, 2]\n")
    out = io.StringIO()
    with contextlib.redirect_stdout(out), pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        assert main(["exercise", "check", "dsa-two-sum", "mine.py"]) == 1
    table = out.getvalue()
    assert "x numbers = [2, 7, 11, 15], target = 9" in table
    assert "2 + 11 is 13, not 9." in table
    assert "expected  [0, 1]" in table
    assert "actual    [0, 2]" in table
    assert "printed   here" in table
    # A hidden case keeps its input to itself.
    assert "-999999999" not in table
    assert "of 12 passed" in table


def test_hints_open_one_by_one(shell: Shell) -> None:
    hints = exercises()["dsa-two-sum"].hints
    for opened in range(1, 4):
        told = shell.json("exercise", "hint", "dsa-two-sum")
        assert told == {"hints": hints[:opened], "left": 3 - opened}
    assert "There are no more" in shell.run("exercise", "hint", "dsa-two-sum")
    assert "3 of 3 hints" in shell.run("exercise", "status")
    assert shell.json("exercise", "hint", "dsa-knapsack")["left"] == 2


def test_the_solution_is_shown_in_both_languages_and_remembered(shell: Shell) -> None:
    assert "def two_sum(" in shell.run("exercise", "solution", "dsa-two-sum")
    assert "func TwoSum(" in shell.run("exercise", "solution", "dsa-two-sum", "--lang", "go")
    assert "solution seen" in shell.run("exercise", "status")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("start", "dsa-nothing"), "no exercise dsa-nothing"),
        (("check", "dsa-two-sum"), "exercise start dsa-two-sum"),
        (("check", "dsa-two-sum", "absent.py"), "no file absent.py"),
        (("check", "dsa-two-sum", "mine.rs"), "neither a .py nor a .go"),
        (("check", "dsa-two-sum", "--slow", "0"), "above 0"),
    ],
)
def test_what_makes_no_sense_is_said(shell: Shell, arguments: tuple[str, ...], said: str) -> None:
    assert said in shell.run("exercise", *arguments, status=2)


def test_without_go_it_says_so_and_ends_with_five(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "go_tool", lambda: None)
    assert "Go is not installed" in shell.run("exercise", "start", "dsa-two-sum", "--lang", "go")
    assert "Go is not installed" in shell.run("exercise", "check", "dsa-two-sum", status=5)
    # Nothing was checked, so nothing is counted.
    assert "checks" not in shell.run("exercise", "status")


def test_the_help_tells_of_that_status(capsys: pytest.CaptureFixture[str]) -> None:
    from foulweather.cli.main import main

    with pytest.raises(SystemExit):
        main(["exercise", "check", "--help"])
    assert "5 when it is in Go, and Go is not installed" in capsys.readouterr().out
