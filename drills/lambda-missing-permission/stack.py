"""A shop whose orders a function books; its role may do what its code did so far."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.functions import QUIET, Caller, alarm, function, may

FUNCTION, ROLE, TABLE, BUCKET, OTHER = "book-order", "book-order-role", "orders", "order-receipts", "payroll"
BOOKING = """
duration_ms = {p50 = 60, p99 = 180}
memory_mib = 70
init_ms = 240
response = {statusCode = 201}

[[calls]]
service = "dynamodb"
operation = "put_item"
request = {TableName = "orders", Item = {order_id = {S = "${uuid}"}}}
"""


def build(lab: Lab) -> None:
    """A table, two buckets, the function, the shop."""
    lab.client("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "order_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "order_id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for bucket in (BUCKET, OTHER):
        lab.client("s3").create_bucket(Bucket=bucket)
    table_arn = f"arn:aws:dynamodb:{lab.region}:{lab.account}:table/{TABLE}"
    function(lab, FUNCTION, BOOKING, may("dynamodb:PutItem", table_arn, "Book"), Timeout=10)
    alarm(lab, FUNCTION)
    lab.add(Caller(lab, "shop", function=FUNCTION, arrivals=QUIET))
