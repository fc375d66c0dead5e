"""A consumer that says in a table what it is at: one side effect whoever gets the message, and how often.

The consumer claims a message by a conditional put before it does anything, does it by a step that may be done again
(here: a charge under the message's own key), and only then calls it done.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.configurations import code_of, queue_arn
from catalog.functions import function
from foulweather.engines.functions.interpreters import sdk_directories
from foulweather.testing import Aws

WEEK_S = 7 * 24 * 3600
CODE = """
import os, time, json
import boto3
from botocore.exceptions import ClientError

db = boto3.client("dynamodb")

def handler(event, context):
    for record in event["Records"]:
        order = json.loads(record["body"])
        now = int(time.time())
        try:
            db.put_item(
                TableName="message-idempotency",
                Item={
                    "id": {"S": order["id"]}, "status": {"S": "IN_PROGRESS"},
                    "claimed_until": {"N": str(now + 20)}, "expires": {"N": str(now + 7 * 24 * 3600)},
                },
                ConditionExpression="attribute_not_exists(id) OR (#s = :doing AND claimed_until < :now)",
                ExpressionAttributeNames={"#s": "status"},
                ExpressionAttributeValues={":doing": {"S": "IN_PROGRESS"}, ":now": {"N": str(now)}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            found = db.get_item(TableName="message-idempotency", Key={"id": {"S": order["id"]}}, ConsistentRead=True)
            if found["Item"]["status"]["S"] == "DONE":
                print("SKIPPED", order["id"])
                continue
            raise RuntimeError("somebody else is at it")
        time.sleep(2)
        db.put_item(TableName="charges", Item={"id": {"S": order["id"]}, "request": {"S": context.aws_request_id}})
        if order.get("crash") and record["attributes"]["ApproximateReceiveCount"] == "1":
            os._exit(1)
        db.update_item(
            TableName="message-idempotency", Key={"id": {"S": order["id"]}},
            UpdateExpression="SET #s = :done", ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":done": {"S": "DONE"}},
        )
        print("CHARGED", order["id"])
"""


def table(aws: Aws, name: str) -> None:
    aws.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.fixture
def queue(aws: Aws) -> str:
    """A queue with two consumers' worth of concurrency in front of the two tables."""
    if not sdk_directories():
        pytest.skip("the AWS SDK for Python is not installed here")
    for name in ("message-idempotency", "charges"):
        table(aws, name)
    aws.advance("30s")
    specification = {"Enabled": True, "AttributeName": "expires"}
    aws.client("dynamodb").update_time_to_live(TableName="message-idempotency", TimeToLiveSpecification=specification)
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    arn = queue_arn(sqs, url)
    reading = {
        "Effect": "Allow",
        "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
        "Resource": arn,
    }
    tables = f"arn:aws:dynamodb:us-east-1:{aws.account}:table/"
    writing = {
        "Effect": "Allow",
        "Action": ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:GetItem"],
        "Resource": [f"{tables}message-idempotency", f"{tables}charges"],
    }
    function(aws, "consumer", CODE, reading, writing, Timeout=30)
    aws.client("lambda").create_event_source_mapping(FunctionName="consumer", EventSourceArn=arn, BatchSize=1)
    aws.advance("30s")
    return url


def charges(aws: Aws) -> list[str]:
    """The orders that a charge was written for, as often as it was written first."""
    return [item["id"]["S"] for item in aws.client("dynamodb").scan(TableName="charges")["Items"]]


def status(aws: Aws, order: str) -> str:
    found = aws.client("dynamodb").get_item(TableName="message-idempotency", Key={"id": {"S": order}})
    return found.get("Item", {}).get("status", {}).get("S", "")


def written(aws: Aws, word: str) -> int:
    found = aws.client("logs").filter_log_events(logGroupName="/aws/lambda/consumer", filterPattern=word)
    return len(found["events"])


def send(aws: Aws, queue: str, **order: Any) -> None:
    aws.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(order))


def test_two_consumers_with_the_same_order_charge_once(aws: Aws, queue: str) -> None:
    send(aws, queue, id="1")
    send(aws, queue, id="1")
    aws.advance("2m")
    assert charges(aws) == ["1"]
    assert (status(aws, "1"), written(aws, "CHARGED"), written(aws, "SKIPPED")) == ("DONE", 1, 1)
    refused = [event for event in aws.events("lambda.Invoked") if event.facts["error"]]
    assert len(refused) == 1, "the second came while the first was at it, and came again"


def test_a_crash_between_the_charge_and_its_record_is_tried_again_under_the_same_key(aws: Aws, queue: str) -> None:
    send(aws, queue, id="2", crash=True)
    aws.advance("10s")
    assert (charges(aws), status(aws, "2")) == (["2"], "IN_PROGRESS")
    aws.advance("2m")
    assert (charges(aws), status(aws, "2"), written(aws, "CHARGED")) == (["2"], "DONE", 1)


def test_the_record_is_gone_after_a_week(aws: Aws, queue: str) -> None:
    send(aws, queue, id="3")
    aws.advance("1m")
    assert status(aws, "3") == "DONE"
    aws.client("lambda").update_event_source_mapping(UUID=mapping(aws), Enabled=False)
    aws.advance("6d")
    assert status(aws, "3") == "DONE"
    aws.advance("3d")
    assert status(aws, "3") == ""


def mapping(aws: Aws) -> str:
    return aws.client("lambda").list_event_source_mappings()["EventSourceMappings"][0]["UUID"]


def test_a_second_claim_is_refused_by_the_table_itself(aws: Aws, queue: str) -> None:
    asked = {
        "TableName": "message-idempotency",
        "Item": {"id": {"S": "4"}},
        "ConditionExpression": "attribute_not_exists(id)",
    }
    dynamodb = aws.client("dynamodb")
    assert code_of(dynamodb.put_item, **asked) == ""
    assert code_of(dynamodb.put_item, **asked) == "ConditionalCheckFailedException"
