"""A restaurant's queue, idle nearly all the time, and three workers that print tickets."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.arrivals import Poisson
from foulweather.drilling.load.fleet import WorkerFleet
from foulweather.drilling.load.publisher import Publisher


class Printers(WorkerFleet):
    """Polls as long as the queue says, or the release."""

    SETTINGS = {**WorkerFleet.SETTINGS, "wait": ("queue", *(str(wait_s) for wait_s in range(21)))}
    RELEASABLE = ("workers", "wait", "batch", "pause_ms")

    def configured(self) -> None:
        """Take the settings in; without a wait of its own, a call waits as long as the queue says."""
        settings = self.settings
        if settings["wait"] != "queue":
            super().configured()
            return
        self.settings = {**settings, "wait": "0"}
        super().configured()
        self.settings = settings
        del self.polling["WaitTimeSeconds"]


def build(lab: Lab) -> None:
    """A queue with long polling, three workers, an order now and then; empty receives are counted by the minute."""
    sqs = lab.client("sqs")
    queue = sqs.create_queue(QueueName="kitchen", Attributes={"ReceiveMessageWaitTimeSeconds": "20"})["QueueUrl"]
    empty: dict[int, int] = {}
    lab.notes.update(queue=queue, queue_arn=lab.queue_arn("kitchen"), empty=empty)

    def count(event: Any) -> None:
        minute = event.at_ms // MINUTE_MS
        empty[minute] = empty.get(minute, 0) + 1

    lab.world.journal.read("sqs.EmptyReceive", count)
    lab.add(Printers(lab, "kitchen-printer", queue_url=queue, workers="3", processing_ms="50-150", pause_ms="190"))
    lab.add(Publisher(lab, "tablets", to=queue, arrivals=Poisson(per_min=1)))
