"""Streams as sources: each shard is read in order, and goes on when a batch is done with or given up.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-kinesis.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-dynamodb.html
"""

from __future__ import annotations

from abc import abstractmethod
from typing import NamedTuple
from zlib import crc32

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.parking import Parking
from foulweather.kernel.pipeline import Pipeline
from foulweather.services.pipes import carrying, discarding, filtering, limits
from foulweather.services.pipes.carrying import Outcome
from foulweather.services.pipes.discarding import AGED, EXHAUSTED, Lost
from foulweather.services.pipes.shaping import Event, dumps
from foulweather.services.pipes.state import Pipe, PipesState
from foulweather.services.pipes.working import Work

HORIZON, LATEST, END = "TRIM_HORIZON", "LATEST", "END"
# So that an iterator is young enough, and whatever was overlooked is not overlooked for long.
LOOKS_EVERY_MS = 240_000


class Listed(NamedTuple):
    """A shard as the stream tells of it."""

    id: str
    parents: tuple[str, ...]


class Read(NamedTuple):
    """What a shard had: events with their sequence numbers, where to go on, and whether there is more now."""

    events: list[tuple[str, Event]]
    following: str
    has_more: bool


class StreamWork(Work):
    """Reads a stream: a task for each of its shards whose parents are done with."""

    poll_ms = 250

    def __init__(self, pipeline: Pipeline, account: str, region: str, pipe: Pipe) -> None:
        super().__init__(pipeline, account, region, pipe)
        self._shards: dict[str, Parking] = {}
        self._touched: set[str] = set()
        self._is_looking = False
        self._beside: set[str] = set()
        """The shards of which several batches are under way."""

    @abstractmethod
    async def listed(self, call: Call, pipe: Pipe) -> list[Listed]:
        """The stream's shards."""

    @abstractmethod
    async def placed(self, call: Call, pipe: Pipe, shard: str, position: str) -> str:
        """An iterator for where a shard has been read up to."""

    @abstractmethod
    async def got(self, call: Call, pipe: Pipe, shard: str, iterator: str) -> Read:
        """Read."""

    # --- what begins its work

    def tend(self) -> None:
        """Look at the stream's shards when that was not done yet."""
        if not self._shards:
            self._look()

    def touch(self, shards: tuple[str, ...] = ()) -> None:
        """There is something to read in shards, or there are other shards."""
        for shard in shards:
            parked = self._shards.get(shard)
            self._touched.add(shard)
            if parked is not None:
                parked.wake()
        if not shards or any(shard not in self._shards for shard in shards):
            self._look()

    def _look(self) -> None:
        if not self._is_looking and not self.is_stopped:
            self._is_looking = True
            self.spawn(self._survey)

    async def _survey(self) -> None:
        """See which shards there are, and begin with those whose parents are done with."""
        failures = 0
        try:
            while (pipe := self.pipe) is not None:
                call = self.call()
                try:
                    listed = await self.listed(call, pipe)
                    break
                except AwsError as error:
                    call.reread_clock()
                    self.note_problem(call, error, "Poll")
                    await self.sleep(call, call.now + limits.backoff_ms(failures))
                    failures += 1
            else:
                return
        finally:
            self._is_looking = False
        self.went_well("Poll")
        known = {shard.id for shard in listed}
        first = not pipe.positions
        for shard in listed:
            if first:
                pipe.positions[shard.id] = self._first_position(pipe)
            position = pipe.positions.setdefault(shard.id, HORIZON)
            is_next = all(pipe.positions.get(each) == END for each in shard.parents if each in known)
            if position != END and is_next and shard.id not in self._shards:
                self._shards[shard.id] = Parking()
                self.spawn(lambda shard_id=shard.id: self._follow(shard_id))
        for gone in pipe.positions.keys() - known:
            del pipe.positions[gone]
        self._keep()

    def _first_position(self, pipe: Pipe) -> str:
        told = pipe.source_settings
        if told["StartingPosition"] == LATEST:
            return f"SINCE@{pipe.since_ms}"
        at_ms: int = told.get("StartingPositionTimestamp") or 0
        return f"SINCE@{at_ms}" if at_ms else HORIZON

    # --- a shard

    async def _follow(self, shard: str) -> None:
        """Read a shard to its end."""
        iterator, failures = "", 0
        try:
            while (pipe := self.pipe) is not None:
                call = self.call()
                self._touched.discard(shard)
                try:
                    iterator = iterator or await self.placed(call, pipe, shard, pipe.positions[shard])
                    read = await self.got(call, pipe, shard, iterator)
                    failures = 0
                    self.went_well("Poll")
                except AwsError as error:
                    call.reread_clock()
                    if error.code not in ("ExpiredIteratorException", "TrimmedDataAccessException"):
                        self.note_problem(call, error, "Poll")
                        await self.sleep(call, call.now + limits.backoff_ms(failures))
                        failures += 1
                    elif error.code == "TrimmedDataAccessException":
                        pipe.positions[shard] = HORIZON
                    iterator = ""
                    continue
                iterator = read.following
                if read.events:
                    await self._carry_all(call, shard, read.events)
                if not read.following:
                    self._finish(shard)
                    return
                await self._wait(call, shard, has_more=read.has_more or bool(read.events))
        finally:
            self._shards.pop(shard, None)

    async def _wait(self, call: Call, shard: str, *, has_more: bool) -> None:
        call.reread_clock()
        if not has_more and shard not in self._touched:
            await self.listening(self._shards[shard].wait(call, call.now + LOOKS_EVERY_MS))
        await self.sleep(call, call.now + self.poll_ms)

    def _finish(self, shard: str) -> None:
        pipe = self.pipe
        if pipe is not None:
            pipe.positions[shard] = END
            self._keep()
            self._shards.pop(shard, None)
            self._look()

    def _keep(self) -> None:
        self.world.state(PipesState, self.account, self.region).pipes.touch(self.name)

    # --- its events

    async def _carry_all(self, call: Call, shard: str, events: list[tuple[str, Event]]) -> None:
        """Carry what passes the filters, batch by batch; the shard's position follows."""
        pipe = self.pipe
        if pipe is None:
            return
        wanted = [pair for pair in events if filtering.passes(pipe, pair[1])]
        size, lanes = pipe.source_settings["BatchSize"], pipe.source_settings["ParallelizationFactor"]
        if lanes > 1:
            await self._carry_beside(call, shard, _apart(wanted, lanes), size)
        else:
            await self._carry_in_order(shard, wanted, size)
        pipe = self.pipe
        if pipe is not None:
            pipe.positions[shard] = events[-1][0]
            self._keep()

    async def _carry_in_order(self, shard: str, pairs: list[tuple[str, Event]], size: int) -> None:
        for start in range(0, len(pairs), size):
            if self.pipe is not None:
                await self._carry(shard, pairs[start : start + size])

    async def _carry_beside(self, call: Call, shard: str, lanes: list[list[tuple[str, Event]]], size: int) -> None:
        """Carry several batches of a shard at a time: what has the same key stays in order.

        How far the shard is done with is known when all of them are.
        """
        left, parking = [len(lanes)], Parking()
        self._beside.add(shard)

        async def lane(pairs: list[tuple[str, Event]]) -> None:
            try:
                await self._carry_in_order(shard, pairs, size)
            finally:
                left[0] -= 1
                parking.wake()

        for pairs in lanes:
            self.spawn(lambda pairs=pairs: lane(pairs))
        try:
            while left[0]:
                await parking.wait(call, call.now + LOOKS_EVERY_MS)
                call.reread_clock()
        finally:
            self._beside.discard(shard)

    async def _carry(self, shard: str, pairs: list[tuple[str, Event]]) -> None:
        """Carry one batch until all of it is done with or given up; halves of it are batches of their own."""
        waiting, attempts, failures = [pairs], 0, 0
        while waiting and (pipe := self.pipe) is not None:
            call = self.call()
            batch = self._without_aged(call, pipe, shard, waiting.pop())
            if not batch:
                attempts = 0
                continue
            try:
                principal = await self.principal(call, pipe)
                outcome = await carrying.carry(call, pipe, principal, [event for _, event in batch])
            except AwsError as error:
                outcome = Outcome(frozenset(range(len(batch))), error, "Role")
            if not outcome.failed:
                self._done(shard, batch[-1][0])
                attempts = failures = 0
                continue
            # Where a target took some of a batch, the rest is tried again (eb-pipes-batching-concurrency).
            left = [batch[place] for place in sorted(outcome.failed)]
            if left[0] is not batch[0]:
                self._done(shard, batch[min(outcome.failed) - 1][0])
            waiting, attempts = self._again(call, pipe, shard, (waiting, left, attempts), outcome)
            call.reread_clock()
            await self.sleep(call, call.now + limits.backoff_ms(failures))
            failures += 1

    def _again(
        self,
        call: Call,
        pipe: Pipe,
        shard: str,
        state: tuple[list[list[tuple[str, Event]]], list[tuple[str, Event]], int],
        outcome: Outcome,
    ) -> tuple[list[list[tuple[str, Event]]], int]:
        """What is to be carried next, after a failure: the same again, halves of it, or what comes after it."""
        waiting, left, attempts = state
        told = pipe.source_settings
        if told.get("OnPartialBatchItemFailure") == "AUTOMATIC_BISECT" and len(left) > 1:
            middle = (len(left) + 1) // 2
            carrying.explain(call, pipe, outcome, len(left), "they are tried again in two halves.")
            return [*waiting, left[middle:], left[:middle]], attempts
        retries_max: int = told["MaximumRetryAttempts"]
        if 0 <= retries_max <= attempts:
            carrying.explain(call, pipe, outcome, len(left), "no attempt is left.")
            self._discard(pipe, Lost(EXHAUSTED, attempts + 1, shard, left))
            self._done(shard, left[-1][0])
            return waiting, 0
        if attempts == 0:
            carrying.explain(call, pipe, outcome, len(left), "the shard goes no further before they are done with.")
        return [*waiting, left], attempts + 1

    def _without_aged(
        self, call: Call, pipe: Pipe, shard: str, batch: list[tuple[str, Event]]
    ) -> list[tuple[str, Event]]:
        """The batch without the events that are too old; those are given up."""
        age_s: int = pipe.source_settings["MaximumRecordAgeInSeconds"]
        if age_s <= 0:
            return batch
        oldest_ms = call.now - 1000 * age_s
        aged = [pair for pair in batch if pair[1].at_ms < oldest_ms]
        if aged:
            self._discard(pipe, Lost(AGED, 0, shard, aged))
            self._done(shard, aged[-1][0])
        return [pair for pair in batch if pair[1].at_ms >= oldest_ms]

    def _discard(self, pipe: Pipe, lost: Lost) -> None:
        async def tell() -> None:
            call = self.call()
            try:
                await discarding.discard(call, pipe, await self.principal(call, pipe), lost)
            except AwsError as error:
                self.note_problem(call, error, "Discard")

        self.spawn(tell)

    def _done(self, shard: str, sequence: str) -> None:
        """Note how far a shard has been done with, so that it goes on from there after a restart."""
        pipe = self.pipe
        if pipe is not None and shard not in self._beside:
            pipe.positions[shard] = sequence
            self._keep()


def _apart(pairs: list[tuple[str, Event]], count: int) -> list[list[tuple[str, Event]]]:
    """Events by their keys, in at most so many lanes: a partition key's, or an item's."""
    lanes: list[list[tuple[str, Event]]] = [[] for _ in range(count)]
    for pair in pairs:
        record = pair[1].record
        key = record.get("partitionKey") or dumps(record.get("dynamodb", {}).get("Keys"))
        lanes[crc32(key.encode()) % count].append(pair)
    return [lane for lane in lanes if lane]


def since_ms(position: str) -> int | None:
    """From when on a shard is to be read whose position is a time."""
    kind, _, at = position.partition("@")
    return int(at) if kind == "SINCE" else None
