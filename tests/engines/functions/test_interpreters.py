"""Which program of the machine runs a runtime."""

from __future__ import annotations

from pathlib import Path

import pytest

from foulweather.engines.functions.interpreters import NoInterpreter, for_runtime


def program(path: Path, *says: str) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n" + "".join(f"echo {line}\n" for line in says))
    path.chmod(0o755)
    return path


def test_what_a_version_manager_keeps_off_the_path_is_found_and_the_newest_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    for version in ("3.97.9", "3.97.12"):
        program(tmp_path / "versions" / version / "bin" / "python3.97", "3.97", str(tmp_path))
    found = for_runtime("python3.97")
    assert found.program == str(tmp_path / "versions" / "3.97.12" / "bin" / "python3.97")


def test_a_door_on_the_path_that_leads_nowhere_hides_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    door = program(tmp_path / "shims" / "node98")
    door.write_text("#!/bin/sh\nexit 127\n")
    kept = program(tmp_path / "nvm" / "versions" / "node" / "v98.1.0" / "bin" / "node", "98")
    monkeypatch.setenv("PATH", str(door.parent), prepend=":")
    monkeypatch.setenv("NVM_DIR", str(tmp_path / "nvm"))
    assert for_runtime("nodejs98.x").program == str(kept)


def test_what_says_another_version_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    program(tmp_path / "versions" / "3.96.0" / "bin" / "python3.96", "3.11", str(tmp_path))
    with pytest.raises(NoInterpreter, match=r"no Python 3\.96: install it"):
        for_runtime("python3.96")
