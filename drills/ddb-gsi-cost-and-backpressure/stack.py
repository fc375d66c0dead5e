"""Orders with five indexes on the customer, one for each view of a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load import Ledger, LoadClient, Made, Recorded, Request
from foulweather.drilling.regular import Regular

TABLE = "orders"
UNITS = 60
USERS = 500
SORTS = {
    "by-user-date": "created_at",
    "by-user-status": "status",
    "by-user-amount": "amount",
    "by-user-product": "product",
    "by-user-channel": "channel",
}
"""The indexes, and the sort key of each. The partition key of all of them is the user."""
WHOLE = "by-user-date"
"""The index that holds whole orders; the others hold keys."""
QUIET = Recorded((1_000,), every_ms=1_200_000)

Order = dict[str, str]
Orders = list[Order]


def _latest(orders: Orders) -> Orders:
    return sorted(orders, key=lambda order: order.get("created_at", ""))[-5:]


def _open(orders: Orders) -> Orders:
    return [order for order in orders if order.get("status") == "OPEN"]


def _dearest(orders: Orders) -> Orders:
    return sorted(orders, key=lambda order: (order.get("amount", ""), order["order_id"]))[-3:]


def _of_product(orders: Orders) -> Orders:
    return [order for order in orders if order.get("product") == "P3"]


def _from_phones(orders: Orders) -> Orders:
    return [order for order in orders if order.get("channel") == "phone"]


VIEWS: dict[str, tuple[str, Callable[[Orders], Orders]]] = {
    "latest": ("by-user-date", _latest),
    "open": ("by-user-status", _open),
    "dearest": ("by-user-amount", _dearest),
    "of one product": ("by-user-product", _of_product),
    "from phones": ("by-user-channel", _from_phones),
}
"""Each view's own index, and what it shows of a customer's orders."""


class Writer(LoadClient):
    """Puts each order once, and notes what each cost."""

    RELEASABLE = ("retry", "attempts")

    def __init__(self, lab: Lab, name: str) -> None:
        self.accepted: dict[str, Orders] = {}
        """The orders that were accepted, by user."""
        self.costs: list[tuple[int, float]] = []
        """When each was accepted, and the write units that it took."""
        super().__init__(lab, name, service="dynamodb", arrivals=QUIET, retry="jitter", attempts="3")

    def make(self, n: int, now_ms: int) -> Made:
        """An order."""
        order = {
            "order_id": f"ORDER#{n:07}",
            "user_id": f"USER#{n * 7 % USERS}",
            "created_at": f"{now_ms:014}",
            "status": "OPEN" if n % 3 else "SHIPPED",
            "amount": f"{n * 7919 % 100_000:06}",
            "product": f"P{n // USERS % 7}",
            "channel": "phone" if n // USERS % 2 else "web",
            "address": "1 Example Street, 12345 Example Town",
        }
        item = {name: {"S": value} for name, value in order.items()}
        asked = {"TableName": TABLE, "Item": item, "ReturnConsumedCapacity": "TOTAL"}
        return "put_item", asked, Ledger.of(self.lab).ask(now_ms)

    def succeeded(self, request: Request, response: Any) -> None:
        """The order is there."""
        now_ms = self.lab.now_ms
        Ledger.of(self.lab).effect(int(request.key or 0), now_ms)
        order = {name: value["S"] for name, value in request.parameters["Item"].items()}
        self.accepted.setdefault(order["user_id"], []).append(order)
        self.costs.append((now_ms, response["ConsumedCapacity"]["CapacityUnits"]))


class Page(Regular):
    """Shows five views of the orders of those who ordered last: each from its own index, or all from one."""

    SETTINGS = {"index": ("own", *SORTS)}

    def start(self) -> None:
        """Begin to show."""
        self.wrong: list[tuple[int, str]] = []
        """When a view was not as it should be, and which."""
        super().start()

    def pause_ms(self) -> int:
        """Every minute on that day."""
        return MINUTE_MS if self.lab.struck_at_ms else 13 * MINUTE_MS

    def run(self) -> None:
        """Show what the last three customers ordered."""
        writer = self.lab.app("order-writer")
        assert isinstance(writer, Writer)
        chosen = self.settings["index"]
        for user in list(writer.accepted)[-3:]:
            read: dict[str, Orders] = {}
            for view, (own, choose) in VIEWS.items():
                index = own if chosen == "own" else chosen
                if index not in read:
                    read[index] = self._orders(index, user)
                shown = choose(read[index])
                expected = choose(writer.accepted[user])
                if not self._is_shown(shown, expected, whole=chosen != "own"):
                    self.wrong.append((self.lab.now_ms, view))
                    self.say(f"{view}: {len(shown)} orders of {user} are shown, of {len(expected)}, or not all of them")

    def _is_shown(self, shown: Orders, expected: Orders, *, whole: bool) -> bool:
        """Whether a view has the right orders; from one index for all, also all that is to be read of each."""
        numbers = sorted(order["order_id"] for order in shown)
        if numbers != sorted(order["order_id"] for order in expected):
            return False
        return not whole or all("address" in order for order in shown)

    def _orders(self, index: str, user: str) -> Orders:
        tables = self.lab.client("dynamodb")
        asked: dict[str, Any] = {
            "TableName": TABLE,
            "IndexName": index,
            "KeyConditionExpression": "user_id = :u",
            "ExpressionAttributeValues": {":u": {"S": user}},
        }
        found: Orders = []
        while True:
            page = tables.query(**asked)
            found += [{name: value["S"] for name, value in item.items()} for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return found
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def build(lab: Lab) -> None:
    """The table, its five indexes, the shop and the page."""
    units = {"ReadCapacityUnits": UNITS, "WriteCapacityUnits": UNITS}
    names = ("order_id", "user_id", *SORTS.values())
    lab.client("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        KeySchema=[{"AttributeName": "order_id", "KeyType": "HASH"}],
        ProvisionedThroughput=units,
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": "user_id", "KeyType": "HASH"},
                    {"AttributeName": sort, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL" if index == WHOLE else "KEYS_ONLY"},
                "ProvisionedThroughput": units,
            }
            for index, sort in SORTS.items()
        ],
    )
    lab.notes["table_arn"] = f"arn:aws:dynamodb:{lab.region}:{lab.account}:table/{TABLE}"

    def begin() -> None:
        lab.add(Writer(lab, "order-writer"))
        lab.add(Page(lab, "account-page"))

    lab.at(lab.now_ms + MINUTE_MS, begin)
