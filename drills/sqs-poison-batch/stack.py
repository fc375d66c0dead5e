"""A marketplace that hands orders over, and workers that book them ten at a time."""

from __future__ import annotations

import json
from typing import Any

from foulweather.drilling.fleets import Fleet
from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Publisher, Recorded

QUIET = Recorded((20_000, 205_000), every_ms=600_000)
"""Two orders in ten minutes: the past is to be lived in a second or two."""
ATTEMPTS = 3
GIFT_EVERY = 25


class Marketplace(Publisher):
    """Hands orders over; since that morning, one in twenty-five has a gift card."""

    RELEASABLE = ()
    has_gifts = False

    def event(self, n: int, now_ms: int) -> dict[str, Any]:
        """An order."""
        order = super().event(n, now_ms)
        if self.has_gifts and n % GIFT_EVERY == 0:
            order["gift_card"] = "G-2026"
        return order

    def due_in_order(self, event: dict[str, Any]) -> str:
        """Orders are booked in any order."""
        return ""


class OrderWorker(Fleet):
    """Books orders, ten at a time; notes which message had which order, and how often it came."""

    RELEASABLE = ("workers", "partial", "delete", "delete_by", "idempotent", "visibility_s")

    def __init__(self, lab: Lab, name: str, **options: Any) -> None:
        self.message_ids: dict[int, str] = {}
        self.attempts: dict[int, int] = {}
        self.gifts: set[int] = set()
        super().__init__(lab, name, poison=lambda order: "gift_card" in order, **options)

    def read(self, message: dict[str, Any]) -> dict[str, Any]:
        """The order in a message."""
        order = super().read(message)
        key: int = order["key"]
        self.message_ids[key] = message["MessageId"]
        self.attempts[key] = self.attempts.get(key, 0) + 1
        if "gift_card" in order:
            self.gifts.add(key)
        return order


def build(lab: Lab) -> None:
    """Three attempts, then fourteen days aside."""
    sqs = lab.client("sqs")
    sqs.create_queue(QueueName="orders-dlq", Attributes={"MessageRetentionPeriod": "1209600"})
    redrive = json.dumps({"deadLetterTargetArn": lab.queue_arn("orders-dlq"), "maxReceiveCount": ATTEMPTS})
    attributes = {"VisibilityTimeout": "60", "RedrivePolicy": redrive}
    queue = sqs.create_queue(QueueName="orders", Attributes=attributes)["QueueUrl"]
    lab.notes.update(queue=queue, queue_arn=lab.queue_arn("orders"))
    lab.add(
        OrderWorker(
            lab,
            "order-worker",
            queue_url=queue,
            workers="2",
            batch="10",
            delete_by="batch",
            pause_ms="30000",
            processing_ms="300-900",
        )
    )
    lab.add(Marketplace(lab, "marketplace", to=queue, arrivals=QUIET))
