"""A shop that publishes order events to a topic; inventory and tracking each get their share by filter policy."""

from __future__ import annotations

import json
from typing import Any

from foulweather.drilling.documents import topic_may_send
from foulweather.drilling.fleets import Fleet
from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Ledger, Publisher, Recorded
from foulweather.drilling.load.client import Made

WANTED = {"inventory": ("order.created",), "tracking": ("order.created", "order.updated")}
"""Which events belong in which queue."""
KINDS = ("order.created", "order.updated", "order.created", "order.updated", "order.cancelled")
QUIET = Recorded((20_000, 95_000, 410_000), every_ms=600_000)
"""Three events in ten minutes: the past is to be lived in a second."""


class Shop(Publisher):
    """Publishes what happens to orders, and remembers what it published."""

    def __init__(self, lab: Lab, name: str, **options: Any) -> None:
        self.published: dict[int, tuple[str, int]] = {}
        super().__init__(lab, name, **options)

    def event(self, n: int, now_ms: int) -> dict[str, Any]:
        """Two orders are created, both are updated, one of them is cancelled, and so on."""
        block, within = divmod(n, len(KINDS))
        order = 2 * block + within // 2 % 2
        return {"order_id": f"order-{order}", "customer": f"customer-{order % 40}", "type": KINDS[within]}

    def make(self, n: int, now_ms: int) -> Made | None:
        """The request, and a note of its type by its key."""
        made = super().make(n, now_ms)
        assert made is not None
        self.published[int(made[2] or 0)] = (KINDS[n % len(KINDS)], now_ms)
        return made


class Consumer(Fleet):
    """Takes what comes to its queue, and notes how often it got which event."""

    def __init__(self, lab: Lab, name: str, **options: Any) -> None:
        self.got: dict[int, int] = {}
        # Several consumers get one event: the books of this drill are `published` and `got`.
        super().__init__(lab, name, ledger=Ledger(), wait="0", pause_ms="60000", delete_by="batch", **options)

    def work(self, event: dict[str, Any]) -> None:
        """Take it in, whatever it is."""
        self.got[event["key"]] = self.got.get(event["key"], 0) + 1


def build(lab: Lab) -> None:
    """Topic, two queues with a filtered subscription each, their consumers, and the shop."""
    sns, sqs = lab.client("sns"), lab.client("sqs")
    topic = sns.create_topic(Name="order-events")["TopicArn"]
    lab.client("cloudwatch").put_metric_alarm(
        AlarmName="order-events-no-attributes",
        Namespace="AWS/SNS",
        MetricName="NumberOfNotificationsFilteredOut-NoMessageAttributes",
        Dimensions=[{"Name": "TopicName", "Value": "order-events"}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0.0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    lab.notes["topic"] = topic
    for name, types in WANTED.items():
        url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
        arn = lab.queue_arn(name)
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": topic_may_send(arn, topic)})
        sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true", "FilterPolicy": json.dumps({"event_type": list(types)})},
        )
        lab.add(Consumer(lab, name, queue_url=url))
    lab.add(Shop(lab, "shop", to=topic, arrivals=QUIET, ledger=Ledger()))
