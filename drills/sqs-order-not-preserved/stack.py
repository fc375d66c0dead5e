"""A shop that sends the versions of orders to a queue, and workers that bring the order database up to date."""

from __future__ import annotations

import json
from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.arrivals import Poisson
from foulweather.drilling.load.fleet import WorkerFleet
from foulweather.drilling.load.publisher import Publisher
from foulweather.drilling.named_queues import FleetOnNamedQueue, PublisherToNamedQueue

VERSIONS = 3
ORDERS_AT_ONCE = 3
CUSTOMERS = 40


class Shop(PublisherToNamedQueue):
    """Sends three events of each order; those of a few orders come interleaved."""

    SETTINGS = {
        **Publisher.SETTINGS,
        "queue": ("orders",),
        "grouping": ("none", "customer", "order", "one"),
    }
    RELEASABLE = ("queue", "grouping", "deduplication")

    def event(self, n: int, now_ms: int) -> dict[str, Any]:
        """The n-th event: created, paid, or a new address."""
        block, within = divmod(n, ORDERS_AT_ONCE * VERSIONS)
        order, version = block * ORDERS_AT_ONCE + within % ORDERS_AT_ONCE, within // ORDERS_AT_ONCE + 1
        return {
            "order_id": f"order-{order}",
            "customer": f"customer-{order % CUSTOMERS}",
            "version": version,
            "type": "order.created" if version == 1 else "order.updated",
            "sequence": n,
            "sent_ms": now_ms,
        }

    def due_in_order(self, event: dict[str, Any]) -> str:
        """The events of one order."""
        return event["order_id"]

    def group(self, event: dict[str, Any]) -> str:
        """The message group that the release says, or none."""
        return "" if self.settings["grouping"] == "none" else super().group(event)

    def make(self, n: int, now_ms: int) -> Any:
        """The request; a standard queue takes a message group, too (it means fair shares there, not order)."""
        made = super().make(n, now_ms)
        assert made is not None
        request = made[1]
        event = json.loads(request["MessageBody"])
        group = self.group(event)
        if group:
            request["MessageGroupId"] = group
        else:
            request.pop("MessageGroupId", None)
        return made


class OrderWorkers(FleetOnNamedQueue):
    """Handles events, and writes down when an order's event came after a later one.

    A release to another queue leaves the old workers on the old queue, where they finish what is left.
    """

    SETTINGS = {**WorkerFleet.SETTINGS, "queue": ("orders",)}
    RELEASABLE = ("queue", "workers", "batch", "visibility_s", "delete_by")

    def __init__(self, lab: Lab, name: str, **settings: Any) -> None:
        self.newest: dict[str, int] = lab.notes.setdefault("newest", {})
        self.audit_url = lab.notes["audit"]
        super().__init__(lab, name, **settings)

    def work(self, event: dict[str, Any]) -> None:
        """Write the order's version into the database; complain if a later one is there."""
        super().work(event)
        order, version = event["order_id"], event["version"]
        known = self.newest.get(order, 0)
        if version < known:
            told = {"handled": {key: event[key] for key in ("order_id", "type", "version", "sequence")}}
            self.sqs.send_message(QueueUrl=self.audit_url, MessageBody=json.dumps({**told, "after_version": known}))
        self.newest[order] = max(known, version)


def build(lab: Lab) -> None:
    """A queue with a dead-letter queue, one worker, and a shop before its campaign."""
    sqs = lab.client("sqs")
    sqs.create_queue(QueueName="orders-dlq", Attributes={"MessageRetentionPeriod": "1209600"})
    redrive = json.dumps({"deadLetterTargetArn": lab.queue_arn("orders-dlq"), "maxReceiveCount": "5"})
    attributes = {"VisibilityTimeout": "30", "RedrivePolicy": redrive}
    queue = sqs.create_queue(QueueName="orders", Attributes=attributes)["QueueUrl"]
    audit = sqs.create_queue(QueueName="orders-audit", Attributes={"MessageRetentionPeriod": "86400"})["QueueUrl"]
    lab.notes.update(queue=queue, queue_arn=lab.queue_arn("orders"), audit=audit)
    lab.add(OrderWorkers(lab, "orders-worker", workers="1", processing_ms="200-1800", crash_before_ppm="2000"))
    lab.add(Shop(lab, "shop", arrivals=Poisson(per_min=1)))
