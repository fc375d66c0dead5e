from __future__ import annotations

from pathlib import Path

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.world.world import World
from harness import ACCOUNT, Aws, new_aws
from services.kinesis.streaming import ARN, NAME, got, make, put, refused, shards, summary


async def test_a_stream_is_made_described_and_deleted_by_the_clock(aws: Aws) -> None:
    aws.kinesis.create_stream({"StreamName": NAME, "ShardCount": 2, "Tags": {"team": "a"}})
    assert summary(aws)["StreamStatus"] == "CREATING"
    error = refused(aws.kinesis.put_record, {"StreamName": NAME, "Data": b"x", "PartitionKey": "k"})
    assert (error.code, error.message) == (
        "ResourceNotFoundException",
        f"Stream {NAME} under account {ACCOUNT} not found.",
    )
    await aws.advance(seconds=10)
    found = aws.kinesis.describe_stream({"StreamARN": ARN})["StreamDescription"]
    assert (found["StreamStatus"], found["EncryptionType"], found["RetentionPeriodHours"]) == ("ACTIVE", "NONE", 24)
    assert [each["HashKeyRange"] for each in found["Shards"]] == [
        {"StartingHashKey": "0", "EndingHashKey": "170141183460469231731687303715884105727"},
        {
            "StartingHashKey": "170141183460469231731687303715884105728",
            "EndingHashKey": "340282366920938463463374607431768211455",
        },
    ]
    error = refused(aws.kinesis.create_stream, {"StreamName": NAME, "ShardCount": 1})
    assert (error.code, error.message) == (
        "ResourceInUseException",
        f"Stream {NAME} under account {ACCOUNT} already exists.",
    )
    aws.kinesis.delete_stream({"StreamName": NAME})
    assert summary(aws)["StreamStatus"] == "DELETING"
    await aws.advance(seconds=10)
    assert aws.kinesis.list_streams({})["StreamNames"] == []


async def test_quotas_of_streams_and_shards_are_aws_own(aws: Aws) -> None:
    far = aws.in_region("eu-central-1")
    error = refused(far.kinesis.create_stream, {"StreamName": NAME, "ShardCount": 1_001})
    assert error.code == "LimitExceededException"
    assert error.message.startswith(
        f"This request would exceed the shard limit for the account {ACCOUNT} in eu-central-1. Current shard count for "
        "the account: 0. Limit: 1000. Number of additional shards that would have resulted from this request: 1001."
    )
    for name in "abcde":
        aws.kinesis.create_stream({"StreamName": name, "ShardCount": 1})
    await aws.advance(ms=500)
    error = refused(aws.kinesis.create_stream, {"StreamName": "f", "ShardCount": 1})
    assert error.code == "LimitExceededException"
    assert aws.kinesis.describe_limits({})["OpenShardCount"] == 5
    await aws.advance(seconds=10)
    page = aws.kinesis.list_streams({"Limit": 3})
    assert (page["StreamNames"], page["HasMoreStreams"]) == (["a", "b", "c"], True)
    rest = aws.kinesis.list_streams({"NextToken": page["NextToken"]})
    assert (rest["StreamNames"], rest["HasMoreStreams"]) == (["d", "e"], False)
    await aws.advance(seconds=301)
    assert refused(aws.kinesis.list_streams, {"NextToken": page["NextToken"]}).code == "ExpiredNextTokenException"


async def test_what_is_not_built_says_so(aws: Aws) -> None:
    request = {"StreamName": NAME, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}, "WarmThroughputMiBps": 10}
    assert refused(aws.kinesis.create_stream, request).status == 501
    with pytest.raises(AwsError, match="kinesis:UpdateStreamWarmThroughput"):
        _ = aws.kinesis.update_stream_warm_throughput


async def test_the_capacity_mode_changes_twice_a_day(aws: Aws) -> None:
    await make(aws)
    for mode in ("ON_DEMAND", "PROVISIONED"):
        aws.kinesis.update_stream_mode({"StreamARN": ARN, "StreamModeDetails": {"StreamMode": mode}})
        assert summary(aws)["StreamStatus"] == "UPDATING"
        await aws.advance(seconds=10)
    request = {"StreamARN": ARN, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}
    assert refused(aws.kinesis.update_stream_mode, request).code == "LimitExceededException"
    await aws.advance(seconds=86_400)
    aws.kinesis.update_stream_mode(request)


async def test_retention_is_by_the_clock_and_brings_nothing_back(aws: Aws) -> None:
    await make(aws)
    put(aws, b"old")
    await aws.advance(seconds=23 * 3600)
    put(aws, b"new")
    assert got(aws) == [b"old", b"new"]
    await aws.advance(seconds=2 * 3600)
    assert got(aws) == [b"new"]
    request = {"StreamName": NAME, "RetentionPeriodHours": 8761}
    error = refused(aws.kinesis.increase_stream_retention_period, request)
    assert error.message == (
        "Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is too long."
    )
    aws.kinesis.increase_stream_retention_period({"StreamName": NAME, "RetentionPeriodHours": 168})
    assert got(aws) == [b"new"]
    await aws.advance(seconds=6 * 86_400)
    assert got(aws) == [b"new"]
    error = refused(aws.kinesis.increase_stream_retention_period, {"StreamName": NAME, "RetentionPeriodHours": 48})
    assert error.message == (
        f"Requested retention period (48 hours) for stream {NAME} can not be shorter than existing retention period "
        "(168 hours). Use DecreaseRetentionPeriod API."
    )
    aws.kinesis.decrease_stream_retention_period({"StreamName": NAME, "RetentionPeriodHours": 24})
    assert got(aws) == []


async def test_tags_and_policies_are_kept(aws: Aws) -> None:
    await make(aws, Tags={"team": "a"})
    aws.kinesis.add_tags_to_stream({"StreamName": NAME, "Tags": {"stage": "b"}})
    aws.kinesis.tag_resource({"ResourceARN": ARN, "Tags": {"cost": "c"}})
    aws.kinesis.remove_tags_from_stream({"StreamName": NAME, "TagKeys": ["team"]})
    page = aws.kinesis.list_tags_for_stream({"StreamName": NAME, "Limit": 1})
    assert page == {"Tags": [{"Key": "cost", "Value": "c"}], "HasMoreTags": True}
    found = aws.kinesis.list_tags_for_resource({"ResourceARN": ARN})["Tags"]
    assert [each["Key"] for each in found] == ["cost", "stage"]
    assert refused(aws.kinesis.get_resource_policy, {"ResourceARN": ARN}).code == "ResourceNotFoundException"
    request = {"ResourceARN": ARN, "Policy": '{"Version":"2012-10-17"}'}
    assert refused(aws.kinesis.put_resource_policy, request).code == "InvalidArgumentException"


@pytest.mark.parametrize("member", ["StreamName", "StreamARN"])
async def test_a_stream_that_is_not_there_is_named(aws: Aws, member: str) -> None:
    request = {member: NAME if member == "StreamName" else ARN}
    error = refused(aws.kinesis.describe_stream_summary, request)
    assert error.message == f"Stream {NAME} under account {ACCOUNT} not found."
    assert error.why.facts[0].resource == ARN


async def test_records_and_shards_are_there_after_a_restart(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    await make(aws, 2)
    sent = [put(aws, str(n).encode(), str(n)) for n in range(20)]
    aws.world.close()
    world = World(seed=1, mode="held", directory=tmp_path)
    again = new_aws(world=world)
    assert len(shards(again)) == 2
    assert sorted(int(each) for shard in (0, 1) for each in got(again, shard=shard)) == list(range(20))
    await again.advance(seconds=1)
    after = put(again, b"20", "0")
    assert int(after["SequenceNumber"]) > int(sent[0]["SequenceNumber"])
    again.world.close()
