"""Drills do not find each other's modules."""

from __future__ import annotations

import sys
from pathlib import Path

from foulweather.drilling.drill import FILES, Drill
from foulweather.drilling.lab import Lab

TOML = """
title = "t"
level = 1
minutes = 1
services = []
skills = []
seed = 1
start = 2026-03-02T08:00:00Z
[root_cause]
text = "t"
resource = "t"
property = "t"
"""


def made(folder: Path, word: str) -> Drill:
    folder.mkdir()
    for name in FILES:
        (folder / name).write_text("# x\n\n## y\n" if name.endswith(".md") else "")
    (folder / "drill.toml").write_text(TOML)
    (folder / "stack.py").write_text(
        f"WORD = {word!r}\nclass App: ...\ndef build(lab):\n    lab.notes['made'] = App()\n"
    )
    (folder / "incident.py").write_text(
        "from stack import App, WORD\ndef strike(lab):\n"
        "    lab.notes.update(word=WORD, same=isinstance(lab.notes['made'], App))\n"
    )
    return Drill(folder)


class Notebook:
    """As much of a lab as these drills use."""

    def __init__(self) -> None:
        self.notes: dict[str, object] = {}


def test_each_drill_has_its_own_stack(tmp_path: Path) -> None:
    for word in ("one", "other"):
        lab: Lab = Notebook()  # type: ignore[assignment]
        drill = made(tmp_path / word, word)
        drill.build(lab)
        drill.strike(lab)
        assert lab.notes["word"] == word
        assert lab.notes["same"] is True
    assert "stack" not in sys.modules
