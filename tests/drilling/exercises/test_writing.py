"""What a learner starts with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from drilling.exercises.toolchains import go_cache, needs_go
from foulweather.drilling.exercises import languages, writing
from foulweather.drilling.exercises.definition import Exercise, exercises
from foulweather.drilling.exercises.progress import Progress

each = pytest.mark.parametrize("exercise", exercises().values(), ids=lambda one: one.id)


def unittest(directory: Path) -> int:
    return subprocess.run([sys.executable, "-m", "unittest"], cwd=directory, capture_output=True).returncode


@each
def test_the_python_examples_fail_with_the_starter_and_pass_with_the_solution(
    exercise: Exercise, tmp_path: Path
) -> None:
    directory = tmp_path / "new"
    names = [path.name for path in writing.write(exercise, "python", directory)]
    assert names == ["README.md", f"{exercise.python}.py", f"test_{exercise.python}.py"]
    assert unittest(directory) == 1
    (directory / f"{exercise.python}.py").write_text(exercise.solution("python"))
    assert unittest(directory) == 0


@each
@needs_go
def test_the_go_examples_fail_with_the_starter_and_pass_with_the_solution(exercise: Exercise, tmp_path: Path) -> None:
    writing.write(exercise, "go", tmp_path / "new")
    tool = languages.go_tool()
    assert tool is not None
    environment = languages._go_environment(tool, go_cache(tmp_path), tmp_path) | {"TMPDIR": str(tmp_path)}
    runs = []
    for source in (exercise.starter("go"), exercise.solution("go")):
        (tmp_path / "new" / f"{exercise.python}.go").write_text(source)
        ran = subprocess.run([tool, "test"], cwd=tmp_path / "new", env=environment, capture_output=True, text=True)
        assert "build failed" not in ran.stdout, ran.stdout + ran.stderr
        runs.append(ran.returncode)
    assert runs == [1, 0]


@each
def test_the_statement_tells_examples_and_limits(exercise: Exercise) -> None:
    text = writing.readme(exercise, "python")
    assert text.count("` → `") == len(exercise.visible)
    assert "MiB of memory" in text
    assert f"foulweather exercise check {exercise.id}" in text
    # What is hidden stays so.
    assert not any(json.dumps(case.args) in text for case in exercise.hidden)


@pytest.mark.parametrize("name", ["README.md", "two_sum.py", "test_two_sum.py"])
def test_nothing_is_written_over_and_nothing_is_written_beside_it(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(writing.Exists) as raised:
        writing.write(exercises()["dsa-two-sum"], "python", tmp_path)
    assert raised.value.paths == [tmp_path / name]
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_broken_progress_file_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "exercises.json"
    path.write_text("{")
    progress = Progress(path)
    progress.of("dsa-two-sum").hints = 2
    progress.save()
    assert Progress(path).of("dsa-two-sum").hints == 2
    assert (tmp_path / "exercises.broken").read_text() == "{"
