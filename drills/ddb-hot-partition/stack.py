"""Orders on a generously provisioned table, each under its customer's key, and a page that shows the premium ones."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load import Ledger, LoadClient, Made, Recorded, Request
from foulweather.drilling.regular import Regular

TABLE = "orders"
PREMIUM = "USER#premium"
BODY_BYTES = 110 << 10
"""An order with its documents: 111 write units."""
HELD = 80
"""Premium orders are replaced after so many: a drill needs no gigabytes."""
QUIET = Recorded((1_000, 301_000), every_ms=900_000)


class Writer(LoadClient):
    """Puts each order under its customer's key; with several shards, under the customer's key and a shard's number."""

    SETTINGS = {**LoadClient.SETTINGS, "shards": ("1",), "suffix": ("number", "random")}
    RELEASABLE = ("shards", "suffix", "retry", "attempts")

    def __init__(self, lab: Lab, name: str) -> None:
        self.premium_permille = 100
        self.written: list[tuple[int, str, int]] = []
        """The premium orders that were accepted: when, which, and its version."""
        super().__init__(lab, name, service="dynamodb", arrivals=QUIET, retry="none", attempts="3")

    def make(self, n: int, now_ms: int) -> Made:
        """An order; one in so many is a premium one."""
        is_premium = n % 10 * 100 < self.premium_permille
        order = f"ORDER#{n % HELD:02}"
        user = f"USER#{n % 500}"
        hashed = self.sharded(PREMIUM, n) if is_premium else user
        item = {"pk": hashed, "sk": order, "version": str(n), "body": "x" * BODY_BYTES}
        key = Ledger.of(self.lab).ask(now_ms)
        return "put_item", {"TableName": TABLE, "Item": {name: {"S": value} for name, value in item.items()}}, key

    def sharded(self, user: str, n: int) -> str:
        """The partition key that an order goes under."""
        if self.settings["suffix"] == "random":
            return f"{user}#{self.draws.getrandbits(64):016x}"
        shards = int(self.settings["shards"])
        return user if shards <= 1 else f"{user}#{(n % HELD + n % HELD // 10) % shards}"

    def succeeded(self, request: Request, response: Any) -> None:
        """The order is there."""
        item = request.parameters["Item"]
        Ledger.of(self.lab).effect(int(request.key or 0), self.lab.now_ms)
        if item["pk"]["S"].startswith(PREMIUM):
            self.written.append((self.lab.now_ms, item["sk"]["S"], int(item["version"]["S"])))

    def gave_up(self, request: Request, error: Any) -> None:
        """Say which."""
        item = request.parameters["Item"]
        self.say(f"{item['sk']['S']} of {item['pk']['S']}: {error.code if error is not None else 'no answer'}")


class Reader(Regular):
    """Shows the premium orders: of one key, or of all shards of it."""

    SETTINGS = {"shards": ("1",)}

    def __init__(self, lab: Lab, name: str) -> None:
        super().__init__(lab, name)
        self.seen: dict[str, int] = {}
        self.read_at_ms = 0

    def pause_ms(self) -> int:
        """Every minute on that day."""
        return MINUTE_MS if self.lab.struck_at_ms else 30 * MINUTE_MS

    def run(self) -> None:
        """Read every shard to its end."""
        tables, shards = self.lab.client("dynamodb"), int(self.settings["shards"])
        keys = [PREMIUM] if shards <= 1 else [PREMIUM, *(f"{PREMIUM}#{n}" for n in range(shards))]
        found: dict[str, int] = {}
        for key in keys:
            asked: dict[str, Any] = {
                "TableName": TABLE,
                "KeyConditionExpression": "pk = :p",
                "ExpressionAttributeValues": {":p": {"S": key}},
                "ProjectionExpression": "sk, version",
            }
            while True:
                page = tables.query(**asked)
                for item in page["Items"]:
                    order, version = item["sk"]["S"], int(item["version"]["S"])
                    found[order] = max(version, found.get(order, -1))
                if "LastEvaluatedKey" not in page:
                    break
                asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        self.seen, self.read_at_ms = found, self.lab.now_ms


def build(lab: Lab) -> None:
    """5,000 read and 5,000 write units, and what they are for."""
    lab.client("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        ProvisionedThroughput={"ReadCapacityUnits": 5000, "WriteCapacityUnits": 5000},
    )
    lab.notes["table_arn"] = f"arn:aws:dynamodb:{lab.region}:{lab.account}:table/{TABLE}"

    def begin() -> None:
        lab.add(Writer(lab, "order-writer"))
        lab.add(Reader(lab, "premium-page"))

    lab.at(lab.now_ms + MINUTE_MS, begin)
