"""The streams of an account in a Region, their consumers, and their records as packed rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.kinesis import refusals
from foulweather.services.kinesis.live import Lane, Live, LiveConsumer
from foulweather.services.kinesis.records import Consumer, Entry, Put, Shard, Stream, came_ms
from foulweather.world.store import State, table

Request = Mapping[str, Any]
_MINUTE_MS = 60_000


class KinesisState(State):
    """One account's streams in one Region; `live` holds what is derived of each."""

    streams = table(Stream)
    consumers = table(Consumer)
    records = table(bytes)
    puts = table(Put)

    def opened(self) -> None:
        """Find each shard's records, those that came one by one and those that came together."""
        self.live = {stream.name: Live(stream) for stream in self.streams.values()}
        self.known = {arn: LiveConsumer(consumer) for arn, consumer in self.consumers.items()}
        ids = {live.stream.id: live for live in self.live.values()}
        found: dict[Lane, dict[int, Entry]] = {}
        for key, row in self.records.items():
            stream_id, shard, place = key.split("/")
            found.setdefault(ids[stream_id].lanes[int(shard)], {})[int(place)] = row
        for key, put in self.puts.items():
            live = ids[key.partition("/")[0]]
            live.puts = max(live.puts, put.number + 1)
            put.left = 0
            for at, (shard, place) in enumerate(zip(put.shards, put.places, strict=True)):
                lane = live.lanes.get(shard)
                if lane is not None:
                    found.setdefault(lane, {})[place] = put, at
        for lane, entries in found.items():
            lane.restore(entries)
            for entry in lane.kept:
                if isinstance(entry, tuple):
                    entry[0].left += 1

    # --- streams

    def create(self, stream: Stream) -> Live:
        """Add a stream without records."""
        self.streams.put(stream.name, stream)
        live = self.live[stream.name] = Live(stream)
        return live

    def open_shard(self, live: Live, shard: Shard) -> None:
        """Add a shard to a stream."""
        live.stream.shards.append(shard)
        live.lanes[shard.number] = Lane(live.stream, shard)

    def forget_shard(self, live: Live, shard: Shard) -> None:
        """Remove an expired shard with whatever is left in it."""
        lane = live.lanes.pop(shard.number)
        while lane.first < lane.next:
            self._drop_first(live, lane)
        lane.parking.wake(len(lane.parking))  # subscriptions see that it is gone
        live.stream.shards.remove(shard)

    def remove(self, live: Live) -> None:
        """Remove a stream with its records and consumers."""
        for shard in list(live.stream.shards):
            self.forget_shard(live, shard)
        for arn in [arn for arn, each in self.consumers.items() if each.stream == live.stream.name]:
            self.consumers.delete(arn)
            del self.known[arn]
        del self.live[live.stream.name]
        self.streams.delete(live.stream.name)

    def consumers_of(self, stream: str) -> list[Consumer]:
        """The consumers of a stream, in the order in which they were registered."""
        return [consumer for consumer in self.consumers.values() if consumer.stream == stream]

    # --- records

    def keep(self, lane: Lane, row: bytes) -> int:
        """Add a record that came by itself; its place."""
        place = lane.next
        self.records.put(f"{lane.prefix}{place}", row)
        lane.kept.append(row)
        lane.next = place + 1
        return place

    def keep_put(self, live: Live, put: Put) -> None:
        """Write the records of a call, which are in their lanes already."""
        put.left = len(put.keys)
        live.puts = put.number + 1
        self.puts.put(f"{live.stream.id}/{put.number}", put)

    def trim_sometimes(self, live: Live, now_ms: int) -> None:
        """Trim a stream once a minute: readers look at records' times themselves."""
        minute = now_ms // _MINUTE_MS
        if minute != live.trimmed:
            live.trimmed = minute
            for lane in live.lanes.values():
                self.trim(live, lane, now_ms)

    def trim(self, live: Live, lane: Lane, now_ms: int) -> None:
        """Drop what is older than the retention period, but the last record, which tells the next place."""
        horizon_ms = live.horizon_ms(now_ms)
        while lane.first < lane.next - 1 and came_ms(lane.entry(lane.first)) < horizon_ms:
            self._drop_first(live, lane)

    def _drop_first(self, live: Live, lane: Lane) -> None:
        place, entry = lane.first, lane.drop_first()
        if isinstance(entry, bytes):
            self.records.delete(f"{lane.prefix}{place}")
            return
        put, at = entry
        put.keys[at], put.data[at] = "", b""  # the row stays for the others, but this one's bytes need not
        put.left -= 1
        if not put.left:
            self.puts.delete(f"{live.stream.id}/{put.number}")

    def place_at(self, lane: Lane, at_ms: int) -> int:
        """The place of the first record that came at a time or later."""
        low, high = lane.first, lane.next
        while low < high:
            middle = (low + high) // 2
            if came_ms(lane.entry(middle)) < at_ms:
                low = middle + 1
            else:
                high = middle
        return low


def addressed(call: Call, request: Request) -> tuple[str, str, str]:
    """The account, Region and name of the stream that a request names by ARN, by name, or both."""
    arn, name = request.get("StreamARN"), request.get("StreamName")
    if arn is None:
        if name is None:
            raise refusals.invalid(
                "Either StreamName or StreamARN must be specified.", Fact("request", "StreamARN", None)
            )
        return call.account, call.region, name
    parts = arn.split(":", 5)
    named = parts[5].partition("/")[2]
    if name is not None and name != named:
        raise refusals.invalid(
            f"StreamName {name} does not match StreamARN {arn}.",
            Fact("request", "StreamName", name),
            Fact("request", "StreamARN", arn),
        )
    return parts[4], parts[3], named


def located(call: Call, request: Request) -> tuple[KinesisState, Live]:
    """The stream of a request, and the state that it is in, which may be another account's."""
    if "StreamARN" not in request and "StreamName" in request:
        account, region, name = call.account, call.region, request["StreamName"]
    else:
        account, region, name = addressed(call, request)
    if region != call.region:
        raise refusals.no_stream(account, region, name)
    state = call.state(KinesisState, account)
    live = state.live.get(name)
    if live is None:
        raise refusals.no_stream(account, region, name)
    return state, live


def require_active(call: Call, live: Live) -> Stream:
    """A stream that can be changed now."""
    if live.stream.status != "ACTIVE":
        raise refusals.not_active(call, live.stream)
    return live.stream


def usable(call: Call, live: Live) -> Stream:
    """A stream that can be written and read: it was active once.

    "Kinesis Data Streams might continue to accept data read and write operations … on a stream in the DELETING state":
    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteStream.html
    """
    stream = live.stream
    if stream.status == "CREATING":
        raise refusals.no_stream(
            stream.account, stream.region, stream.name, call.fact(stream.arn, "StreamStatus", "CREATING")
        )
    return stream


def shard_named(call: Call, live: Live, shard: str) -> Lane:
    """The lane of a shard by its id."""
    digits = shard.rpartition("-")[2]
    lane = live.lanes.get(int(digits)) if digits.isdigit() and digits.isascii() else None
    if lane is None or lane.id != shard or lane.shard not in live.stream.visible_shards(call.now):
        raise refusals.no_shard(live.stream, shard)
    return lane
