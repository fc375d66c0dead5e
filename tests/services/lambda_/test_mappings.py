"""Event source mappings: what they may be set to, and the states that they pass through."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from harness import ACCOUNT, REGION, Aws
from services.lambda_.calls import ARN, active, allow, refused
from services.lambda_.packaged import role

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"
READING = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]


@pytest_asyncio.fixture
async def work(aws: Aws) -> AsyncIterator[Aws]:
    """A function with a role that may read the queue."""
    role(aws, [allow(READING)])
    aws.sqs.create_queue({"QueueName": "jobs"})
    await active(aws)
    yield aws
    aws.world.close()


async def mapped(aws: Aws, **members: Any) -> dict[str, Any]:
    """CreateEventSourceMapping."""
    asked = {"FunctionName": "work", "EventSourceArn": QUEUE, **members}
    return await aws.lambda_.create_event_source_mapping(asked)


def state(aws: Aws, uuid: str) -> str:
    """A mapping's state."""
    return aws.lambda_.get_event_source_mapping({"UUID": uuid})["State"]


async def test_a_mapping_is_creating_then_enabled(work: Aws) -> None:
    made = await mapped(work)
    assert (made["State"], made["StateTransitionReason"]) == ("Creating", "USER_INITIATED")
    assert (made["BatchSize"], made["MaximumBatchingWindowInSeconds"], made["FunctionArn"]) == (10, 0, ARN)
    assert "LastProcessingResult" not in made
    await work.advance(seconds=3)
    assert state(work, made["UUID"]) == "Enabled"
    with refused("ResourceConflictException", f'An event source mapping with SQS arn (" {QUEUE} ")'):
        await mapped(work)


async def test_changes_take_a_while_and_exclude_each_other(work: Aws) -> None:
    uuid = (await mapped(work, Enabled=False))["UUID"]
    update = work.lambda_.update_event_source_mapping
    with refused("ResourceInUseException", "Cannot update the event source mapping because it is in use."):
        await update({"UUID": uuid, "BatchSize": 5})
    await work.advance(seconds=3)
    assert state(work, uuid) == "Disabled"
    assert (await update({"UUID": uuid, "Enabled": True}))["State"] == "Enabling"
    await work.advance(seconds=3)
    assert state(work, uuid) == "Enabled"
    changed = await update({"UUID": uuid, "BatchSize": 5})
    assert (changed["State"], changed["BatchSize"]) == ("Updating", 5)
    await work.advance(seconds=3)
    assert work.lambda_.delete_event_source_mapping({"UUID": uuid})["State"] == "Deleting"
    await work.advance(seconds=3)
    with refused("ResourceNotFoundException", "The resource you requested does not exist."):
        state(work, uuid)


@pytest.mark.parametrize(
    ("members", "code", "words"),
    [
        ({"BatchSize": 11}, "InvalidParameterValueException", "Maximum batch window in seconds must be greater than 0"),
        ({"BatchSize": 10_001}, "ValidationException", "less than or equal to 10000"),
        ({"StartingPosition": "LATEST"}, "InvalidParameterValueException", "Unsupported StartingPosition parameter"),
        ({"ParallelizationFactor": 2}, "InvalidParameterValueException", "Unsupported ParallelizationFactor"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{"}]}}, "InvalidParameterValueException", "Invalid filter"),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"a":[1]}'}] * 6}}, "InvalidParameterValueException", "Only 5"),
        ({"ScalingConfig": {"MaximumConcurrency": 1}}, "ValidationException", "greater than or equal to 2"),
        ({"EventSourceArn": "arn:aws:sns:us-east-1:111122223333:t"}, "InvalidParameterValueException", "Unrecognized"),
        (
            {"EventSourceArn": "arn:aws:kafka:us-east-1:111122223333:cluster/c/1"},
            "NotImplemented",
            "CreateEventSourceMapping.EventSourceArn=kafka",
        ),
        ({"ProvisionedPollerConfig": {"MinimumPollers": 1}}, "InvalidParameterValueException", "at least 2"),
        (
            {"ProvisionedPollerConfig": {"MinimumPollers": 5, "MaximumPollers": 3}},
            "InvalidParameterValueException",
            "MinimumPollers must be less than or equal",
        ),
        (
            {"ProvisionedPollerConfig": {"MinimumPollers": 5}, "ScalingConfig": {"MaximumConcurrency": 5}},
            "InvalidParameterValueException",
            "MaximumConcurrency cannot be set together with ProvisionedPollerConfig",
        ),
        ({"MetricsConfig": {"Metrics": ["ErrorCount"]}}, "InvalidParameterValueException", "Unsupported metrics"),
        ({"LoggingConfig": {"SystemLogLevel": "INFO"}}, "InvalidParameterValueException", "Unsupported LoggingConfig"),
        ({"FunctionName": "absent"}, "ResourceNotFoundException", "Function not found"),
        ({"EventSourceArn": QUEUE + "2"}, "InvalidParameterValueException", "NonExistentQueue"),
    ],
)
async def test_what_will_not_do_is_refused(work: Aws, members: dict[str, object], code: str, words: str) -> None:
    with refused(code, words):
        await mapped(work, **members)
    assert work.lambda_.list_event_source_mappings()["EventSourceMappings"] == []


async def test_the_role_must_be_allowed_to_read_the_queue(aws: Aws) -> None:
    role(aws)
    aws.sqs.create_queue({"QueueName": "jobs"})
    await active(aws)
    for count, action in enumerate(("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"), 1):
        words = f"The provided execution role does not have permissions to call {action} on SQS"
        with refused("InvalidParameterValueException", words) as refusal:
            await mapped(aws)
        assert refusal.error.why.first_cause().cause != words
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow(READING[:count])]})
        aws.iam.put_role_policy({"RoleName": "function", "PolicyName": "own", "PolicyDocument": document})
    assert (await mapped(aws))["State"] == "Creating"
    aws.world.close()


async def test_messages_must_stay_hidden_as_long_as_the_function_may_run(work: Aws) -> None:
    await work.lambda_.update_function_configuration({"FunctionName": "work", "Timeout": 60})
    await work.advance(seconds=1)
    words = "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"
    with refused("InvalidParameterValueException", words) as refusal:
        await mapped(work)
    assert "VisibilityTimeout=360" in refusal.error.why.remedy[0]


async def test_a_fifo_queue_has_no_window(work: Aws) -> None:
    work.sqs.create_queue({"QueueName": "jobs.fifo", "Attributes": {"FifoQueue": "true"}})
    fifo = {"EventSourceArn": f"{QUEUE}.fifo"}
    with refused("InvalidParameterValueException", "Batching window is not supported for FIFO queues"):
        await mapped(work, **fifo, MaximumBatchingWindowInSeconds=1)
    with refused("InvalidParameterValueException", "less than or equal to 10 for FIFO"):
        await mapped(work, **fifo, BatchSize=11)
    assert (await mapped(work, **fifo))["BatchSize"] == 10


async def test_a_stream_has_settings_of_its_own(work: Aws) -> None:
    table = work.dynamodb.create_table(
        {
            "TableName": "orders",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        }
    )["TableDescription"]
    await work.advance(seconds=10)
    stream = {"EventSourceArn": table["LatestStreamArn"]}
    with refused("ValidationException", "Value null at 'startingPosition'"):
        await mapped(work, **stream)
    with refused("InvalidParameterValueException", "Cannot access stream"):
        await mapped(work, **stream, StartingPosition="LATEST")
    actions = ["GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"]
    document = {"Version": "2012-10-17", "Statement": [allow([f"dynamodb:{action}" for action in actions])]}
    work.iam.put_role_policy({"RoleName": "function", "PolicyName": "read", "PolicyDocument": json.dumps(document)})
    with refused("InvalidParameterValueException", "Unsupported starting position for arn type"):
        await mapped(work, **stream, StartingPosition="AT_TIMESTAMP")
    with refused("InvalidParameterValueException", "Unsupported ScalingConfig parameter"):
        await mapped(work, **stream, StartingPosition="LATEST", ScalingConfig={"MaximumConcurrency": 2})
    made = await mapped(work, **stream, StartingPosition="TRIM_HORIZON")
    assert made["LastProcessingResult"] == "No records processed"
    assert (made["BatchSize"], made["MaximumRetryAttempts"], made["ParallelizationFactor"]) == (100, -1, 1)
    assert made["DestinationConfig"] == {"OnFailure": {}}
    with refused("InvalidParameterValueException", "Stream not found"):
        await mapped(work, EventSourceArn=stream["EventSourceArn"][:-1] + "x", StartingPosition="LATEST")


async def test_mappings_are_listed_by_source_and_function(work: Aws) -> None:
    work.lambda_.publish_version({"FunctionName": "work"})
    own = await mapped(work)
    versions = await mapped(work, FunctionName="work:1")
    listed = work.lambda_.list_event_source_mappings

    def uuids(**members: str) -> set[str]:
        return {each["UUID"] for each in listed(members)["EventSourceMappings"]}

    assert uuids() == uuids(EventSourceArn=QUEUE) == {own["UUID"], versions["UUID"]}
    assert uuids(FunctionName="work") == {own["UUID"]}
    assert uuids(FunctionName=f"{ARN}:1") == {versions["UUID"]}
    assert uuids(EventSourceArn=QUEUE + "2") == set()


async def test_a_mapping_has_tags(work: Aws) -> None:
    made = await mapped(work, Tags={"team": "a"})
    assert work.lambda_.list_tags({"Resource": made["EventSourceMappingArn"]}) == {"Tags": {"team": "a"}}


KINESIS = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/clicks"
KINESIS_READING = ["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream", "kinesis:ListShards"]


@pytest_asyncio.fixture
async def clicks(work: Aws) -> Aws:
    """A stream that the function's role may read."""
    work.kinesis.create_stream({"StreamName": "clicks", "ShardCount": 1})
    document = {"Version": "2012-10-17", "Statement": [allow(KINESIS_READING, KINESIS)]}
    work.iam.put_role_policy({"RoleName": "function", "PolicyName": "read", "PolicyDocument": json.dumps(document)})
    await work.advance(seconds=30)
    return work


async def test_a_kinesis_stream_is_read_with_the_permissions_that_the_page_names(clicks: Aws) -> None:
    made = await mapped(clicks, EventSourceArn=KINESIS, StartingPosition="LATEST")
    assert (made["BatchSize"], made["StateTransitionReason"]) == (100, "User action")
    await clicks.advance(seconds=3)
    assert state(clicks, made["UUID"]) == "Enabled"
    clicks.iam.delete_role_policy({"RoleName": "function", "PolicyName": "read"})
    with refused(
        "InvalidParameterValueException",
        f"Cannot access stream {KINESIS}. Please ensure the role can perform the GetRecords, GetShardIterator, "
        "DescribeStream, ListShards, and ListStreams Actions on your stream in IAM.",
    ):
        await clicks.lambda_.update_event_source_mapping({"UUID": made["UUID"], "BatchSize": 5})


@pytest.mark.parametrize(
    ("members", "code", "words"),
    [
        ({"StartingPosition": "AT_TIMESTAMP"}, "InvalidParameterValueException", "StartingPositionTimestamp must be"),
        (
            {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 4_000_000_000_000},
            "InvalidParameterValueException",
            "cannot be in the future",
        ),
        ({"StartingPosition": "LATEST", "StartingPositionTimestamp": 1_000}, "InvalidParameterValueException", "only"),
        (
            {"FilterCriteria": {"Filters": [{"Pattern": '{"data":["plain"]}'}]}},
            "InvalidParameterValueException",
            "Invalid filter pattern",
        ),
        (
            {"FilterCriteria": {"Filters": [{"Pattern": '{"partitionKey":["1"]}'}]}},
            "NotImplemented",
            "FilterCriteria=partitionKey",
        ),
        ({"EventSourceArn": KINESIS + "2"}, "InvalidParameterValueException", "Cannot access stream"),
        (
            {"EventSourceArn": f"{KINESIS}/consumer/mine:1600000000"},
            "InvalidParameterValueException",
            "Cannot access stream",
        ),
        (
            {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::lost"}}},
            "InvalidParameterValueException",
            "The provided execution role does not have permissions to call PutObject on S3",
        ),
    ],
)
async def test_what_will_not_do_of_kinesis_is_refused(
    clicks: Aws, members: dict[str, object], code: str, words: str
) -> None:
    with refused(code, words):
        await mapped(clicks, **{"EventSourceArn": KINESIS, "StartingPosition": "LATEST", **members})


async def test_a_bucket_may_be_where_lost_records_go(clicks: Aws) -> None:
    clicks.s3.create_bucket({"Bucket": "lost"})
    document = {"Version": "2012-10-17", "Statement": [allow(["s3:PutObject"], "arn:aws:s3:::lost/*")]}
    clicks.iam.put_role_policy({"RoleName": "function", "PolicyName": "put", "PolicyDocument": json.dumps(document)})
    bucket = {"OnFailure": {"Destination": "arn:aws:s3:::lost"}}
    made = await mapped(clicks, EventSourceArn=KINESIS, StartingPosition="LATEST", DestinationConfig=bucket)
    assert made["DestinationConfig"] == bucket


async def test_a_consumer_must_be_there_where_the_role_may_see_that(clicks: Aws) -> None:
    actions = ["kinesis:SubscribeToShard", "kinesis:DescribeStreamConsumer"]
    document = {"Version": "2012-10-17", "Statement": [allow(actions)]}
    clicks.iam.put_role_policy({"RoleName": "function", "PolicyName": "hear", "PolicyDocument": json.dumps(document)})
    with refused("InvalidParameterValueException", "Stream not found"):
        await mapped(clicks, EventSourceArn=f"{KINESIS}/consumer/mine:1600000000", StartingPosition="LATEST")
    told = clicks.kinesis.register_stream_consumer({"StreamARN": KINESIS, "ConsumerName": "mine"})
    arn = told["Consumer"]["ConsumerARN"]
    made = await mapped(clicks, EventSourceArn=arn, StartingPosition="LATEST")
    assert made["EventSourceArn"] == arn


async def test_provisioned_pollers_are_shown_complete_and_taken_away_again(work: Aws) -> None:
    made = await mapped(work, ProvisionedPollerConfig={"MinimumPollers": 5})
    assert made["ProvisionedPollerConfig"] == {"MinimumPollers": 5, "MaximumPollers": 200}
    await work.advance(seconds=3)
    update = {"UUID": made["UUID"], "ProvisionedPollerConfig": {}}
    assert "ProvisionedPollerConfig" not in await work.lambda_.update_event_source_mapping(update)
