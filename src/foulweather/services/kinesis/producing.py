"""Records put into shards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.kinesis import limits, on_demand, refusals, sealing, sequence, throughput
from foulweather.services.kinesis.live import Lane, Live
from foulweather.services.kinesis.records import ON_DEMAND, Put, packed
from foulweather.services.kinesis.state import located, usable

Request = Mapping[str, Any]
Entry = Mapping[str, Any]
Checked = tuple[Lane, str, bytes, int]
EXPLAINED_MAX = 8
"""Of how many full shards one PutRecords call tells the reason, each."""


def put_record(call: Call, request: Request) -> dict[str, Any]:
    """Put one record into the shard that its partition key belongs to."""
    state, live = located(call, request)
    usable(call, live)
    ((lane, key, data, size),) = _checked(live, [request])
    after = request.get("SequenceNumberForOrdering")
    if after is not None:
        _check_ordering(live, after)
    stream, now = live.stream, call.now
    if stream.key_id:
        sealing.check_seal(call, live)
    if not throughput.take_write(live, lane, size, now):
        _tell_throttled(call, live, lane, 1)
        why = throughput.write_why(call, live, lane, key, size)
        raise AwsError(throughput.CODE, throughput.words(live, lane), why=why)
    state.trim_sometimes(live, now)
    place = state.keep(lane, packed(now, len(stream.data_keys) if stream.key_id else 0, key, data))
    if lane.parking:
        lane.parking.wake(len(lane.parking))
    call.happened(
        "kinesis.Put", live.arn, operation="PutRecord", records=1, bytes=size, shards=[lane.id], **_billed(live, [size])
    )
    if stream.metrics:
        _tell_shard(call, live, lane, 1, size)
    if stream.mode == ON_DEMAND:
        on_demand.count(call, state, live, 1, size)
    told = {"ShardId": lane.id, "SequenceNumber": str(sequence.number(lane.base, place, now))}
    return told | {"EncryptionType": "KMS"} if stream.key_id else told


def put_records(call: Call, request: Request) -> dict[str, Any]:
    """Put up to 500 records, each into its shard; those that find no room there fail by themselves."""
    state, live = located(call, request)
    usable(call, live)
    entries: list[Entry] = request["Records"]
    checked = _checked(live, entries, "records.{}.member.")
    total = sum([size for _, _, _, size in checked])
    if total > limits.PUT_BYTES_MAX:
        raise refusals.invalid(
            "Records size exceeds 10 MB limit",
            Fact("request", "bytes of the data and the partition keys", total),
            Fact("PutRecords", "bytes of a request", limits.PUT_BYTES_MAX),
        )
    if live.stream.key_id:
        sealing.check_seal(call, live)
    state.trim_sometimes(live, call.now)
    put, refused = live.begin_put(call.now), dict[Lane, int]()
    told = _taken(call, live, checked, put, refused)
    lanes = [live.lanes[number] for number in dict.fromkeys(put.shards)]
    if lanes:
        state.keep_put(live, put)
    failed, records = sum(refused.values()), len(put.keys)
    sizes = [size for (_, _, _, size), each in zip(checked, told, strict=True) if not failed or "ShardId" in each]
    put_bytes = sum(sizes) if failed else total
    call.happened(
        "kinesis.Put",
        live.arn,
        operation="PutRecords",
        records=records,
        bytes=put_bytes,
        failed=failed,
        shards=[lane.id for lane in lanes],
        **_billed(live, sizes),
    )
    if live.subscriptions:
        for lane in lanes:
            lane.parking.wake(len(lane.parking))
    if live.stream.metrics:
        _tell_shards(call, live, checked, told)
    for lane, count in refused.items():
        _tell_throttled(call, live, lane, count)
    if live.stream.mode == ON_DEMAND and records:
        on_demand.count(call, state, live, records, put_bytes)
    encrypted = {"EncryptionType": "KMS"} if live.stream.key_id else {}
    return {"FailedRecordCount": failed, "Records": told, **encrypted}


def _billed(live: Live, sizes: list[int]) -> dict[str, int]:
    """What AWS charges for records: units of 25 KB each, or on demand each of them in whole KB."""
    if live.stream.mode == ON_DEMAND:
        return {"kib": sum([-(-size // 1024) for size in sizes])}
    return {"units": sum([-(-size // limits.PAYLOAD_UNIT_BYTES) for size in sizes])}


def _checked(live: Live, entries: list[Entry], path: str = "") -> list[Checked]:
    """Where each record belongs, with its key, its data and its size."""
    found: list[Checked] = []
    keyed, most = live.keyed, live.stream.record_kib_max * 1024
    for entry in entries:
        key, data = entry["PartitionKey"], entry["Data"]
        known = keyed.get(key)
        lane, size = live.lane_of_key(key) if known is None else known
        size += len(data)
        if size > most:
            raise refusals.breaks(
                f"{path.format(len(found) + 1)}data",
                f"java.nio.HeapByteBuffer[pos=0 lim={len(data)} cap={len(data)}]",
                f"Member must have length less than or equal to {most}",
            )
        if "ExplicitHashKey" in entry:
            lane = _lane_given(live, entry["ExplicitHashKey"])
        found.append((lane, key, data, size))
    return found


def _lane_given(live: Live, given: str) -> Lane:
    hash_key = int(given)
    if hash_key >= limits.HASH_KEYS:
        raise refusals.invalid(
            f"Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was {given}",
            Fact("request", "ExplicitHashKey", given),
        )
    return live.lane_of(hash_key)


def _taken(call: Call, live: Live, checked: list[Checked], put: Put, refused: dict[Lane, int]) -> list[dict[str, Any]]:
    """Put each record into its lane, if that has room; what is told of each."""
    # This loop is most of what a record costs: it calls nothing that it need not.
    told: list[dict[str, Any]] = []
    shards, places, keys, datas, now = put.shards, put.places, put.keys, put.data, call.now
    stamp, words = now << sequence.TIME_SHIFT, dict[Lane, dict[str, Any]]()
    for lane, key, data, size in checked:
        if lane.written_ms != now:
            throughput.refill(live, lane, now)
        room = size * 1000
        if lane.bytes_level >= room and lane.records_level >= 1000:
            lane.bytes_level -= room
            lane.records_level -= 1000
            place = lane.next
            lane.next = place + 1
            lane.kept.append((put, len(keys)))
            shards.append(lane.number)
            places.append(place)
            keys.append(key)
            datas.append(data)
            told.append({"SequenceNumber": str(lane.base | place << sequence.PLACE_SHIFT | stamp), "ShardId": lane.id})
            continue
        if lane not in refused:
            words[lane] = {"ErrorCode": throughput.CODE, "ErrorMessage": throughput.words(live, lane)}
            if len(refused) < EXPLAINED_MAX:
                why = throughput.write_why(call, live, lane, key, size)
                call.explain("PutRecords", f"{live.arn}/{lane.id}", why, throughput.CODE)
        refused[lane] = refused.get(lane, 0) + 1
        told.append(words[lane])
    return told


def _check_ordering(live: Live, number: str) -> None:
    """A record's number is above all earlier ones here, so the one given has only to be of this stream."""
    parts = sequence.parts(number)
    lane = None if parts is None else live.lanes.get(parts.shard)
    if parts is None or lane is None or lane.base != parts.base:
        stream = live.stream
        raise refusals.invalid(
            f"ExclusiveMinimumSequenceNumber {number} used in PutRecord on stream {stream.name} under account "
            f"{stream.account} is invalid.",
            Fact("request", "SequenceNumberForOrdering", number),
        )


def _tell_shards(call: Call, live: Live, checked: list[Checked], told: list[dict[str, Any]]) -> None:
    taken: dict[Lane, tuple[int, int]] = {}
    for (lane, _, _, size), each in zip(checked, told, strict=True):
        if "ShardId" in each:
            count, total = taken.get(lane, (0, 0))
            taken[lane] = count + 1, total + size
    for lane, (count, total) in taken.items():
        _tell_shard(call, live, lane, count, total)


def _tell_shard(call: Call, live: Live, lane: Lane, records: int, size: int) -> None:
    metrics = live.stream.metrics
    call.happened("kinesis.ShardPut", live.arn, shard=lane.id, records=records, bytes=size, shard_metrics=metrics)


def _tell_throttled(call: Call, live: Live, lane: Lane, records: int) -> None:
    metrics = throughput.shard_metrics(live)
    call.happened("kinesis.Throttled", live.arn, shard=lane.id, direction="write", records=records, **metrics)
