"""A drill being played: its lab, what the learner has opened, what the checks said, the score."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

import msgspec

from foulweather.drilling import effects, traffic
from foulweather.drilling.drill import BadDrill, Drill
from foulweather.drilling.lab import DAY_MS, MINUTE_MS, SETTLING_SINCE, Lab, Line
from foulweather.drilling.traffic import Course, Lost
from foulweather.kernel.credentials import Credential
from foulweather.kernel.services import Services
from foulweather.kernel.why import Why
from foulweather.world.world import World

State = Literal["building", "paged", "mended"]
Progress = Callable[[str, int, int], None]
"""Told what is being done, how many of how many steps are done."""

STEP_MS = 15 * MINUTE_MS
HINT_COST = 8
WRONG_CHECK_COST = 5
LATE_COST_PER_MINUTE = 1
SCORE_FULL = 100


class Score(msgspec.Struct, frozen=True):
    """How it went, on the world's clock: from the incident to the page, and to the mend.

    `lost` is None where the drill's applications keep no ledger; `errors` are failed calls, by application and code.
    """

    points: int
    detected_after_ms: int
    mitigated_after_ms: int | None
    hints: int
    failed_checks: int
    explained: str
    lost: Lost | None = None
    errors: dict[str, dict[str, int]] = {}


class Checked(msgspec.Struct, frozen=True):
    """What a check said."""

    at_ms: int
    is_mended: bool
    why: Why | None


class Session:
    """One drill in one world. `prepare` builds it up to the page; then it is the learner's."""

    def __init__(self, drill: Drill, services: Services, enliven: Callable[[Session], None] | None = None) -> None:
        self.drill = drill
        self._enliven = enliven
        # Held until the page: the past takes seconds of real time.
        world = World(name=f"drill-{drill.id}", seed=drill.about.seed, mode="held", start_ms=drill.start_ms)
        self.lab = Lab(world, services, world.ids.account())
        self.state: State = "building"
        self.key: Credential = self.lab.issue_root_key()
        self.struck_seq = 0
        self.paged_at_ms = 0
        self.mended_at_ms = 0
        self.page_why: Why | None = None
        self.opened_hints = 0
        self.checks: list[Checked] = []

    @property
    def world(self) -> World:
        """The drill's world."""
        return self.lab.world

    async def prepare(self, progress: Progress = lambda what, done, of: None) -> None:
        """Build the stack, live a healthy past, let the incident strike, and wait for the page."""
        await self.grow(progress)
        await self.strike(progress)

    async def grow(self, progress: Progress = lambda what, done, of: None) -> None:
        """Build the stack and live its healthy past; real functions reach the API where somebody has enlivened it."""
        if self._enliven is not None:
            self._enliven(self)
        self.drill.build(self.lab)
        end_ms = self.lab.now_ms + self.drill.about.past_days * DAY_MS
        steps = max(1, (end_ms - self.lab.now_ms) // (6 * 60 * MINUTE_MS))
        for step in range(steps):
            progress(self.drill.past, step, steps)
            await self.world.advance_to(end_ms - (steps - 1 - step) * 6 * 60 * MINUTE_MS)
            await asyncio.sleep(0)

    async def strike(self, progress: Progress = lambda what, done, of: None) -> None:
        """Let the incident strike and wait until its symptom shows."""
        lab = self.lab
        lab.struck_at_ms = lab.now_ms
        self.struck_seq = self.world.journal.seq
        self.drill.strike(lab)
        most = self.drill.about.symptom_within_minutes
        for minute in range(most):
            progress("something is about to happen", minute, most)
            await self.world.advance_to(lab.now_ms + MINUTE_MS)
            self.page_why = self.drill.symptom(lab)
            if self.page_why is not None:
                self.paged_at_ms = lab.now_ms
                self.state = "paged"
                effects.explain(lab, lab.struck_at_ms)
                return
            await asyncio.sleep(0)
        raise BadDrill(f"{self.drill.id}: no symptom showed within {most} minutes of the incident")

    def log(self, app: str) -> list[Line]:
        """What an application wrote down; raises ValueError where there is no such application."""
        found = self.lab.apps.get(app)
        if found is None or not found.IS_OURS:
            ours = sorted(name for name, one in self.lab.apps.items() if one.IS_OURS)
            raise ValueError(f"there is no application {app!r} here: {', '.join(ours) or 'none'}")
        return traffic.log_of(found)

    def next_hint(self) -> str | None:
        """Open the next hint; None when all are open."""
        if self.opened_hints == len(self.drill.hints):
            return None
        self.opened_hints += 1
        return self.drill.hints[self.opened_hints - 1]

    async def check(self) -> Checked:
        """Let some minutes of the world pass, then judge by the traffic and the state since then."""
        lab = self.lab
        until_ms = lab.now_ms + self.drill.about.settle_minutes * MINUTE_MS
        lab.notes[SETTLING_SINCE] = since_ms = lab.now_ms
        while lab.now_ms < until_ms:
            await self.world.advance_to(min(until_ms, lab.now_ms + STEP_MS))
            await asyncio.sleep(0)
        why = self.drill.check(lab)
        checked = Checked(lab.now_ms, why is None, why)
        self.checks.append(checked)
        if why is not None:
            effects.explain(lab, since_ms)
        if why is None and self.state != "mended":
            self.state = "mended"
            self.mended_at_ms = since_ms
        return checked

    def score(self) -> Score:
        """The score so far; how it comes about is told with it."""
        failed = sum(1 for checked in self.checks if not checked.is_mended)
        mitigated_ms = self.mended_at_ms - self.lab.struck_at_ms if self.state == "mended" else None
        late_min = 0
        if mitigated_ms is not None:
            # The minutes that failed checks let pass are the drill's, not the learner's.
            before = [one for one in self.checks if not one.is_mended and one.at_ms <= self.mended_at_ms]
            own_min = (self.mended_at_ms - self.paged_at_ms) // MINUTE_MS
            late_min = max(0, own_min - len(before) * self.drill.about.settle_minutes - self.drill.about.minutes)
        points = SCORE_FULL - HINT_COST * self.opened_hints - WRONG_CHECK_COST * failed
        points = max(0, points - LATE_COST_PER_MINUTE * min(late_min, 30)) if self.state == "mended" else 0
        explained = (
            f"{SCORE_FULL} - {HINT_COST} for each of {self.opened_hints} hints "
            f"- {WRONG_CHECK_COST} for each of {failed} failed checks "
            f"- {LATE_COST_PER_MINUTE} for each of {late_min} minutes over {self.drill.about.minutes} (30 at most)"
        )
        detected_ms = self.paged_at_ms - self.lab.struck_at_ms
        until_ms = self.mended_at_ms or self.lab.now_ms
        return Score(
            points,
            detected_ms,
            mitigated_ms,
            self.opened_hints,
            failed,
            explained,
            traffic.lost(self.lab, until_ms, self.drill.about.served_within_s),
            traffic.errors(self.lab, until_ms),
        )

    def course(self) -> Course | None:
        """How requests fared over time; None where the drill's applications keep no ledger."""
        return traffic.course(self.lab, self.drill.about.served_within_s)

    def close(self) -> None:
        """End the applications; the world can be put away."""
        for app in self.lab.apps.values():
            app.stop()
