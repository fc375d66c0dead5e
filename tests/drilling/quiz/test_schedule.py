"""When questions come back: the arithmetic of the boxes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from foulweather.drilling.quiz.schedule import BOX_DAYS, BOX_MAX, RECENT_MAX, Progress, answered, is_due

DAY = date(2026, 2, 27)


def test_the_first_right_answer_comes_back_tomorrow() -> None:
    progress = answered(Progress(), True, DAY)
    assert (progress.box, progress.due, progress.seen, progress.right, progress.streak) == (
        1,
        date(2026, 2, 28),
        1,
        1,
        1,
    )


def test_right_answers_on_their_day_double_the_interval_up_to_the_last_box() -> None:
    progress, today, intervals = Progress(), DAY, []
    for _ in range(9):
        progress = answered(progress, True, today)
        assert progress.due is not None
        intervals.append((progress.due - today).days)
        today = progress.due
    assert intervals == [1, 2, 4, 8, 16, 32, 64, 64, 64]
    assert progress.box == BOX_MAX
    assert progress.streak == 9


def test_a_wrong_answer_goes_back_to_the_first_box() -> None:
    known = Progress(box=6, due=DAY, seen=6, right=6, streak=6, last=DAY - timedelta(days=32), recent="++++++")
    progress = answered(known, False, DAY)
    assert (progress.box, progress.due, progress.streak) == (1, DAY + timedelta(days=1), 0)
    assert (progress.seen, progress.right, progress.recent) == (7, 6, "++++++-")


def test_a_right_answer_ahead_of_time_moves_nothing() -> None:
    once = answered(Progress(), True, DAY)
    again = answered(once, True, DAY)
    assert (again.box, again.due) == (once.box, once.due)
    assert (again.seen, again.right, again.streak) == (2, 2, 2)


def test_a_wrong_answer_ahead_of_time_counts() -> None:
    known = Progress(box=5, due=DAY + timedelta(days=9), seen=5, right=5, streak=5)
    assert answered(known, False, DAY).box == 1


def test_a_late_right_answer_moves_one_box_from_today() -> None:
    known = Progress(box=2, due=DAY - timedelta(days=100), seen=2, right=2, streak=2)
    progress = answered(known, True, DAY)
    assert (progress.box, progress.due) == (3, DAY + timedelta(days=4))


@pytest.mark.parametrize(("days", "due"), [(-1, True), (0, True), (1, False)])
def test_due_is_today_or_before(days: int, due: bool) -> None:
    assert is_due(Progress(box=1, due=DAY + timedelta(days=days), seen=1), DAY) is due


def test_what_was_never_asked_is_not_due() -> None:
    assert not is_due(Progress(), DAY)


def test_recent_answers_are_limited() -> None:
    progress = Progress()
    for _ in range(RECENT_MAX + 5):
        progress = answered(progress, False, DAY)
    assert progress.recent == "-" * RECENT_MAX
    assert progress.faults() == ""


@pytest.mark.parametrize(
    "broken",
    [
        Progress(box=8, due=DAY, seen=1),
        Progress(box=-1),
        Progress(box=1, seen=1),
        Progress(due=DAY),
        Progress(box=1, due=DAY),
        Progress(box=1, due=DAY, seen=1, right=2),
        Progress(box=1, due=DAY, seen=3, right=1, streak=2),
        Progress(box=1, due=DAY, seen=1, recent="?"),
    ],
)
def test_what_cannot_be_is_found(broken: Progress) -> None:
    assert broken.faults()


def test_intervals_grow() -> None:
    assert list(BOX_DAYS) == sorted(set(BOX_DAYS))
