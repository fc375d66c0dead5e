"""A shop, a queue with a dead-letter queue, and workers that delete what they have booked."""

from __future__ import annotations

import json
from typing import Any

from foulweather.drilling.fleets import Fleet
from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Publisher, Recorded

QUIET = Recorded((20_000, 205_000), every_ms=600_000)
"""Two orders in ten minutes: the past is to be lived in a second or two."""
KEPT_S = 1_209_600
ATTEMPTS = 3
VOUCHER_EVERY = 10


class Shop(Publisher):
    """Sends orders; since the mobile app's new version, one in ten has a voucher."""

    has_vouchers = False

    def event(self, n: int, now_ms: int) -> dict[str, Any]:
        """An order."""
        order = super().event(n, now_ms)
        if self.has_vouchers and n % VOUCHER_EVERY == 0:
            order["voucher"] = "SPRING"
        return order


class OrderWorker(Fleet):
    """Books orders, and notes which message had which order, and how often it came."""

    def __init__(self, lab: Lab, name: str, **options: Any) -> None:
        self.message_ids: dict[int, str] = {}
        self.attempts: dict[int, int] = {}
        self.vouchers: set[int] = set()
        super().__init__(lab, name, poison=lambda order: "voucher" in order, **options)

    def read(self, message: dict[str, Any]) -> dict[str, Any]:
        """The order in a message."""
        order = super().read(message)
        key: int = order["key"]
        self.message_ids[key] = message["MessageId"]
        self.attempts[key] = self.attempts.get(key, 0) + 1
        if "voucher" in order:
            self.vouchers.add(key)
        return order


def build(lab: Lab) -> None:
    """Three attempts, then fourteen days aside."""
    sqs = lab.client("sqs")
    arn = lab.queue_arn("orders")
    queue = sqs.create_queue(QueueName="orders")["QueueUrl"]
    allow = json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [arn]})
    aside = {"MessageRetentionPeriod": str(KEPT_S), "RedriveAllowPolicy": allow}
    dead_letters = sqs.create_queue(QueueName="orders-dlq", Attributes=aside)["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": f"{arn}-dlq", "maxReceiveCount": ATTEMPTS})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": redrive})
    lab.notes.update(queue=queue, queue_arn=arn, dead_letters=dead_letters)
    lab.add(
        OrderWorker(
            lab,
            "order-worker",
            queue_url=queue,
            workers="1",
            batch="1",
            pause_ms="30000",
            processing_ms="1000-3000",
            failure_ppm="4000",
        )
    )
    lab.add(Shop(lab, "shop", to=queue, arrivals=QUIET))
