"""Streams described, and their records read."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import NOWHERE, Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.dynamodb import encryption
from foulweather.services.dynamodb.state import DynamoState
from foulweather.services.dynamodb.streams import limits
from foulweather.services.dynamodb.streams.iterators import Iterator, opened
from foulweather.services.dynamodb.streams_state import (
    KEPT_MS,
    SEQUENCE_BASE,
    Record,
    Shard,
    Stream,
    StreamState,
    shown,
)

if TYPE_CHECKING:
    from aws_types.dynamodbstreams import (
        DescribeStreamInput,
        DescribeStreamOutput,
        GetRecordsInput,
        GetRecordsOutput,
        GetShardIteratorInput,
        GetShardIteratorOutput,
        ListStreamsInput,
        ListStreamsOutput,
    )

TRIMMED = (
    "The operation attempted to read past the oldest stream record in a shard. "
    "The sequence number {} is below the trim horizon."
)


def list_streams(call: Call, request: ListStreamsInput) -> ListStreamsOutput:
    """The account's streams in this Region, or those of one table; also those that were turned off within a day."""
    state = call.state(StreamState)
    name = request.get("TableName")
    if name is not None and name.startswith("arn:"):
        name = name.rpartition("table/")[2]
    found = [state.streams[arn] for arn in sorted(state.streams)]
    found = [stream for stream in found if name is None or stream.table == name]
    after = request.get("ExclusiveStartStreamArn")
    if after is not None:
        if "/stream/" not in after:
            raise AwsError("ValidationException", f"Invalid ExclusiveStartStreamArn: {after}")
        found = [stream for stream in found if stream.arn > after]
    size = min(request.get("Limit", limits.LISTED_MAX), limits.LISTED_MAX)
    listed = found[:size]
    result: dict[str, Any] = {
        "Streams": [{"StreamArn": each.arn, "TableName": each.table, "StreamLabel": each.label} for each in listed]
    }
    if len(found) > size:
        result["LastEvaluatedStreamArn"] = listed[-1].arn
    return result  # type: ignore[return-value]


def describe_stream(call: Call, request: DescribeStreamInput) -> DescribeStreamOutput:
    """A stream with its shards, up to a hundred in a page."""
    state, stream = _located(call, request["StreamArn"])
    state.forget_old(stream, call.now)
    shards = list(stream.shards)
    shard_filter = request.get("ShardFilter")
    if shard_filter is not None:
        parent = shard_filter.get("ShardId")
        if shard_filter.get("Type") != "CHILD_SHARDS" or parent is None:
            raise AwsError("ValidationException", "ShardFilter takes the Type CHILD_SHARDS and a ShardId")
        shards = [shard for shard in shards if shard.parent == parent]
    after = request.get("ExclusiveStartShardId")
    if after is not None:
        # A shard that is not there has nothing after it; AWS does not refuse it.
        place = next((place for place, shard in enumerate(shards) if shard.id == after), len(shards))
        shards = shards[place + 1 :]
    size = min(request.get("Limit", limits.LISTED_MAX), limits.LISTED_MAX)
    told: dict[str, Any] = {
        "StreamArn": stream.arn,
        "StreamLabel": stream.label,
        "StreamStatus": stream.status,
        "StreamViewType": stream.view,
        "CreationRequestDateTime": stream.created_ms,
        "TableName": stream.table,
        "KeySchema": stream.key_schema,
        "Shards": [_shard_shape(shard) for shard in shards[:size]],
    }
    if len(shards) > size:
        told["LastEvaluatedShardId"] = shards[size - 1].id
    return {"StreamDescription": told}  # type: ignore[typeddict-item]


def get_shard_iterator(call: Call, request: GetShardIteratorInput) -> GetShardIteratorOutput:
    """A place in a shard to read from."""
    kind = request["ShardIteratorType"]
    number = request.get("SequenceNumber")
    by_number = kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")
    if by_number and number is None:
        raise AwsError("ValidationException", f"SequenceNumber is required for ShardIteratorType {kind}")
    if not by_number and number is not None:
        raise AwsError("ValidationException", f"SequenceNumber is not allowed for ShardIteratorType {kind}")
    state, stream = _located(call, request["StreamArn"])
    shard = _shard(stream, request["ShardId"])
    state.forget_old(stream, call.now)
    if number is not None:
        if not number.isdigit():
            raise AwsError("ValidationException", f"Invalid SequenceNumber: {number}")
        wanted = int(number) - SEQUENCE_BASE
        after = wanted - (1 if kind == "AT_SEQUENCE_NUMBER" else 0)
        records = state.by_shard.get(shard.id, [])
        oldest = records[0].sequence if records else shard.first
        if wanted < oldest and shard.opened_ms + KEPT_MS <= call.now:
            raise AwsError("TrimmedDataAccessException", TRIMMED.format(number))
        if wanted < shard.first or (shard.last and wanted > shard.last):
            raise AwsError(
                "ValidationException",
                f"Invalid SequenceNumber: {number} is not within the range of shard {shard.id}",
                facts=(Fact(stream.arn, shard.id, shown(shard.first)),),
            )
    else:
        after = -1 if kind == "TRIM_HORIZON" else state.last
    return {"ShardIterator": Iterator(stream.arn, shard.id, after, call.now).written()}


def get_records(call: Call, request: GetRecordsInput) -> GetRecordsOutput:
    """The records that follow an iterator: up to a thousand, or a megabyte; and the next iterator."""
    iterator = opened(request["ShardIterator"])
    if iterator is None:
        raise AwsError("ValidationException", "Invalid ShardIterator")
    if call.now - iterator.made_ms > limits.ITERATOR_MS:
        raise AwsError(
            "ExpiredIteratorException",
            f"Iterator expired. The iterator was created at time {iterator.made_ms} while right now it is {call.now} "
            f"which is further in the future than the tolerated delay of {limits.ITERATOR_MS} milliseconds.",
        )
    size = request.get("Limit", limits.RECORDS_MAX)
    if size > limits.RECORDS_MAX:
        raise AwsError("ValidationException", f"Limit may be at most {limits.RECORDS_MAX}")
    state, stream = _located(call, iterator.arn)
    shard = _shard(stream, iterator.shard)
    _check_rate(call, state, shard)
    live = call.state(DynamoState, state.account, state.region).table(stream.table, call.now)
    if live is not None and live.row.sse_data_key:
        # "DynamoDB streams are always encrypted with a table-level encryption key."
        encryption.check_access(call, live)
    state.forget_old(stream, call.now)
    records = state.by_shard.get(shard.id, [])
    start = bisect_right(records, iterator.after, key=_sequence)
    listed: list[Record] = []
    size_bytes = 0
    for record in records[start : start + size]:
        size_bytes += record.size_bytes
        if listed and size_bytes > limits.BYTES_MAX:
            break
        listed.append(record)
    result: dict[str, Any] = {"Records": [_record_shape(call, stream, record) for record in listed]}
    reached = start + len(listed) == len(records)
    if not (shard.ended_ms and reached):
        after = listed[-1].sequence if listed else iterator.after
        result["NextShardIterator"] = Iterator(stream.arn, shard.id, after, call.now).written()
    facts = {"table": stream.table, "returned": len(listed), "bytes": size_bytes}
    # Lambda and Pipes, who poll for their users, come from nowhere.
    call.happened("dynamodb.RecordsRead", stream.arn, **facts, is_polled=call.origin is NOWHERE)
    return result  # type: ignore[return-value]


def _sequence(record: Record) -> int:
    return record.sequence


def _located(call: Call, arn: str) -> tuple[StreamState, Stream]:
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] != "dynamodb" or "/stream/" not in parts[5]:
        raise AwsError("ValidationException", f"Invalid StreamArn: {arn}")
    state = call.state(StreamState, parts[4], parts[3])
    stream = state.streams.get(arn)
    if stream is None:
        raise AwsError(
            "ResourceNotFoundException",
            f"Requested resource not found: Stream: {arn} not found",
            facts=(Fact(arn, "exists", False),),
        )
    return state, stream


def _shard(stream: Stream, shard_id: str) -> Shard:
    found = next((shard for shard in stream.shards if shard.id == shard_id), None)
    if found is None:
        raise AwsError(
            "ResourceNotFoundException",
            f"Requested resource not found: Shard: {shard_id} in Stream: {stream.arn} not found",
            facts=(Fact(stream.arn, "shards", [shard.id for shard in stream.shards]),),
        )
    return found


def _check_rate(call: Call, state: StreamState, shard: Shard) -> None:
    """Five reads a second of a shard: two readers that poll it four times a second each are too many."""
    level, at_ms = state.reads.get(shard.id, (limits.READS_BURST * 1000, call.now))
    level = min(limits.READS_BURST * 1000, level + (call.now - at_ms) * limits.READS_PER_S)
    if level < 1000:
        raise AwsError(
            "LimitExceededException",
            f"Rate exceeded for shard {shard.id}",
            facts=(Fact(shard.id, "GetRecords a second", limits.READS_PER_S),),
            remedy=("Read each shard from no more than two processes, and wait between reads that find nothing.",),
        )
    state.reads[shard.id] = (level - 1000, call.now)


def _shard_shape(shard: Shard) -> dict[str, Any]:
    numbers = {"StartingSequenceNumber": shown(shard.first)}
    if shard.ended_ms:
        numbers["EndingSequenceNumber"] = shown(shard.last)
    told: dict[str, Any] = {"ShardId": shard.id, "SequenceNumberRange": numbers}
    if shard.parent:
        told["ParentShardId"] = shard.parent
    return told


def _record_shape(call: Call, stream: Stream, record: Record) -> dict[str, Any]:
    told: dict[str, Any] = {
        "ApproximateCreationDateTime": record.at_ms // 1000 * 1000,
        "Keys": record.keys,
        "SequenceNumber": shown(record.sequence),
        "SizeBytes": record.size_bytes,
        "StreamViewType": stream.view,
    }
    if record.new is not None:
        told["NewImage"] = record.new
    if record.old is not None:
        told["OldImage"] = record.old
    shape: dict[str, Any] = {
        "eventID": record.id,
        "eventName": record.event,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": call.region,
        "dynamodb": told,
    }
    if record.user:
        shape["userIdentity"] = {"Type": "Service", "PrincipalId": record.user}
    return shape
