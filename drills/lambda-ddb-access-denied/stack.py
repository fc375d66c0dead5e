"""A website that finds its users by a function; the role fits what the function did until today."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.functions import QUIET, Caller, alarm, function, may

FUNCTION, ROLE, TABLE, INDEX, OTHER = "find-user", "find-user-role", "Users", "by-email", "Payments"
USER = {"user_id": {"S": "u-1"}, "email": {"S": "ann@example.com"}, "name": {"S": "Ann"}}
BY_NUMBER = """
duration_ms = {p50 = 20, p99 = 70}
memory_mib = 72
init_ms = 240
response = {statusCode = 200}

[[calls]]
service = "dynamodb"
operation = "get_item"
request = {TableName = "Users", Key = {user_id = {S = "u-1"}}}
"""


def table_arn(lab: Lab, name: str = TABLE) -> str:
    """The ARN of a table."""
    return f"arn:aws:dynamodb:{lab.region}:{lab.account}:table/{name}"


def build(lab: Lab) -> None:
    """Two tables, one with an index; the function, the website."""
    dynamodb = lab.client("dynamodb")
    dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("user_id", "email")],
        KeySchema=[{"AttributeName": "user_id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": INDEX,
                "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.create_table(
        TableName=OTHER,
        AttributeDefinitions=[{"AttributeName": "payment_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "payment_id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    function(lab, FUNCTION, BY_NUMBER, may("dynamodb:GetItem", table_arn(lab), "Find"), Timeout=10)
    alarm(lab, FUNCTION)
    lab.at(lab.now_ms + 60_000, lambda: dynamodb.put_item(TableName=TABLE, Item=USER))
    lab.add(Caller(lab, "website", function=FUNCTION, arrivals=QUIET))
