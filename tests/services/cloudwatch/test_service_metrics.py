"""What the services publish by themselves, as the journal tells it."""

from __future__ import annotations

from typing import Any

from foulweather.services.cloudwatch import SERVICE
from foulweather.services.cloudwatch.noting import NOTES
from harness import Aws
from services.cloudwatch.watching import alarm, data, query, state, values


def test_every_event_that_is_read_is_counted() -> None:
    assert set(SERVICE.readers) == set(NOTES)


def queue_query(name: str, stat: str = "Sum", queue: str = "orders") -> dict[str, Any]:
    return query(name, stat, namespace="AWS/SQS", dimensions={"QueueName": queue})


async def received(aws: Aws, url: str, **given: Any) -> list[dict[str, Any]]:
    answer = aws.sqs.receive_message({"QueueUrl": url, **given})
    answer = answer if isinstance(answer, dict) else await answer
    return answer.get("Messages", [])


async def test_a_queues_metrics(aws: Aws) -> None:
    url = aws.sqs.create_queue({"QueueName": "orders"})["QueueUrl"]
    for body in ("a", "bbb"):
        aws.sqs.send_message({"QueueUrl": url, "MessageBody": body})
    (message,) = await received(aws, url)
    await aws.advance(seconds=60)
    aws.sqs.delete_message({"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]})
    await received(aws, url)
    await received(aws, url)
    await aws.advance(seconds=60)
    assert values(aws, queue_query("NumberOfMessagesSent")) == [2, 0]
    assert values(aws, queue_query("SentMessageSize", "Maximum")) == [3]
    assert values(aws, queue_query("NumberOfMessagesReceived")) == [1, 1]
    assert values(aws, queue_query("NumberOfEmptyReceives")) == [0, 1]
    assert values(aws, queue_query("NumberOfMessagesDeleted")) == [0, 1]
    # The first message was in flight for thirty seconds of the first minute; the second one for half the second.
    assert values(aws, queue_query("ApproximateNumberOfMessagesVisible", "Maximum")) == [2, 1]
    assert values(aws, queue_query("ApproximateAgeOfOldestMessage", "Maximum")) == [60, 120]


async def test_a_growing_backlog_raises_an_alarm(aws: Aws) -> None:
    url = aws.sqs.create_queue({"QueueName": "orders"})["QueueUrl"]
    alarm(
        aws,
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": "orders"}],
        Threshold=5.0,
        EvaluationPeriods=2,
    )
    for _ in range(6):
        aws.sqs.send_message({"QueueUrl": url, "MessageBody": "x"})
    await aws.advance(seconds=90)
    assert state(aws) == "INSUFFICIENT_DATA"
    await aws.advance(seconds=60)
    assert state(aws) == "ALARM"
    aws.sqs.purge_queue({"QueueUrl": url})
    await aws.advance(seconds=120)
    assert state(aws) == "OK"


async def test_an_idle_queue_stops_after_six_hours(aws: Aws) -> None:
    aws.sqs.create_queue({"QueueName": "orders"})
    await aws.advance(seconds=10 * 3600)
    told = data(aws, queue_query("NumberOfMessagesSent"), back_s=11 * 3600)[0]["Timestamps"]
    assert (told[-1] - told[0]) // 3_600_000 <= 6


async def test_a_topics_metrics(aws: Aws) -> None:
    topic = aws.sns.create_topic({"Name": "news"})["TopicArn"]
    aws.sns.publish({"TopicArn": topic, "Message": "hello"})
    await aws.advance(seconds=60)
    of_topic: dict[str, Any] = {"namespace": "AWS/SNS", "dimensions": {"TopicName": "news"}}
    assert values(aws, query("NumberOfMessagesPublished", **of_topic)) == [1]
    assert values(aws, query("PublishSize", "Average", **of_topic)) == [5]


async def test_a_tables_metrics(aws: Aws) -> None:
    aws.dynamodb.create_table(
        {
            "TableName": "orders",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "ProvisionedThroughput": {"ReadCapacityUnits": 7, "WriteCapacityUnits": 5},
        }
    )
    await aws.advance(seconds=60)
    for key in ("a", "b"):
        aws.dynamodb.put_item({"TableName": "orders", "Item": {"pk": {"S": key}}})
    aws.dynamodb.scan({"TableName": "orders"})
    await aws.advance(seconds=600)
    of_table: dict[str, Any] = {"namespace": "AWS/DynamoDB", "dimensions": {"TableName": "orders"}}
    assert values(aws, query("ConsumedWriteCapacityUnits", **of_table)) == [2]
    assert values(aws, query("ProvisionedReadCapacityUnits", "Maximum", 300, **of_table))[0] == 7
    scans: dict[str, Any] = {
        "namespace": "AWS/DynamoDB",
        "dimensions": {"TableName": "orders", "Operation": "Scan"},
    }
    assert values(aws, query("ReturnedItemCount", **scans)) == [2]


async def test_calls_are_counted_as_usage(aws: Aws) -> None:
    aws.sqs.list_queues({})
    aws.sqs.list_queues({})
    await aws.advance(seconds=60)
    usage = {"Type": "API", "Resource": "ListQueues", "Service": "SQS", "Class": "None"}
    assert values(aws, query("CallCount", namespace="AWS/Usage", dimensions=usage)) == [2]


async def test_a_buckets_size_is_told_once_a_day(aws: Aws) -> None:
    aws.s3.create_bucket({"Bucket": "photos"})
    for key in ("a", "b"):
        answer = aws.s3.put_object({"Bucket": "photos", "Key": key, "Body": b"12345"})
        if not isinstance(answer, dict):
            await answer
    await aws.advance(seconds=2 * 86_400)
    size: dict[str, Any] = {
        "namespace": "AWS/S3",
        "dimensions": {"BucketName": "photos", "StorageType": "StandardStorage"},
    }
    assert values(aws, query("BucketSizeBytes", "Average", 86_400, **size), back_s=3 * 86_400)[-1] == 10


async def test_request_metrics_exist_where_they_are_configured(aws: Aws) -> None:
    aws.s3.create_bucket({"Bucket": "photos"})
    aws.s3.put_bucket_metrics_configuration({"Bucket": "photos", "Id": "all", "MetricsConfiguration": {"Id": "all"}})
    answer = aws.s3.put_object({"Bucket": "photos", "Key": "a", "Body": b"12345"})
    if not isinstance(answer, dict):
        await answer
    await aws.advance(seconds=60)
    of_filter: dict[str, Any] = {
        "namespace": "AWS/S3",
        "dimensions": {"BucketName": "photos", "FilterId": "all"},
    }
    assert values(aws, query("PutRequests", **of_filter)) == [1]
    assert values(aws, query("4xxErrors", **of_filter)) == [0]
