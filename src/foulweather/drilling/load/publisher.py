"""A publisher of business events: orders, each in one or several versions, to a topic or a queue."""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.arrivals import Arrivals
from foulweather.drilling.load.client import LoadClient, Made

TYPES = ("order.created", "order.updated")
SPAN = 10
"""So many orders are alive at once when orders have several versions."""


class Publisher(LoadClient):
    """Publishes an event for each arrival, and asks the ledger for its effect.

    `to` is a topic's ARN (Publish) or a queue's URL (SendMessage); a FIFO's name gets a message group
    and a deduplication id. Override `event`, `attributes`, `group` or `deduplication_id` to say
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
    }

    def __init__(self, lab: Lab, name: str, *, to: str, arrivals: Arrivals, **options: Any) -> None:
        self.to = to
        self.is_topic = to.startswith("arn:")
        self.is_fifo = to.endswith(".fifo")
        super().__init__(lab, name, service="sns" if self.is_topic else "sqs", arrivals=arrivals, **options)

    def configured(self) -> None:
        """Take the settings in."""
        super().configured()
        self._versions = max(1, int(self.settings["versions"]))
        self._customers = max(1, int(self.settings["customers"]))
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
        attributes = self.attributes(event)
        if attributes:
            request["MessageAttributes"] = {
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            }
        if self.is_fifo:
            request["MessageGroupId"] = self.group(event)
            deduplication_id = self.deduplication_id(event)
            if deduplication_id:
                request["MessageDeduplicationId"] = deduplication_id
        return "publish" if self.is_topic else "send_message", request, key
