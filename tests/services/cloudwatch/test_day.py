"""A day of mixed traffic on a held clock: what the metrics count is what the journal holds."""

from __future__ import annotations

import random
from collections import Counter

from harness import Aws
from services.cloudwatch.test_service_metrics import queue_query, received
from services.cloudwatch.watching import query, values

DAY_S = 86_400


async def test_the_counts_of_a_day_are_the_journals(aws: Aws) -> None:
    draws = random.Random(7)
    url = aws.sqs.create_queue({"QueueName": "orders", "Attributes": {"VisibilityTimeout": "120"}})["QueueUrl"]
    topic = aws.sns.create_topic({"Name": "news"})["TopicArn"]
    counted: Counter[str] = Counter()
    aws.world.journal.follow(lambda event: counted.update([event.kind]))
    taken = 0
    for _ in range(24 * 12):
        for _ in range(draws.randrange(4)):
            aws.sqs.send_message({"QueueUrl": url, "MessageBody": "x" * draws.randrange(1, 99),
                                  "DelaySeconds": draws.choice((0, 0, 45))})  # fmt: skip
        for message in await received(aws, url, MaxNumberOfMessages=draws.randrange(1, 5)):
            taken += 1
            if draws.random() < 0.8:
                aws.sqs.delete_message({"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]})
        if draws.random() < 0.3:
            aws.sns.publish({"TopicArn": topic, "Message": "hello"})
        await aws.advance(seconds=draws.randrange(1, 600))
    await aws.advance(ms=120_000 - aws.now % 60_000)

    def total(name: str, stat: str = "Sum") -> float:
        return sum(values(aws, queue_query(name, stat), back_s=2 * DAY_S))

    assert total("NumberOfMessagesSent") == counted["sqs.MessageSent"]
    assert total("NumberOfMessagesReceived") == taken
    assert total("NumberOfMessagesDeleted") == counted["sqs.MessageDeleted"]
    assert total("NumberOfEmptyReceives") == counted["sqs.EmptyReceive"]
    of_topic = query("NumberOfMessagesPublished", namespace="AWS/SNS", dimensions={"TopicName": "news"})
    assert sum(values(aws, of_topic, back_s=2 * DAY_S)) == counted["sns.MessagePublished"]
    usage = {"Type": "API", "Resource": "SendMessage", "Service": "SQS", "Class": "None"}
    calls = query("CallCount", namespace="AWS/Usage", dimensions=usage)
    assert sum(values(aws, calls, back_s=2 * DAY_S)) == counted["sqs.MessageSent"]
    # What is there at the end is what the queue itself says.
    told = aws.sqs.get_queue_attributes({"QueueUrl": url, "AttributeNames": ["All"]})["Attributes"]
    for name, attribute in (("Visible", ""), ("NotVisible", "NotVisible"), ("Delayed", "Delayed")):
        last = values(aws, queue_query(f"ApproximateNumberOfMessages{name}", "Maximum"), back_s=3600)[-1]
        assert last == int(told[f"ApproximateNumberOfMessages{attribute}"])
