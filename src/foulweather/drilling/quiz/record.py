"""The record of answers: one JSON file on this machine, replaced whole or not at all, and sent nowhere."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import msgspec

from foulweather.drilling.quiz.questions import Question
from foulweather.drilling.quiz.schedule import Progress, answered

VERSION = 1
UNSEEN = Progress()


class Unreadable(Exception):
    """The file is there and is no record; it is left as it is."""


class Answers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody has answered so far: progress by question id, and right answers in a row by topic."""

    version: int = VERSION
    questions: dict[str, Progress] = {}
    streaks: dict[str, int] = {}

    def of(self, question: Question) -> Progress:
        """The progress with one question."""
        return self.questions.get(question.id, UNSEEN)

    def noted(self, question: Question, is_right: bool, today: date) -> Answers:
        """These and one answer more."""
        progress = answered(self.of(question), is_right, today)
        streak = self.streaks.get(question.topic, 0) + 1 if is_right else 0
        return Answers(
            questions=self.questions | {question.id: progress}, streaks=self.streaks | {question.topic: streak}
        )

    def without(self, questions: Iterable[Question]) -> Answers:
        """These without what was answered to some questions."""
        found = tuple(questions)
        ids, topics = {question.id for question in found}, {question.topic for question in found}
        return Answers(
            questions={name: progress for name, progress in self.questions.items() if name not in ids},
            streaks={topic: streak for topic, streak in self.streaks.items() if topic not in topics},
        )

    def faults(self) -> str:
        """What cannot be true of them, in words; nothing where all is well."""
        if self.version != VERSION:
            return f"it has version {self.version}, and this program knows {VERSION}"
        for name, progress in self.questions.items():
            if faults := progress.faults():
                return f"{name}: {faults}"
        return next((f"{topic}: the streak is negative" for topic, streak in self.streaks.items() if streak < 0), "")


class Record:
    """The file that keeps the answers."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Answers:
        """All answers; none where there is no file yet. Raises `Unreadable`."""
        try:
            told = self.path.read_bytes()
        except FileNotFoundError:
            return Answers()
        except OSError as error:
            raise Unreadable(f"it cannot be read: {error.strerror}") from None
        try:
            answers = msgspec.json.decode(told, type=Answers)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Unreadable(str(error)) from None
        if faults := answers.faults():
            raise Unreadable(faults)
        return answers

    def write(self, answers: Answers) -> None:
        """Replace the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            with partial.open("wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(answers, order="sorted"), indent=1) + b"\n")
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
