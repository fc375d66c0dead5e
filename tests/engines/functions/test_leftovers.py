"""What a process that was killed has left behind goes when the next one begins."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from foulweather.engines.functions import leftovers


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_directories_of_the_dead_go_and_those_of_the_living_stay(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / f"foulweather-packages-{ended.pid}-abc" / "0").mkdir(parents=True)
    (tmp_path / f"foulweather-functions-{ended.pid}-abc").mkdir()
    (tmp_path / f"foulweather-functions-{os.getppid()}-abc").mkdir()
    (tmp_path / "foulweather-functions-notes").mkdir()
    made = leftovers.directory("functions")
    assert {path.name for path in tmp_path.iterdir()} == {
        made.name,
        f"foulweather-functions-{os.getppid()}-abc",
        "foulweather-functions-notes",
    }
    assert made.stat().st_mode & 0o777 == 0o755
