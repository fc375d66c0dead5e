"""The streams of an account in a Region, their consumers, and their records as packed rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.kinesis import refusals
from foulweather.services.kinesis.live import Lane, Live, LiveConsumer
from foulweather.services.kinesis.records import Consumer, Shard, Stream
from foulweather.world.store import State, table

Request = Mapping[str, Any]
HEADER_BYTES = 12


class KinesisState(State):
    """One account's streams in one Region; `live` holds what is derived of each."""

    streams = table(Stream)
    consumers = table(Consumer)
    records = table(bytes)

    def opened(self) -> None:
        """Find where each shard's records begin and end."""
        self.live = {stream.name: Live(stream) for stream in self.streams.values()}
        self.known = {arn: LiveConsumer(consumer) for arn, consumer in self.consumers.items()}
        ids = {live.stream.id: live for live in self.live.values()}
        ends: dict[tuple[str, str], list[int]] = {}
        for key in self.records:
            stream_id, shard, place = key.split("/")
            at = int(place)
            found = ends.get((stream_id, shard))
            if found is None:
                ends[stream_id, shard] = [at, at]
            elif at < found[0]:
                found[0] = at
            elif at > found[1]:
                found[1] = at
        for (stream_id, shard), (first, last) in ends.items():
            lane = ids[stream_id].lanes[int(shard)]
            lane.first, lane.next = first, last + 1

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
        for place in range(lane.first, lane.next):
            self.records.delete(f"{lane.prefix}{place}")
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

    def trim(self, live: Live, lane: Lane, now_ms: int) -> None:
        """Drop what is older than the retention period, but the last row, which tells the next place."""
        horizon_ms = live.horizon_ms(now_ms)
        records = self.records
        while lane.first < lane.next - 1:
            key = f"{lane.prefix}{lane.first}"
            if int.from_bytes(records[key][:8], "big") >= horizon_ms:
                return
            records.delete(key)
            lane.first += 1

    def came_ms(self, lane: Lane, place: int) -> int:
        """When the record at a place came."""
        return int.from_bytes(self.records[f"{lane.prefix}{place}"][:8], "big")

    def place_at(self, lane: Lane, at_ms: int) -> int:
        """The place of the first record that came at a time or later."""
        low, high = lane.first, lane.next
        while low < high:
            middle = (low + high) // 2
            if self.came_ms(lane, middle) < at_ms:
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
