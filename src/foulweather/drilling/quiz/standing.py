"""How somebody stands, topic by topic, and what to ask next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from foulweather.drilling.quiz.questions import Question, topics
from foulweather.drilling.quiz.record import Answers
from foulweather.drilling.quiz.schedule import BOX_MAX, is_due
from foulweather.drilling.quiz.shuffling import shuffled


class Standing(NamedTuple):
    """One topic: how much was asked, how well it was known, what comes next."""

    topic: str
    questions: int
    seen: int
    answers: int
    right: int
    streak: int
    due: int
    next_due: date | None
    mastery_percent: int
    """How far its questions have come through the boxes, all together."""
    boxes: tuple[int, ...]
    """How many questions lie in each box; the first number counts those never asked."""


def standings(questions: Iterable[Question], answers: Answers, today: date) -> list[Standing]:
    """Every topic of these questions."""
    found = tuple(questions)
    return [_standing(topic, [q for q in found if q.topic == topic], answers, today) for topic in topics(found)]


def due(questions: Iterable[Question], answers: Answers, today: date) -> list[Question]:
    """What is to be asked again, longest due first."""
    waiting = [question for question in questions if is_due(answers.of(question), today)]
    return sorted(waiting, key=lambda question: (answers.of(question).due or today, question.id))


def next_up(questions: Iterable[Question], answers: Answers, today: date, seed: str = "") -> list[Question]:
    """All of these in the order in which to ask them: what is due, then what is new, then what is known."""
    found = tuple(questions)
    first = due(found, answers, today)
    rest = shuffled((q for q in found if q not in first), lambda question: question.id, seed or today.isoformat())
    new = [question for question in rest if question.id not in answers.questions]
    known = [question for question in rest if question.id in answers.questions]
    return [*first, *new, *sorted(known, key=lambda question: answers.of(question).due or today)]


def _standing(topic: str, questions: list[Question], answers: Answers, today: date) -> Standing:
    progresses = [answers.of(question) for question in questions]
    seen = [progress for progress in progresses if progress.seen]
    return Standing(
        topic=topic,
        questions=len(questions),
        seen=len(seen),
        answers=sum(progress.seen for progress in seen),
        right=sum(progress.right for progress in seen),
        streak=answers.streaks.get(topic, 0),
        due=sum(is_due(progress, today) for progress in seen),
        next_due=min((progress.due for progress in seen if progress.due is not None), default=None),
        mastery_percent=100 * sum(progress.box for progress in progresses) // (BOX_MAX * len(questions)),
        boxes=tuple(sum(progress.box == box for progress in progresses) for box in range(BOX_MAX + 1)),
    )
