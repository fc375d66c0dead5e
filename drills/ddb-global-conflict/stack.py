"""A counter for each post in a global table, and the web servers of two regions that add to it."""

from __future__ import annotations

from typing import Any, NamedTuple

from foulweather.drilling.clients import Client, Identity
from foulweather.drilling.lab import HOUR_MS, MINUTE_MS, Lab
from foulweather.drilling.load import Ledger, LoadClient, Made, Recorded, Request
from foulweather.drilling.regular import Regular

TABLE = "likes"
POST = "POST#7"
REGIONS = ("us-east-1", "eu-west-1")
SHARDS = 10
READ_AT_S = 50


def tables(lab: Lab, region: str) -> Client:
    """DynamoDB of a region."""
    return lab.client("dynamodb", Identity(lab.account, region))


class Web(LoadClient):
    """The web servers of a region: each like adds one."""

    SETTINGS = {
        **LoadClient.SETTINGS,
        "item": ("post", "post-and-region", "post-and-shard"),
        "how": ("add", "conditional", "transaction"),
        "region": ("own", *REGIONS),
    }
    RELEASABLE = ("item", "how", "region", "retry", "attempts")

    def __init__(self, lab: Lab, name: str, region: str, arrivals: Recorded) -> None:
        self.region = region
        self.accepted = 0
        # Accepted is not counted: these applications keep a ledger of their own, and an empty one.
        ledger = Ledger()
        super().__init__(lab, name, target=lambda _: self, arrivals=arrivals, ledger=ledger, retry="jitter")

    def make(self, n: int, now_ms: int) -> Made:
        """Somebody likes the post."""
        return "like", {}, None

    def like(self) -> None:
        """Add one, in the way that the settings say."""
        asked, how = {"TableName": TABLE, "Key": {"pk": {"S": self._key()}}}, self.settings["how"]
        own = tables(self.lab, self.region if self.settings["region"] == "own" else self.settings["region"])
        add = {"UpdateExpression": "ADD likes :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
        if how == "add":
            own.update_item(**asked, **add)
        elif how == "transaction":
            own.transact_write_items(TransactItems=[{"Update": {**asked, **add}}])
        else:
            seen = own.get_item(**asked, ConsistentRead=True).get("Item", {}).get("likes")
            values = {":new": {"N": str(int(seen["N"]) + 1 if seen else 1)}, **({":seen": seen} if seen else {})}
            own.update_item(
                **asked,
                UpdateExpression="SET likes = :new",
                ConditionExpression="likes = :seen" if seen else "attribute_not_exists(likes)",
                ExpressionAttributeValues=values,
            )

    def _key(self) -> str:
        item = self.settings["item"]
        if item == "post":
            return POST
        return f"{POST}#{self.region}" if item == "post-and-region" else f"{POST}#{self.draws.randrange(SHARDS)}"

    def succeeded(self, request: Request, response: Any) -> None:
        """It is in the log."""
        self.accepted += 1


class Reading(NamedTuple):
    """What the counters were, by region, and how many likes had been accepted."""

    at_ms: int
    shown: dict[str, int]
    accepted: int


class Counter(Regular):
    """Reads the counter in both regions, when no likes are on their way."""

    SETTINGS = {"items": ("post", "regions", "shards", "regions-only"), "consistent": ("off", "on")}

    def start(self) -> None:
        """Begin to read."""
        self.readings: list[Reading] = []
        super().start()

    def pause_ms(self) -> int:
        """At a fixed second: of every minute on that day, of a minute in every hour before."""
        every_ms = MINUTE_MS if self.lab.struck_at_ms else HOUR_MS // 2
        into_ms = (self.lab.now_ms - READ_AT_S * 1000) % every_ms
        return every_ms - into_ms

    def keys(self) -> list[str]:
        """The items of a post."""
        regions = [f"{POST}#{region}" for region in REGIONS]
        return {
            "post": [POST],
            "regions": [POST, *regions],
            "shards": [POST, *(f"{POST}#{n}" for n in range(SHARDS))],
            "regions-only": regions,
        }[self.settings["items"]]

    def run(self) -> None:
        """Add them up."""
        shown: dict[str, int] = {}
        is_consistent = self.settings["consistent"] == "on"
        for region in REGIONS:
            own, total = tables(self.lab, region), 0
            for key in self.keys():
                asked = {"TableName": TABLE, "Key": {"pk": {"S": key}}, "ConsistentRead": is_consistent}
                item = own.get_item(**asked).get("Item")
                total += int(item["likes"]["N"]) if item else 0
            shown[region] = total
        webs = [web for web in self.lab.apps.values() if isinstance(web, Web)]
        self.readings.append(Reading(self.lab.now_ms, shown, sum(web.accepted for web in webs)))


def build(lab: Lab) -> None:
    """The table, its replica, and a like every now and then: one region sleeps while the other is awake."""
    lab.client("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    lab.notes["table_arn"] = f"arn:aws:dynamodb:{lab.region}:{lab.account}:table/{TABLE}"

    def replicate() -> None:
        create = {"Create": {"RegionName": REGIONS[1]}}
        lab.client("dynamodb").update_table(TableName=TABLE, ReplicaUpdates=[create])

    def begin() -> None:
        lab.add(Web(lab, "us-web", REGIONS[0], Recorded((1_000,), every_ms=HOUR_MS)))
        lab.add(Web(lab, "eu-web", REGIONS[1], Recorded((1_801_000,), every_ms=HOUR_MS)))
        lab.add(Counter(lab, "counter-page"))

    lab.at(lab.now_ms + MINUTE_MS, replicate)
    lab.at(lab.now_ms + 10 * MINUTE_MS, begin)
