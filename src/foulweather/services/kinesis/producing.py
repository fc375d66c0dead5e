"""Records put into shards."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import md5
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.kinesis import limits, on_demand, refusals, sealing, sequence, throughput
from foulweather.services.kinesis.live import Lane, Live
from foulweather.services.kinesis.records import ON_DEMAND
from foulweather.services.kinesis.state import KinesisState, located, usable

Request = Mapping[str, Any]
Entry = Mapping[str, Any]


def put_record(call: Call, request: Request) -> dict[str, Any]:
    """Put one record into the shard that its partition key belongs to."""
    state, live = located(call, request)
    usable(call, live)
    size, hash_key = _checked(live, request, "")
    after = request.get("SequenceNumberForOrdering")
    if after is not None:
        _check_ordering(live, after)
    if live.stream.key_id:
        sealing.check_seal(call, live)
    lane = live.lane_of(hash_key)
    key: str = request["PartitionKey"]
    if not throughput.take_write(live, lane, key, size, call.now):
        _tell_throttled(call, live, lane, 1)
        why = throughput.write_why(call, live, lane, key, size)
        raise AwsError(throughput.CODE, throughput.words(live, lane), why=why)
    number = _append(call, state, live, lane, key, request["Data"])
    call.happened("kinesis.Put", live.arn, operation="PutRecord", records=1, bytes=size, shards=[lane.id])
    _tell_shard(call, live, lane, 1, size)
    if live.stream.mode == ON_DEMAND:
        on_demand.count(call, state, live, 1, size)
    told = {"ShardId": lane.id, "SequenceNumber": str(number)}
    return told | {"EncryptionType": "KMS"} if live.stream.key_id else told


def put_records(call: Call, request: Request) -> dict[str, Any]:
    """Put up to 500 records, each into its shard; those that find no room there fail by themselves."""
    state, live = located(call, request)
    usable(call, live)
    entries: list[Entry] = request["Records"]
    checked = [_checked(live, entry, f"records.{place}.member.") for place, entry in enumerate(entries, 1)]
    total = sum([size for size, _ in checked])
    if total > limits.PUT_BYTES_MAX:
        raise refusals.invalid(
            "Records size exceeds 10 MB limit",
            Fact("request", "bytes of the data and the partition keys", total),
            Fact("PutRecords", "bytes of a request", limits.PUT_BYTES_MAX),
        )
    if live.stream.key_id:
        sealing.check_seal(call, live)
    told: list[dict[str, Any]] = []
    taken: dict[Lane, list[int]] = {}
    refused: dict[Lane, int] = {}
    for entry, (size, hash_key) in zip(entries, checked, strict=True):
        lane, key = live.lane_of(hash_key), entry["PartitionKey"]
        if throughput.take_write(live, lane, key, size, call.now):
            number = _append(call, state, live, lane, key, entry["Data"])
            told.append({"SequenceNumber": str(number), "ShardId": lane.id})
            counted = taken.setdefault(lane, [0, 0])
            counted[0] += 1
            counted[1] += size
            continue
        told.append({"ErrorCode": throughput.CODE, "ErrorMessage": throughput.words(live, lane)})
        if lane not in refused:
            why = throughput.write_why(call, live, lane, key, size)
            call.explain("PutRecords", f"{live.arn}/{lane.id}", why, throughput.CODE)
        refused[lane] = refused.get(lane, 0) + 1
    failed = sum(refused.values())
    records, put_bytes = len(entries) - failed, sum([each[1] for each in taken.values()])
    call.happened(
        "kinesis.Put",
        live.arn,
        operation="PutRecords",
        records=records,
        bytes=put_bytes,
        failed=failed,
        shards=[lane.id for lane in taken],
    )
    for lane, (count, size) in taken.items():
        _tell_shard(call, live, lane, count, size)
    for lane, count in refused.items():
        _tell_throttled(call, live, lane, count)
    if live.stream.mode == ON_DEMAND and records:
        on_demand.count(call, state, live, records, put_bytes)
    encrypted = {"EncryptionType": "KMS"} if live.stream.key_id else {}
    return {"FailedRecordCount": failed, "Records": told, **encrypted}


def _checked(live: Live, entry: Entry, path: str) -> tuple[int, int]:
    """The size of a record, and its hash key."""
    key: str = entry["PartitionKey"]
    encoded = key.encode()
    size = len(entry["Data"]) + len(encoded)
    most = live.stream.record_kib_max * 1024
    if size > most:
        data = len(entry["Data"])
        raise refusals.breaks(
            f"{path}data",
            f"java.nio.HeapByteBuffer[pos=0 lim={data} cap={data}]",
            f"Member must have length less than or equal to {most}",
        )
    given = entry.get("ExplicitHashKey")
    if given is None:
        return size, int.from_bytes(md5(encoded, usedforsecurity=False).digest(), "big")
    hash_key = int(given)
    if hash_key >= limits.HASH_KEYS:
        raise refusals.invalid(
            f"Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was {given}",
            Fact("request", "ExplicitHashKey", given),
        )
    return size, hash_key


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


def _append(call: Call, state: KinesisState, live: Live, lane: Lane, key: str, data: bytes) -> int:
    """Add a row: when it came, its data key, its partition key, its data."""
    place, now = lane.next, call.now
    encoded = key.encode()
    sealed = len(live.stream.data_keys) if live.stream.key_id else 0
    header = (now << 32 | sealed << 16 | len(encoded)).to_bytes(12, "big")
    state.records.put(f"{lane.prefix}{place}", header + encoded + data)
    lane.next = place + 1
    if lane.first < place:
        state.trim(live, lane, now)
    if lane.parking:
        lane.parking.wake(len(lane.parking))
    return sequence.number(lane.base, place, now)


def _tell_shard(call: Call, live: Live, lane: Lane, records: int, size: int) -> None:
    metrics = live.stream.metrics
    if metrics:
        call.happened("kinesis.ShardPut", live.arn, shard=lane.id, records=records, bytes=size, shard_metrics=metrics)


def _tell_throttled(call: Call, live: Live, lane: Lane, records: int) -> None:
    metrics = throughput.shard_metrics(live)
    call.happened("kinesis.Throttled", live.arn, shard=lane.id, direction="write", records=records, **metrics)
