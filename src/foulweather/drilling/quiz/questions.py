"""The questions: one TOML file a topic in `questions/`, checked when it is read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from typing import Any, Literal

import msgspec

Kind = Literal["single", "multiple", "order", "number", "word"]
Level = Literal["foundation", "practitioner", "expert"]
LEVELS: tuple[Level, ...] = ("foundation", "practitioner", "expert")
CHOSEN: tuple[Kind, ...] = ("single", "multiple", "order")
"""Kinds that are answered with letters; the others with what is typed."""


class Option(msgspec.Struct, frozen=True):
    """One option, and why it is right or wrong there."""

    text: str
    why: str
    is_right: bool


class Question(msgspec.Struct, frozen=True):
    """One question; `right` are its right options, for an order in that order, then come the wrong ones.

    Of a number or a word the options are answers that people give, and are shown only after the answer.
    """

    id: str
    topic: str
    level: Level
    services: tuple[str, ...]
    kind: Kind
    text: str
    options: tuple[Option, ...]
    fact: str
    sources: tuple[str, ...]
    accepts: tuple[str, ...] = ()
    unit: str = ""
    tolerance: str = "0"
    changed: str = ""

    @property
    def right(self) -> tuple[Option, ...]:
        """The right options."""
        return tuple(option for option in self.options if option.is_right)


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question as its file has it: options are pairs of a text and why."""

    id: str
    level: Level
    services: tuple[str, ...]
    kind: Kind
    text: str
    right: tuple[tuple[str, str], ...]
    fact: str
    sources: tuple[str, ...]
    wrong: tuple[tuple[str, str], ...] = ()
    accepts: tuple[str, ...] = ()
    unit: str = ""
    tolerance: str = "0"
    changed: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    topic: str
    question: tuple[_Written, ...]


def read(written: str) -> tuple[Question, ...]:
    """The questions of one file."""
    parsed: dict[str, Any] = tomllib.loads(written)
    file = msgspec.convert(parsed, _File)
    return tuple(_question(file.topic, question) for question in file.question)


@cache
def every() -> tuple[Question, ...]:
    """All questions, topic by topic."""
    folder = resources.files("foulweather.drilling.quiz") / "questions"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return tuple(question for file in files for question in read(file.read_text(encoding="utf-8")))


def topics(questions: Iterable[Question]) -> tuple[str, ...]:
    """The topics of these questions, in their order."""
    return tuple(dict.fromkeys(question.topic for question in questions))


def chosen(topic: str = "", service: str = "", level: str = "") -> Iterator[Question]:
    """The questions of a topic, about a service, of a level; an empty word asks for any."""
    for question in every():
        if topic in ("", question.topic) and level in ("", question.level) and service in ("", *question.services):
            yield question


def with_id(wanted: str) -> Question | None:
    """The question with an id; its `quiz-` may be left out."""
    for question in every():
        if wanted in (question.id, question.id.removeprefix("quiz-")):
            return question
    return None


def _question(topic: str, written: _Written) -> Question:
    options = [Option(text, why, is_right=True) for text, why in written.right]
    options += [Option(text, why, is_right=False) for text, why in written.wrong]
    return Question(
        id=written.id,
        topic=topic,
        level=written.level,
        services=written.services,
        kind=written.kind,
        text=written.text,
        options=tuple(options),
        fact=written.fact,
        sources=written.sources,
        accepts=written.accepts,
        unit=written.unit,
        tolerance=written.tolerance,
        changed=written.changed,
    )
