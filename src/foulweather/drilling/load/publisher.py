"""A publisher of business events: orders, each in one or several versions, to a topic or a queue."""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.arrivals import Arrivals
from foulweather.drilling.load.client import LoadClient, Made, Request

TYPES = ("order.created", "order.updated")
SPAN = 10
"""So many orders are alive at once when orders have several versions."""


class Publisher(LoadClient):
    """Publishes an event for each arrival, and asks the ledger for its effect.

    `to` is a topic's ARN (Publish) or a queue's URL (SendMessage); a FIFO's name gets a message group
    and a deduplication id. With a `batch` above 1, so many events go in one PublishBatch or SendMessageBatch,
    at the latest after `linger_ms`. Override `event`, `attributes`, `group` or `deduplication_id` to say
    something else, and add settings for what a release can change about it.
    """

    SETTINGS = {
        **LoadClient.SETTINGS,
        "versions": ("1",),
        "customers": ("100",),
        "attributes": ("event_type", "none"),
        "grouping": ("customer", "order", "one"),
        "deduplication": ("order-version", "order", "content"),
        "pad_bytes": ("0",),
        "batch": ("1",),
        "linger_ms": ("20",),
    }

    def __init__(self, lab: Lab, name: str, *, to: str, arrivals: Arrivals, **options: Any) -> None:
        self.to = to
        self.is_topic = to.startswith("arn:")
        self.is_fifo = to.endswith(".fifo")
        self._entries: list[dict[str, Any]] = []
        self._linger = 0
        super().__init__(lab, name, service="sns" if self.is_topic else "sqs", arrivals=arrivals, **options)

    def configured(self) -> None:
        """Take the settings in."""
        super().configured()
        self._versions = max(1, int(self.settings["versions"]))
        self._customers = max(1, int(self.settings["customers"]))
        self._batch = max(1, int(self.settings["batch"]))
        self._padding = "x" * int(self.settings["pad_bytes"])

    # --- what an event is

    def event(self, n: int, now_ms: int) -> dict[str, Any]:
        """The n-th event: a version of an order; the versions of ten orders come interleaved, each in order."""
        block, within = divmod(n, SPAN * self._versions) if self._versions > 1 else (n // SPAN, n % SPAN)
        order, version = block * SPAN + within % SPAN, within // SPAN + 1
        return {
            "order_id": f"order-{order}",
            "customer": f"customer-{order % self._customers}",
            "version": version,
            "type": TYPES[min(version, len(TYPES)) - 1],
            "sequence": n,
            "sent_ms": now_ms,
        }

    def attributes(self, event: dict[str, Any]) -> dict[str, str]:
        """The message attributes of an event."""
        return {"event_type": event["type"]} if self.settings["attributes"] == "event_type" else {}

    def group(self, event: dict[str, Any]) -> str:
        """The message group of an event on a FIFO topic or queue."""
        grouping = self.settings["grouping"]
        return "orders" if grouping == "one" else event["customer" if grouping == "customer" else "order_id"]

    def deduplication_id(self, event: dict[str, Any]) -> str:
        """What tells an event on a FIFO topic or queue from others; empty where its content does."""
        deduplication = self.settings["deduplication"]
        if deduplication == "content":
            return ""
        return event["order_id"] if deduplication == "order" else f"{event['order_id']}-v{event['version']}"

    def due_in_order(self, event: dict[str, Any]) -> str:
        """Whose events must take effect in the order in which they were asked (empty: in any order)."""
        return event["customer" if self.settings["grouping"] == "customer" else "order_id"]

    # --- how it is sent

    def make(self, n: int, now_ms: int) -> Made | None:
        """The request that publishes the n-th event."""
        event = self.event(n, now_ms)
        key = event["key"] = self.ledger.ask(now_ms, self.due_in_order(event))
        if self._padding:
            event["padding"] = self._padding
        body = msgspec.json.encode(event).decode()
        request: dict[str, Any] = (
            {"TopicArn": self.to, "Message": body} if self.is_topic else {"QueueUrl": self.to, "MessageBody": body}
        )
        if attributes := self.attributes(event):
            request["MessageAttributes"] = {
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            }
        if self.is_fifo:
            request["MessageGroupId"] = self.group(event)
            deduplication_id = self.deduplication_id(event)
            if deduplication_id:
                request["MessageDeduplicationId"] = deduplication_id
        return "publish" if self.is_topic else "send_message", request, key

    # --- in batches

    def stop(self) -> None:
        """Publish no more; what lingers is lost."""
        super().stop()
        self.lab.world.agenda.cancel(self._linger)
        self._entries = []

    def succeeded(self, request: Request, response: Any) -> None:
        """Record the entries of a batch that failed by themselves."""
        if request.method.endswith("_batch"):
            for entry in response["Failed"]:
                self.records.add(f"{request.method} entry", entry["Code"], request.since_ms, self.lab.now_ms)

    def _ask(self, now_ms: int) -> None:
        if self._batch == 1 and not self._entries:
            super()._ask(now_ms)
            return
        made = self.make(self.asked, now_ms)
        self.asked += 1
        if made is None:
            return
        entry = made[1]
        entry.pop("TopicArn" if self.is_topic else "QueueUrl")
        entry["Id"] = str(len(self._entries))
        self._entries.append(entry)
        if len(self._entries) >= self._batch:
            self.lab.world.agenda.cancel(self._linger)
            self._send()
        elif len(self._entries) == 1:
            self._linger = self.lab.world.agenda.alarm(now_ms + int(self.settings["linger_ms"]), self._send)

    def _send(self) -> None:
        entries, self._entries = self._entries, []
        if self.is_topic:
            made: Made = "publish_batch", {"TopicArn": self.to, "PublishBatchRequestEntries": entries}, None
        else:
            made = "send_message_batch", {"QueueUrl": self.to, "Entries": entries}, None
        self._issue(self.asked, made, self.lab.now_ms)
