from __future__ import annotations

from harness import ACCOUNT, Aws
from services.kinesis.streaming import ARN, NAME, iterator, make, put, refused, shards, summary


async def test_a_split_shard_ends_and_its_children_go_on(aws: Aws) -> None:
    await make(aws)
    put(aws, b"before")
    aws.kinesis.split_shard(
        {"StreamName": NAME, "ShardToSplit": "shardId-000000000000", "NewStartingHashKey": str(2**127)}
    )
    assert summary(aws)["StreamStatus"] == "UPDATING"
    put(aws, b"meanwhile")
    parent = iterator(aws)
    await aws.advance(seconds=15)
    found = aws.kinesis.get_records({"ShardIterator": parent})
    assert [each["Data"] for each in found["Records"]] == [b"before", b"meanwhile"]
    assert "NextShardIterator" not in found
    assert [each["ShardId"] for each in found["ChildShards"]] == ["shardId-000000000001", "shardId-000000000002"]
    assert put(aws, b"after", ExplicitHashKey="0")["ShardId"] == "shardId-000000000001"
    first, second, third = shards(aws)
    assert "EndingSequenceNumber" in first["SequenceNumberRange"]
    assert second["ParentShardId"] == third["ParentShardId"] == "shardId-000000000000"
    ends, begins = (
        int(first["SequenceNumberRange"]["EndingSequenceNumber"]),
        int(second["SequenceNumberRange"]["StartingSequenceNumber"]),
    )
    assert begins > ends
    assert len(shards(aws, ShardFilter={"Type": "AT_LATEST"})) == 2
    assert [each["ShardId"] for each in shards(aws, ShardFilter={"Type": "AT_TRIM_HORIZON"})] == [first["ShardId"]]
    await aws.advance(seconds=25 * 3600)
    assert len(shards(aws)) == 2


async def test_neighbours_merge_and_others_do_not(aws: Aws) -> None:
    await make(aws, 3)
    ids = [f"shardId-{n:012d}" for n in range(3)]
    request = {"StreamName": NAME, "ShardToMerge": ids[0], "AdjacentShardToMerge": ids[2]}
    error = refused(aws.kinesis.merge_shards, request)
    assert error.message == (
        f"Shards {ids[0]} and {ids[2]} in stream {NAME} under account {ACCOUNT} are not an adjacent pair of shards "
        "eligible for merging"
    )
    aws.kinesis.merge_shards({**request, "AdjacentShardToMerge": ids[1]})
    error = refused(aws.kinesis.merge_shards, {**request, "AdjacentShardToMerge": ids[1]})
    assert error.message == f"Stream {NAME} under account {ACCOUNT} not ACTIVE, instead in state UPDATING"
    await aws.advance(seconds=15)
    merged = shards(aws)[-1]
    assert (merged["ParentShardId"], merged["AdjacentParentShardId"]) == (ids[0], ids[1])
    request = {"StreamName": NAME, "ShardToSplit": ids[0], "NewStartingHashKey": "5"}
    assert "has already been merged or split" in refused(aws.kinesis.split_shard, request).message
    request = {"StreamName": NAME, "ShardToSplit": ids[2], "NewStartingHashKey": "5"}
    assert "is not both greater than one plus" in refused(aws.kinesis.split_shard, request).message


async def test_the_count_changes_evenly_up_to_double_and_ten_times_a_day(aws: Aws) -> None:
    await make(aws, 4)
    update = aws.kinesis.update_shard_count
    request = {"StreamName": NAME, "ScalingType": "UNIFORM_SCALING"}
    assert refused(update, {**request, "TargetShardCount": 9}).code == "LimitExceededException"
    assert refused(update, {**request, "TargetShardCount": 1}).code == "LimitExceededException"
    told = update({**request, "TargetShardCount": 3})
    assert (told["CurrentShardCount"], told["TargetShardCount"], told["StreamARN"]) == (4, 3, ARN)
    await aws.advance(seconds=15)
    opened = shards(aws, ShardFilter={"Type": "AT_LATEST"})
    assert sorted(int(each["HashKeyRange"]["StartingHashKey"]) for each in opened) == [
        2**128 * each // 3 for each in range(3)
    ]
    # Shards 1 and 2 were split, and their parts merged with 0 and 3 and with each other.
    assert len(shards(aws)) == 11
    for count in (4, 3, 4, 3, 4, 3, 4, 3, 4):
        update({**request, "TargetShardCount": count})
        await aws.advance(seconds=15)
    error = refused(update, {**request, "TargetShardCount": 3})
    assert "more than 10 times" in error.message


async def test_a_stream_on_demand_follows_its_peak(aws: Aws) -> None:
    aws.kinesis.create_stream({"StreamName": NAME, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}})
    await aws.advance(seconds=10)
    assert summary(aws)["OpenShardCount"] == 4
    request = {"StreamName": NAME, "TargetShardCount": 8, "ScalingType": "UNIFORM_SCALING"}
    assert refused(aws.kinesis.update_shard_count, request).code == "ValidationException"
    entries = [{"Data": b"x" * 700_000, "PartitionKey": str(n), "ExplicitHashKey": str(2**126 * n)} for n in range(4)]
    for _ in range(115):
        assert aws.kinesis.put_records({"StreamName": NAME, "Records": entries})["FailedRecordCount"] == 0
        await aws.advance(seconds=1)
    # 2.7 MiB a second is the new peak: twice as much needs six shards.
    assert summary(aws)["OpenShardCount"] == 6
    assert aws.events("kinesis.OnDemandScaled")[-1].facts["ShardCount"] == 6


async def test_listing_goes_on_with_its_token(aws: Aws) -> None:
    await make(aws, 3)
    page = aws.kinesis.list_shards({"StreamName": NAME, "MaxResults": 2})
    rest = aws.kinesis.list_shards({"NextToken": page["NextToken"]})
    assert [each["ShardId"][-1] for each in page["Shards"] + rest["Shards"]] == ["0", "1", "2"]
    assert "NextToken" not in rest
    request = {"NextToken": page["NextToken"], "StreamName": NAME}
    assert refused(aws.kinesis.list_shards, request).message == "NextToken and StreamName cannot be provided together."
