"""Transfers between accounts by 64 clients at once: their history has a serial order, and no money is made or lost."""

from __future__ import annotations

import asyncio
import random
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, NamedTuple

from worlds.dynamodb_wire import Connection, Refused
from worlds.test_kill import Server

CLIENTS, TURNS, ACCOUNTS, BALANCE = 64, 12, 16, 100


class Done(NamedTuple):
    """A transaction that happened: the version of each account that it read, and which of them it wrote anew."""

    read: dict[str, int]
    wrote: tuple[str, ...]


def name(number: int) -> str:
    return f"account-{number}"


def get(account: str) -> dict[str, Any]:
    return {"Get": {"TableName": "bank", "Key": {"pk": {"S": account}}}}


async def read(connection: Connection, accounts: list[str]) -> dict[str, tuple[int, int]]:
    """Version and balance of accounts, at one moment."""
    told = await connection.ask("TransactGetItems", TransactItems=[get(account) for account in accounts])
    return {
        each["Item"]["pk"]["S"]: (int(each["Item"]["version"]["N"]), int(each["Item"]["balance"]["N"]))
        for each in told["Responses"]
    }


def moved(account: str, version: int, amount: int) -> dict[str, Any]:
    return {
        "Update": {
            "TableName": "bank",
            "Key": {"pk": {"S": account}},
            "UpdateExpression": "SET balance = balance + :amount, version = version + :one",
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": {
                ":amount": {"N": str(amount)},
                ":one": {"N": "1"},
                ":version": {"N": str(version)},
            },
        }
    }


async def client(port: int, number: int, history: list[Done]) -> None:
    draw, connection = random.Random(number), Connection(port)
    for _ in range(TURNS):
        if draw.random() < 0.1:
            seen = await read(connection, [name(each) for each in range(ACCOUNTS)])
            assert sum(balance for _, balance in seen.values()) == ACCOUNTS * BALANCE, "a read sees all of a transfer"
            history.append(Done({account: version for account, (version, _) in seen.items()}, ()))
            continue
        giver, taker = (name(each) for each in draw.sample(range(ACCOUNTS), 2))
        seen = await read(connection, [giver, taker])
        amount = draw.randint(1, 20)
        writes = [moved(giver, seen[giver][0], -amount), moved(taker, seen[taker][0], amount)]
        try:
            await connection.ask("TransactWriteItems", TransactItems=writes)
        except Refused as refused:
            if refused.code != "TransactionCanceledException":
                raise
            continue
        history.append(Done({giver: seen[giver][0], taker: seen[taker][0]}, (giver, taker)))
    connection.close()


def check_serial(history: list[Done]) -> None:
    """Every version is written once, and nothing comes before itself."""
    writers: dict[tuple[str, int], int] = {}
    for number, done in enumerate(history):
        for account in done.wrote:
            made = (account, done.read[account] + 1)
            assert made not in writers, f"{made} was written twice: an update was lost"
            writers[made] = number
    before: dict[int, set[int]] = {number: set() for number in range(len(history))}
    for number, done in enumerate(history):
        for account, version in done.read.items():
            if version:
                before[number].add(writers[(account, version)])
            overwriter = writers.get((account, version + 1))
            if overwriter is not None and overwriter != number:
                before[overwriter].add(number)
    assert len(list(TopologicalSorter(before).static_order())) == len(history)


async def test_transactions_of_sixty_four_clients_have_a_serial_order(tmp_path: Path) -> None:
    server = Server(tmp_path)
    try:
        first = Connection(server.port)
        await first.table("bank")
        for number in range(ACCOUNTS):
            item = {"pk": {"S": name(number)}, "version": {"N": "0"}, "balance": {"N": str(BALANCE)}}
            await first.ask("PutItem", TableName="bank", Item=item)
        history: list[Done] = []
        await asyncio.gather(*(client(server.port, number, history) for number in range(CLIENTS)))
        assert sum(bool(done.wrote) for done in history) > CLIENTS
        check_serial(history)
        seen = await read(first, [name(number) for number in range(ACCOUNTS)])
        for account, (version, _) in seen.items():
            assert version == sum(account in done.wrote for done in history), "every acknowledged transfer is there"
        assert sum(balance for _, balance in seen.values()) == ACCOUNTS * BALANCE
        first.close()
    finally:
        server.close()
