"""A shop that puts orders on a queue, and workers that book them; workers die now and then."""

from __future__ import annotations

import json

from foulweather.drilling.fleets import Fleet
from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Publisher, Recorded

QUIET = Recorded((20_000, 205_000), every_ms=600_000)
"""Two orders in ten minutes: the past is to be lived in a second or two."""


class OrderWorker(Fleet):
    """Books orders, on machines that are not its own."""


def build(lab: Lab) -> None:
    """The queue, its dead-letter queue, the fleet, the shop."""
    sqs = lab.client("sqs")
    sqs.create_queue(QueueName="orders-dlq", Attributes={"MessageRetentionPeriod": "1209600"})
    dead_letters = lab.queue_arn("orders-dlq")
    redrive = json.dumps({"deadLetterTargetArn": dead_letters, "maxReceiveCount": 10})
    attributes = {"VisibilityTimeout": "60", "RedrivePolicy": redrive}
    queue = sqs.create_queue(QueueName="orders", Attributes=attributes)["QueueUrl"]
    lab.notes.update(queue=queue, queue_arn=lab.queue_arn("orders"))
    lab.add(
        OrderWorker(
            lab,
            "order-worker",
            queue_url=queue,
            batch="1",
            pause_ms="30000",
            processing_ms="2000-6000",
            crash_before_ppm="2000",
        )
    )
    lab.add(Publisher(lab, "shop", to=queue, arrivals=QUIET))
