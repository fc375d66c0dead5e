"""A shop that sends two events of each order to a FIFO queue, over a network that loses answers, and a warehouse."""

from __future__ import annotations

import json
from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.arrivals import Arrivals, Poisson
from foulweather.drilling.load.client import Request
from foulweather.drilling.load.fleet import WorkerFleet
from foulweather.drilling.load.publisher import Publisher
from foulweather.drilling.named_queues import FleetOnNamedQueue, PublisherToNamedQueue
from foulweather.kernel.errors import AwsError

ORDERS_AT_ONCE = 4
ANSWERS_LOST_PERCENT = 2
RESEND_MS = 5000


class Shop(PublisherToNamedQueue):
    """Sends an event when an order is made and one when it is paid, and again what it got no answer to."""

    SETTINGS = {
        **Publisher.SETTINGS,
        "queue": ("orders.fifo",),
        "grouping": ("customer", "order"),
        "deduplication": ("order-version", "order", "content", "random"),
    }
    RELEASABLE = ("queue", "grouping", "deduplication")

    def __init__(self, lab: Lab, name: str, arrivals: Arrivals) -> None:
        self.sqs = lab.client("sqs")
        super().__init__(lab, name, arrivals=arrivals)
        self.network = lab.world.stream(f"network/{name}")

    def event(self, n: int, now_ms: int) -> dict[str, Any]:
        """The n-th event: an order is made, or paid a little later."""
        block, within = divmod(n, ORDERS_AT_ONCE * 2)
        order, version = block * ORDERS_AT_ONCE + within % ORDERS_AT_ONCE, within // ORDERS_AT_ONCE + 1
        return {
            "order_id": f"order-{order}",
            "customer": f"customer-{order % 100}",
            "version": version,
            "type": "order.created" if version == 1 else "order.updated",
            "sequence": n,
            "sent_ms": now_ms,
        }

    def due_in_order(self, event: dict[str, Any]) -> str:
        """The events of one order."""
        return event["order_id"]

    def deduplication_id(self, event: dict[str, Any]) -> str:
        """What tells an event from others, or one attempt from another."""
        if self.settings["deduplication"] == "random":
            return self._random_id()
        return super().deduplication_id(event)

    def succeeded(self, request: Request, response: Any) -> None:
        """Note what was sent; or, where the answer gets lost, send it again."""
        self._answered(request.parameters)

    def _answered(self, parameters: dict[str, Any]) -> None:
        if self.network.randrange(100) < ANSWERS_LOST_PERCENT and self.is_running:
            self.lab.at(self.lab.now_ms + RESEND_MS, lambda: self._send_again(parameters))

    def _send_again(self, parameters: dict[str, Any]) -> None:
        if self.settings["deduplication"] == "random" and "MessageDeduplicationId" in parameters:
            parameters = {**parameters, "MessageDeduplicationId": self._random_id()}
        try:
            self.sqs.send_message(**parameters)
        except AwsError as error:
            self.records.add("send_message", error.code, self.lab.now_ms, self.lab.now_ms)
            return
        self._answered(parameters)

    def _random_id(self) -> str:
        return f"{self.network.getrandbits(128):032x}"


class Warehouse(FleetOnNamedQueue):
    """Handles events; a release to another queue leaves the old workers to finish the old one."""

    SETTINGS = {**WorkerFleet.SETTINGS, "queue": ("orders.fifo",)}
    RELEASABLE = ("queue", "workers", "batch", "visibility_s")


def build(lab: Lab) -> None:
    """A FIFO queue with its FIFO dead-letter queue, the warehouse's two workers, and the shop."""
    sqs = lab.client("sqs")
    long = {"FifoQueue": "true", "MessageRetentionPeriod": "1209600"}
    sqs.create_queue(QueueName="orders-dlq.fifo", Attributes=long)
    redrive = json.dumps({"deadLetterTargetArn": lab.queue_arn("orders-dlq.fifo"), "maxReceiveCount": "5"})
    attributes = {"FifoQueue": "true", "VisibilityTimeout": "30", "RedrivePolicy": redrive}
    queue = sqs.create_queue(QueueName="orders.fifo", Attributes=attributes)["QueueUrl"]
    lab.notes.update(queue=queue, queue_arn=lab.queue_arn("orders.fifo"))
    lab.add(Warehouse(lab, "warehouse", workers="2", processing_ms="100-500"))
    lab.add(Shop(lab, "shop", Poisson(per_min=1)))
