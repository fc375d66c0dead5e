from __future__ import annotations

import pytest

from harness import ACCOUNT, Aws
from services.kinesis.streaming import ARN, NAME, got, iterator, make, put, refused

RATE = f"Rate exceeded for shard shardId-000000000000 in stream {NAME} under account {ACCOUNT}."


async def test_records_come_back_in_order_with_growing_sequence_numbers(aws: Aws) -> None:
    await make(aws)
    numbers = [put(aws, str(n).encode())["SequenceNumber"] for n in range(3)]
    assert numbers == sorted(numbers)
    assert all(len(each) == 56 and each.startswith("49") for each in numbers)
    assert got(aws) == [b"0", b"1", b"2"]
    assert got(aws, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]) == [b"1", b"2"]
    assert got(aws, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]) == [b"2"]
    latest = iterator(aws, "LATEST")
    assert aws.kinesis.get_records({"ShardIterator": latest})["Records"] == []
    await aws.advance(seconds=5)
    put(aws, b"3")
    found = aws.kinesis.get_records({"ShardIterator": latest})
    assert [each["Data"] for each in found["Records"]] == [b"3"]
    assert got(aws, "AT_TIMESTAMP", Timestamp=aws.now) == [b"3"]


async def test_how_far_behind_a_reader_is_is_told_and_counted(aws: Aws) -> None:
    await make(aws)
    put(aws, b"a")
    await aws.advance(seconds=30)
    put(aws, b"b")
    await aws.advance(seconds=30)
    first = aws.kinesis.get_records({"ShardIterator": iterator(aws), "Limit": 1})
    assert first["MillisBehindLatest"] == 60_000
    second = aws.kinesis.get_records({"ShardIterator": first["NextShardIterator"]})
    assert second["MillisBehindLatest"] == 0
    assert [event.facts["iterator_age_ms"] for event in aws.events("kinesis.Got")] == [60_000, 30_000]


async def test_an_iterator_expires_after_five_minutes(aws: Aws) -> None:
    await make(aws)
    found = iterator(aws)
    await aws.advance(ms=300_001)
    error = refused(aws.kinesis.get_records, {"ShardIterator": found})
    assert (error.code, error.message) == (
        "ExpiredIteratorException",
        "Iterator expired. The iterator was created at time Thu Jan 01 00:00:10 UTC 2026 while right now it is Thu Jan "
        "01 00:05:10 UTC 2026 which is further in the future than the tolerated delay of 300000 milliseconds.",
    )
    assert refused(aws.kinesis.get_records, {"ShardIterator": "AAAA"}).message == "Invalid ShardIterator."


async def test_iterators_are_refused_as_aws_does(aws: Aws) -> None:
    await make(aws, 2)
    number = put(aws, key="a", ExplicitHashKey="0")["SequenceNumber"]
    request = {"StreamName": NAME, "ShardId": "shardId-000000000001", "ShardIteratorType": "AT_SEQUENCE_NUMBER"}
    error = refused(aws.kinesis.get_shard_iterator, {**request, "StartingSequenceNumber": number})
    assert error.message == (
        "Invalid StartingSequenceNumber. It encodes shardId-000000000000, while it was used in a call to "
        "shardId-000000000001"
    )
    error = refused(aws.kinesis.get_shard_iterator, {**request, "StartingSequenceNumber": "12"})
    assert error.message == (
        f"StartingSequenceNumber 12 used in GetShardIterator on shard shardId-000000000001 in stream {NAME} under "
        f"account {ACCOUNT} is invalid because it did not come from this stream."
    )
    assert "Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber." in (
        refused(aws.kinesis.get_shard_iterator, request).message
    )
    error = refused(aws.kinesis.get_shard_iterator, {**request, "ShardId": "shardId-000000000009"})
    assert error.code == "ResourceNotFoundException"


@pytest.mark.parametrize(("size", "fits"), [(1024 * 1024 - 1, True), (1024 * 1024, False)])
async def test_a_record_with_its_key_is_at_most_what_the_stream_takes(aws: Aws, size: int, fits: bool) -> None:
    await make(aws)
    request = {"StreamName": NAME, "Data": b"x" * size, "PartitionKey": "k"}
    if fits:
        aws.kinesis.put_record(request)
        return
    error = refused(aws.kinesis.put_record, request)
    assert error.code == "ValidationException"
    assert error.message.endswith("failed to satisfy constraint: Member must have length less than or equal to 1048576")
    aws.kinesis.update_max_record_size({"StreamARN": ARN, "MaxRecordSizeInKiB": 10_240})
    await aws.advance(seconds=10)
    aws.kinesis.put_record(request)


async def test_a_shard_takes_a_mebibyte_a_second_and_the_reason_names_the_key(aws: Aws) -> None:
    await make(aws, 2)
    put(aws, b"x" * 1_000_000, "hot", ExplicitHashKey="0")
    request = {"StreamName": NAME, "Data": b"x" * 100_000, "PartitionKey": "hot", "ExplicitHashKey": "0"}
    error = refused(aws.kinesis.put_record, request)
    assert (error.code, error.message) == ("ProvisionedThroughputExceededException", RATE)
    assert error.why.cause == "The partition key 'hot' makes 100 % of what shardId-000000000000 was given this second."
    put(aws, b"x" * 100_000, "cold", ExplicitHashKey=str(2**127))
    await aws.advance(seconds=1)
    aws.kinesis.put_record(request)
    (event,) = aws.events("kinesis.Throttled")
    assert (event.facts["direction"], event.facts["records"]) == ("write", 1)


async def test_records_of_a_batch_fail_by_themselves(aws: Aws) -> None:
    await make(aws)
    entries = [{"Data": b"x", "PartitionKey": str(n)} for n in range(500)]
    for _ in range(2):
        assert aws.kinesis.put_records({"StreamName": NAME, "Records": entries})["FailedRecordCount"] == 0
    await aws.advance(ms=10)
    told = aws.kinesis.put_records({"StreamName": NAME, "Records": entries})
    assert told["FailedRecordCount"] == 490
    assert told["Records"][-1] == {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": RATE}
    assert aws.events("kinesis.Put")[-1].facts == {
        "operation": "PutRecords",
        "records": 10,
        "bytes": 20,
        "failed": 490,
        "shards": ["shardId-000000000000"],
        "units": 10,
    }
    await aws.advance(seconds=1)
    found = aws.kinesis.get_records({"ShardIterator": iterator(aws)})
    assert len(found["Records"]) == 1010


async def test_a_batch_has_ten_mebibytes(aws: Aws) -> None:
    await make(aws, MaxRecordSizeInKiB=10_240)
    entries = [{"Data": b"x" * 6_000_000, "PartitionKey": "k"}] * 2
    error = refused(aws.kinesis.put_records, {"StreamName": NAME, "Records": entries})
    assert (error.code, error.message) == ("InvalidArgumentException", "Records size exceeds 10 MB limit")
    put(aws, b"x" * 6_000_000)
    assert refused(aws.kinesis.put_record, {"StreamName": NAME, **entries[0]}).message == RATE


async def test_a_shard_is_read_five_times_a_second_and_two_mebibytes(aws: Aws) -> None:
    await make(aws)
    found = iterator(aws)
    for _ in range(5):
        found = aws.kinesis.get_records({"ShardIterator": found})["NextShardIterator"]
    error = refused(aws.kinesis.get_records, {"ShardIterator": found})
    assert (error.code, error.message) == ("ProvisionedThroughputExceededException", RATE)
    assert "register-stream-consumer" in error.why.remedy[0]
    for _ in range(10):
        put(aws, b"x" * 1_000_000)
        await aws.advance(seconds=1)
    read = aws.kinesis.get_records({"ShardIterator": found})
    assert len(read["Records"]) == 10
    await aws.advance(ms=3_000)
    assert refused(aws.kinesis.get_records, {"ShardIterator": read["NextShardIterator"]}).message == RATE
    await aws.advance(ms=1_000)
    aws.kinesis.get_records({"ShardIterator": read["NextShardIterator"]})


async def test_hash_keys_outside_their_range_are_refused(aws: Aws) -> None:
    await make(aws)
    request = {"StreamName": NAME, "Data": b"", "PartitionKey": "k", "ExplicitHashKey": str(2**128)}
    assert refused(aws.kinesis.put_record, request).message.startswith("Invalid ExplicitHashKey.")
    request = {"StreamName": NAME, "Data": b"", "PartitionKey": "k", "SequenceNumberForOrdering": "5"}
    assert "ExclusiveMinimumSequenceNumber 5" in refused(aws.kinesis.put_record, request).message
