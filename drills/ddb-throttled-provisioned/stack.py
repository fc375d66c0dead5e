"""Orders on a small provisioned table, spread evenly over their keys."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load import Ledger, LoadClient, Made, Recorded, Request

TABLE = "orders"
WRITE_UNITS = 50
BODY_BYTES = 74 << 10
"""An order with its documents: 75 write units."""
KEYS = 997
QUIET = Recorded((1_000, 301_000), every_ms=900_000)


class Shop(LoadClient):
    """Puts each order under a key of its own."""

    RELEASABLE = ("retry", "attempts")

    def __init__(self, lab: Lab, name: str) -> None:
        super().__init__(lab, name, service="dynamodb", arrivals=QUIET, retry="jitter", attempts="3")

    def make(self, n: int, now_ms: int) -> Made:
        """An order."""
        item = {"pk": f"ORDER#{n % KEYS}", "sk": "v0", "body": "x" * BODY_BYTES}
        key = Ledger.of(self.lab).ask(now_ms)
        return "put_item", {"TableName": TABLE, "Item": {name: {"S": value} for name, value in item.items()}}, key

    def succeeded(self, request: Request, response: Any) -> None:
        """The order is there."""
        Ledger.of(self.lab).effect(int(request.key or 0), self.lab.now_ms)


def build(lab: Lab) -> None:
    """100 read and 50 write units."""
    lab.client("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        ProvisionedThroughput={"ReadCapacityUnits": 100, "WriteCapacityUnits": WRITE_UNITS},
    )
    lab.notes["table_arn"] = f"arn:aws:dynamodb:{lab.region}:{lab.account}:table/{TABLE}"
    lab.at(lab.now_ms + MINUTE_MS, lambda: lab.add(Shop(lab, "shop")) and None)
