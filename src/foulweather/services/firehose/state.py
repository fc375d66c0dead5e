"""The delivery streams of an account in a Region, and what waits to be delivered."""

from __future__ import annotations

from typing import cast

from foulweather.kernel.call import Call
from foulweather.services.firehose import limits, refusals
from foulweather.services.firehose.records import Delivery, Row, packed, unpacked
from foulweather.world.store import State, table
from foulweather.world.world import World

# What waits for a function, for the bucket, and (as it came) for the backup bucket.
STAGES = ("in", "out", "raw")


class Buffer:
    """The rows of one stage, by their places from `first` up to `next`."""

    __slots__ = ("first", "is_busy", "next", "prefix", "size")

    def __init__(self, stream: Delivery, stage: str) -> None:
        self.prefix = f"{stream.id}/{stage}/"
        self.first = self.next = 1
        self.size = 0
        self.is_busy = False


class Live:
    """A delivery stream at work: its buffers, and what it was given this second (in thousandths)."""

    __slots__ = (
        "buffers",
        "bytes_level",
        "is_polling",
        "key_until_ms",
        "records_level",
        "requests_level",
        "stream",
        "taken_ms",
    )

    def __init__(self, stream: Delivery) -> None:
        self.stream = stream
        self.buffers = {stage: Buffer(stream, stage) for stage in STAGES}
        self.taken_ms = 0
        self.requests_level = limits.requests_per_s(stream.region) * 1000
        self.records_level = limits.records_per_s(stream.region) * 1000
        self.bytes_level = limits.bytes_per_s(stream.region) * 1000
        self.is_polling = False
        self.key_until_ms = 0


class Sources:
    """Which delivery streams read which Kinesis stream, of a whole world."""

    def __init__(self, world: World) -> None:
        self.readers: dict[str, list[tuple[str, str, str]]] = {}
        for state in world.store.states(FirehoseState):
            for stream in state.streams.values():
                if stream.source_arn:
                    self.add(stream)

    def add(self, stream: Delivery) -> None:
        """A delivery stream reads its source."""
        place = (stream.account, stream.region, stream.name)
        self.readers.setdefault(stream.source_arn, []).append(place)

    def remove(self, stream: Delivery) -> None:
        """A delivery stream reads no more."""
        place = (stream.account, stream.region, stream.name)
        found = self.readers.get(stream.source_arn, [])
        if place in found:
            found.remove(place)

    @classmethod
    def of(cls, world: World) -> Sources:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls(world)
        return cast(Sources, found)


class FirehoseState(State):
    """One account's delivery streams in one Region."""

    streams = table(Delivery)
    rows = table(bytes)

    def opened(self) -> None:
        """Find where each buffer begins and ends."""
        self.live = {stream.name: Live(stream) for stream in self.streams.values()}
        buffers = {each.prefix: each for live in self.live.values() for each in live.buffers.values()}
        seen: set[str] = set()
        for key, row in self.rows.items():
            prefix, place = key[: key.rindex("/") + 1], int(key.rpartition("/")[2])
            buffer = buffers[prefix]
            buffer.first = min(buffer.first, place) if prefix in seen else place
            buffer.next = max(buffer.next, place + 1)
            buffer.size += len(unpacked(row).data)
            seen.add(prefix)

    def put(self, buffer: Buffer, row: Row) -> None:
        """Add a record to a buffer."""
        data = packed(row)
        self.rows.put(f"{buffer.prefix}{buffer.next}", data)
        buffer.next += 1
        buffer.size += len(row.data)

    def waiting(self, buffer: Buffer) -> list[tuple[int, Row]]:
        """The records of a buffer with their places, in order."""
        rows, found = self.rows, list[tuple[int, Row]]()
        for place in range(buffer.first, buffer.next):
            row = rows.get(f"{buffer.prefix}{place}")
            if row is not None:
                found.append((place, unpacked(row)))
        return found

    def done(self, buffer: Buffer, places: list[int]) -> None:
        """Take records out of a buffer."""
        for place in places:
            key = f"{buffer.prefix}{place}"
            row = self.rows.get(key)
            if row is not None:
                buffer.size -= len(unpacked(row).data)
                self.rows.delete(key)
        while buffer.first < buffer.next and f"{buffer.prefix}{buffer.first}" not in self.rows:
            buffer.first += 1

    def remove(self, live: Live) -> None:
        """Remove a delivery stream with what waits in it."""
        for buffer in live.buffers.values():
            self.done(buffer, list(range(buffer.first, buffer.next)))
        del self.live[live.stream.name]
        self.streams.delete(live.stream.name)


def located(call: Call, name: str) -> tuple[FirehoseState, Live]:
    """The delivery stream of a name, and the state that it is in."""
    state = call.state(FirehoseState)
    live = state.live.get(name)
    if live is None:
        raise refusals.no_stream(call.account, call.region, name)
    return state, live


def require_active(call: Call, live: Live) -> Delivery:
    """A delivery stream that can be changed now."""
    if live.stream.status != "ACTIVE":
        raise refusals.not_active(call, live.stream)
    return live.stream
