"""The record of answers: one JSON file on this machine, replaced whole or not at all, and sent nowhere."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from foulweather.drilling.quiz.schedule import Progress

VERSION = 1


class Unreadable(Exception):
    """The file is there and is no record; it is left as it is."""


class _Kept(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    questions: dict[str, Progress]


class Record:
    """What somebody has answered so far, by question id."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Progress]:
        """All progress; nothing where no question was answered yet. Raises `Unreadable`."""
        try:
            told = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise Unreadable(f"it cannot be read: {error.strerror}") from None
        try:
            kept = msgspec.json.decode(told, type=_Kept)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Unreadable(str(error)) from None
        if kept.version != VERSION:
            raise Unreadable(f"it has version {kept.version}, and this program knows {VERSION}")
        for question, progress in kept.questions.items():
            if faults := progress.faults():
                raise Unreadable(f"{question}: {faults}")
        return kept.questions

    def write(self, questions: dict[str, Progress]) -> None:
        """Replace the record."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        told = msgspec.json.format(msgspec.json.encode(_Kept(VERSION, dict(sorted(questions.items())))), indent=1)
        try:
            with partial.open("wb") as file:
                file.write(told + b"\n")
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self.path)
        finally:
            partial.unlink(missing_ok=True)

    def put_aside(self) -> Path | None:
        """Move the file out of the way, readable or not; where it lies then."""
        if not self.path.exists():
            return None
        aside = self.path.with_name(f"{self.path.name}.before-reset")
        self.path.replace(aside)
        return aside
