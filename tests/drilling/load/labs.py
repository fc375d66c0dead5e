"""A small lab for tests of load: a held clock, a queue, a topic in front of it if wanted."""

from __future__ import annotations

import json

from foulweather.drilling.lab import Lab
from foulweather.kernel.services import Services
from foulweather.world.world import World

START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
MINUTE_MS = 60_000

_services = Services()


def new_lab(seed: int = 1) -> Lab:
    return Lab(World(seed=seed, mode="held", start_ms=START_MS), _services, "111122223333")


def new_queue(lab: Lab, name: str = "orders", **attributes: str) -> str:
    if name.endswith(".fifo"):
        attributes["FifoQueue"] = "true"
    return lab.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def new_topic(lab: Lab, url: str, *, is_allowed: bool = True, is_raw: bool = True) -> str:
    """A topic whose messages go to the queue."""
    arn = f"arn:aws:sqs:{lab.region}:{lab.account}:{url.rpartition('/')[2]}"
    topic = lab.client("sns").create_topic(Name="orders")["TopicArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    if is_allowed:
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        lab.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    lab.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"} if is_raw else {}
    )
    return topic


async def pass_ms(lab: Lab, ms: int) -> None:
    await lab.world.advance_to(lab.now_ms + ms)
