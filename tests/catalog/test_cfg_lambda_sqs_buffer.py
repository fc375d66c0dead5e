"""A queue in front of a function: ten thousand at once are worked through, none is throttled and none lost."""

from __future__ import annotations

from catalog.configurations import queue_arn
from catalog.functions import modelled
from foulweather.testing import Aws

COUNT = 10_000
MODEL = "duration_ms = 100\ninit_ms = 300\n"
READING = {
    "Effect": "Allow",
    "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
    "Resource": "*",
}


def test_a_burst_of_ten_thousand_is_neither_throttled_nor_lost(aws: Aws) -> None:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="burst", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    modelled(aws, "work", MODEL, READING, Timeout=10)
    aws.client("lambda").create_event_source_mapping(
        FunctionName="work",
        EventSourceArn=queue_arn(sqs, url),
        BatchSize=10,
        ScalingConfig={"MaximumConcurrency": 50},
    )
    aws.advance("10s")
    for start in range(0, COUNT, 10):
        entries = [{"Id": str(n), "MessageBody": f"order {start + n}"} for n in range(10)]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
    aws.advance("5m")
    assert aws.events("lambda.Throttled") == []
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    assert set(told.values()) == {"0"}
    assert len(aws.events("sqs.MessageDeleted")) == COUNT
    ran = [event.facts for event in aws.events("lambda.Invoked")]
    assert len(ran) >= COUNT // 10
    assert max(each["concurrent"] for each in ran) <= 50
    assert not any(each["error"] for each in ran)
