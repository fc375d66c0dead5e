from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from harness import ACCOUNT, REGION
from services.lambda_.mapped import ARN as FUNCTION
from services.lambda_.mapped import THROTTLED, UUID, Failed, Stage

TABLE = "orders"


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage(monkeypatch).built()
    stage.aws.dynamodb.create_table(
        {
            "TableName": TABLE,
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            # One partition, and so one shard.
            "ProvisionedThroughput": {"ReadCapacityUnits": 500, "WriteCapacityUnits": 500},
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        }
    )
    return stage


async def stream(stage: Stage) -> str:
    await stage.advance(seconds=60)
    return stage.aws.dynamodb.describe_table({"TableName": TABLE})["Table"]["LatestStreamArn"]


def put(stage: Stage, *ids: str, **more: dict[str, Any]) -> None:
    for each in ids:
        stage.aws.dynamodb.put_item({"TableName": TABLE, "Item": {"id": {"S": each}, **more}})


def seen(stage: Stage) -> list[list[str]]:
    """The keys in each invocation."""
    return [[record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]] for event in stage.events]


def failing_on(*ids: str) -> Any:
    def handler(event: dict[str, Any]) -> None:
        if any(record["dynamodb"]["Keys"]["id"]["S"] in ids for record in event["Records"]):
            raise Failed

    return handler


async def test_a_change_is_there_in_the_event_within_a_quarter_of_a_second(stage: Stage) -> None:
    arn = await stream(stage)
    await stage.map(arn, StartingPosition="LATEST", BatchSize=100)
    put(stage, "a", raw={"B": b"\x00\x01"})
    await stage.advance(ms=250)
    (record,) = stage.events[0]["Records"]
    assert record["eventName"] == "INSERT"
    assert record["eventSource"] == "aws:dynamodb"
    assert record["eventSourceARN"] == arn
    assert record["awsRegion"] == REGION
    assert record["dynamodb"]["NewImage"] == {"id": {"S": "a"}, "raw": {"B": "AAE="}}
    assert record["dynamodb"]["ApproximateCreationDateTime"] == (stage.aws.now - 250) // 1000
    assert stage.mapping.last_result == "OK"
    assert [event.facts["age_ms"] >= 250 for event in stage.aws.events("lambda.IteratorAge")] == [True]


async def test_latest_begins_after_what_is_there_and_the_horizon_with_it(stage: Stage) -> None:
    arn = await stream(stage)
    put(stage, "old")
    await stage.advance(seconds=1)
    await stage.map(arn, StartingPosition="LATEST", BatchSize=100)
    assert stage.events == []
    assert stage.mapping.last_result == "No records processed"
    put(stage, "new")
    await stage.advance(seconds=1)
    assert seen(stage) == [["new"]]


async def test_the_horizon_is_the_oldest_record(stage: Stage) -> None:
    arn = await stream(stage)
    put(stage, "old", "older")
    await stage.map(arn, StartingPosition="TRIM_HORIZON", BatchSize=1)
    assert seen(stage) == [["old"], ["older"]]


async def test_latest_still_means_what_it_meant_when_nothing_came_for_hours(stage: Stage) -> None:
    arn = await stream(stage)
    put(stage, "old")
    await stage.advance(seconds=1)
    await stage.map(arn, StartingPosition="LATEST", BatchSize=100)
    await stage.advance(seconds=3 * 3600)
    put(stage, "new")
    await stage.advance(seconds=1)
    assert seen(stage) == [["new"]]


async def test_a_window_gathers_records(stage: Stage) -> None:
    arn = await stream(stage)
    await stage.map(arn, StartingPosition="LATEST", BatchSize=3, MaximumBatchingWindowInSeconds=10)
    put(stage, "a")
    await stage.advance(seconds=5)
    put(stage, "b")
    await stage.advance(seconds=6)
    assert seen(stage) == [["a", "b"]]
    put(stage, "c", "d", "e")
    await stage.advance(seconds=1)
    assert seen(stage)[1:] == [["c", "d", "e"]]


async def test_a_poison_record_blocks_its_shard_until_it_has_expired(stage: Stage) -> None:
    arn = await stream(stage)
    stage.handler = failing_on("bad")
    await stage.map(arn, StartingPosition="LATEST", BatchSize=1)
    put(stage, "bad", "good")
    await stage.advance(seconds=3600)
    assert len(stage.events) > 60
    assert {key for keys in seen(stage) for key in keys} == {"bad"}
    assert stage.mapping.last_result == "PROBLEM: Function call failed"
    await stage.advance(seconds=24 * 3600)
    # What waited behind it is as old: it has expired too.
    assert {key for keys in seen(stage) for key in keys} == {"bad"}
    put(stage, "next")
    await stage.advance(seconds=60)
    assert seen(stage)[-1] == ["next"]


async def test_retries_are_counted_and_the_destination_is_told(stage: Stage) -> None:
    arn = await stream(stage)
    stage.aws.sqs.create_queue({"QueueName": "lost"})
    target = f"arn:aws:sqs:{REGION}:{ACCOUNT}:lost"
    stage.handler = failing_on("bad")
    destination = {"OnFailure": {"Destination": target}}
    await stage.map(arn, StartingPosition="LATEST", BatchSize=10, MaximumRetryAttempts=2, DestinationConfig=destination)
    put(stage, "bad", "beside")
    await stage.advance(seconds=60)
    assert seen(stage) == [["bad", "beside"]] * 3
    (message,) = stage.aws.sqs.receive_message({"QueueUrl": "lost"})["Messages"]
    told = json.loads(message["Body"])
    assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == 3
    assert told["requestContext"]["functionArn"] == FUNCTION
    assert told["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    info = told["DDBStreamBatchInfo"]
    assert (info["batchSize"], info["streamArn"]) == (2, arn)
    numbers = [record["dynamodb"]["SequenceNumber"] for record in stage.events[0]["Records"]]
    assert [info["startSequenceNumber"], info["endSequenceNumber"]] == numbers
    put(stage, "good")
    await stage.advance(seconds=1)
    assert seen(stage)[-1] == ["good"]


async def test_the_object_of_a_bucket_holds_the_records_themselves(stage: Stage) -> None:
    arn = await stream(stage)
    stage.aws.s3.create_bucket({"Bucket": "lost"})
    stage.handler = failing_on("bad")
    destination = {"OnFailure": {"Destination": "arn:aws:s3:::lost"}}
    await stage.map(arn, StartingPosition="LATEST", MaximumRetryAttempts=0, DestinationConfig=destination)
    put(stage, "bad")
    await stage.advance(seconds=10)
    (held,) = stage.aws.s3.list_objects_v2({"Bucket": "lost"})["Contents"]
    assert held["Key"].startswith(f"aws/lambda/{UUID}/shardId-")
    answer = stage.aws.s3.get_object({"Bucket": "lost", "Key": held["Key"]})
    payload = json.loads(json.loads(await whole(answer["Body"]))["payload"])
    assert payload["Records"][0]["dynamodb"]["Keys"] == {"id": {"S": "bad"}}


async def whole(body: Any) -> bytes:
    return body if isinstance(body, bytes) else b"".join([piece async for piece in body])


async def test_a_destination_that_lets_nobody_in_is_on_record(stage: Stage) -> None:
    arn = await stream(stage)
    destination = {"OnFailure": {"Destination": f"arn:aws:sqs:{REGION}:{ACCOUNT}:nowhere"}}
    stage.handler = failing_on("bad")
    await stage.map(arn, StartingPosition="LATEST", MaximumRetryAttempts=0, DestinationConfig=destination)
    put(stage, "bad")
    await stage.advance(seconds=10)
    assert len(stage.aws.events("lambda.DestinationDeliveryFailed")) == 1
    assert any(reason.startswith("Destination: ") for reason in stage.reasons())


async def test_bisecting_finds_the_poison_record_alone(stage: Stage) -> None:
    arn = await stream(stage)
    stage.handler = failing_on("c")
    await stage.map(
        arn, StartingPosition="LATEST", BatchSize=8, MaximumRetryAttempts=1, BisectBatchOnFunctionError=True
    )
    put(stage, *"abcdefgh")
    await stage.advance(seconds=60)
    assert seen(stage) == [
        list("abcdefgh"), list("abcd"), ["a", "b"], ["c", "d"], ["c"], ["c"], ["d"], list("efgh"),
    ]  # fmt: skip
    (dropped,) = stage.aws.events("lambda.BatchDropped")
    assert dropped.facts["dropped"] == 1


async def test_a_partial_response_is_the_checkpoint(stage: Stage) -> None:
    arn = await stream(stage)

    def handler(event: dict[str, Any]) -> dict[str, Any]:
        numbers = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
        failed = numbers[2:] if len(numbers) == 4 else []
        return {"batchItemFailures": [{"itemIdentifier": number} for number in reversed(failed)]}

    stage.handler = handler
    await stage.map(arn, StartingPosition="LATEST", FunctionResponseTypes=["ReportBatchItemFailures"])
    put(stage, *"abcd")
    await stage.advance(seconds=10)
    assert seen(stage) == [list("abcd"), ["c", "d"]]


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


async def test_throttling_is_no_attempt(stage: Stage) -> None:
    arn = await stream(stage)

    def handler(event: dict[str, Any]) -> None:
        raise THROTTLED

    stage.handler = handler
    await stage.map(arn, StartingPosition="LATEST", MaximumRetryAttempts=0)
    put(stage, "a")
    await stage.advance(seconds=120)
    stage.handler = lambda event: None
    await stage.advance(seconds=31)
    assert stage.aws.events("lambda.BatchDropped") == []
    assert stage.mapping.last_result == "OK"


async def test_lanes_run_at_once_and_keep_the_order_of_each_key(stage: Stage) -> None:
    arn = await stream(stage)
    stage.duration_ms = 1_000
    await stage.map(arn, StartingPosition="LATEST", BatchSize=1, ParallelizationFactor=10)
    for number in range(5):
        put(stage, *"abcdefgh", number={"N": str(number)})
    await stage.advance(seconds=30)
    assert 3 <= stage.most <= 10
    for key in "abcdefgh":
        records = [event["Records"][0]["dynamodb"] for event in stage.events]
        numbers = [each["NewImage"]["number"]["N"] for each in records if each["Keys"]["id"]["S"] == key]
        assert numbers == list("01234")


async def test_a_lane_in_trouble_does_not_hold_the_others_up(stage: Stage) -> None:
    arn = await stream(stage)
    stage.handler = failing_on("a")
    await stage.map(arn, StartingPosition="LATEST", BatchSize=1, ParallelizationFactor=10)
    put(stage, *"abcdefgh")
    await stage.advance(seconds=60)
    done = {keys[0] for keys in seen(stage)}
    assert len(done) >= 6  # those that share its lane wait


async def test_a_mapping_with_other_lanes_goes_on_where_it_was(stage: Stage) -> None:
    arn = await stream(stage)
    await stage.map(arn, StartingPosition="LATEST", BatchSize=1)
    put(stage, "a")
    await stage.advance(seconds=1)
    stage.mapping.settings["ParallelizationFactor"] = 10
    stage.state.mappings.touch(stage.mapping.uuid)
    await stage.poll()
    stage.duration_ms = 1_000
    put(stage, *"bcdefgh")
    await stage.advance(seconds=20)
    assert sorted(keys[0] for keys in seen(stage)) == list("abcdefgh")
    assert stage.most > 1


async def test_what_is_in_hand_when_it_is_disabled_is_checkpointed(stage: Stage) -> None:
    arn = await stream(stage)
    stage.duration_ms = 5_000
    await stage.map(arn, StartingPosition="LATEST", BatchSize=1)
    put(stage, "a", "b")
    await stage.advance(seconds=1)
    stage.mapping.state = "Disabled"
    stage.state.mappings.touch(stage.mapping.uuid)
    await stage.poll()
    await stage.advance(seconds=60)
    stage.mapping.state = "Enabled"
    stage.state.mappings.touch(stage.mapping.uuid)
    await stage.poll()
    await stage.advance(seconds=60)
    assert seen(stage) == [["a"], ["b"]]


async def test_a_lane_begins_nothing_more_once_its_mapping_is_being_disabled(stage: Stage) -> None:
    arn = await stream(stage)
    stage.duration_ms = 1_000
    await stage.map(arn, StartingPosition="LATEST", BatchSize=1)
    put(stage, "a", "b", "c")
    await stage.advance(ms=500)
    stage.mapping.state = "Disabling"  # and nobody has looked at it yet
    stage.state.mappings.touch(stage.mapping.uuid)
    await asyncio.wait_for(stage.advance(seconds=10), 5)
    assert seen(stage) == [["a"]]


async def test_a_shards_children_wait_for_its_end(stage: Stage) -> None:
    arn = await stream(stage)
    stage.handler = failing_on("parent")
    await stage.map(arn, StartingPosition="LATEST", BatchSize=1)
    await stage.advance(seconds=4 * 3600 - 120)
    put(stage, "parent")
    await stage.advance(seconds=300)
    put(stage, "child")
    await stage.advance(seconds=300)
    assert {key for keys in seen(stage) for key in keys} == {"parent"}
    stage.handler = lambda event: None
    await stage.advance(seconds=60)
    assert seen(stage)[-1] == ["child"]
    put(stage, "grandchild")
    await stage.advance(seconds=1)
    assert seen(stage)[-1] == ["grandchild"]


async def test_filters_let_only_some_changes_through_and_the_others_are_done_with(stage: Stage) -> None:
    arn = await stream(stage)
    pattern = {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"kind": {"S": ["order"]}}}}
    await stage.map(arn, StartingPosition="LATEST", FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    put(stage, "a", kind={"S": "refund"})
    put(stage, "b", kind={"S": "order"})
    put(stage, "b", kind={"S": "order"}, again={"BOOL": True})
    await stage.advance(seconds=1)
    assert seen(stage) == [["b"]]
    (polled,) = stage.aws.events("lambda.RecordsPolled")
    assert (polled.facts["polled"], polled.facts["filtered"]) == (3, 2)
    position = next(iter(stage.mapping.positions.values()))
    assert int(position) > int(stage.events[0]["Records"][0]["dynamodb"]["SequenceNumber"])


async def test_a_tumbling_window_carries_state_and_ends(stage: Stage) -> None:
    arn = await stream(stage)

    def handler(event: dict[str, Any]) -> dict[str, Any]:
        return {"state": {"count": event["state"].get("count", 0) + len(event["Records"])}}

    stage.handler = handler
    await stage.map(arn, StartingPosition="LATEST", TumblingWindowInSeconds=60)
    await stage.advance(ms=60_000 - stage.aws.now % 60_000)
    put(stage, "a", "b")
    await stage.advance(seconds=10)
    put(stage, "c")
    await stage.advance(seconds=70)
    assert seen(stage) == [["a", "b"], ["c"], []]
    assert [event["state"] for event in stage.events] == [{}, {"count": 2}, {"count": 3}]
    assert [event["isFinalInvokeForWindow"] for event in stage.events] == [False, False, True]
    window = stage.events[0]["window"]
    assert window["start"].endswith(":00Z")
    assert window["end"].endswith(":00Z")
    put(stage, "d")
    await stage.advance(seconds=1)
    assert stage.events[-1]["state"] == {}


async def test_a_windows_answer_without_state_is_a_failure(stage: Stage) -> None:
    arn = await stream(stage)
    stage.handler = lambda event: {}
    await stage.map(arn, StartingPosition="LATEST", TumblingWindowInSeconds=60)
    put(stage, "a")
    await stage.advance(seconds=5)
    assert seen(stage)[:2] == [["a"], ["a"]]


async def test_a_state_over_a_megabyte_ends_its_window_early(stage: Stage) -> None:
    arn = await stream(stage)
    stage.handler = lambda event: {"state": {"x": "y" * 1_100_000} if event["Records"] else {}}
    await stage.map(arn, StartingPosition="LATEST", TumblingWindowInSeconds=600)
    put(stage, "a")
    await stage.advance(seconds=1)
    put(stage, "b")
    await stage.advance(seconds=1)
    assert [event["isWindowTerminatedEarly"] for event in stage.events] == [False, True, False, True]
    assert stage.events[2]["state"] == {}


async def test_a_role_that_may_not_read_says_so(stage: Stage) -> None:
    arn = await stream(stage)
    stage.allow("sqs:*")
    await stage.map(arn, StartingPosition="TRIM_HORIZON")
    put(stage, "a")
    await stage.advance(seconds=10)
    assert stage.mapping.last_result.startswith(f"PROBLEM: Cannot access stream {arn}.")
    stage.allow("dynamodb:*")
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
    arn = await stream(stage)
    await stage.map(arn, StartingPosition="TRIM_HORIZON")
    put(stage, "a")
    await stage.advance(seconds=1)
    before = len(stage.aws.events("dynamodb.RecordsRead"))
    await stage.advance(seconds=3600)
    assert len(stage.aws.events("dynamodb.RecordsRead")) == before
