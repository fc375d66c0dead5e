"""Queue depths and capacities: what nobody tells is made of runs when somebody looks."""

from __future__ import annotations

import time
from typing import Any

import pytest

from foulweather.services.cloudwatch.measuring import Tallies
from harness import Aws, new_aws
from services.cloudwatch.test_service_metrics import queue_query, received
from services.cloudwatch.watching import data, query, values

DAY_S = 86_400


def queue(aws: Aws, name: str = "orders", **attributes: str) -> str:
    return aws.sqs.create_queue({"QueueName": name, "Attributes": attributes})["QueueUrl"]


def depths(aws: Aws, name: str = "", *, back_s: int = 3600) -> list[float]:
    return values(aws, queue_query(f"ApproximateNumberOfMessages{name}", "Maximum"), back_s=back_s)


async def test_a_delayed_message_is_delayed_until_it_is_visible(aws: Aws) -> None:
    url = queue(aws)
    aws.sqs.send_message({"QueueUrl": url, "MessageBody": "x", "DelaySeconds": 90})
    await aws.advance(seconds=180)
    assert depths(aws, "Delayed") == [1, 0, 0]
    assert depths(aws, "Visible") == [0, 1, 1]


async def test_a_receive_hides_for_as_long_as_it_asks(aws: Aws) -> None:
    url = queue(aws)
    for body in "ab":
        aws.sqs.send_message({"QueueUrl": url, "MessageBody": body})
    await received(aws, url, VisibilityTimeout=150)
    await aws.advance(seconds=240)
    assert depths(aws, "NotVisible") == [1, 1, 0, 0]
    assert depths(aws, "Visible") == [1, 1, 2, 2]


async def test_a_changed_visibility_is_seen(aws: Aws) -> None:
    url = queue(aws, VisibilityTimeout="30")
    aws.sqs.send_message({"QueueUrl": url, "MessageBody": "x"})
    (message,) = await received(aws, url)
    handle = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
    aws.sqs.change_message_visibility({**handle, "VisibilityTimeout": 100})
    await aws.advance(seconds=60)
    assert depths(aws, "NotVisible") == [1]
    aws.sqs.change_message_visibility({**handle, "VisibilityTimeout": 0})
    await aws.advance(seconds=60)
    assert depths(aws, "NotVisible") == [1, 0]
    aws.sqs.delete_message(handle)
    await aws.advance(seconds=60)
    assert depths(aws, "Visible") == [0, 1, 0]


async def test_the_oldest_message_is_the_oldest_that_is_left(aws: Aws) -> None:
    url = queue(aws)
    aws.sqs.send_message({"QueueUrl": url, "MessageBody": "stays"})
    await aws.advance(seconds=60)
    aws.sqs.send_message({"QueueUrl": url, "MessageBody": "goes"})
    for message in await received(aws, url, MaxNumberOfMessages=10):
        if message["Body"] == "goes":
            aws.sqs.delete_message({"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]})
    await aws.advance(seconds=60)
    assert values(aws, queue_query("ApproximateAgeOfOldestMessage", "Maximum")) == [60, 120]


async def test_a_waiting_message_is_told_of_every_minute_of_its_days(aws: Aws) -> None:
    url = queue(aws, MessageRetentionPeriod="1209600")
    aws.sqs.send_message({"QueueUrl": url, "MessageBody": "x"})
    await aws.advance(seconds=3 * DAY_S)
    assert depths(aws, "Visible", back_s=4 * DAY_S) == [1] * (3 * 1440)
    (hours,) = data(aws, queue_query("ApproximateNumberOfMessagesVisible", "SampleCount") | {}, back_s=4 * DAY_S)
    assert sum(hours["Values"]) == 3 * 1440
    assert sum(values(aws, queue_query("NumberOfMessagesSent", "Sum"), back_s=4 * DAY_S)) == 1
    assert len(values(aws, queue_query("NumberOfMessagesSent", "Sum"), back_s=4 * DAY_S)) == 3 * 1440


async def test_many_changes_are_packed_and_still_read(aws: Aws) -> None:
    url = queue(aws)
    for _ in range(500):
        aws.sqs.send_message({"QueueUrl": url, "MessageBody": "x"})
        await aws.advance(seconds=60)
    assert aws.world.state(Tallies).run_packs
    assert depths(aws, "Visible", back_s=600 * 60) == list(range(1, 501))


async def test_a_fork_goes_on_with_the_running_minute(aws: Aws) -> None:
    url = queue(aws)
    for _ in range(3):
        aws.sqs.send_message({"QueueUrl": url, "MessageBody": "x"})
    forked = new_aws(world=aws.world.fork("second"))
    await forked.advance(seconds=60)
    assert values(forked, queue_query("NumberOfMessagesSent")) == [3]
    assert depths(forked, "Visible") == [3]


async def test_a_deleted_queue_keeps_what_was_told_and_tells_no_more(aws: Aws) -> None:
    url = queue(aws)
    aws.sqs.send_message({"QueueUrl": url, "MessageBody": "x"})
    await aws.advance(seconds=120)
    aws.sqs.delete_queue({"QueueUrl": url})
    await aws.advance(seconds=600)
    assert depths(aws, "Visible") == [1, 1]


async def test_a_capacity_stands_until_it_is_changed(aws: Aws) -> None:
    table: dict[str, Any] = {
        "TableName": "orders",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "ProvisionedThroughput": {"ReadCapacityUnits": 7, "WriteCapacityUnits": 5},
    }
    aws.dynamodb.create_table(table)
    await aws.advance(seconds=3600)
    aws.dynamodb.update_table(
        {"TableName": "orders", "ProvisionedThroughput": {"ReadCapacityUnits": 9, "WriteCapacityUnits": 5}}
    )
    await aws.advance(seconds=3600)
    asked = query("ProvisionedReadCapacityUnits", "Maximum", 300, namespace="AWS/DynamoDB",
                  dimensions={"TableName": "orders"})  # fmt: skip
    told = values(aws, asked, back_s=7200)
    assert told == [7] * 12 + [9] * (len(told) - 12)
    assert 22 <= len(told) <= 24


async def test_a_year_with_idle_queues_costs_next_to_nothing(aws: Aws) -> None:
    urls = [queue(aws, f"idle-{number}", MessageRetentionPeriod="1209600") for number in range(10)]
    for url in urls:
        aws.sqs.send_message({"QueueUrl": url, "MessageBody": "x"})
    began = time.process_time()
    for _ in range(365):
        await aws.advance(seconds=DAY_S)
        for url in urls:
            aws.sqs.send_message({"QueueUrl": url, "MessageBody": "x"})
    assert time.process_time() - began < 5, "about one second on an idle machine"


@pytest.mark.parametrize("period", [60, 300, 3600])
async def test_a_period_has_a_sample_for_each_minute(aws: Aws, period: int) -> None:
    queue(aws)
    await aws.advance(seconds=7200)
    metric = queue_query("ApproximateNumberOfMessagesVisible", "SampleCount")
    metric["MetricStat"]["Period"] = period
    assert sum(values(aws, metric, back_s=7200)) == 120
