"""A function that books shipments; its role fits what it did until today."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.functions import QUIET, Caller, alarm, answered, function, may

FUNCTION, ROLE = "book-shipment", "book-shipment-role"
TABLE, INDEX, OTHER = "Shipments", "by-carrier", "Salaries"
QUEUE, SECRET, OTHER_SECRET = "labels", "carrier-token", "payroll-password"
BOOKING = """
duration_ms = {p50 = 40, p99 = 120}
memory_mib = 74
init_ms = 240
response = {statusCode = 201}

[[calls]]
service = "secretsmanager"
operation = "get_secret_value"
request = {SecretId = "carrier-token"}

[[calls]]
service = "dynamodb"
operation = "put_item"
request = {TableName = "Shipments", Item = {id = {S = "${uuid}"}, carrier = {S = "blue"}}}

[[calls]]
service = "dynamodb"
operation = "get_item"
request = {TableName = "Shipments", Key = {id = {S = "s-1"}}}

[[calls]]
service = "dynamodb"
operation = "query"

[calls.request]
TableName = "Shipments"
IndexName = "by-carrier"
KeyConditionExpression = "carrier = :carrier"
ExpressionAttributeValues = {":carrier" = {S = "red"}}

[[calls]]
service = "sqs"
operation = "send_message"
request = {QueueUrl = "QUEUE_URL", MessageBody = "${uuid}"}
"""


def table_arn(lab: Lab, name: str = TABLE) -> str:
    """The ARN of a table."""
    return f"arn:aws:dynamodb:{lab.region}:{lab.account}:table/{name}"


def booking(lab: Lab, more: str = "") -> str:
    """The function's model, with the queue's URL in it."""
    return BOOKING.replace("QUEUE_URL", lab.queue_url(QUEUE)) + more


def build(lab: Lab) -> None:
    """Two tables, two secrets under a key, a queue, the function with just what it needs, and who calls it."""
    key = lab.client("kms").create_key(Description="secrets")["KeyMetadata"]["Arn"]
    secrets: dict[str, str] = {}
    for name in (SECRET, OTHER_SECRET):
        request = {"Name": name, "SecretString": "t-1", "KmsKeyId": key, "ClientRequestToken": lab.world.ids.uuid()}
        secrets[name] = answered(lab.client("secretsmanager").create_secret(**request))["ARN"]
    lab.notes.update(key=key, secrets=secrets)
    lab.client("sqs").create_queue(QueueName=QUEUE)
    _table(lab, TABLE, ("id", "carrier"))
    _table(lab, OTHER, ("id",))
    table, context = table_arn(lab), {"kms:EncryptionContext:SecretARN": secrets[SECRET]}
    function(
        lab,
        FUNCTION,
        booking(lab),
        may(["dynamodb:GetItem", "dynamodb:PutItem"], table, "Book"),
        may("dynamodb:Query", [table, f"{table}/index/*"], "Find"),
        may("sqs:SendMessage", lab.queue_arn(QUEUE), "Labels"),
        may("secretsmanager:GetSecretValue", secrets[SECRET], "Token"),
        {**may("kms:Decrypt", key, "Key"), "Condition": {"StringEquals": context}},
        Timeout=10,
    )
    alarm(lab, FUNCTION)
    lab.add(Caller(lab, "warehouse", function=FUNCTION, arrivals=QUIET))


def _table(lab: Lab, name: str, keys: tuple[str, ...]) -> None:
    index: dict[str, Any] = {
        "IndexName": INDEX,
        "KeySchema": [{"AttributeName": keys[-1], "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    lab.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        **({"GlobalSecondaryIndexes": [index]} if len(keys) > 1 else {}),
    )
