"""A shop that sends two events of each order to a FIFO queue, over a network that loses answers, and a warehouse."""

from __future__ import annotations

import json
from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.arrivals import Arrivals, Poisson
from foulweather.drilling.load.client import Request
from foulweather.drilling.load.fleet import WorkerFleet
from foulweather.drilling.load.publisher import Publisher
from foulweather.kernel.errors import AwsError

ORDERS_AT_ONCE = 4
ANSWERS_LOST_PERCENT = 2
RESEND_MS = 5000


def url_of(lab: Lab, queue: str) -> str:
    """A queue's URL by its name; raises ValueError where there is none, as a release would fail."""
    try:
        return lab.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
    except AwsError as error:
        raise ValueError(f"queue={queue}: {error}") from None


def only(app: str, settings: dict[str, str], releasable: tuple[str, ...]) -> None:
    """Refuse to release what is no configuration of an application but its nature."""
    for key in settings:
        if key not in releasable:
            raise ValueError(f"a release of {app} can set {', '.join(releasable)}, not {key!r}")


class Shop(Publisher):
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
        super().__init__(lab, name, to="", arrivals=arrivals)
        self.network = lab.world.stream(f"network/{name}")

    def configured(self) -> None:
        """Take the settings in: where to send to."""
        super().configured()
        self.to = url_of(self.lab, self.settings["queue"])
        self.is_fifo = self.to.endswith(".fifo")

    def deploy(self, settings: dict[str, str]) -> None:
        """Take on the settings that a release can change."""
        only(self.name, settings, self.RELEASABLE)
        super().deploy(settings)

    def _check(self, settings: dict[str, str]) -> None:
        if "queue" in settings:
            url_of(self.lab, settings["queue"])
        super()._check({key: value for key, value in settings.items() if key != "queue"})

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


class Warehouse(WorkerFleet):
    """Handles events; a release to another queue leaves the old workers to finish the old one."""

    SETTINGS = {**WorkerFleet.SETTINGS, "queue": ("orders.fifo",)}
    RELEASABLE = ("queue", "workers", "batch", "visibility_s")

    def __init__(self, lab: Lab, name: str, **settings: Any) -> None:
        super().__init__(lab, name, queue_url="", **settings)

    def configured(self) -> None:
        """Take the settings in: which queue to poll."""
        self.queue_url = url_of(self.lab, self.settings["queue"])
        super().configured()

    def deploy(self, settings: dict[str, str]) -> None:
        """Take on the settings that a release can change."""
        only(self.name, settings, self.RELEASABLE)
        before = dict(self.settings)
        if settings.get("queue", before["queue"]) == before["queue"]:
            super().deploy(settings)
            return
        self._check(settings)
        self.stop()
        super().deploy(settings)
        self.start()
        self.lab.add(Warehouse(self.lab, f"{self.name}-on-{before['queue']}", **before))

    def _check(self, settings: dict[str, str]) -> None:
        if "queue" in settings:
            url_of(self.lab, settings["queue"])
        super()._check({key: value for key, value in settings.items() if key != "queue"})


def build(lab: Lab) -> None:
    """A FIFO queue with its FIFO dead-letter queue, the warehouse's two workers, and the shop."""
    sqs = lab.client("sqs")
    long = {"FifoQueue": "true", "MessageRetentionPeriod": "1209600"}
    dead = sqs.create_queue(QueueName="orders-dlq.fifo", Attributes=long)["QueueUrl"]
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": "5"})
    attributes = {"FifoQueue": "true", "VisibilityTimeout": "30", "RedrivePolicy": redrive}
    queue = sqs.create_queue(QueueName="orders.fifo", Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    lab.notes.update(queue=queue, queue_arn=arn)
    lab.add(Warehouse(lab, "warehouse", workers="2", processing_ms="100-500"))
    lab.add(Shop(lab, "shop", Poisson(per_min=1)))
