"""What S3 keeps of the things that it does by itself: when each is due next, and how buckets are partitioned."""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.services.s3.records import Bucket
from foulweather.world.store import State, table
from foulweather.world.world import World

DAY_MS = 86_400_000


class Scheduled(msgspec.Struct, frozen=True):
    """The agenda's number of the next run of something, and when that is."""

    seq: int
    when_ms: int


class Split(msgspec.Struct, frozen=True):
    """Where a bucket's key space is split: the first key of each partition but the first, in order."""

    boundaries: list[str]


class Upkeep(State):
    """The timetable of S3's own work in a world, by bucket and what it is (`my-bucket/lifecycle`)."""

    scope = "world"
    scheduled = table(Scheduled)
    splits = table(Split)

    def schedule(self, world: World, bucket: Bucket, what: str, when_ms: int, action: str, **args: Any) -> None:
        """Have something run at a time; it runs once, at the earliest time that was asked for."""
        name = f"{bucket.name}/{what}"
        before = self.scheduled.get(name)
        if before is not None:
            if before.when_ms <= when_ms:
                return
            world.agenda.cancel(before.seq)
        seq = world.agenda.at(
            when_ms, action, {"bucket": bucket.name, **args}, account=bucket.account, region=bucket.region
        )
        self.scheduled.put(name, Scheduled(seq, when_ms))

    def begun(self, bucket: str, what: str) -> None:
        """Note that what was due is running now."""
        name = f"{bucket}/{what}"
        if name in self.scheduled:
            self.scheduled.delete(name)

    def cancel(self, world: World, bucket: str, what: str) -> None:
        """Have something not run after all."""
        name = f"{bucket}/{what}"
        if name in self.scheduled:
            world.agenda.cancel(self.scheduled.delete(name).seq)

    def forget(self, world: World, bucket: str) -> None:
        """Drop everything about a bucket that is deleted."""
        start = f"{bucket}/"
        for name in [name for name in self.scheduled if name.startswith(start)]:
            world.agenda.cancel(self.scheduled.delete(name).seq)
        if bucket in self.splits:
            self.splits.delete(bucket)


def next_midnight(now_ms: int) -> int:
    """The next midnight in UTC, when S3 begins a day's work."""
    return (now_ms // DAY_MS + 1) * DAY_MS
