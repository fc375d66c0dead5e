# ruff: noqa: E731  (a test is a small function, made where it is meant)
"""DynamoDB against a naive model of it: random expressions, queries, transactions, restarts and jumps of the clock.

`DYNAMODB_WORLD_SEED` replays one world.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.dynamodb import expiry, limits
from foulweather.world.world import World
from harness import START_MS, Aws, new_aws
from services.dynamodb.tables import attribute, key
from worlds import dynamodb_model as model
from worlds.dynamodb_model import Plain, Text, plain, wired_item

TABLE = "things"
INDEXES = {"by_g": ("g", "n"), "by_s": ("pk", "s")}
GATHERED_MS = expiry.LATENESS_MS + 2 * expiry.SWEEP_MS
Key = tuple[str, str]


class Walk:
    """One world, and the model that it must agree with."""

    def __init__(self, seed: int, directory: Path | None = None) -> None:
        self.draw = random.Random(seed)
        self.directory = directory
        self.aws: Aws = new_aws(seed=seed, directory=directory)
        self.items: dict[Key, Plain] = {}
        self.seen: dict[int, dict[str, Any]] = {}
        kind = self.draw.choice(("ALL", "KEYS_ONLY", "INCLUDE"))
        more = {"NonKeyAttributes": ["s", "m"]} if kind == "INCLUDE" else {}
        self.held = {"ALL": None, "KEYS_ONLY": {"pk", "sk", "g", "n"}, "INCLUDE": {"pk", "sk", "g", "n", "s", "m"}}[
            kind
        ]
        by_g = {"KeySchema": [key("g"), key("n", "RANGE")], "Projection": {"ProjectionType": kind, **more}}
        by_s = {"KeySchema": [key("pk"), key("s", "RANGE")], "Projection": {"ProjectionType": "ALL"}}
        self.definition: dict[str, Any] = {
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [key("pk"), key("sk", "RANGE")],
            "AttributeDefinitions": [attribute(name) for name in ("pk", "sk", "g", "s")] + [attribute("n", "N")],
            "GlobalSecondaryIndexes": [{"IndexName": "by_g", **by_g}],
            "LocalSecondaryIndexes": [{"IndexName": "by_s", **by_s}],
        }

    async def begin(self) -> None:
        view = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        self.aws.dynamodb.create_table({**self.definition, "StreamSpecification": view})
        await self.aws.advance(seconds=10)
        ttl = {"AttributeName": "ttl", "Enabled": True}
        self.aws.dynamodb.update_time_to_live({"TableName": TABLE, "TimeToLiveSpecification": ttl})
        await self.aws.advance(seconds=3600)

    async def step(self) -> None:
        names = ("put", "update", "delete", "query", "scan", "transact", "batch", "get", "jump", "restart")
        await getattr(self, self.draw.choices(names, (20, 30, 8, 15, 5, 10, 6, 4, 3, 1))[0])()

    # --- writes

    def key(self) -> Key:
        return self.draw.choice(model.PKS), self.draw.choice(model.SKS)

    def asked(self, place: Key) -> dict[str, Any]:
        return wired_item(key_item(place))

    def item(self, place: Key) -> Plain:
        item = model.any_item(self.draw, key_item(place))
        if self.draw.random() < 0.1:
            item["ttl"] = ("N", Decimal(self.aws.now // 1000 + self.draw.randint(1, 20_000)))
        return item

    def write(self, kinds: str, place: Key) -> tuple[dict[str, Any], Callable[[], str]]:
        """A random write as a request, and what carries it out in the model: an error's code, or nothing."""
        text, before = Text(self.draw), self.items.get(place)
        kind = self.draw.choice(kinds.split())
        request: dict[str, Any] = {"TableName": TABLE}
        test: model.Test = lambda item: True
        if kind == "ConditionCheck" or self.draw.random() < 0.5:
            request["ConditionExpression"], test = model.a_condition(text, ["pk", *model.TYPES])
        after: Callable[[], Plain | None] = lambda: None
        if kind == "Put":
            new = self.item(place)
            request["Item"], after = wired_item(new), lambda: new
        else:
            request["Key"] = self.asked(place)
        if kind == "Update":
            request["UpdateExpression"], apply = model.an_update(text)
            # What only takes away makes no item.
            creates = any(word in ("SET", "ADD") for word in request["UpdateExpression"].split())
            after = lambda: apply(before or {**key_item(place), model.NEW: True}) if before or creates else None

        def carry_out() -> str:
            if not test(before or {}):
                return "ConditionalCheckFailed"
            if kind == "ConditionCheck":
                return ""
            try:
                made = after()
            except model.InvalidUpdate:
                return "ValidationError"
            self.planned[place] = made
            return ""

        return {kind: {**request, **text.parameters()}}, carry_out

    planned: dict[Key, Plain | None]

    def settle(self) -> None:
        for place, item in self.planned.items():
            if item is None:
                self.items.pop(place, None)
            else:
                self.items[place] = item

    async def one(self, kind: str, operation: str) -> None:
        place = self.key()
        self.planned = {}
        request, carry_out = self.write(kind, place)
        before, code = self.items.get(place), carry_out()
        returns = self.draw.choice(("NONE", "ALL_OLD", *(("ALL_NEW",) if kind == "Update" else ())))
        try:
            told = getattr(self.aws.dynamodb, operation)({**request[kind], "ReturnValues": returns})
        except AwsError as error:
            expected = {
                "ConditionalCheckFailed": "ConditionalCheckFailedException",
                "ValidationError": "ValidationException",
            }
            if error.code != expected.get(code):
                raise AssertionError((request, before, code)) from error
            return
        assert not code, (request, before)
        self.settle()
        wanted = {"NONE": None, "ALL_OLD": before, "ALL_NEW": self.items.get(place)}[returns]
        assert plain(told.get("Attributes", {})) == (wanted or {}), request

    async def put(self) -> None:
        await self.one("Put", "put_item")

    async def update(self) -> None:
        await self.one("Update", "update_item")

    async def delete(self) -> None:
        await self.one("Delete", "delete_item")

    def places(self, most: int) -> list[Key]:
        return list(dict.fromkeys(self.key() for _ in range(self.draw.randint(1, most))))

    async def transact(self) -> None:
        self.planned = {}
        writes = [self.write("Put Update Delete ConditionCheck", place) for place in self.places(5)]
        codes = [carry_out() for _, carry_out in writes]
        try:
            self.aws.dynamodb.transact_write_items({"TransactItems": [request for request, _ in writes]})
        except AwsError as error:
            told = [each["Code"].replace("None", "") for each in error.members.get("CancellationReasons", [])]
            if told != codes:
                raise AssertionError((writes, codes)) from error
            return
        assert not any(codes), (writes, codes)
        self.settle()

    async def batch(self) -> None:
        self.planned, requests = {}, []
        for place in self.places(10):
            if self.draw.random() < 0.7:
                self.planned[place] = item = self.item(place)
                requests.append({"PutRequest": {"Item": wired_item(item)}})
            else:
                self.planned[place] = None
                requests.append({"DeleteRequest": {"Key": self.asked(place)}})
        told = self.aws.dynamodb.batch_write_item({"RequestItems": {TABLE: requests}})
        assert not told["UnprocessedItems"]
        self.settle()

    # --- reads

    async def get(self) -> None:
        places = self.places(6)
        wanted = [self.items[place] for place in places if place in self.items]
        keys = [self.asked(place) for place in places]
        told = self.aws.dynamodb.batch_get_item({"RequestItems": {TABLE: {"Keys": keys}}})
        assert sorted(map(ident, map(plain, told["Responses"][TABLE]))) == sorted(map(ident, wanted))
        gets = [{"Get": {"TableName": TABLE, "Key": each}} for each in keys]
        told = self.aws.dynamodb.transact_get_items({"TransactItems": gets})
        assert [plain(each.get("Item", {})) for each in told["Responses"]] == [
            self.items.get(place, {}) for place in places
        ]

    def read(self, operation: str, request: dict[str, Any]) -> list[Plain]:
        """All pages of a read; what the model's filter leaves of them is the caller's to know."""
        found: list[Plain] = []
        while True:
            told = getattr(self.aws.dynamodb, operation)(request)
            assert told["Count"] == len(told["Items"]) <= told["ScannedCount"]
            found += map(plain, told["Items"])
            if "LastEvaluatedKey" not in told:
                return found
            request = {**request, "ExclusiveStartKey": told["LastEvaluatedKey"]}

    def within(self, index: str | None) -> list[Plain]:
        """What a table or an index holds."""
        if index is None:
            return list(self.items.values())
        held = [item for item in self.items.values() if all(name in item for name in INDEXES[index])]
        if index == "by_g" and self.held is not None:
            held = [{name: value for name, value in item.items() if name in self.held} for item in held]
        return held

    def filtered(self, text: Text, request: dict[str, Any], keys: tuple[str, ...], items: list[Plain]) -> list[Plain]:
        if self.draw.random() < 0.5:
            names = [name for name in model.TYPES if name not in keys]
            request["FilterExpression"], test = model.a_condition(text, names)
            return [item for item in items if test(item)]
        return items

    async def query(self) -> None:
        index = self.draw.choice((None, "by_g", "by_s"))
        hashed, sort = ("pk", "sk") if index is None else INDEXES[index]
        text = Text(self.draw)
        value = ("S", self.draw.choice(model.PKS)) if hashed == "pk" else model.any_value(self.draw, "S")
        words = f"{text.name(hashed)} = {text.value(value)}"
        test: model.Test = lambda item: True
        if self.draw.random() < 0.6:
            pick = ("S", self.draw.choice(model.SKS)) if sort == "sk" else model.any_value(self.draw, model.TYPES[sort])
            operator = self.draw.choice(("=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"))
            if operator == "begins_with" and sort != "n":
                words += f" AND begins_with({text.name(sort)}, {text.value(pick)})"
                test = lambda item: item[sort][1].startswith(pick[1])
            elif operator == "BETWEEN":
                top = max(pick, model.any_value(self.draw, pick[0]), key=model.ordinal)
                words += f" AND {text.name(sort)} BETWEEN {text.value(pick)} AND {text.value(top)}"
                test = lambda item: model.compared(">=", item[sort], pick) and model.compared("<=", item[sort], top)
            else:
                operator = "=" if operator == "begins_with" else operator
                words += f" AND {text.name(sort)} {operator} {text.value(pick)}"
                test = lambda item: model.compared(operator, item[sort], pick)
        wanted = [item for item in self.within(index) if item[hashed] == value and test(item)]
        request: dict[str, Any] = {"TableName": TABLE, "KeyConditionExpression": words}
        wanted = self.filtered(text, request, (hashed, sort), wanted)
        is_forward = self.draw.random() < 0.5
        request |= {"ScanIndexForward": is_forward, "Limit": self.draw.randint(1, 5), **text.parameters()}
        if index is not None:
            request["IndexName"] = index
        found = self.read("query", request)
        assert sorted(map(ident, found)) == sorted(map(ident, wanted)), request
        order = [model.ordinal(item[sort]) for item in found]
        assert order == sorted(order, reverse=not is_forward), request

    async def scan(self) -> None:
        index = self.draw.choice((None, "by_g", "by_s"))
        text, request = Text(self.draw), {"TableName": TABLE, "Limit": self.draw.randint(1, 5)}
        wanted = self.filtered(text, request, (), self.within(index))
        request |= text.parameters()
        if index is not None:
            request["IndexName"] = index
        total, found = self.draw.randint(1, 3), []
        for segment in range(total):
            found += self.read("scan", {**request, "Segment": segment, "TotalSegments": total})
        assert sorted(map(ident, found)) == sorted(map(ident, wanted)), request

    # --- time and death

    async def jump(self) -> None:
        self.follow()
        await self.aws.advance(seconds=self.draw.choice((1, 60, 3600, 10_000)))
        self.expire()
        self.follow()

    def expire(self) -> None:
        """What time to live has deleted is gone from the model too; nothing else is, and nothing too early."""
        told = {ident(plain(each)) for each in self.aws.dynamodb.scan({"TableName": TABLE})["Items"]}
        for place, item in list(self.items.items()):
            due_ms = int(item["ttl"][1]) * 1000 if "ttl" in item else None
            if ident(item) in told:
                assert due_ms is None or self.aws.now < due_ms + GATHERED_MS, f"{item} should be gone"
            else:
                assert due_ms is not None, f"{item} is gone"
                assert due_ms <= self.aws.now, f"{item} is gone too early"
                del self.items[place]

    async def restart(self) -> None:
        if self.directory is None:
            return
        world = self.aws.world
        if self.draw.random() < 0.5:
            world.close()
        else:  # as the death of its process leaves it, after a commit
            world.store.commit()
            world.store._log.close()
        self.aws = new_aws(world=World(directory=self.directory))
        assert self.aws.now >= START_MS

    def follow(self) -> None:
        """Read the stream, every shard of it from the beginning."""
        streams = self.aws.dynamodbstreams
        arn = self.aws.dynamodb.describe_table({"TableName": TABLE})["Table"]["LatestStreamArn"]
        for shard in streams.describe_stream({"StreamArn": arn})["StreamDescription"]["Shards"]:
            asked = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            at = streams.get_shard_iterator(asked)["ShardIterator"]
            while at is not None:
                told = streams.get_records({"ShardIterator": at})
                for record in told["Records"]:
                    self.seen[int(record["dynamodb"]["SequenceNumber"])] = record
                at = told.get("NextShardIterator") if told["Records"] else None

    def check(self) -> None:
        """The table, both indexes and the stream replayed are the model."""
        found = [plain(each) for each in self.aws.dynamodb.scan({"TableName": TABLE})["Items"]]
        assert sorted(map(ident, found)) == sorted(map(ident, self.items.values()))
        for index in INDEXES:
            found = [plain(each) for each in self.aws.dynamodb.scan({"TableName": TABLE, "IndexName": index})["Items"]]
            assert sorted(map(ident, found)) == sorted(map(ident, self.within(index)))
        self.follow()
        replayed: dict[Key, Plain] = {}
        for _, record in sorted(self.seen.items()):
            change = record["dynamodb"]
            place = (change["Keys"]["pk"]["S"], change["Keys"]["sk"]["S"])
            assert replayed.get(place, {}) == plain(change.get("OldImage", {})), "the old image is what was before"
            new = plain(change.get("NewImage", {}))
            assert record["eventName"] == ("REMOVE" if not new else "MODIFY" if place in replayed else "INSERT")
            if new:
                replayed[place] = new
            else:
                del replayed[place]
        assert replayed == self.items, "the stream, replayed into an empty table, is the table"


def key_item(place: Key) -> Plain:
    return {"pk": ("S", place[0]), "sk": ("S", place[1])}


def ident(item: Plain) -> str:
    """An item as text, the same for the same item."""
    return repr(sorted((name, repr(_settled(value))) for name, value in item.items()))


def _settled(value: Any) -> Any:
    kind, content = value
    if kind == "N":
        return kind, f"{content.normalize():f}"
    if kind in ("SS", "BS", "NS"):
        return kind, sorted(content)
    if kind == "L":
        return kind, [_settled(each) for each in content]
    if kind == "M":
        return kind, [(name, _settled(each)) for name, each in content]
    return kind, content


async def walked(seed: int, steps: int, directory: Path | None) -> None:
    walk = Walk(seed, directory)
    try:
        await walk.begin()
        for _ in range(steps):
            await walk.step()
        walk.check()
    except BaseException as error:
        error.add_note(f"DYNAMODB_WORLD_SEED={seed}")
        raise
    finally:
        walk.aws.world.close()


SEEDS = [int(os.environ["DYNAMODB_WORLD_SEED"])] if "DYNAMODB_WORLD_SEED" in os.environ else range(24)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_random_table_is_what_the_model_says(seed: int, tmp_path: Path) -> None:
    await walked(seed, 200, tmp_path / "data" if seed % 4 == 0 else None)


@pytest.mark.parametrize("seed", range(500, 512))
async def test_so_is_one_whose_partitions_split_every_few_items(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PARTITION_BYTES_MAX", 40)
    await walked(seed, 200, tmp_path / "data" if seed % 2 == 0 else None)


@pytest.mark.slow
@pytest.mark.parametrize("hundred", range(10))
async def test_a_thousand_random_tables_are_what_the_model_says(hundred: int, tmp_path: Path) -> None:
    for seed in range(1000 + 100 * hundred, 1100 + 100 * hundred):
        await walked(seed, 200, tmp_path / str(seed) if seed % 4 == 0 else None)
