"""Files of learners, and what they are checked with."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from foulweather.drilling.exercises import checking, languages
from foulweather.drilling.exercises.checking import Report
from foulweather.drilling.exercises.definition import Exercise, Language, Times, exercises

needs_go = pytest.mark.skipif(languages.go_tool() is None, reason="Go is not installed: no `go` on the PATH")


def quick(exercise_id: str, time_ms: int = 300, memory_mib: int = 96) -> Exercise:
    """An exercise with one example and tight limits, for planted faults."""
    exercise = exercises()[exercise_id]
    return msgspec.structs.replace(
        exercise,
        time_ms=Times(time_ms, time_ms),
        memory_mib=memory_mib,
        visible=exercise.visible[:1],
        hidden=[],
        probe=exercise.probe[:4],
    )


def checked(exercise: Exercise, source: str, directory: Path, language: Language = "python") -> Report:
    """The report on a file of that text."""
    file = directory / f"mine.{'py' if language == 'python' else 'go'}"
    file.write_text(source)
    return checking.check(exercise, language, file, go_cache(directory))


def go_cache(directory: Path) -> Path:
    """One for the whole run: compiling Go's own library anew takes long."""
    cache = directory.parent / "go-cache"
    cache.mkdir(exist_ok=True)
    return cache
