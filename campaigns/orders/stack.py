"""A shop that publishes orders to a topic; workers that empty its queue."""

from __future__ import annotations

import json

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Poisson, Publisher, WorkerFleet


def build(lab: Lab) -> None:
    """Topic, queue with its policy, subscription, publisher, workers."""
    sns, sqs = lab.client("sns"), lab.client("sqs")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    queue = sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "120"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    lab.add(Publisher(lab, "shop", to=topic, arrivals=Poisson(per_s=2), retry="jitter", attempts="3"))
    lab.add(WorkerFleet(lab, "workers", queue_url=queue, workers="2", wait="20", batch="10", processing_ms="100-400"))
