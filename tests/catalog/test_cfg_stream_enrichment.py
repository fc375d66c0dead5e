"""Readings of a stream, enriched from a table by a function, with an alert for what is out of bounds; one poison record
holds nobody up.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.functions import function, written
from foulweather.engines.functions.interpreters import sdk_directories
from foulweather.testing import Aws

CODE = """
import base64, json
import boto3

db, sns = boto3.client("dynamodb"), boto3.client("sns")

def handler(event, context):
    for record in event["Records"]:
        reading = json.loads(base64.b64decode(record["kinesis"]["data"]))
        found = db.get_item(TableName="devices", Key={"id": {"S": reading["device"]}})["Item"]
        enriched = {**reading, "site": found["site"]["S"]}
        if reading["value"] > float(found["limit"]["N"]):
            sns.publish(TopicArn=found["topic"]["S"], Message=json.dumps(enriched))
        print("ENRICHED " + json.dumps(enriched))
"""
DEVICES = 5


@pytest.fixture
def readings(aws: Aws) -> Any:
    """The stream of readings, with everything behind it."""
    if not sdk_directories():
        pytest.skip("the AWS SDK for Python is not installed here")
    dynamodb, sns, sqs = aws.client("dynamodb"), aws.client("sns"), aws.client("sqs")
    kinesis = aws.client("kinesis")
    kinesis.create_stream(StreamName="readings", ShardCount=2)
    dynamodb.create_table(
        TableName="devices",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    topic = sns.create_topic(Name="anomalies")["TopicArn"]
    for name in ("alerts", "lost"):
        sqs.create_queue(QueueName=name)
    account = aws.account
    alerts, lost = (f"arn:aws:sqs:us-east-1:{account}:{name}" for name in ("alerts", "lost"))
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": alerts,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    url = sqs.get_queue_url(QueueName="alerts")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=alerts, Attributes={"RawMessageDelivery": "true"})
    aws.advance("30s")
    for number in range(DEVICES):
        item = {"id": f"d{number}", "site": f"site-{number % 2}", "topic": topic}
        held: dict[str, Any] = {name: {"S": value} for name, value in item.items()}
        dynamodb.put_item(TableName="devices", Item={**held, "limit": {"N": "90"}})
    stream = f"arn:aws:kinesis:us-east-1:{account}:stream/readings"
    reading = ["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream", "kinesis:ListShards"]
    function(
        aws,
        "enrich",
        CODE,
        {"Effect": "Allow", "Action": reading, "Resource": stream},
        {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": f"arn:aws:dynamodb:*:{account}:table/devices"},
        {"Effect": "Allow", "Action": "sns:Publish", "Resource": topic},
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": lost},
        Timeout=30,
    )
    aws.client("lambda").create_event_source_mapping(
        FunctionName="enrich",
        EventSourceArn=stream,
        StartingPosition="LATEST",
        MaximumBatchingWindowInSeconds=5,
        MaximumRetryAttempts=2,
        BisectBatchOnFunctionError=True,
        DestinationConfig={"OnFailure": {"Destination": lost}},
    )
    aws.advance("30s")
    return kinesis


def put(kinesis: Any, values: list[int]) -> None:
    kinesis.put_records(
        StreamName="readings",
        Records=[
            {
                "Data": json.dumps({"device": f"d{n % DEVICES}", "value": value, "n": n}),
                "PartitionKey": f"d{n % DEVICES}",
            }
            for n, value in enumerate(values)
        ],
    )


def enriched(aws: Aws) -> dict[int, str]:
    """The site of every reading that was enriched."""
    texts = [text.removeprefix("ENRICHED ") for text in written(aws, "enrich") if text.startswith("ENRICHED ")]
    return {told["n"]: told["site"] for told in map(json.loads, texts)}


def waiting(aws: Aws, name: str) -> list[dict[str, Any]]:
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in found]


def oldest_ms(aws: Aws) -> int:
    """The function's highest IteratorAge so far, as CloudWatch has it."""
    told = aws.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="IteratorAge",
        Dimensions=[{"Name": "FunctionName", "Value": "enrich"}],
        StartTime=aws.now_ms / 1000 - 3600,
        EndTime=aws.now_ms / 1000 + 60,
        Period=60,
        Statistics=["Maximum"],
    )
    return max(int(each["Maximum"]) for each in told["Datapoints"])


def test_every_reading_is_enriched_and_an_anomaly_is_told(aws: Aws, readings: Any) -> None:
    put(readings, [10 * n for n in range(12)])
    aws.advance("2m")
    assert enriched(aws) == {n: f"site-{n % DEVICES % 2}" for n in range(12)}
    assert sorted(alert["value"] for alert in waiting(aws, "alerts")) == [100, 110]
    assert oldest_ms(aws) < 60_000


def test_a_poison_reading_is_found_by_halves_and_put_aside(aws: Aws, readings: Any) -> None:
    readings.put_record(StreamName="readings", Data=b"no JSON", PartitionKey="d1")
    put(readings, [1] * 20)
    aws.advance("5m")
    assert len(enriched(aws)) == 20
    (told,) = waiting(aws, "lost")
    assert (told["KinesisBatchInfo"]["batchSize"], told["requestContext"]["condition"]) == (1, "RetryAttemptsExhausted")
    asked = {
        "StreamName": "readings",
        "ShardId": told["KinesisBatchInfo"]["shardId"],
        "ShardIteratorType": "AT_SEQUENCE_NUMBER",
        "StartingSequenceNumber": told["KinesisBatchInfo"]["startSequenceNumber"],
    }
    iterator = readings.get_shard_iterator(**asked)["ShardIterator"]
    assert readings.get_records(ShardIterator=iterator, Limit=1)["Records"][0]["Data"] == b"no JSON"
