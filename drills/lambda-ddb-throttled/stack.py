"""Customers look at their orders by a function, which queries a small table."""

from __future__ import annotations

from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.functions import QUIET, Caller, alarm, function, may

FUNCTION, TABLE = "list-orders", "orders"
READ_UNITS = 5
ORDERS, ORDER_BYTES = 20, 8_000
"""What a query reads: nearly 160 kilobytes, eventually consistent, and so twenty units."""
QUERY = """
duration_ms = {p50 = 25, p99 = 90}
memory_mib = 75
init_ms = 250
response = {statusCode = 200}

[[calls]]
service = "dynamodb"
operation = "query"

[calls.request]
TableName = "orders"
KeyConditionExpression = "customer = :customer"
ExpressionAttributeValues = {":customer" = {S = "c-1"}}
"""


def table_arn(lab: Lab) -> str:
    """The table's ARN."""
    return f"arn:aws:dynamodb:{lab.region}:{lab.account}:table/{TABLE}"


def build(lab: Lab) -> None:
    """The table with five units each, the function, who calls it."""
    dynamodb = lab.client("dynamodb")
    dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("customer", "order")],
        KeySchema=[{"AttributeName": "customer", "KeyType": "HASH"}, {"AttributeName": "order", "KeyType": "RANGE"}],
        ProvisionedThroughput={"ReadCapacityUnits": READ_UNITS, "WriteCapacityUnits": 5},
    )
    function(lab, FUNCTION, QUERY, may("dynamodb:Query", table_arn(lab), "Find"), Timeout=10)
    alarm(lab, FUNCTION)
    lab.at(lab.now_ms + MINUTE_MS, lambda: _fill(lab))
    lab.add(Caller(lab, "website", function=FUNCTION, arrivals=QUIET))


def _fill(lab: Lab) -> None:
    for number in range(ORDERS):
        item = {"customer": "c-1", "order": f"{number:04d}", "lines": "x" * ORDER_BYTES}
        lab.client("dynamodb").put_item(TableName=TABLE, Item={name: {"S": value} for name, value in item.items()})
