"""Applications that are told by a release which queue to use, by its name."""

from __future__ import annotations

from typing import Any, cast

from foulweather.drilling.lab import App, Lab
from foulweather.drilling.load.fleet import WorkerFleet
from foulweather.drilling.load.publisher import Publisher
from foulweather.kernel.errors import AwsError


class OnNamedQueue(App):
    """Has a setting `queue`; a release that names one that is not there fails, as it would."""

    def _url(self, queue: str) -> str:
        try:
            return self.lab.queue_url(queue)
        except AwsError as error:
            raise ValueError(f"queue={queue}: {error}") from None

    def _check(self, settings: dict[str, str]) -> None:
        if "queue" in settings:
            self._url(settings["queue"])
        super()._check({key: value for key, value in settings.items() if key != "queue"})


class PublisherToNamedQueue(OnNamedQueue, Publisher):
    """Sends to the queue of its release."""

    def __init__(self, lab: Lab, name: str, **options: Any) -> None:
        super().__init__(lab, name, to="", **options)

    def configured(self) -> None:
        """Take the settings in: where to send to."""
        super().configured()
        self.to = self._url(self.settings["queue"])
        self.is_fifo = self.to.endswith(".fifo")


class FleetOnNamedQueue(OnNamedQueue, WorkerFleet):
    """Polls the queue of its release; a release to another leaves the old workers to finish the old one."""

    def __init__(self, lab: Lab, name: str, **options: Any) -> None:
        super().__init__(lab, name, queue_url="", **options)

    def configured(self) -> None:
        """Take the settings in: which queue to poll."""
        self.queue_url = self._url(self.settings["queue"])
        super().configured()

    def deploy(self, settings: dict[str, str]) -> None:
        """Take on new settings."""
        before = dict(self.settings)
        if settings.get("queue", before["queue"]) == before["queue"]:
            super().deploy(settings)
            return
        self._check(settings)
        self.stop()
        super().deploy(settings)
        self.start()
        old = cast("type[FleetOnNamedQueue]", type(self))
        self.lab.add(old(self.lab, f"{self.name}-on-{before['queue']}", **before))
