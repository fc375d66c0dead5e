"""A page that shows an order, and a warehouse that ships it: both say in expressions what they want of the item."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.clients import Identity
from foulweather.drilling.documents import document
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.regular import Regular
from foulweather.kernel.errors import AwsError

TABLE = "orders"
ORDERS = 60


def order_of(n: int) -> dict[str, Any]:
    """An order, with what no page may have."""
    return {
        "order_id": {"S": f"order-{n}"},
        "customer": {"S": f"customer-{n % 7}"},
        "status": {"S": "PAID"},
        "card": {"S": "4111 1111 1111 1111"},
    }


class Asking(Regular):
    """Asks for one order after the other; often on that day."""

    number = 0

    def pause_ms(self) -> int:
        """A quarter of a minute, on that day."""
        return MINUTE_MS // 4 if self.lab.struck_at_ms else 15 * MINUTE_MS

    def next_key(self) -> dict[str, Any]:
        """The key of the next order."""
        self.number += 1
        return {"order_id": {"S": f"order-{self.number % ORDERS}"}}


class Page(Asking):
    """Shows an order's status to its customer."""

    SETTINGS = {
        "projection": ("placeholder", "bare", "none", "renamed"),
        "on_error": ("fail", "show-unknown"),
    }

    def __init__(self, lab: Lab, name: str, identity: Identity) -> None:
        super().__init__(lab, name)
        self.tables = lab.client("dynamodb", identity)
        self.shown: list[tuple[int, str, tuple[str, ...]]] = []

    def run(self) -> None:
        """Show one order."""
        asked: dict[str, Any] = {"TableName": TABLE, "Key": self.next_key()}
        how = self.settings["projection"]
        if how == "placeholder":
            asked |= {"ProjectionExpression": "order_id, #s", "ExpressionAttributeNames": {"#s": "status"}}
        elif how != "none":
            asked["ProjectionExpression"] = "order_id, " + ("status" if how == "bare" else "order_status")
        try:
            item = self.tables.get_item(**asked).get("Item", {})
        except AwsError:
            if self.settings["on_error"] == "fail":
                raise
            item = {}
        status = item.get("status", item.get("order_status", {"S": "unknown"}))["S"]
        self.shown = [*self.shown[-1000:], (self.lab.now_ms, status, tuple(sorted(item)))]


class Warehouse(Asking):
    """Ships what is paid, and takes it back to paid the next time: a drill's orders never end."""

    SETTINGS = {"update": ("placeholder", "bare", "renamed"), "condition": ("placeholder", "bare", "none")}

    def __init__(self, lab: Lab, name: str, identity: Identity) -> None:
        super().__init__(lab, name)
        self.tables = lab.client("dynamodb", identity)

    def run(self) -> None:
        """Ship one order."""
        update, condition = self.settings["update"], self.settings["condition"]
        said = {"placeholder": "#s", "bare": "status", "renamed": "order_status"}
        names = {"#s": "status"} if "placeholder" in (update, condition) else None
        asked: dict[str, Any] = {
            "TableName": TABLE,
            "Key": self.next_key(),
            "UpdateExpression": f"SET {said[update]} = :now",
            "ExpressionAttributeValues": {":now": {"S": "SHIPPED"}},
        }
        if condition != "none":
            asked["ConditionExpression"] = f"{said[condition]} <> :gone"
            asked["ExpressionAttributeValues"][":gone"] = {"S": "CANCELLED"}
        if names is not None:
            asked["ExpressionAttributeNames"] = names
        self.tables.update_item(**asked)


def build(lab: Lab) -> None:
    """The table, its orders, and a role for each application."""
    tables, iam = lab.client("dynamodb"), lab.client("iam")
    tables.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "order_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "order_id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    arn = lab.notes["table_arn"] = f"arn:aws:dynamodb:{lab.region}:{lab.account}:table/{TABLE}"
    identities: dict[str, Identity] = {}
    for name, action in (("order-page", "dynamodb:GetItem"), ("warehouse", "dynamodb:UpdateItem")):
        iam.create_user(UserName=name)
        allowed = {"Effect": "Allow", "Action": action, "Resource": arn}
        iam.put_user_policy(UserName=name, PolicyName="work", PolicyDocument=document(allowed))
        key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
        identities[name] = lab.identity_of_key(key)

    def begin() -> None:
        for n in range(ORDERS):
            tables.put_item(TableName=TABLE, Item=order_of(n))
        lab.add(Page(lab, "order-page", identities["order-page"]))
        lab.add(Warehouse(lab, "warehouse", identities["warehouse"]))

    lab.at(lab.now_ms + MINUTE_MS, begin)
