"""A shop that puts orders on a queue, and workers that charge the customer and create the order."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.fleets import Fleet
from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Publisher, Recorded

QUIET = Recorded((20_000, 205_000), every_ms=600_000)
"""Two orders in ten minutes: the past is to be lived in a second or two."""


class OrderWorker(Fleet):
    """Charges and creates; notes how often each order was worked on."""

    def __init__(self, lab: Lab, name: str, **options: Any) -> None:
        self.worked: dict[int, int] = {}
        super().__init__(lab, name, **options)

    def work(self, event: dict[str, Any]) -> None:
        """The work is done, whether or not somebody else did it already."""
        self.worked[event["key"]] = self.worked.get(event["key"], 0) + 1


def build(lab: Lab) -> None:
    """A queue with SQS's defaults, which are enough for work that takes seconds."""
    sqs = lab.client("sqs")
    queue = sqs.create_queue(QueueName="orders")["QueueUrl"]
    lab.notes.update(queue=queue, queue_arn=lab.queue_arn("orders"))
    lab.add(
        OrderWorker(
            lab,
            "order-worker",
            queue_url=queue,
            batch="1",
            pause_ms="30000",
            processing_ms="4000-12000",
            crash_before_ppm="8000",
        )
    )
    lab.add(Publisher(lab, "shop", to=queue, arrivals=QUIET))
