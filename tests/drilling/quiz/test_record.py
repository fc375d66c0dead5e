"""The record of answers: kept whole, refused when broken, never erased."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from foulweather.drilling.quiz.questions import Question, chosen, every, with_id
from foulweather.drilling.quiz.record import Answers, Record, Unreadable
from foulweather.drilling.quiz.standing import due, next_up, standings

DAY = date(2026, 3, 1)


def question(name: str) -> Question:
    found = with_id(name)
    assert found is not None
    return found


def test_without_a_file_nothing_was_answered(tmp_path: Path) -> None:
    assert Record(tmp_path / "none" / "quiz.json").read() == Answers()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    record = Record(tmp_path / "deep" / "quiz.json")
    answers = Answers().noted(question("exit-137"), True, DAY).noted(question("ecs-vs-eks"), False, DAY)
    record.write(answers)
    assert record.read() == answers
    assert [path.name for path in record.path.parent.iterdir()] == ["quiz.json"]
    assert json.loads(record.path.read_text())["questions"]["quiz-exit-137"]["due"] == "2026-03-02"


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("", "truncated"),
        ("{", "truncated"),
        ("[]", "array"),
        ('{"version": 2}', "version 2"),
        ('{"version": 1, "extra": 1}', "extra"),
        ('{"version": 1, "questions": {"q": {"box": 9}}}', "box 9"),
        ('{"version": 1, "questions": {"q": {"box": 1, "due": "soon"}}}', "date"),
        ('{"version": 1, "streaks": {"edge": -1}}', "negative"),
    ],
)
def test_a_broken_file_is_refused_and_left_as_it_is(tmp_path: Path, told: str, why: str) -> None:
    path = tmp_path / "quiz.json"
    path.write_text(told)
    with pytest.raises(Unreadable, match=why):
        Record(path).read()
    assert path.read_text() == told


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "quiz.json"
    path.write_bytes(b'{"streaks": {"\xff": 1}}')
    with pytest.raises(Unreadable):
        Record(path).read()


def test_a_directory_in_its_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="cannot be read"):
        Record(tmp_path).read()


def test_answers_to_questions_that_are_gone_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "quiz.json"
    path.write_text('{"version": 1, "questions": {"quiz-old": {"box": 1, "due": "2026-01-01", "seen": 1}}}')
    record = Record(path)
    record.write(record.read().noted(question("exit-137"), True, DAY))
    assert set(record.read().questions) == {"quiz-old", "quiz-exit-137"}


def test_a_failed_write_leaves_the_old_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = Record(tmp_path / "quiz.json")
    answers = Answers().noted(question("exit-137"), True, DAY)
    record.write(answers)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        record.write(answers.noted(question("ecs-vs-eks"), True, DAY))
    assert record.read() == answers
    assert len(list(tmp_path.iterdir())) == 1


def test_putting_aside_keeps_the_file(tmp_path: Path) -> None:
    record = Record(tmp_path / "quiz.json")
    assert record.put_aside() is None
    record.path.write_text("broken")
    aside = record.put_aside()
    assert aside is not None
    assert aside.read_text() == "broken"
    assert record.read() == Answers()


def test_a_streak_counts_right_answers_of_a_topic_in_a_row() -> None:
    answers = Answers()
    for name, is_right in (("exit-137", True), ("ecs-vs-eks", False), ("wsgi-asgi", True), ("exit-137", True)):
        answers = answers.noted(question(name), is_right, DAY)
    assert answers.streaks == {"containers": 2}


def test_a_topic_can_be_forgotten() -> None:
    answers = Answers().noted(question("exit-137"), True, DAY).noted(question("nat-cost"), True, DAY)
    left = answers.without(chosen("containers"))
    assert set(left.questions) == {"quiz-nat-cost"}
    assert left.streaks == {"cost": 1}


def test_standings_tell_each_topic() -> None:
    answers = Answers().noted(question("exit-137"), True, DAY).noted(question("ecs-vs-eks"), False, DAY)
    found = {one.topic: one for one in standings(every(), answers, DAY + timedelta(days=1))}
    one = found["containers"]
    assert (one.questions, one.seen, one.answers, one.right, one.streak, one.due) == (10, 2, 2, 1, 0, 2)
    assert one.next_due == DAY + timedelta(days=1)
    assert one.boxes == (8, 2, 0, 0, 0, 0, 0, 0)
    assert one.mastery_percent == 2
    assert found["edge"].seen == 0
    assert found["edge"].next_due is None


def test_what_is_due_comes_first_longest_due_at_the_head() -> None:
    answers = (
        Answers().noted(question("nat-cost"), True, DAY).noted(question("exit-137"), True, DAY - timedelta(days=5))
    )
    today = DAY + timedelta(days=3)
    assert [one.id for one in due(every(), answers, today)] == ["quiz-exit-137", "quiz-nat-cost"]
    following = next_up(every(), answers, today)
    assert [one.id for one in following[:2]] == ["quiz-exit-137", "quiz-nat-cost"]
    assert len(following) == 78
    assert following == next_up(every(), answers, today)
    assert following[2:] != next_up(every(), answers, today + timedelta(days=1))[2:]


def test_what_is_known_and_not_due_comes_last() -> None:
    answers = Answers().noted(question("nat-cost"), True, DAY)
    assert next_up(every(), answers, DAY)[-1].id == "quiz-nat-cost"
