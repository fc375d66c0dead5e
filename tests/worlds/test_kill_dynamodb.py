"""`kill -9` in the middle of puts, updates, deletes and transactions: every acknowledged one is there afterwards.

`KILL_SEED` replays the choice of when to kill; what is in flight at that moment is the machine's.
"""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path
from typing import Any

import pytest

from worlds.dynamodb_wire import Connection
from worlds.test_kill import Server

WRITERS = 8
NOTHING = -1


async def written_until_killed(server: Server, kill_at: int) -> tuple[dict[str, int], dict[str, int]]:
    """What was acknowledged last for each key, and what was on its way; the server dies after `kill_at` writes."""
    acknowledged: dict[str, int] = {}
    on_its_way: dict[str, int] = {}
    count = 0

    async def write(writer: int) -> None:
        nonlocal count
        connection, turn = Connection(server.port), 0
        try:
            while True:
                turn += 1
                change = changed(writer, turn)
                on_its_way.update(change)
                await asked(connection, change)
                acknowledged.update(change)
                for key in change:
                    del on_its_way[key]
                count += 1
                if count == kill_at:
                    server.kill()
        except (ConnectionError, asyncio.IncompleteReadError):
            connection.close()  # the server is dead

    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    return acknowledged, on_its_way


def changed(writer: int, turn: int) -> dict[str, int]:
    """A put, an update, a deletion, or two writes in a transaction."""
    first, second = f"{writer}/{turn % 50}", f"{writer}/{(turn + 7) % 50}"
    if turn % 5 == 0:
        return {first: NOTHING}
    return {first: turn, second: turn} if turn % 5 == 1 else {first: turn}


async def asked(connection: Connection, change: dict[str, int]) -> None:
    writes: list[dict[str, Any]] = []
    for key, value in change.items():
        name: dict[str, Any] = {"pk": {"S": key}}
        if value == NOTHING:
            await connection.ask("DeleteItem", TableName="orders", Key=name)
        elif value % 5 == 2:
            values = {":n": {"N": str(value)}}
            words = "SET n = :n"
            await connection.ask(
                "UpdateItem", TableName="orders", Key=name, UpdateExpression=words, ExpressionAttributeValues=values
            )
        else:
            writes.append({"Put": {"TableName": "orders", "Item": {**name, "n": {"N": str(value)}}}})
    if len(writes) == 1:
        await connection.ask("PutItem", **writes[0]["Put"])
    elif writes:
        await connection.ask("TransactWriteItems", TransactItems=writes)


async def there(server: Server) -> dict[str, int]:
    connection, found = Connection(server.port), dict[str, int]()
    more: dict[str, Any] = {}
    while True:
        page = await connection.ask("Scan", TableName="orders", Limit=100, **more)
        found.update({each["pk"]["S"]: int(each["n"]["N"]) for each in page["Items"]})
        if "LastEvaluatedKey" not in page:
            connection.close()
            return found
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


async def killed_and_compared(home: Path, kill_at: int) -> None:
    server = Server(home)
    try:
        connection = Connection(server.port)
        await connection.table("orders")
        connection.close()
        acknowledged, on_its_way = await written_until_killed(server, kill_at)
        await asyncio.to_thread(server.restart)
        found = await there(server)
        keys = acknowledged.keys() | on_its_way.keys() | found.keys()
        for key in keys:
            value = found.get(key, NOTHING)
            allowed = {acknowledged.get(key, NOTHING), on_its_way.get(key, acknowledged.get(key, NOTHING))}
            assert value in allowed, f"{key} is {value}, not of {allowed}"
        halves = {key: found.get(key, NOTHING) == value for key, value in on_its_way.items() if value % 5 == 1}
        for writer in range(WRITERS):
            mine = [made for key, made in halves.items() if key.startswith(f"{writer}/")]
            assert len(set(mine)) <= 1, "a transaction is made whole or not at all"
    finally:
        server.close()


async def test_nothing_that_was_acknowledged_is_lost(tmp_path: Path) -> None:
    seed = int(os.environ.get("KILL_SEED", "1"))
    await killed_and_compared(tmp_path, random.Random(seed).randrange(600, 900))


@pytest.mark.slow
@pytest.mark.parametrize("run", range(20))
async def test_nothing_that_was_acknowledged_is_lost_in_twenty_kills(run: int, tmp_path: Path) -> None:
    seed = int(os.environ.get("KILL_SEED", "1000")) + run
    await killed_and_compared(tmp_path, random.Random(seed).randrange(1, 5_000))
