"""A shop that sends the versions of orders to a queue, and workers that bring the order database up to date."""

from __future__ import annotations

import json
from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.arrivals import Arrivals, Poisson
from foulweather.drilling.load.fleet import WorkerFleet
from foulweather.drilling.load.publisher import Publisher
from foulweather.kernel.errors import AwsError

VERSIONS = 3
ORDERS_AT_ONCE = 3
CUSTOMERS = 40


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
    """Sends three events of each order; those of a few orders come interleaved."""

    SETTINGS = {
        **Publisher.SETTINGS,
        "queue": ("orders",),
        "grouping": ("none", "customer", "order", "one"),
    }
    RELEASABLE = ("queue", "grouping", "deduplication")

    def __init__(self, lab: Lab, name: str, arrivals: Arrivals) -> None:
        super().__init__(lab, name, to="", arrivals=arrivals)

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


class OrderWorkers(WorkerFleet):
    """Handles events, and writes down when an order's event came after a later one.

    A release to another queue leaves the old workers on the old queue, where they finish what is left.
    """

    SETTINGS = {**WorkerFleet.SETTINGS, "queue": ("orders",)}
    RELEASABLE = ("queue", "workers", "batch", "visibility_s", "delete_by")

    def __init__(self, lab: Lab, name: str, **settings: Any) -> None:
        self.newest: dict[str, int] = lab.notes.setdefault("newest", {})
        self.audit_url = lab.notes["audit"]
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
        self.lab.add(OrderWorkers(self.lab, f"{self.name}-on-{before['queue']}", **before))

    def _check(self, settings: dict[str, str]) -> None:
        if "queue" in settings:
            url_of(self.lab, settings["queue"])
        super()._check({key: value for key, value in settings.items() if key != "queue"})

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
    dead = sqs.create_queue(QueueName="orders-dlq", Attributes={"MessageRetentionPeriod": "1209600"})["QueueUrl"]
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": "5"})
    attributes = {"VisibilityTimeout": "30", "RedrivePolicy": redrive}
    queue = sqs.create_queue(QueueName="orders", Attributes=attributes)["QueueUrl"]
    audit = sqs.create_queue(QueueName="orders-audit", Attributes={"MessageRetentionPeriod": "86400"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    lab.notes.update(queue=queue, queue_arn=arn, audit=audit)
    lab.add(OrderWorkers(lab, "orders-worker", workers="1", processing_ms="200-1800", crash_before_ppm="2000"))
    lab.add(Shop(lab, "shop", Poisson(per_min=1)))
