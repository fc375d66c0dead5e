"""Claims through a queue to a worker, with their status in a table, and those that cannot be processed set aside."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.configurations import queue_arn
from catalog.functions import function
from foulweather.engines.functions.interpreters import sdk_directories
from foulweather.testing import Aws

WORKER = """
import json, time
import boto3

db = boto3.client("dynamodb")

def status(claim, word):
    db.update_item(
        TableName="claims", Key={"id": {"S": claim}}, UpdateExpression="SET #s = :word, #h = list_append(#h, :one)",
        ExpressionAttributeNames={"#s": "status", "#h": "history"},
        ExpressionAttributeValues={":word": {"S": word}, ":one": {"L": [{"S": word}]}},
    )

def handler(event, context):
    for record in event["Records"]:
        claim = json.loads(record["body"])
        status(claim["id"], "PROCESSING")
        time.sleep(3)
        if claim["amount"] < 0:
            raise ValueError("a claim of less than nothing")
        status(claim["id"], "DONE")
"""


@pytest.fixture
def claims(aws: Aws) -> str:
    """The URL of the queue, with its worker and the table of statuses."""
    if not sdk_directories():
        pytest.skip("the AWS SDK for Python is not installed here")
    sqs = aws.client("sqs")
    dead = queue_arn(sqs, sqs.create_queue(QueueName="claims-dlq")["QueueUrl"])
    redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 3})
    url = sqs.create_queue(QueueName="claims", Attributes={"VisibilityTimeout": "60", "RedrivePolicy": redrive})
    arn = queue_arn(sqs, url["QueueUrl"])
    aws.client("dynamodb").create_table(
        TableName="claims",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    aws.advance("30s")
    reading = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    table = f"arn:aws:dynamodb:us-east-1:{aws.account}:table/claims"
    function(
        aws,
        "worker",
        WORKER,
        {"Effect": "Allow", "Action": reading, "Resource": arn},
        {"Effect": "Allow", "Action": "dynamodb:UpdateItem", "Resource": table},
        Timeout=10,
    )
    aws.client("lambda").create_event_source_mapping(FunctionName="worker", EventSourceArn=arn, BatchSize=1)
    aws.advance("10s")
    return url["QueueUrl"]


def submit(aws: Aws, url: str, claim: str, amount: int) -> None:
    """What the claims service does: the status first, then the message."""
    received = {"S": "RECEIVED"}
    item: dict[str, Any] = {"id": {"S": claim}, "status": received, "history": {"L": [received]}}
    aws.client("dynamodb").put_item(TableName="claims", Item=item)
    aws.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps({"id": claim, "amount": amount}))


def history(aws: Aws, claim: str) -> list[str]:
    found = aws.client("dynamodb").get_item(TableName="claims", Key={"id": {"S": claim}}, ConsistentRead=True)
    return [each["S"] for each in found["Item"]["history"]["L"]]


def test_a_claim_is_received_processed_and_done(aws: Aws, claims: str) -> None:
    submit(aws, claims, "1", 500)
    assert history(aws, "1") == ["RECEIVED"]
    aws.advance("2s")
    assert history(aws, "1") == ["RECEIVED", "PROCESSING"]
    aws.advance("10s")
    assert history(aws, "1") == ["RECEIVED", "PROCESSING", "DONE"]


def test_what_the_worker_fails_with_three_times_is_set_aside(aws: Aws, claims: str) -> None:
    submit(aws, claims, "2", -1)
    submit(aws, claims, "3", 20)
    aws.advance("10m")
    assert history(aws, "2") == ["RECEIVED", *["PROCESSING"] * 3]
    assert history(aws, "3")[-1] == "DONE"
    sqs = aws.client("sqs")
    dead = sqs.get_queue_url(QueueName="claims-dlq")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=dead)["Messages"]
    assert json.loads(message["Body"])["id"] == "2"
