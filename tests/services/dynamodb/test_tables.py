from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.dynamodb import limits
from harness import Aws
from services.dynamodb.tables import attribute, definition, item, key, made, units


def status(aws: Aws) -> str:
    return aws.dynamodb.describe_table({"TableName": "orders"})["Table"]["TableStatus"]


async def test_a_table_is_being_created_for_some_seconds(aws: Aws) -> None:
    aws.dynamodb.create_table(definition())
    assert status(aws) == "CREATING"
    with pytest.raises(AwsError, match="Requested resource not found"):
        aws.dynamodb.put_item({"TableName": "orders", "Item": item("a")})
    await aws.advance(ms=limits.CREATE_MS)
    assert status(aws) == "ACTIVE"
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a")})


async def test_a_deleted_table_goes_after_a_while_with_its_items(aws: Aws) -> None:
    await made(aws)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a")})
    aws.dynamodb.delete_table({"TableName": "orders"})
    assert status(aws) == "DELETING"
    await aws.advance(ms=limits.DELETE_MS)
    with pytest.raises(AwsError, match="Table: orders not found"):
        status(aws)
    await made(aws)
    assert aws.dynamodb.scan({"TableName": "orders"})["Items"] == []


async def test_a_table_can_be_protected_from_deletion(aws: Aws) -> None:
    await made(aws, DeletionProtectionEnabled=True)
    with pytest.raises(AwsError, match="currently protected against deletion"):
        aws.dynamodb.delete_table({"TableName": "orders"})


def test_a_name_can_be_used_once(aws: Aws) -> None:
    aws.dynamodb.create_table(definition())
    with pytest.raises(AwsError) as refused:
        aws.dynamodb.create_table(definition())
    assert (refused.value.code, refused.value.message) == ("ResourceInUseException", "Table already exists: orders")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"KeySchema": [key("pk", "RANGE")]}, "The first KeySchemaElement is not a HASH key type"),
        ({"KeySchema": [key("id")]}, "Some index key attributes are not defined in AttributeDefinitions. Keys: [id]"),
        (
            {"AttributeDefinitions": [attribute("pk"), attribute("x")]},
            "Number of attributes in KeySchema does not exactly match number of attributes defined",
        ),
        ({"BillingMode": "PROVISIONED"}, "ReadCapacityUnits and WriteCapacityUnits must both be specified"),
        ({"ProvisionedThroughput": units(1, 1)}, "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified"),
        ({"TableName": "ab"}, "TableName must be at least 3 characters long"),
        ({"GlobalSecondaryIndexes": []}, "List of GlobalSecondaryIndexes is empty"),
        (
            {
                "LocalSecondaryIndexes": [
                    {"IndexName": "lsi", "KeySchema": [key("pk")], "Projection": {"ProjectionType": "ALL"}}
                ]
            },
            "Table KeySchema does not have a range key",
        ),
        (
            {"GlobalSecondaryIndexes": [{"IndexName": "gsi", "KeySchema": [key("pk")], "Projection": {}}]},
            "Unknown ProjectionType: null",
        ),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(aws: Aws, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(AwsError) as refused:
        aws.dynamodb.create_table({**definition(), **changes})
    assert refused.value.code == "ValidationException"
    assert words in refused.value.message
    assert aws.dynamodb.list_tables()["TableNames"] == []


async def test_tables_are_listed_page_by_page(aws: Aws) -> None:
    for n in range(5):
        aws.dynamodb.create_table(definition(f"table-{n}"))
    page = aws.dynamodb.list_tables({"Limit": 3})
    assert page["TableNames"] == ["table-0", "table-1", "table-2"]
    page = aws.dynamodb.list_tables({"ExclusiveStartTableName": page["LastEvaluatedTableName"]})
    assert page == {"TableNames": ["table-3", "table-4"]}


async def test_counts_are_six_hours_old_as_those_of_aws(aws: Aws) -> None:
    await made(aws)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a")})
    assert aws.dynamodb.describe_table({"TableName": "orders"})["Table"]["ItemCount"] == 0
    await aws.advance(ms=limits.COUNTED_EVERY_MS)
    assert aws.dynamodb.describe_table({"TableName": "orders"})["Table"]["ItemCount"] == 1


async def test_an_update_takes_a_while_and_bars_others_meanwhile(aws: Aws) -> None:
    await made(aws, read=1, write=1)
    aws.dynamodb.update_table({"TableName": "orders", "ProvisionedThroughput": units(2, 2)})
    assert status(aws) == "UPDATING"
    with pytest.raises(AwsError, match="Table is being updated"):
        aws.dynamodb.update_table({"TableName": "orders", "ProvisionedThroughput": units(3, 3)})
    await aws.advance(ms=limits.UPDATE_MS)
    assert status(aws) == "ACTIVE"
    with pytest.raises(AwsError, match="The provisioned throughput for the table will not change"):
        aws.dynamodb.update_table({"TableName": "orders", "ProvisionedThroughput": units(2, 2)})


async def test_expired_items_are_deleted_by_the_clock_and_not_at_once(aws: Aws) -> None:
    await made(aws, StreamSpecification={"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"})
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("old", ttl=aws.now // 1000 + 60)})
    specification = {"Enabled": True, "AttributeName": "ttl"}
    aws.dynamodb.update_time_to_live({"TableName": "orders", "TimeToLiveSpecification": specification})
    await aws.advance(ms=limits.TTL_CHANGE_MS)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("late", ttl=aws.now // 1000 + 10_000)})
    assert aws.dynamodb.scan({"TableName": "orders"})["Count"] == 2
    await aws.advance(seconds=3600)
    assert [each["pk"]["S"] for each in aws.dynamodb.scan({"TableName": "orders"})["Items"]] == ["late"]
    arn = aws.dynamodbstreams.list_streams()["Streams"][0]["StreamArn"]
    shards = aws.dynamodbstreams.describe_stream({"StreamArn": arn})["StreamDescription"]["Shards"]
    users = []
    for shard in shards:
        asked = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = aws.dynamodbstreams.get_shard_iterator(asked)["ShardIterator"]
        records = aws.dynamodbstreams.get_records({"ShardIterator": iterator})["Records"]
        users += [record["userIdentity"] for record in records if record["eventName"] == "REMOVE"]
    assert users == [{"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}]


async def test_tags_policies_and_limits(aws: Aws) -> None:
    await made(aws, Tags=[{"Key": "team", "Value": "red"}])
    arn = aws.dynamodb.describe_table({"TableName": "orders"})["Table"]["TableArn"]
    aws.dynamodb.tag_resource({"ResourceArn": arn, "Tags": [{"Key": "env", "Value": "test"}]})
    aws.dynamodb.untag_resource({"ResourceArn": arn, "TagKeys": ["team"]})
    assert aws.dynamodb.list_tags_of_resource({"ResourceArn": arn})["Tags"] == [{"Key": "env", "Value": "test"}]
    assert aws.dynamodb.describe_limits()["TableMaxReadCapacityUnits"] == 40_000


async def test_another_account_reads_a_table_whose_policy_lets_it(aws: Aws) -> None:
    await made(aws)
    arn = aws.dynamodb.describe_table({"TableName": "orders"})["Table"]["TableArn"]
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a")})
    other = aws.in_account("444455556666")
    with pytest.raises(AwsError) as refused:
        other.dynamodb.get_item({"TableName": arn, "Key": item("a")})
    assert (refused.value.code, refused.value.status) == ("AccessDeniedException", 400)
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"444455556666"},'
        f'"Action":"dynamodb:GetItem","Resource":"{arn}"}}]}}'
    )
    revision = aws.dynamodb.put_resource_policy({"ResourceArn": arn, "Policy": policy})["RevisionId"]
    assert other.dynamodb.get_item({"TableName": arn, "Key": item("a")})["Item"] == item("a")
    assert aws.dynamodb.get_resource_policy({"ResourceArn": arn})["RevisionId"] == revision
    aws.dynamodb.delete_resource_policy({"ResourceArn": arn})
    with pytest.raises(AwsError, match="not authorized"):
        other.dynamodb.get_item({"TableName": arn, "Key": item("a")})


async def test_the_items_of_a_deleted_table_go_in_parts(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    from foulweather.services.dynamodb.state import DynamoState

    monkeypatch.setattr(limits, "DROPPED_AT_ONCE", 4)
    await made(aws)
    await made(aws, "other")
    for n in range(10):
        aws.dynamodb.put_item({"TableName": "orders", "Item": item(f"k{n}")})
    aws.dynamodb.put_item({"TableName": "other", "Item": item("a")})
    aws.dynamodb.delete_table({"TableName": "orders"})
    await aws.advance(ms=limits.DELETE_MS)
    items = aws.world.state(DynamoState, aws.account, aws.region).items
    assert len(items) == 7
    await aws.advance(ms=3 * limits.DROP_STEP_MS)
    assert len(items) == 1
