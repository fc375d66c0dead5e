"""The world's own time: paced (real time, times a rate) or held (moves only when advanced)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

import msgspec

Mode = Literal["paced", "held"]
RATE_UNIT = 1000
"""A rate is a whole number of thousandths: 1000 is real time, 60_000 a minute a second."""


NEAR_MS = 5_000
"""A time told this near to the world's is the world's."""
SKEW_MS = 15 * 60_000
"""How far a client's clock may be off (https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html)."""
TOLD_TO_MS = 1000
BASES_MAX = 1000


def wall_ms() -> int:
    """Milliseconds since the epoch by the machine's clock; only a world's beginning asks for it."""
    return time.time_ns() // 1_000_000


class ClockReading(msgspec.Struct, frozen=True):
    """A clock as a snapshot keeps it."""

    mode: Mode
    now_ms: int
    rate_permille: int
    wall_ms: int


class Clock:
    """Integer milliseconds since the epoch that only this object can tell.

    `watchers` are called when it was moved, held or released.
    """

    __slots__ = ("_base_ms", "_base_ns", "_bases", "_mode", "_rate_permille", "watchers")

    def __init__(self, start_ms: int, mode: Mode = "paced", rate_permille: int = RATE_UNIT) -> None:
        self._base_ms = start_ms
        self._base_ns = time.monotonic_ns()
        self._mode: Mode = mode
        self._rate_permille = rate_permille
        self.watchers: list[Callable[[], None]] = []
        self._bases: list[tuple[int, int, int]] = [(wall_ms(), start_ms, rate_permille if mode == "paced" else 0)]

    @property
    def now_ms(self) -> int:
        """The time in the world."""
        if self._mode == "held":
            return self._base_ms
        passed_ns = time.monotonic_ns() - self._base_ns
        return self._base_ms + passed_ns * self._rate_permille // (RATE_UNIT * 1_000_000)

    @property
    def mode(self) -> Mode:
        """Whether time passes by itself."""
        return self._mode

    @property
    def rate_permille(self) -> int:
        """Thousandths of real time at which a paced clock runs."""
        return self._rate_permille

    def hold(self) -> None:
        """Stop; time moves only when advanced."""
        self._rebase(self.now_ms, "held", self._rate_permille)

    def release(self, rate_permille: int | None = None) -> None:
        """Let time pass by itself again, from now."""
        rate = self._rate_permille if rate_permille is None else rate_permille
        if rate <= 0:
            raise ValueError("a clock's rate must be positive")
        self._rebase(self.now_ms, "paced", rate)

    def move_to(self, when_ms: int) -> None:
        """Jump forward to a time; a world's time never runs backwards."""
        if self._mode == "held":
            if when_ms > self._base_ms:
                self._base_ms = when_ms  # the machine's time does not matter before this clock is released
                self._note_base(0)
                if self.watchers:
                    self._tell()
        elif when_ms > self.now_ms:
            self._rebase(when_ms, self._mode, self._rate_permille)

    def real_delay_s(self, when_ms: int) -> float:
        """Real seconds until a paced clock shows `when_ms` (for the event loop's timer only)."""
        return max(0, when_ms - self.now_ms) / self._rate_permille

    def since(self, told_ms: int) -> int:
        """Milliseconds of world time that have passed since a time that somebody outside tells.

        Clients sign by their machine's clock, which does not move when the world is advanced; those
        that run inside the world sign by its own. A told time that the machine's clock has shown
        since the world began is taken for the machine's, unless it is nearer to the world's own.
        Signatures tell whole seconds: one of the second in which the world was moved is taken for later
        than the move.
        """
        now_ms = self.now_ms
        age_ms = now_ms - told_ms
        if -NEAR_MS < age_ms < NEAR_MS:
            return age_ms
        if told_ms > wall_ms() + SKEW_MS or told_ms < self._bases[0][0] - SKEW_MS:
            return age_ms
        by_machine_ms = self._since_by_machine(told_ms, now_ms)
        if -SKEW_MS < age_ms < SKEW_MS and abs(age_ms) < abs(by_machine_ms):
            return age_ms
        return by_machine_ms

    def _since_by_machine(self, told_ms: int, now_ms: int) -> int:
        for from_wall_ms, from_ms, rate in reversed(self._bases):
            if told_ms + TOLD_TO_MS > from_wall_ms:
                return now_ms - (from_ms + max(0, told_ms - from_wall_ms) * rate // RATE_UNIT)
        from_wall_ms, from_ms, _ = self._bases[0]
        return now_ms - (from_ms + told_ms - from_wall_ms)

    def reading(self) -> ClockReading:
        """What a snapshot keeps."""
        return ClockReading(self._mode, self.now_ms, self._rate_permille, wall_ms())

    @classmethod
    def resumed(cls, reading: ClockReading) -> Clock:
        """The clock of a world that was put away: real time has gone on, held time has not."""
        away_ms = max(0, wall_ms() - reading.wall_ms)
        if reading.mode == "held" or reading.rate_permille != RATE_UNIT:
            away_ms = 0
        return cls(reading.now_ms + away_ms, reading.mode, reading.rate_permille)

    def _rebase(self, now_ms: int, mode: Mode, rate_permille: int) -> None:
        self._base_ms = now_ms
        self._base_ns = time.monotonic_ns()
        self._mode = mode
        self._rate_permille = rate_permille
        self._note_base(rate_permille if mode == "paced" else 0)
        self._tell()

    def _tell(self) -> None:
        for watcher in self.watchers:
            watcher()

    def _note_base(self, rate_permille: int) -> None:
        bases, base = self._bases, (wall_ms(), self._base_ms, rate_permille)
        if len(bases) > 1 and bases[-1][0] == base[0]:
            bases[-1] = base  # what was told in this millisecond is taken for the latest of its times anyway
            return
        bases.append(base)
        del bases[1:-BASES_MAX]
