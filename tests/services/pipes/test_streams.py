from __future__ import annotations

import base64
import json
from typing import Any

from foulweather.kernel.pipeline import Pipeline
from foulweather.services.pipes.state import PipesState
from harness import Aws
from services.pipes.piped import Pipes


def of_stream(**more: Any) -> dict[str, Any]:
    return {"KinesisStreamParameters": {"StartingPosition": "TRIM_HORIZON", **more}}


def numbers(pipes: Pipes, queue: str) -> list[int]:
    return [json.loads(body)["n"] for body in pipes.bodies(queue)]


BODY = {"InputTemplate": '{"n": <$.data.n>}'}


async def test_records_go_in_order_from_a_stream_to_a_queue(aws: Aws, pipes: Pipes) -> None:
    source, target = pipes.stream(), pipes.queue("out.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    await aws.advance(seconds=30)
    for n in range(25):
        pipes.put(source, {"n": n})
    fifo = {"SqsQueueParameters": {"MessageGroupId": "$.partitionKey"}, **BODY}
    told = await pipes.made(source, target, SourceParameters=of_stream(), TargetParameters=fifo)
    settings = told["SourceParameters"]["KinesisStreamParameters"]
    assert (settings["BatchSize"], settings["MaximumRetryAttempts"]) == (10, -1)
    await aws.advance(seconds=5)
    assert numbers(pipes, target) == list(range(10))  # a receive locks the group
    assert aws.sqs.get_queue_attributes(
        {"QueueUrl": pipes.url(target), "AttributeNames": ["ApproximateNumberOfMessages"]}
    )["Attributes"] == {"ApproximateNumberOfMessages": "15"}


async def test_the_latest_position_leaves_out_what_was_there_before(aws: Aws, pipes: Pipes) -> None:
    source, target = pipes.stream(), pipes.queue("out")
    await aws.advance(seconds=30)
    pipes.put(source, {"n": 1})
    await aws.advance(seconds=5)
    await pipes.made(source, target, SourceParameters=of_stream(StartingPosition="LATEST"), TargetParameters=BODY)
    await aws.advance(seconds=600)
    pipes.put(source, {"n": 2})
    await aws.advance(seconds=2)
    assert numbers(pipes, target) == [2]


async def test_what_fails_too_often_is_given_up_and_the_next_goes_on(aws: Aws, pipes: Pipes) -> None:
    source, target, dead = pipes.stream(), pipes.queue("out", MaximumMessageSize="1024"), pipes.queue("dead")
    await aws.advance(seconds=30)
    pipes.put(source, {"n": 0, "long": "x" * 2000})
    for n in (1, 2):
        pipes.put(source, {"n": n})
    template = {"InputTemplate": '{"n": <$.data.n>, "long": "<$.data.long>"}'}
    parameters = of_stream(
        MaximumRetryAttempts=2, DeadLetterConfig={"Arn": dead}, OnPartialBatchItemFailure="AUTOMATIC_BISECT"
    )
    await pipes.made(source, target, SourceParameters=parameters, TargetParameters=template)
    await aws.advance(seconds=60)
    assert numbers(pipes, target) == [1, 2]
    (lost,) = pipes.bodies(dead)
    told = json.loads(lost)
    assert told["context"]["condition"] == "RetryAttemptsExhausted"
    assert told["KinesisBatchInfo"]["batchSize"] == 1
    assert aws.events("pipes.Dropped")[0].facts["dropped"] == 1


async def test_a_shard_waits_for_what_never_succeeds_and_the_permission_mends_it(aws: Aws, pipes: Pipes) -> None:
    source, target = pipes.stream(), pipes.queue("out")
    await aws.advance(seconds=30)
    pipes.put(source, {"n": 1})
    role = pipes.role("kinesis:*")
    await pipes.made(source, target, RoleArn=role, SourceParameters=of_stream(), TargetParameters=BODY)
    await aws.advance(seconds=300)
    assert pipes.bodies(target) == []
    pipes.allow("piper", "kinesis:*", "sqs:SendMessage")
    await aws.advance(seconds=61)
    assert numbers(pipes, target) == [1]


async def test_changes_of_a_table_go_to_another_stream(aws: Aws, pipes: Pipes) -> None:
    aws.dynamodb.create_table(
        {
            "TableName": "orders",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        }
    )
    target = pipes.stream("changes")
    await aws.advance(seconds=30)
    source = aws.dynamodb.describe_table({"TableName": "orders"})["Table"]["LatestStreamArn"]
    pattern = json.dumps({"dynamodb": {"NewImage": {"open": {"BOOL": [True]}}}})
    parameters = {
        "DynamoDBStreamParameters": {"StartingPosition": "LATEST"},
        "FilterCriteria": {"Filters": [{"Pattern": pattern}]},
    }
    to = {
        "KinesisStreamParameters": {"PartitionKey": "$.dynamodb.Keys.pk.S"},
        "InputTemplate": '{"key": "<$.dynamodb.Keys.pk.S>"}',
    }
    await pipes.made(source, target, SourceParameters=parameters, TargetParameters=to)
    for key, is_open in (("a", True), ("b", False), ("c", True)):
        item = {"pk": {"S": key}, "open": {"BOOL": is_open}, "raw": {"B": b"\x00"}}
        aws.dynamodb.put_item({"TableName": "orders", "Item": item})
    await aws.advance(seconds=3)
    shard = aws.kinesis.list_shards({"StreamARN": target})["Shards"][0]["ShardId"]
    place = {"StreamARN": target, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    iterator = aws.kinesis.get_shard_iterator(place)["ShardIterator"]
    records = aws.kinesis.get_records({"ShardIterator": iterator})["Records"]
    assert [(record["PartitionKey"], record["Data"]) for record in records] == [
        ("a", b'{"key": "a"}'),
        ("c", b'{"key": "c"}'),
    ]


async def test_a_pipe_goes_on_where_it_was_after_a_restart(aws: Aws, pipes: Pipes) -> None:
    source, target = pipes.stream(), pipes.queue("out")
    await aws.advance(seconds=30)
    await pipes.made(source, target, SourceParameters=of_stream(), TargetParameters=BODY)
    pipes.put(source, {"n": 1})
    await aws.advance(seconds=2)
    again = Aws(Pipeline(aws.world.fork("again"), aws.pipeline.services, aws.pipeline.gates))
    Pipes(again).put(source, {"n": 2})
    await again.advance(seconds=25)
    assert numbers(Pipes(again), target) == [1, 2]


async def test_batches_of_a_shard_go_beside_each_other_and_each_key_stays_in_order(aws: Aws, pipes: Pipes) -> None:
    stream = pipes.stream()
    await aws.advance(seconds=60)
    slow = {"StartAt": "Slow", "States": {"Slow": {"Type": "Wait", "Seconds": 10, "End": True}}}
    told = {"StartingPosition": "TRIM_HORIZON", "BatchSize": 1, "ParallelizationFactor": 10}
    parameters = {"SourceParameters": {"KinesisStreamParameters": told}}
    await pipes.made(stream, pipes.queue("out"), Enrichment=pipes.machine(slow), **parameters)
    for number in range(2):
        for key in ("a", "b", "c"):
            pipes.put(stream, {"key": key, "number": number}, key)
    await aws.advance(seconds=30)
    found = [json.loads(base64.b64decode(json.loads(each)["data"])) for each in pipes.bodies(pipes.queue("out"))]
    for key in ("a", "b", "c"):
        assert [each["number"] for each in found if each["key"] == key] == [0, 1]
    position = aws.world.state(PipesState, aws.account, "us-east-1").pipes["p"].positions
    assert not next(iter(position.values())).startswith("TRIM")
