"""When a question is asked again: the Leitner system.

Every question lies in one of seven boxes. A right answer on the day it is due, or later, moves it one box on, a wrong
one back to the first; the box says in how many days it is due again. A right answer ahead of time is counted, but moves
nothing: what was read an hour ago proves nothing about next week. (S. Leitner, So lernt man lernen, 1972; the doubling
intervals are those of its common computer form.)
"""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

BOX_DAYS = (1, 2, 4, 8, 16, 32, 64)
BOX_MAX = len(BOX_DAYS)
RECENT_MAX = 20


class Progress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How somebody has fared with one question; box 0 is not asked yet."""

    box: int = 0
    due: date | None = None
    seen: int = 0
    right: int = 0
    streak: int = 0
    last: date | None = None
    recent: str = ""
    """The latest answers, oldest first: `+` right, `-` wrong."""

    def faults(self) -> str:
        """What cannot be true of it, in words; nothing where all is well."""
        if not 0 <= self.box <= BOX_MAX:
            return f"the box {self.box} does not exist"
        if not 0 <= self.right <= self.seen or not 0 <= self.streak <= self.right:
            return "the counts contradict each other"
        if (self.box > 0) != (self.due is not None) or (self.box > 0) != (self.seen > 0):
            return "box, count and due date contradict each other"
        if set(self.recent) - {"+", "-"} or len(self.recent) > RECENT_MAX:
            return "`recent` is not made of + and -"
        return ""


def answered(progress: Progress, is_right: bool, today: date) -> Progress:
    """The progress after an answer."""
    is_early = progress.due is not None and today < progress.due
    box, due = progress.box, progress.due
    if not is_right:
        box = 1
    elif not is_early:
        box = min(box + 1, BOX_MAX)
    if not (is_right and is_early):
        due = today + timedelta(days=BOX_DAYS[box - 1])
    return Progress(
        box=box,
        due=due,
        seen=progress.seen + 1,
        right=progress.right + is_right,
        streak=progress.streak + 1 if is_right else 0,
        last=today,
        recent=(progress.recent + ("+" if is_right else "-"))[-RECENT_MAX:],
    )


def is_due(progress: Progress, today: date) -> bool:
    """Whether a question that was asked before is to be asked again."""
    return progress.due is not None and progress.due <= today
