"""A world whose process dies at every commit in turn: what was committed is all that the next one has."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from typing import Any, Protocol

import msgspec

from foulweather.world.files import Place
from foulweather.world.store import Store
from foulweather.world.world import World
from harness import ACCOUNT, Aws, new_aws

# What is counted in passing is written later (`Table.put_later`, or once a second): it may be lost.
# Of records that came together, one that has expired is forgotten before the others are.
MAY_LAG = frozenset({"services.cloudwatch.measuring/running", "kernel.trace/kept", "services.kinesis.state/puts"})
SLOW_MS = 7
DAY_S = 86_400

Rows = dict[tuple[int, str], bytes | None]


def encoded(row: Any) -> bytes:
    """A row as it is written."""
    return row if isinstance(row, bytes) else msgspec.msgpack.encode(row)


class Written:
    """What of a store was written, beside what it holds in memory."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.rows: dict[tuple[int, str], bytes] = {}
        self._seen: set[int] = set()
        self.lost()

    def take(self, rows: Rows) -> None:
        """Note what a commit has written."""
        for key, row in rows.items():
            if row is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = row

    def lost(self) -> dict[str, Any]:
        """The rows that are otherwise in memory than they were written, by table and key."""
        names = {number: path for path, number in self.store._ids.items()}
        held, found = self.held(), dict[str, Any]()
        new = self.store._tables.keys() - self._seen
        if new:  # as they were read
            self._seen |= new
            self.rows = {key: row for key, row in held.items() if key[0] in new} | self.rows
        for key in held.keys() | self.rows.keys():
            if held.get(key) == self.rows.get(key) or key in self.store._later:
                continue
            module, _, _, table = names[key[0]].rsplit("/", 3)
            if f"{module}/{table}" not in MAY_LAG:
                found[f"{names[key[0]]} {key[1]}"] = (self.rows.get(key), held.get(key))
        return found

    def held(self) -> dict[tuple[int, str], bytes]:
        tables = self.store._tables.items()
        return {(number, key): encoded(row) for number, table in tables for key, row in table.items()}


class Deaths:
    """Keeps, for every commit of a world, what was on disk then."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.world = aws.world
        self.lost: dict[str, Any] = {}
        self._is_over = False
        self._begun = self.world.snapshot()
        self._commits: list[tuple[int, Rows]] = []
        self._written = Written(self.world.store)
        self._commit = self.world.store.commit
        self.world.store.commit = self._noted
        self.world.store.wake = lambda: asyncio.get_running_loop().call_soon(self.world.store.commit) and None
        self.world.files._remove = lambda path: None  # the dead need their files, too

    def _noted(self) -> None:
        store = self.world.store
        if self._is_over:
            self._commit()
            return
        rows: Rows = {key: None if row is None else encoded(row) for key, row in (store._later | store._dirty).items()}
        self._commit()
        self._written.take(rows)
        self.lost |= self._written.lost()
        if rows:
            self._commits.append((self.world.clock.now_ms, rows))

    def end(self) -> None:
        """Note the last commit."""
        self._noted()
        self._is_over = True

    def reopened(self) -> Iterator[tuple[int, Aws]]:
        """The world as another process finds it, after each commit."""
        names = {number: path for path, number in self.world.store._ids.items()}
        tables = {path: dict(rows) for path, rows in self._begun.tables.items()}
        places = self.world.files.places() | self._begun.files
        for number, (at_ms, rows) in enumerate(self._commits):
            for (table, key), row in rows.items():
                held = tables.setdefault(names[table], {})
                if row is None:
                    held.pop(key, None)
                else:
                    held[key] = row
            yield number, self._again(at_ms, tables, places)

    def changed(self, number: int) -> set[str]:
        """Of which tables a commit wrote rows; of the agenda, which actions."""
        names, found = {each: path for path, each in self.world.store._ids.items()}, set[str]()
        for (table, _), row in self._commits[number][1].items():
            what = msgspec.msgpack.decode(row).get("action") if row and names[table].endswith("/dues") else ""
            found.add(f"{names[table]} {what}".rstrip())
        return found

    def _again(self, at_ms: int, tables: dict[str, dict[str, bytes]], places: dict[str, Place]) -> Aws:
        there = tables.get("world.files///files", {})
        saved = msgspec.structs.replace(
            self._begun,
            clock=msgspec.structs.replace(self._begun.clock, now_ms=at_ms),
            tables={path: dict(rows) for path, rows in tables.items() if rows},
            files={key: self._place(key, places) for key in there},
        )
        world = World.restored(saved)
        world.random.seed(f"{world.seed}/{len(self._commits)}")  # as one that boots again: no id comes twice
        return new_aws(world=world)

    def _place(self, key: str, places: dict[str, Place]) -> Place:
        path = self.world.files._path(key)
        return places.get(key) or Place(str(path), 0, path.stat().st_size)


def url(name: str) -> str:
    return f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/{name}"


def bodies(aws: Aws, name: str) -> list[str]:
    """The distinct messages of a queue: some come twice when a process dies, as AWS says some do."""
    found: set[str] = set()
    request = {"QueueUrl": url(name), "MaxNumberOfMessages": 10, "VisibilityTimeout": 40_000}
    for _ in range(20):  # a short poll asks some of the queue's servers only
        found |= {message["Body"] for message in aws.sqs.receive_message(request).get("Messages", [])}
    return sorted(found)


async def done(answer: Any) -> Any:
    """An answer, waited for where it has to be."""
    return await answer if inspect.isawaitable(answer) else answer


class Work(Protocol):
    """Work that a world does by itself once it is begun, and how to see that it was done."""

    lasts_s: int

    async def begin(self, aws: Aws) -> None:
        """Set everything up, and ask for the work."""
        ...

    async def check(self, aws: Aws) -> None:
        """Fail where the work was not done."""
        ...


async def carried_out(aws: Aws, work: Work) -> Deaths:
    """Have work done by one process, with other services slow to answer: whatever it changes is written."""
    await work.begin(aws)
    aws.world.store.commit()
    deaths = Deaths(aws)
    aws.pipeline._delay = lambda call, _operation: SLOW_MS if call.principal.kind != "root" else 0
    await aws.advance(seconds=work.lasts_s)
    aws.pipeline._delay = None
    deaths.end()
    await work.check(aws)
    assert deaths.lost == {}, "what was changed was not written"
    return deaths


async def outlives_every_death(aws: Aws, work: Work) -> None:
    """Have work done by a process, and by each that finds it half done."""
    deaths = await carried_out(aws, work)
    for number, again in deaths.reopened():
        await again.advance(seconds=work.lasts_s)
        try:
            await work.check(again)
        except Exception as error:
            raise AssertionError(f"it died after commit {number}: {sorted(deaths.changed(number))}") from error
        again.world.close()
