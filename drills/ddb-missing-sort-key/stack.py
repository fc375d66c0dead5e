"""Customers' orders, by who and when; a payment service that marks each as paid."""

from __future__ import annotations

from typing import Any, NamedTuple

from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.regular import Regular

TABLE = "orders"
USERS = 12


class Order(NamedTuple):
    """What the payment service is told with each payment."""

    user: str
    created_ms: int
    payment: str
    paid_at_ms: int


class Payments(Regular):
    """A customer orders, and pays the order: not always the one that came last."""

    SETTINGS = {"key": ("user-and-time", "user", "user-and-now", "user-and-text", "latest", "earliest")}

    def __init__(self, lab: Lab, name: str) -> None:
        super().__init__(lab, name)
        self.tables = lab.client("dynamodb")
        self.paid: list[Order] = []
        self.number = 0

    def pause_ms(self) -> int:
        """Half a minute, on that day."""
        return MINUTE_MS // 2 if self.lab.struck_at_ms else 15 * MINUTE_MS

    def run(self) -> None:
        """Three orders of one customer, of which the second is paid."""
        self.number += 1
        user, now_ms = f"user-{self.number % USERS}", self.lab.now_ms
        for n in range(3):
            item = {"user_id": {"S": user}, "created_at": {"N": str(now_ms + n)}, "state": {"S": "NEW"}}
            self.tables.put_item(TableName=TABLE, Item=item)
        self._pay(Order(user, now_ms + 1, f"payment-{self.number}", now_ms))

    def _pay(self, order: Order) -> None:
        self.paid = [*self.paid[-1000:], order]
        self.tables.update_item(
            TableName=TABLE,
            Key=self._key(order),
            UpdateExpression="SET #s = :paid, payment = :payment",
            ExpressionAttributeNames={"#s": "state"},
            ExpressionAttributeValues={":paid": {"S": "PAID"}, ":payment": {"S": order.payment}},
        )

    def _key(self, order: Order) -> dict[str, Any]:
        how, user = self.settings["key"], {"S": order.user}
        if how == "user":
            return {"user_id": user}
        if how == "user-and-text":
            return {"user_id": user, "created_at": {"S": str(order.created_ms)}}
        if how in ("latest", "earliest"):
            found = self.tables.query(
                TableName=TABLE,
                KeyConditionExpression="user_id = :u",
                ExpressionAttributeValues={":u": user},
                ScanIndexForward=how == "earliest",
                Limit=1,
            )
            return {name: found["Items"][0][name] for name in ("user_id", "created_at")}
        # The time of the payment, in milliseconds as all times of the table.
        at_ms = order.paid_at_ms + 500 if how == "user-and-now" else order.created_ms
        return {"user_id": user, "created_at": {"N": str(at_ms)}}


def build(lab: Lab) -> None:
    """The table and the service."""
    lab.client("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[
            {"AttributeName": "user_id", "AttributeType": "S"},
            {"AttributeName": "created_at", "AttributeType": "N"},
        ],
        KeySchema=[
            {"AttributeName": "user_id", "KeyType": "HASH"},
            {"AttributeName": "created_at", "KeyType": "RANGE"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    lab.notes["table_arn"] = f"arn:aws:dynamodb:{lab.region}:{lab.account}:table/{TABLE}"
    lab.at(lab.now_ms + MINUTE_MS, lambda: lab.add(Payments(lab, "payments")) and None)
