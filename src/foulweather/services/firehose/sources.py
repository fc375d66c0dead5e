"""Kinesis streams read as sources, with the role that was given for it.

https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Why
from foulweather.services.firehose import buffering, limits, refusals, roles
from foulweather.services.firehose.records import Delivery, Row
from foulweather.services.firehose.state import FirehoseState, Live

ENDED = "-"
_BUSY = ("ProvisionedThroughputExceededException", "LimitExceededException")


async def check(call: Call, stream: Delivery) -> None:
    """Look at the source with its role, as AWS does before it makes a delivery stream."""
    ports = await roles.check(call, stream, stream.source_role)
    try:
        await roles.answered(ports.kinesis.describe_stream({"StreamARN": stream.source_arn}))
    except AwsError as error:
        if error.status == 501:
            raise
        message = f"Role {stream.source_role} is not authorized to perform: kinesis:DescribeStream on resource "
        message += f"{stream.source_arn}."
        if error.code == "ResourceNotFoundException":
            message = error.message
        raise refusals.invalid(message, why=Why("refused", message, because=(error.why,))) from error


async def read(call: Call, state: FirehoseState, live: Live) -> int:
    """Read what has come since; in how many milliseconds to read again, or 0 where nothing is left."""
    stream = live.stream
    try:
        ports = await roles.acting(call, stream, stream.source_role)
        shards = (await roles.answered(ports.kinesis.list_shards({"StreamARN": stream.source_arn})))["Shards"]
        wait_ms = 0
        for shard in shards:
            if stream.positions.get(shard["ShardId"]) != ENDED:
                wait_ms = max(wait_ms, await _read_shard(call, state, live, ports.kinesis, shard["ShardId"]))
    except AwsError as error:
        cause = f"The delivery stream {stream.name} could not read {stream.source_arn}."
        facts = (call.fact(stream.arn, "KinesisStreamARN", stream.source_arn),)
        call.explain("ReadSource", stream.arn, Why("failed", cause, facts, because=(error.why,)), error.code)
        call.happened("firehose.SourceThrottled" if error.code in _BUSY else "firehose.SourceFailed", stream.arn)
        return limits.POLL_MS if error.code in _BUSY else limits.RETRY_MS
    return wait_ms


async def _read_shard(call: Call, state: FirehoseState, live: Live, kinesis: Any, shard: str) -> int:
    stream = live.stream
    position = stream.positions.get(shard)
    where: dict[str, Any] = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": stream.start_ms}
    if position is not None:
        where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": position}
    asked = {"StreamARN": stream.source_arn, "ShardId": shard, **where}
    iterator = (await roles.answered(kinesis.get_shard_iterator(asked)))["ShardIterator"]
    batch = await roles.answered(kinesis.get_records({"ShardIterator": iterator, "StreamARN": stream.source_arn}))
    if state.live.get(stream.name) is not live:
        return 0
    records = batch["Records"]
    rows = [Row(each["ApproximateArrivalTimestamp"], each["Data"]) for each in records]
    buffering.accept(call, state, live, rows)
    is_over = "NextShardIterator" not in batch
    if records or is_over:
        stream.positions[shard] = ENDED if is_over else records[-1]["SequenceNumber"]
        state.streams.touch(stream.name)
    if records:
        size = sum([len(row.data) for row in rows])
        behind_ms: int = batch["MillisBehindLatest"]
        call.happened(
            "firehose.SourceRead",
            stream.arn,
            records=len(rows),
            bytes=size,
            billed_bytes=limits.billed_bytes([row.data for row in rows]),
            behind_ms=behind_ms,
        )
    return limits.POLL_MS if batch["MillisBehindLatest"] or is_over else 0
