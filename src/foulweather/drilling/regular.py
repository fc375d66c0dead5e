"""Applications that do one thing again and again: jobs, collectors, people at work."""

from __future__ import annotations

from typing import NamedTuple

from foulweather.drilling.lab import MINUTE_MS, App
from foulweather.kernel.errors import AwsError

KEPT_RUNS = 1000


class Run(NamedTuple):
    """One time, and the refusal that ended it, if one did."""

    at_ms: int
    error: AwsError | None

    @property
    def told(self) -> str:
        """The refusal in words; empty where all went well."""
        return f"{self.error.code}: {self.error.message}" if self.error is not None else ""


class Regular(App):
    """Does `run` every so often, from one pause after its start; `runs` tells how it went, its log what was refused."""

    EVERY_MS = 15 * MINUTE_MS
    runs: list[Run]

    def start(self) -> None:
        """Begin with the first pause."""
        super().start()
        self.runs = []
        self._next()

    def run(self) -> None:
        """Do it once; AwsError ends it."""
        raise NotImplementedError

    def pause_ms(self) -> int:
        """How long until the next time."""
        return self.EVERY_MS

    def hurry(self, in_ms: int = MINUTE_MS) -> None:
        """Begin a further round of its own in a while: a busy day."""
        self.lab.at(self.lab.now_ms + in_ms, self._due)

    def runs_since(self, since_ms: int) -> list[Run]:
        """What was done after a time."""
        return [run for run in self.runs if run.at_ms > since_ms]

    def failed_since(self, since_ms: int) -> AwsError | None:
        """The last refusal after a time."""
        return next((run.error for run in reversed(self.runs) if run.at_ms > since_ms and run.error), None)

    def _next(self) -> None:
        self.lab.at(self.lab.now_ms + self.pause_ms(), self._due)

    def _due(self) -> None:
        if not self.is_running:
            return
        error: AwsError | None = None
        try:
            self.run()
        except AwsError as refused:
            error = refused
        run = Run(self.lab.now_ms, error)
        if error is not None:
            self.say(run.told)
        self.runs = [*self.runs[-KEPT_RUNS:], run]
        self._next()
