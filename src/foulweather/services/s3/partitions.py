"""How many requests a second a range of keys bears, and how S3 splits the ranges that stay hot.

"Your application can achieve at least 3,500 PUT/COPY/POST/DELETE or 5,500 GET/HEAD requests per second
per partitioned Amazon S3 prefix. [...] While Amazon S3 is internally optimizing for a new request rate, you
will receive HTTP 503 responses temporarily until the optimization completes."
https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.s3.records import Bucket
from foulweather.services.s3.upkeep import Split, Upkeep
from foulweather.world.world import World

WRITES_PER_S: Final = 3500
READS_PER_S: Final = 5500
# AWS tells that splits are gradual, not how long they take: here two minutes at half of a limit or more.
HOT_S: Final = 120
HOT_SHARE: Final = 2
SAMPLES_MAX: Final = 64
# Not a round number: who spreads requests over prefixes in turn would be sampled on one of them only.
SAMPLED_EVERY: Final = 31
PARTITIONS_MAX: Final = 4096


class Partition:
    """A range of a bucket's keys from `start` on: what was asked of it in this second, and for how long it is hot."""

    __slots__ = ("hot_s", "reads", "samples", "second", "start", "throttled", "writes")

    def __init__(self, start: str) -> None:
        self.start = start
        self.second = 0
        self.writes = 0
        self.reads = 0
        self.throttled = 0
        self.hot_s = 0
        self.samples: list[str] = []

    def roll(self, second: int) -> bool:
        """Begin a second; tells whether the partition has been hot for long enough to be split."""
        is_hot = self.writes * HOT_SHARE >= WRITES_PER_S or self.reads * HOT_SHARE >= READS_PER_S
        idle_s = second - self.second - 1
        self.hot_s = max(0, self.hot_s + (1 if is_hot else -1) - max(0, idle_s))
        self.second = second
        self.writes = self.reads = self.throttled = 0
        return self.hot_s >= HOT_S

    def median(self) -> str:
        """The shortest prefix that halves the traffic of late, empty where one key has it all."""
        samples = sorted(self.samples)
        middle = samples[len(samples) // 2] if samples else ""
        below = [key for key in samples if key < middle]
        if not below:
            above = [key for key in samples if key > middle]
            if not above:
                return ""
            below, middle = [middle], above[0]
        return middle[: len(_shared([below[-1], middle])) + 1]


class Heat:
    """The partitions of the buckets that were asked for anything since the world was opened."""

    def __init__(self) -> None:
        self.partitions: dict[str, list[Partition]] = {}
        self.starts: dict[str, list[str]] = {}


def admit(call: Call, bucket: Bucket, key: str, is_write: bool) -> None:
    """Let a request for a key pass, or refuse it because its range of keys bears no more in this second."""
    heat = cast("Heat | None", call.world.attached.get(Heat))
    if heat is None:
        heat = Heat()
        call.world.attached[Heat] = heat
    partitions = heat.partitions.get(bucket.name)
    if partitions is None:
        partitions = _opened(call.world, heat, bucket.name)
    if len(partitions) == 1:
        found = partitions[0]
    else:
        found = partitions[bisect_right(heat.starts[bucket.name], key) - 1]
    second = call.now // 1000
    if found.second != second and found.roll(second):
        _split(call, heat, bucket, found)
    if is_write:
        found.writes = count = found.writes + 1
        if count > WRITES_PER_S:
            raise _slow_down(call, bucket, key, found, is_write)
    else:
        found.reads = count = found.reads + 1
        if count > READS_PER_S:
            raise _slow_down(call, bucket, key, found, is_write)
    if count % SAMPLED_EVERY == 1:
        _sample(found, key, count)


def forget(world: World, bucket: str) -> None:
    """Drop the partitions of a bucket that is deleted."""
    heat = world.attached.get(Heat)
    if isinstance(heat, Heat):
        heat.partitions.pop(bucket, None)
        heat.starts.pop(bucket, None)


def _opened(world: World, heat: Heat, bucket: str) -> list[Partition]:
    split = world.state(Upkeep).splits.get(bucket)
    starts = ["", *(split.boundaries if split is not None else ())]
    heat.starts[bucket] = starts
    heat.partitions[bucket] = [Partition(start) for start in starts]
    return heat.partitions[bucket]


def _sample(partition: Partition, key: str, count: int) -> None:
    samples = partition.samples
    if len(samples) < SAMPLES_MAX:
        samples.append(key)
    else:
        samples[(count // SAMPLED_EVERY + partition.second) % SAMPLES_MAX] = key


def _split(call: Call, heat: Heat, bucket: Bucket, hot: Partition) -> None:
    """Split a range where its traffic halves; the new one is as fresh as the old one is relieved."""
    hot.hot_s = 0
    partitions, boundary = heat.partitions[bucket.name], hot.median()
    if not boundary or boundary <= hot.start or len(partitions) >= PARTITIONS_MAX:
        return
    place = partitions.index(hot) + 1
    if place < len(partitions) and boundary >= partitions[place].start:
        return
    fresh = Partition(boundary)
    fresh.second = hot.second
    fresh.samples = [key for key in hot.samples if key >= boundary]
    hot.samples = [key for key in hot.samples if key < boundary]
    partitions.insert(place, fresh)
    starts = heat.starts[bucket.name] = [each.start for each in partitions]
    call.state(Upkeep).splits.put(bucket.name, Split(starts[1:]))
    call.happened("s3.PartitionSplit", bucket.arn, bucket=bucket.name, boundary=boundary, partitions=len(partitions))


def _slow_down(call: Call, bucket: Bucket, key: str, hot: Partition, is_write: bool) -> AwsError:
    hot.throttled += 1
    count, limit = (hot.writes, WRITES_PER_S) if is_write else (hot.reads, READS_PER_S)
    kind = "writes" if is_write else "reads"
    prefix = _shared([*hot.samples, key]) if hot.samples else key
    bounds = f"keys from {hot.start!r} on" if hot.start else "its keys from the first on"
    facts = (
        Fact(bucket.arn, "prefix", prefix),
        Fact(bucket.arn, f"{kind} of the prefix in this second", count),
        Fact("S3", f"{kind} a second of one partitioned prefix", limit),
        Fact(bucket.arn, "partition", bounds),
        Fact(bucket.arn, "partitions", len(cast(Heat, call.world.attached[Heat]).partitions[bucket.name])),
        Fact(bucket.arn, "seconds that the partition is hot", hot.hot_s),
    )
    cause = (
        f"SlowDown: the partition of prefix {prefix!r} in {bucket.name} bears {limit} {kind} a second; "
        f"this is number {count} in this second. It is split after {HOT_S} s of heat; spread keys over more prefixes, "
        "ramp up gradually, and retry with backoff."
    )
    call.happened("s3.SlowDown", bucket.arn, bucket=bucket.name, prefix=prefix, is_write=is_write)
    return AwsError("SlowDown", "Please reduce your request rate.", 503, why=Why("throttled", cause, facts))


def _shared(keys: list[str]) -> str:
    """What keys begin with in common."""
    first, last = min(keys), max(keys)
    size = 0
    while size < len(first) and size < len(last) and first[size] == last[size]:
        size += 1
    return first[:size]
