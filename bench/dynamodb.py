"""DynamoDB's cases.

Keys are spread over tables of some forty partitions each, and writes of many items over two tables, which is all
that an account may be given: so no server has a reason to throttle.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from itertools import cycle
from typing import Any

from bench import peers
from bench.cases import Account, Drive, account
from bench.driving import Connection, cpu_s, drive, memory_mib

# Together what an account may have, 80,000 of each.
UNITS = {"items": (30_000, 36_000), "more": (30_000, 36_000), "collections": (20_000, 8_000)}
BODY = "x" * 900
KEYS = 2_000
TABLES = ("items", "more")
COLLECTIONS = 8
COLLECTED = 10_000


def _table(bench: Account, name: str) -> bool:
    """A table of `pk` and `sk` that is ready; whether it was made just now."""
    client = bench.client("dynamodb")
    if name in client.list_tables()["TableNames"]:
        return False
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        ProvisionedThroughput=dict(zip(("ReadCapacityUnits", "WriteCapacityUnits"), UNITS[name], strict=True)),
    )
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    return True


def _item(n: int, body: str = BODY) -> dict[str, Any]:
    return {"pk": {"S": f"k{n}"}, "sk": {"S": "0"}, "n": {"N": str(n)}, "body": {"S": body}}


def _key(n: int) -> dict[str, Any]:
    return {"pk": {"S": f"k{n}"}, "sk": {"S": "0"}}


def _filled(bench: Account) -> None:
    """The table of single items."""
    if bench.server.name != "echo" and _table(bench, "items"):
        _put(bench, "items", [_item(n) for n in range(KEYS)])


def _both(bench: Account) -> None:
    """The two tables that writes of many items take in turns."""
    _filled(bench)
    if bench.server.name != "echo":
        _table(bench, "more")


def _put(bench: Account, table: str, items: list[dict[str, Any]]) -> None:
    client = bench.client("dynamodb")
    for start in range(0, len(items), 25):
        left: dict[str, Any] = {table: [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]}
        while left:
            left = client.batch_write_item(RequestItems=left)["UnprocessedItems"]


def _in_turn(bench: Account, target: str, bodies: list[dict[str, Any]]) -> Drive:
    """Requests made and signed beforehand, one after the other."""
    requests = cycle([bench.dynamodb(target, body) for body in bodies])
    return Drive(lambda: next(requests))


def put_item(bench: Account) -> Drive:
    """PutItem of 1 KB."""
    _filled(bench)
    return _in_turn(bench, "PutItem", [{"TableName": "items", "Item": _item(n)} for n in range(KEYS)])


def get_item(bench: Account) -> Drive:
    """GetItem of 1 KB."""
    _filled(bench)
    return _in_turn(bench, "GetItem", [{"TableName": "items", "Key": _key(n)} for n in range(KEYS)])


def update_item(bench: Account) -> Drive:
    """UpdateItem of a counter on a condition that holds."""
    _filled(bench)
    more = {
        "UpdateExpression": "SET n = n + :one",
        "ConditionExpression": "attribute_exists(pk)",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    return _in_turn(bench, "UpdateItem", [{"TableName": "items", "Key": _key(n), **more} for n in range(KEYS)])


def query_100(bench: Account) -> Drive:
    """Query of 100 small items out of 10,000 with the same partition key."""
    if bench.server.name != "echo" and _table(bench, "collections"):
        # One collection after the other would run its partition hot.
        keys = [(f"c{c}", n) for n in range(COLLECTED) for c in range(COLLECTIONS)]
        _put(bench, "collections", [{"pk": {"S": c}, "sk": {"S": f"{n:05}"}, "n": {"N": str(n)}} for c, n in keys])
    asked = {
        "TableName": "collections",
        "KeyConditionExpression": "pk = :pk AND sk BETWEEN :low AND :high",
    }
    values = [
        {":pk": {"S": f"c{c}"}, ":low": {"S": f"{n:05}"}, ":high": {"S": f"{n + 99:05}"}}
        for n in range(0, COLLECTED, 500)
        for c in range(COLLECTIONS)
    ]
    return _in_turn(bench, "Query", [{**asked, "ExpressionAttributeValues": each} for each in values])


def batch_write(bench: Account) -> Drive:
    """BatchWriteItem of 25 puts of 200 bytes."""
    _both(bench)
    bodies = [
        {"RequestItems": {table: [{"PutRequest": {"Item": _item(n, "x" * 150)}} for n in range(start, start + 25)]}}
        for start in range(0, KEYS, 25)
        for table in TABLES
    ]
    return _in_turn(bench, "BatchWriteItem", bodies)


def transact_write(bench: Account) -> Drive:
    """TransactWriteItems of 10 puts of 200 bytes."""
    _both(bench)
    bodies = [
        {
            "TransactItems": [
                {"Put": {"TableName": table, "Item": _item(n, "x" * 150)}} for n in range(start, start + 10)
            ]
        }
        for start in range(0, KEYS, 10)
        for table in TABLES
    ]
    return _in_turn(bench, "TransactWriteItems", bodies)


def filtered_scan(bench: Account) -> Drive:
    """Scan of 100 items of which a filter leaves some."""
    _filled(bench)
    asked = {
        "TableName": "items",
        "Limit": 100,
        "FilterExpression": "n < :n",
        "ExpressionAttributeValues": {":n": {"N": "500"}},
    }
    bodies = [{**asked, "Segment": segment, "TotalSegments": 16} for segment in range(16)]
    return _in_turn(bench, "Scan", bodies)


CASES: dict[str, Callable[[Account], Drive]] = {
    "PutItem": put_item,
    "GetItem": get_item,
    "UpdateItem on a condition": update_item,
    "Query 100 of 10,000 items": query_100,
    "BatchWriteItem of 25": batch_write,
    "TransactWriteItems of 10": transact_write,
    "Scan of 100, filtered": filtered_scan,
}


# --- with how much is there


GROWN = (1_000, 1_000_000)
DRAWN = 20_000


def _grow(bench: Account, have: int, want: int) -> None:
    """Put more items into the table, from a few connections at once."""
    client = bench.client("dynamodb")
    units = dict(zip(("ReadCapacityUnits", "WriteCapacityUnits"), (40_000, 40_000), strict=True))
    if have == 0:
        client.create_table(
            TableName="grown",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
            ProvisionedThroughput=units,
        )
        client.get_waiter("table_exists").wait(TableName="grown", WaiterConfig={"Delay": 1})
    batches = iter(range(have, want, 25))

    async def fill(connection: Connection) -> None:
        for start in batches:
            left: Any = {"grown": [{"PutRequest": {"Item": _item(n)}} for n in range(start, min(start + 25, want))]}
            while left:
                answer = await connection.ask(bench.dynamodb("BatchWriteItem", {"RequestItems": left}))
                left = json.loads(answer.body)["UnprocessedItems"] if answer.status == 200 else left

    async def all_of_it() -> None:
        opened = [await Connection(bench.server.port).open() for _ in range(4)]
        await asyncio.gather(*map(fill, opened))
        for connection in opened:
            connection.close()

    asyncio.run(all_of_it())
    _settle(bench)


def _settle(bench: Account) -> None:
    """Wait until the server has put away what it was given: it folds its log when there is time."""
    pid = bench.server.process.pid
    for _ in range(300):
        before = cpu_s(pid)
        time.sleep(1)
        if cpu_s(pid) - before < 0.03:
            return


def main() -> int:
    """GetItem and PutItem of items drawn from ever larger tables: `python -m bench.dynamodb [ITEMS ...]`."""
    counts = sorted(int(text) for text in sys.argv[1:]) or GROWN
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {peers.DRIVER_CPU})
    server = peers.start("foulweather")
    bench, have, errors = account(server), 0, 0
    print(f"{'items':>10}{'GetItem us CPU':>16}{'PutItem us CPU':>16}{'memory MiB':>12}")
    try:
        for count in counts:
            _grow(bench, have, count)
            have, found = count, []
            for target in ("GetItem", "PutItem"):
                drawn = [random.Random(n).randrange(count) for n in range(DRAWN)]
                rest: list[dict[str, Any]] = [
                    {"Key": _key(n)} if target == "GetItem" else {"Item": _item(n)} for n in drawn
                ]
                how = _in_turn(bench, target, [{"TableName": "grown", **each} for each in rest])
                rounds = [asyncio.run(drive(server.port, server.process.pid, how.first, None, 16, 2)) for _ in range(3)]
                errors += sum(figures.errors for figures in rounds)
                found.append(statistics.median(figures.cpu_us for figures in rounds))
            print(f"{count:10,}{found[0]:16.1f}{found[1]:16.1f}{memory_mib(server.process.pid):12.0f}")
    finally:
        server.stop()
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
