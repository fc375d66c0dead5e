"""Orders of customers, and a page that shows the large ones."""

from __future__ import annotations

from typing import Any, NamedTuple

from foulweather.drilling.clients import Client
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load import Ledger, LoadClient, Made, Recorded, Request
from foulweather.drilling.regular import Regular

TABLE, INDEX = "orders", "by-amount"
CUSTOMER = "acme"
UNITS = 50
LARGE = 9_500
BODY_BYTES = 3_900
"""An order with its documents: 4 KB."""
QUIET = Recorded((1_000,), every_ms=1_800_000)


class Answer(NamedTuple):
    """What the page showed, and what it took."""

    at_ms: int
    shown: dict[str, tuple[str, str]]
    expected: dict[str, tuple[str, str]]
    units: float
    read: int


class Orders:
    """Every order of the customer, as whoever places them knows it."""

    def __init__(self, tables: Client) -> None:
        self.tables = tables
        self.placed: dict[str, tuple[str, str]] = {}

    def place(self, number: int) -> None:
        """Put an order; one in twenty is a large one."""
        order, amount, status = f"ORDER#{number:06}", str(number * 7919 % 10_000), "OPEN" if number % 3 else "SHIPPED"
        item = {"customer": {"S": CUSTOMER}, "order_id": {"S": order}, "amount": {"N": amount}, "status": {"S": status}}
        self.tables.put_item(TableName=TABLE, Item={**item, "documents": {"S": "x" * BODY_BYTES}})
        self.placed[order] = (amount, status)

    def large(self) -> dict[str, tuple[str, str]]:
        """The large orders: amount and status by number."""
        return {order: told for order, told in self.placed.items() if int(told[0]) >= LARGE}


class Shop(Regular):
    """Places an order now and then."""

    EVERY_MS = 480 * MINUTE_MS

    def __init__(self, lab: Lab, name: str) -> None:
        super().__init__(lab, name)
        self.orders = Orders(lab.client("dynamodb"))
        self.count = 0

    def run(self) -> None:
        """One more."""
        self.count += 1
        self.orders.place(self.count)


class Page(LoadClient):
    """Shows the large orders of a customer, by one query with all its pages."""

    SETTINGS = {**LoadClient.SETTINGS, "find": ("filter", "filter-projected", "filter-limited", "index")}
    RELEASABLE = ("find", "retry", "attempts")

    def __init__(self, lab: Lab, name: str) -> None:
        self.answers: list[Answer] = []
        super().__init__(lab, name, target=lambda _: self, arrivals=QUIET, retry="jitter", attempts="3")

    def make(self, n: int, now_ms: int) -> Made:
        """Somebody looks at the customer."""
        return "large_orders", {}, Ledger.of(self.lab).ask(now_ms)

    def large_orders(self) -> Answer:
        """Ask page by page, to the end; what was read is paid for though a later page may be refused."""
        tables, asked = self.lab.client("dynamodb"), self._asked()
        shown: dict[str, tuple[str, str]] = {}
        units, read = 0.0, 0
        while True:
            page = tables.query(**asked)
            units += page["ConsumedCapacity"]["CapacityUnits"]
            read += page["ScannedCount"]
            for item in page["Items"]:
                status = item["status"]["S"] if "status" in item else "?"
                shown[item["order_id"]["S"]] = (item["amount"]["N"], status)
            if "LastEvaluatedKey" not in page or "Limit" in asked:
                return Answer(self.lab.now_ms, shown, self._expected(), units, read)
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _expected(self) -> dict[str, tuple[str, str]]:
        shop = self.lab.app("shop")
        assert isinstance(shop, Shop)
        return shop.orders.large()

    def _asked(self) -> dict[str, Any]:
        find = self.settings["find"]
        asked: dict[str, Any] = {
            "TableName": TABLE,
            "KeyConditionExpression": "customer = :c",
            "ExpressionAttributeValues": {":c": {"S": CUSTOMER}, ":least": {"N": str(LARGE)}},
            "ReturnConsumedCapacity": "TOTAL",
        }
        if find == "index":
            return {**asked, "IndexName": INDEX, "KeyConditionExpression": "customer = :c AND amount >= :least"}
        asked["FilterExpression"] = "amount >= :least"
        if find == "filter-projected":
            asked["ProjectionExpression"] = "order_id, amount, #s"
            asked["ExpressionAttributeNames"] = {"#s": "status"}
        if find == "filter-limited":
            asked["Limit"] = 100
        return asked

    def succeeded(self, request: Request, response: Any) -> None:
        """Somebody sees it."""
        Ledger.of(self.lab).effect(int(request.key or 0), self.lab.now_ms)
        self.answers.append(response)


def build(lab: Lab) -> None:
    """The table, a customer with an order every eight hours, and the page."""
    lab.client("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("customer", "order_id")],
        KeySchema=[{"AttributeName": "customer", "KeyType": "HASH"}, {"AttributeName": "order_id", "KeyType": "RANGE"}],
        ProvisionedThroughput={"ReadCapacityUnits": UNITS, "WriteCapacityUnits": UNITS},
    )
    lab.notes["table_arn"] = f"arn:aws:dynamodb:{lab.region}:{lab.account}:table/{TABLE}"

    def begin() -> None:
        lab.add(Shop(lab, "shop"))
        lab.add(Page(lab, "large-orders"))
        lab.deploy("large-orders", find="filter")

    lab.at(lab.now_ms + MINUTE_MS, begin)
