"""What a queue holds over time, read off the world: watching neither asks the API nor is on record there."""

from __future__ import annotations

from typing import NamedTuple

from foulweather.drilling.lab import App, Lab
from foulweather.services.sqs.addresses import addressed
from foulweather.services.sqs.state import SqsState


class Level(NamedTuple):
    """What a queue held at one time."""

    at_ms: int
    visible: int
    in_flight: int
    delayed: int
    oldest_ms: int
    """The age of the oldest message."""


class QueueWatch(App):
    """Reads a queue's level every so often; `levels` has the readings."""

    SETTINGS = {"every_s": ("10",)}

    def __init__(self, lab: Lab, name: str, *, queue_url: str, **settings: str) -> None:
        super().__init__(lab, name, **settings)
        self.queue_url = queue_url
        self.levels: list[Level] = []
        self._alarm = 0

    def start(self) -> None:
        """Begin to read."""
        super().start()
        self._read()

    def stop(self) -> None:
        """Read no more."""
        super().stop()
        self.lab.world.agenda.cancel(self._alarm)

    def level(self) -> Level:
        """What the queue holds now; nothing where there is no such queue."""
        account, name = addressed(self.queue_url)
        now_ms = self.lab.now_ms
        state = self.lab.world.state(SqsState, account or self.lab.account, self.lab.region)
        backlog = state.backlogs.get(name)
        if backlog is None:
            return Level(now_ms, 0, 0, 0, 0)
        backlog.settle(now_ms)
        oldest = backlog.oldest()
        return Level(
            now_ms,
            backlog.visible,
            backlog.in_flight,
            backlog.delayed,
            0 if oldest is None else now_ms - oldest.sent_ms,
        )

    def _read(self) -> None:
        self.levels.append(self.level())
        every_ms = max(1, int(self.settings["every_s"])) * 1000
        self._alarm = self.lab.world.agenda.alarm(self.lab.now_ms + every_ms, self._read)
