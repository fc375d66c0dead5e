"""Producers → Kinesis → function, while the function fails, shards are split and merged, calls are slow, throttled and
refused, the mapping is changed and turned off, the server is killed and the clock jumps: nothing is lost, and every
partition key's records are done with in the order in which they came.

`CLICKS_WORLD_SEED` replays one world.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from foulweather.gates.faults import Faults
from foulweather.kernel.errors import AwsError
from foulweather.world.world import World
from harness import ACCOUNT, REGION, START_MS, new_aws
from services.lambda_.mapped import THROTTLED, Failed, Stage

SEEDS = [int(os.environ["CLICKS_WORLD_SEED"])] if "CLICKS_WORLD_SEED" in os.environ else [1, 2, 3, 4, 5, 6]
STEPS = 120
RESHARD_REFUSED = {"ResourceInUseException", "InvalidArgumentException", "LimitExceededException"}
KEYS = "abcdefghijkl"
ARN = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/clicks"


class Clicks:
    """One world, its stream, what was put into it and what the function did with it."""

    def __init__(self, seed: int, monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
        self.draw = random.Random(f"clicks {seed}")
        self.directory = directory
        self.monkeypatch = monkeypatch
        self.is_healthy = False
        self.put: dict[str, list[int]] = defaultdict(list)
        self.next: Counter[str] = Counter()
        self.done: dict[str, list[int]] = defaultdict(list)
        self.steps: list[str] = []
        self.fates: Counter[str] = Counter()
        self._live_in(World(seed=seed, mode="held", start_ms=START_MS, directory=directory))

    def _live_in(self, world: World) -> None:
        self.stage = Stage(self.monkeypatch, new_aws(world=world))
        self.stage.handler = self._handle
        self.stage.duration_ms = self.draw.choice((0, 50, 2_000))
        self.aws = self.stage.aws
        self.kinesis = self.aws.kinesis

    async def begin(self) -> None:
        draw = self.draw
        self.stage.built()
        self.kinesis.create_stream({"StreamName": "clicks", "ShardCount": draw.choice((1, 2, 3))})
        await self.aws.advance(seconds=30)
        self.kinesis.increase_stream_retention_period({"StreamName": "clicks", "RetentionPeriodHours": 168})
        await self.aws.advance(seconds=30)
        source = ARN
        if draw.random() < 0.5:
            told = self.kinesis.register_stream_consumer({"StreamARN": ARN, "ConsumerName": "mine"})
            source = told["Consumer"]["ConsumerARN"]
            await self.aws.advance(seconds=30)
        self.reports = draw.random() < 0.5
        settings: dict[str, Any] = {
            "BatchSize": draw.choice((1, 3, 100)),
            "MaximumBatchingWindowInSeconds": draw.choice((0, 0, 3)),
            "ParallelizationFactor": draw.choice((1, 4)),
            "BisectBatchOnFunctionError": draw.random() < 0.5,
            "StartingPosition": draw.choice(("LATEST", "TRIM_HORIZON")),
        }
        if self.reports:
            settings["FunctionResponseTypes"] = ["ReportBatchItemFailures"]
        await self.stage.map(source, **settings)

    # --- the function

    def _handle(self, event: dict[str, Any]) -> Any:
        """Do with all records, with the first of them, or with none."""
        records = [record["kinesis"] for record in event["Records"]]
        fate = "well" if self.is_healthy else self.draw.choices(("well", "fail", "throttle"), (7, 2, 1))[0]
        self.fates[fate] += 1
        if fate == "throttle":
            raise THROTTLED
        count = self.draw.randrange(len(records)) if fate == "fail" else len(records)
        if fate == "fail" and not self.reports:
            raise Failed
        for record in records[:count]:
            self.done[record["partitionKey"]].append(int(base64.b64decode(record["data"])))
        return {"batchItemFailures": [{"itemIdentifier": each["sequenceNumber"]} for each in records[count:]]}

    # --- the walk

    async def run(self, steps: int) -> None:
        await self.begin()
        kinds: list[tuple[Callable[[], Awaitable[None]], int]] = [
            (self._produce, 30),
            (self._advance, 30),
            (self._split, 5),
            (self._merge, 5),
            (self._scale, 3),
            (self._break, 4),
            (self._mend, 6),
            (self._forbid, 2),
            (self._permit, 8),
            (self._turn, 5),
            (self._lanes, 3),
            (self._restart, 4),
        ]
        functions, weights = [kind for kind, _ in kinds], [weight for _, weight in kinds]
        for _ in range(steps):
            step = self.draw.choices(functions, weights)[0]
            self.steps.append(f"{self.aws.now - START_MS}: {step.__name__}")
            await step()
        await self._heal()

    async def _produce(self) -> None:
        """One record after another, so that the order of each key is known."""
        for _ in range(self.draw.randrange(1, 25)):
            key = self.draw.choice(KEYS)
            number = self.next[key]
            self.next[key] += 1
            asked = {"StreamName": "clicks", "PartitionKey": key, "Data": str(number).encode()}
            try:
                await self._waited(self.kinesis.put_record(asked))
            except AwsError:
                continue
            self.put[key].append(number)

    async def _waited(self, answer: Any) -> Any:
        if not isinstance(answer, Awaitable):
            return answer
        task = asyncio.ensure_future(answer)
        while not task.done():
            await asyncio.sleep(0)
            await self.aws.advance(ms=500)
        return task.result()

    async def _advance(self) -> None:
        await self.aws.advance(ms=self.draw.choice((1, 300, 1_000, 10_000, 31_000, 400_000)))

    async def _open(self) -> list[dict[str, Any]]:
        """The open shards, in the order of their hash keys."""
        self._clear()
        await self.aws.advance(seconds=1)  # for what the stream has been asked for just now
        listed = self.kinesis.list_shards({"StreamName": "clicks"})["Shards"]
        shards = [each for each in listed if "EndingSequenceNumber" not in each["SequenceNumberRange"]]
        return sorted(shards, key=lambda each: int(each["HashKeyRange"]["StartingHashKey"]))

    async def _reshard(self, operation: Any, request: dict[str, Any]) -> None:
        try:
            operation({"StreamName": "clicks", **request})
        except AwsError as error:
            if error.code not in RESHARD_REFUSED:
                raise

    async def _split(self) -> None:
        shard = self.draw.choice(await self._open())
        low, high = (int(shard["HashKeyRange"][name]) for name in ("StartingHashKey", "EndingHashKey"))
        request = {"ShardToSplit": shard["ShardId"], "NewStartingHashKey": str((low + high) // 2)}
        await self._reshard(self.kinesis.split_shard, request)

    async def _merge(self) -> None:
        shards = await self._open()
        if len(shards) > 1:
            place = self.draw.randrange(len(shards) - 1)
            request = {"ShardToMerge": shards[place]["ShardId"], "AdjacentShardToMerge": shards[place + 1]["ShardId"]}
            await self._reshard(self.kinesis.merge_shards, request)

    async def _scale(self) -> None:
        count = self.draw.choice((len(await self._open()), 2, 3, 4))
        request = {"TargetShardCount": count, "ScalingType": "UNIFORM_SCALING"}
        await self._reshard(self.kinesis.update_shard_count, request)

    async def _break(self) -> None:
        members: dict[str, Any] = self.draw.choice(
            (
                {"kind": "unavailable", "percent": 50},
                {"kind": "slow", "delay_ms": 1_500, "percent": 50},
                {"kind": "quota", "per_s": 2},
            )
        )
        service = self.draw.choice(("kinesis", "sts"))
        Faults.of(self.aws.world).add(service=service, until_ms=self.aws.now + 120_000, **members)

    async def _mend(self) -> None:
        self._clear()

    def _clear(self) -> None:
        Faults.of(self.aws.world).clear()

    async def _forbid(self) -> None:
        self.stage.allow("sqs:*")

    async def _permit(self) -> None:
        self.stage.allow("kinesis:*")

    async def _turn(self) -> None:
        self.stage.mapping.state = self.draw.choice(("Disabled", "Enabled", "Enabled", "Enabled"))
        await self.stage.poll()

    async def _lanes(self) -> None:
        self.stage.mapping.settings["ParallelizationFactor"] = self.draw.choice((1, 3, 10))
        await self.stage.poll()

    async def _restart(self) -> None:
        """The process dies after a commit, with the function running, and begins again."""
        world = self.aws.world
        self.stage.state.mappings.touch(self.stage.mapping.uuid)
        world.keep_clock()
        world.store.commit()
        assert world.store._log is not None
        world.store._log.close()
        for close in world.closing:
            close()
        self._live_in(World(directory=self.directory))

    # --- in the end

    async def _heal(self) -> None:
        """Everything works again, and time passes until nothing is left to do."""
        self.is_healthy = True
        self._clear()
        self.stage.allow("kinesis:*")
        self.stage.mapping.state = "Enabled"
        await self.stage.poll()
        for _ in range(200):
            await self.aws.advance(seconds=31)
            if all(set(self.put[key]) <= set(self.done[key]) for key in self.put):
                return

    def check(self) -> None:
        """Every record that was taken was done with, first in the order in which it was put, and none was given up."""
        for key in KEYS:
            first = list(dict.fromkeys(self.done[key]))
            assert first == self.put[key], f"{key}: {first} is not {self.put[key]}"
        assert self.aws.events("lambda.BatchDropped") == []

    def story(self) -> str:
        """What was done, for who has to find out what went wrong."""
        return json.dumps({"steps": self.steps, "fates": self.fates, "positions": self.stage.mapping.positions})


@pytest.mark.parametrize("seed", SEEDS)
async def test_nothing_is_lost_and_every_key_is_in_order(
    seed: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clicks = Clicks(seed, monkeypatch, tmp_path)
    try:
        await clicks.run(STEPS)
        clicks.check()
    except Exception as error:
        error.add_note(f"CLICKS_WORLD_SEED={seed} {clicks.story()}")
        raise
    finally:
        clicks.aws.world.close()
    assert clicks.fates["well"] > 3
    assert sum(len(each) for each in clicks.put.values()) > 100
