from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from harness import ACCOUNT, REGION
from services.lambda_.mapped import ARN as FUNCTION
from services.lambda_.mapped import ROLE, UUID, Failed, Stage

STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/clicks"
TWO_128 = 1 << 128


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(monkeypatch).built()


async def stream(stage: Stage, shards: int = 1) -> str:
    stage.aws.kinesis.create_stream({"StreamName": "clicks", "ShardCount": shards})
    await stage.advance(seconds=30)
    return STREAM


def put(stage: Stage, *values: str, key: str = "k") -> dict[str, Any]:
    told: dict[str, Any] = {}
    for each in values:
        told = stage.aws.kinesis.put_record({"StreamName": "clicks", "Data": each.encode(), "PartitionKey": key})
    return told


def data_of(event: dict[str, Any]) -> list[str]:
    return [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]


def seen(stage: Stage) -> list[list[str]]:
    """The data in each invocation."""
    return [data_of(event) for event in stage.events]


def every(stage: Stage) -> list[str]:
    return [each for batch in seen(stage) for each in batch]


def failing_on(*values: str) -> Any:
    def handler(event: dict[str, Any]) -> None:
        if set(values) & set(data_of(event)):
            raise Failed

    return handler


async def test_a_record_is_there_in_the_event_within_a_second(stage: Stage) -> None:
    await stage.map(await stream(stage), StartingPosition="LATEST", BatchSize=100)
    told = put(stage, "hello")
    at_ms = stage.aws.now
    await stage.advance(seconds=1)
    assert stage.events == [
        {
            "Records": [
                {
                    "kinesis": {
                        "kinesisSchemaVersion": "1.0",
                        "partitionKey": "k",
                        "sequenceNumber": told["SequenceNumber"],
                        "data": "aGVsbG8=",
                        "approximateArrivalTimestamp": at_ms / 1000,
                    },
                    "eventSource": "aws:kinesis",
                    "eventVersion": "1.0",
                    "eventID": f"shardId-000000000000:{told['SequenceNumber']}",
                    "eventName": "aws:kinesis:record",
                    "invokeIdentityArn": ROLE,
                    "awsRegion": REGION,
                    "eventSourceARN": STREAM,
                }
            ]
        }
    ]
    assert stage.mapping.last_result == "OK"
    (age,) = stage.aws.events("lambda.IteratorAge")
    assert age.facts["age_ms"] == 1_000


async def test_latest_begins_after_what_is_there_however_long_nothing_comes(stage: Stage) -> None:
    arn = await stream(stage, 2)
    put(stage, "old")
    await stage.advance(seconds=1)
    await stage.map(arn, StartingPosition="LATEST", BatchSize=100)
    await stage.advance(seconds=3 * 3600)
    put(stage, "new")
    await stage.advance(seconds=1)
    assert seen(stage) == [["new"]]


async def test_the_horizon_is_the_oldest_record(stage: Stage) -> None:
    arn = await stream(stage)
    put(stage, "a", "b")
    await stage.map(arn, StartingPosition="TRIM_HORIZON", BatchSize=1)
    assert seen(stage) == [["a"], ["b"]]


async def test_a_time_to_begin_at_may_lie_before_a_reshard(stage: Stage) -> None:
    arn = await stream(stage)
    put(stage, "before")
    await stage.advance(seconds=10)
    since_ms = stage.aws.now
    put(stage, "parent")
    stage.aws.kinesis.update_shard_count(
        {"StreamName": "clicks", "TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"}
    )
    await stage.advance(seconds=60)
    put(stage, "child")
    await stage.map(arn, StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=since_ms, BatchSize=10)
    await stage.advance(seconds=5)
    assert every(stage) == ["parent", "child"]


async def test_a_shards_children_wait_for_its_end_in_a_split_and_a_merge(stage: Stage) -> None:
    arn = await stream(stage)
    await stage.map(arn, StartingPosition="LATEST", BatchSize=1)
    stage.handler = failing_on("parent")
    put(stage, "parent")
    await stage.advance(seconds=1)
    stage.aws.kinesis.split_shard(
        {"StreamName": "clicks", "ShardToSplit": "shardId-000000000000", "NewStartingHashKey": str(TWO_128 // 2)}
    )
    await stage.advance(seconds=60)
    put(stage, "child", key="a")
    put(stage, "other", key="b")
    await stage.advance(seconds=60)
    assert set(every(stage)) == {"parent"}
    stage.handler = failing_on("child")
    await stage.advance(seconds=60)
    assert {"child", "other"} <= set(every(stage))
    stage.aws.kinesis.merge_shards({
        "StreamName": "clicks", "ShardToMerge": "shardId-000000000001", "AdjacentShardToMerge": "shardId-000000000002",
    })  # fmt: skip
    await stage.advance(seconds=60)
    put(stage, "merged")
    await stage.advance(seconds=60)
    assert "merged" not in every(stage)  # one of its two parents is not done with
    stage.handler = lambda event: None
    await stage.advance(seconds=60)
    assert every(stage)[-1] == "merged"
    ends = [position for position in stage.mapping.positions.values() if position == "END"]
    assert len(ends) == 3


async def test_lanes_run_at_once_and_keep_the_order_of_each_key(stage: Stage) -> None:
    arn = await stream(stage)
    stage.duration_ms = 1_000
    await stage.map(arn, StartingPosition="LATEST", BatchSize=1, ParallelizationFactor=10)
    for number in range(5):
        for key in "abcdefgh":
            put(stage, f"{key}{number}", key=key)
    await stage.advance(seconds=30)
    assert 3 <= stage.most <= 10
    for key in "abcdefgh":
        assert [each for each in every(stage) if each[0] == key] == [f"{key}{number}" for number in range(5)]


async def test_retries_are_counted_and_the_destination_is_told(stage: Stage) -> None:
    arn = await stream(stage)
    stage.aws.sqs.create_queue({"QueueName": "lost"})
    destination = {"OnFailure": {"Destination": f"arn:aws:sqs:{REGION}:{ACCOUNT}:lost"}}
    stage.handler = failing_on("bad")
    await stage.map(arn, StartingPosition="LATEST", BatchSize=10, MaximumRetryAttempts=1, DestinationConfig=destination)
    numbers = [put(stage, each)["SequenceNumber"] for each in ("bad", "beside")]
    await stage.advance(seconds=60)
    assert seen(stage) == [["bad", "beside"]] * 2
    (message,) = stage.aws.sqs.receive_message({"QueueUrl": "lost"})["Messages"]
    told = json.loads(message["Body"])
    assert (told["requestContext"]["condition"], told["requestContext"]["functionArn"]) == (
        "RetryAttemptsExhausted",
        FUNCTION,
    )
    info = told["KinesisBatchInfo"]
    assert (info["shardId"], info["batchSize"], info["streamArn"]) == ("shardId-000000000000", 2, arn)
    assert [info["startSequenceNumber"], info["endSequenceNumber"]] == numbers
    put(stage, "good")
    await stage.advance(seconds=1)
    assert seen(stage)[-1] == ["good"]


async def test_a_topic_is_told_of_lost_records_and_a_bucket_gets_them_whole(stage: Stage) -> None:
    arn, aws = await stream(stage), stage.aws
    topic = aws.sns.create_topic({"Name": "lost"})["TopicArn"]
    aws.s3.create_bucket({"Bucket": "lost"})
    stage.handler = failing_on("bad")
    for destination in (topic, "arn:aws:s3:::lost"):
        config = {"OnFailure": {"Destination": destination}}
        await stage.map(arn, StartingPosition="LATEST", MaximumRetryAttempts=0, DestinationConfig=config)
        put(stage, "bad")
        await stage.advance(seconds=5)
    (published,) = aws.events("sns.MessagePublished")
    assert published.resource == topic
    (held,) = aws.s3.list_objects_v2({"Bucket": "lost"})["Contents"]
    assert held["Key"].startswith(f"aws/lambda/{UUID}/shardId-000000000000/2026/")
    body = aws.s3.get_object({"Bucket": "lost", "Key": held["Key"]})["Body"]
    told = json.loads(body if isinstance(body, bytes) else b"".join([piece async for piece in body]))
    assert told["KinesisBatchInfo"]["batchSize"] == 1
    assert json.loads(told["payload"])["Records"][0]["kinesis"]["data"] == "YmFk"


async def test_bisecting_leaves_the_poison_record_alone(stage: Stage) -> None:
    arn = await stream(stage)
    stage.handler = failing_on("c")
    await stage.map(arn, StartingPosition="LATEST", MaximumRetryAttempts=0, BisectBatchOnFunctionError=True)
    put(stage, *"abcd")
    await stage.advance(seconds=10)
    assert seen(stage) == [list("abcd"), ["a", "b"], ["c", "d"], ["c"], ["d"]]
    (dropped,) = stage.aws.events("lambda.BatchDropped")
    assert dropped.facts["dropped"] == 1


async def test_a_poison_record_blocks_its_shard_for_as_long_as_the_stream_keeps_it(stage: Stage) -> None:
    arn = await stream(stage)
    stage.aws.kinesis.increase_stream_retention_period({"StreamName": "clicks", "RetentionPeriodHours": 48})
    stage.handler = failing_on("bad")
    await stage.map(arn, StartingPosition="LATEST", BatchSize=1)
    put(stage, "bad")
    await stage.advance(seconds=47 * 3600)
    put(stage, "good")
    await stage.advance(seconds=1800)
    assert set(every(stage)) == {"bad"}
    await stage.advance(seconds=3600)
    assert every(stage)[-1] == "good"


async def test_records_over_the_maximum_age_are_given_up(stage: Stage) -> None:
    arn = await stream(stage)
    stage.handler = failing_on("old")
    await stage.map(arn, StartingPosition="LATEST", BatchSize=1, MaximumRecordAgeInSeconds=60)
    put(stage, "old")
    await stage.advance(seconds=50)
    put(stage, "young")
    await stage.advance(seconds=45)
    assert seen(stage)[-1] == ["young"]
    (dropped,) = stage.aws.events("lambda.BatchDropped")
    assert dropped.facts["condition"] == "RecordAgeExceeded"


async def test_a_tumbling_window_carries_state_and_ends(stage: Stage) -> None:
    arn = await stream(stage)
    stage.handler = lambda event: {"state": {"count": event["state"].get("count", 0) + len(event["Records"])}}
    await stage.map(arn, StartingPosition="LATEST", TumblingWindowInSeconds=60)
    await stage.advance(ms=60_000 - stage.aws.now % 60_000)
    put(stage, "a", "b")
    await stage.advance(seconds=10)
    put(stage, "c")
    await stage.advance(seconds=70)
    assert seen(stage) == [["a", "b"], ["c"], []]
    assert [event["state"] for event in stage.events] == [{}, {"count": 2}, {"count": 3}]
    assert (stage.events[-1]["isFinalInvokeForWindow"], stage.events[-1]["eventSourceARN"]) == (True, arn)


async def test_filters_are_about_the_data_and_drop_what_is_no_json(stage: Stage) -> None:
    arn = await stream(stage)
    pattern = json.dumps({"data": {"kind": ["order"]}})
    await stage.map(arn, StartingPosition="LATEST", FilterCriteria={"Filters": [{"Pattern": pattern}]})
    put(stage, '{"kind":"refund"}', "plain", '{"kind":"order"}')
    await stage.advance(seconds=1)
    assert seen(stage) == [['{"kind":"order"}']]
    (polled,) = stage.aws.events("lambda.RecordsPolled")
    assert (polled.facts["polled"], polled.facts["filtered"]) == (3, 2)


async def test_other_readers_take_from_what_a_shard_gives_and_it_goes_on(stage: Stage) -> None:
    arn = await stream(stage)
    await stage.map(arn, StartingPosition="TRIM_HORIZON")
    asked = {"StreamName": "clicks", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = stage.aws.kinesis.get_shard_iterator(asked)["ShardIterator"]
    put(stage, "a")
    await stage.advance(ms=999)
    for _ in range(5):
        stage.aws.kinesis.get_records({"ShardIterator": iterator})
    await stage.advance(ms=1)
    assert stage.events == []
    assert any(event.facts["direction"] == "read" for event in stage.aws.events("kinesis.Throttled"))
    await stage.advance(seconds=1)
    assert every(stage) == ["a"]
    assert stage.mapping.last_result == "OK"


async def test_a_role_that_may_not_read_says_so(stage: Stage) -> None:
    arn = await stream(stage)
    stage.allow("sqs:*")
    await stage.map(arn, StartingPosition="TRIM_HORIZON")
    put(stage, "a")
    await stage.advance(seconds=10)
    assert stage.mapping.last_result.startswith(f"PROBLEM: Cannot access stream {arn}.")
    stage.allow("kinesis:*")
    await stage.advance(seconds=60)
    assert seen(stage) == [["a"]]


async def test_after_a_restart_it_goes_on_where_it_was(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from foulweather.gates import GATES
    from foulweather.kernel.pipeline import Pipeline
    from harness import Aws

    arn = await stream(stage)
    await stage.map(arn, StartingPosition="LATEST", BatchSize=1)
    put(stage, "a")
    await stage.advance(seconds=1)
    put(stage, "b")
    other = Stage(monkeypatch, Aws(Pipeline(stage.aws.world.fork("other"), stage.aws.pipeline.services, GATES)))
    await other.advance(seconds=21)
    assert seen(other) == [["b"]]


async def test_nothing_is_read_of_a_stream_that_nobody_writes_to(stage: Stage) -> None:
    arn = await stream(stage, 4)
    await stage.map(arn, StartingPosition="TRIM_HORIZON")
    for key in "abcdefgh":
        put(stage, "a", key=key)
    await stage.advance(seconds=2)
    before = len(stage.aws.events("kinesis.Got"))
    await stage.advance(seconds=3600)
    assert len(stage.aws.events("kinesis.Got")) == before


async def test_a_record_that_no_event_can_hold_is_never_invoked_with_and_given_up_when_it_is_too_old(
    stage: Stage,
) -> None:
    arn = await stream(stage)
    stage.aws.kinesis.update_max_record_size({"StreamARN": arn, "MaxRecordSizeInKiB": 10_240})
    await stage.advance(seconds=60)
    await stage.map(arn, StartingPosition="LATEST", MaximumRecordAgeInSeconds=60)
    put(stage, "x" * 5_000_000)
    await stage.advance(seconds=20)
    put(stage, "good")
    await stage.advance(seconds=60)
    assert every(stage) == ["good"]
    assert any("RequestTooLargeException" in reason for reason in stage.reasons())
    (dropped,) = stage.aws.events("lambda.BatchDropped")
    assert dropped.facts["condition"] == "RecordAgeExceeded"


# --- enhanced fan-out


async def consumer(stage: Stage) -> str:
    await stream(stage)
    told = stage.aws.kinesis.register_stream_consumer({"StreamARN": STREAM, "ConsumerName": "mine"})
    await stage.advance(seconds=30)
    return told["Consumer"]["ConsumerARN"]


async def test_a_consumer_is_pushed_to_at_once_and_takes_nothing_from_others(stage: Stage) -> None:
    arn = await consumer(stage)
    put(stage, "old")
    await stage.map(arn, StartingPosition="LATEST", BatchSize=1)
    await stage.advance(seconds=3600)
    put(stage, "a", "b")
    await stage.advance()
    assert seen(stage) == [["a"], ["b"]]
    assert stage.events[0]["Records"][0]["eventSourceARN"] == arn
    assert stage.aws.events("kinesis.Got") == []
    assert len(stage.aws.events("kinesis.Subscribed")) == pytest.approx(12, abs=1)  # each lasts five minutes


async def test_a_consumer_goes_on_with_a_shards_children_and_stops_when_it_is_disabled(stage: Stage) -> None:
    arn = await consumer(stage)
    await stage.map(arn, StartingPosition="TRIM_HORIZON", BatchSize=10)
    put(stage, "parent")
    stage.aws.kinesis.split_shard(
        {"StreamName": "clicks", "ShardToSplit": "shardId-000000000000", "NewStartingHashKey": str(TWO_128 // 2)}
    )
    await stage.advance(seconds=60)
    put(stage, "x", key="a")
    put(stage, "y", key="b")
    await stage.advance(seconds=5)
    assert every(stage)[0] == "parent"
    assert sorted(every(stage)) == ["parent", "x", "y"]
    stage.mapping.state = "Disabled"
    stage.state.mappings.touch(stage.mapping.uuid)
    await stage.poll()
    put(stage, "z")
    await stage.advance(seconds=600)
    assert "z" not in every(stage)
    stage.mapping.state = "Enabled"
    stage.state.mappings.touch(stage.mapping.uuid)
    await stage.poll()
    await stage.advance(seconds=30)
    assert every(stage)[-1] == "z"


async def test_a_consumer_whose_lanes_are_full_waits_and_loses_nothing(stage: Stage) -> None:
    arn = await consumer(stage)
    monkey = pytest.MonkeyPatch()
    monkey.setattr("foulweather.services.lambda_.sources.kinesis.KinesisFeed.read_max", 5)
    stage.duration_ms = 7_000
    await stage.map(arn, StartingPosition="TRIM_HORIZON", BatchSize=2)
    for number in range(150):
        put(stage, str(number))
        await stage.advance(seconds=1)
    await stage.advance(seconds=900)
    monkey.undo()
    assert every(stage) == [str(number) for number in range(150)]
    pushed = [event for event in stage.aws.events("kinesis.Pushed") if event.facts["records"]]
    assert len(pushed) < 50  # what came meanwhile came together
