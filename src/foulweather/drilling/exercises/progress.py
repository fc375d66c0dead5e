"""What a learner has started, opened and solved, kept in one small file."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec


class Attempted(msgspec.Struct):
    """One exercise of one learner."""

    files: dict[str, str] = {}
    """The file that was started, by language."""
    checks: int = 0
    passed: list[str] = []
    """The languages in which it is solved."""
    hints: int = 0
    is_solution_seen: bool = False


class Progress:
    """The file; a broken one is not overwritten but put aside."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._all: dict[str, Attempted] = {}
        try:
            self._all = msgspec.json.decode(path.read_bytes(), type=dict[str, Attempted])
        except FileNotFoundError:
            pass
        except msgspec.DecodeError:
            path.replace(path.with_suffix(".broken"))

    def of(self, exercise_id: str) -> Attempted:
        """What is known of one exercise."""
        return self._all.setdefault(exercise_id, Attempted())

    def save(self) -> None:
        """Write it, whole or not at all."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        partial.write_bytes(msgspec.json.format(msgspec.json.encode(self._all)) + b"\n")
        partial.replace(self._path)
