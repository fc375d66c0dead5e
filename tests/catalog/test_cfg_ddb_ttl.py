"""Items that expire by an attribute: gone some time later, and told by the stream as DynamoDB's own doing."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.configurations import refused
from catalog.tables import TABLE, item, orders
from foulweather.testing import Aws

SPECIFICATION = {"Enabled": True, "AttributeName": "expires_at"}
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


@pytest.fixture
def table(aws: Aws) -> Any:
    client = orders(aws, StreamSpecification=STREAM)
    client.update_time_to_live(TableName=TABLE, TimeToLiveSpecification=SPECIFICATION)
    aws.advance("1h")
    return client


def put(aws: Aws, table: Any, pk: str, in_s: int) -> None:
    table.put_item(TableName=TABLE, Item=item(pk, expires_at=aws.now_ms // 1000 + in_s))


def there(table: Any, **asked: Any) -> set[str]:
    return {each["pk"]["S"] for each in table.scan(TableName=TABLE, **asked)["Items"]}


def removed(aws: Aws) -> list[dict[str, Any]]:
    """The REMOVE records of the table's stream."""
    streams = aws.client("dynamodbstreams")
    (stream,) = streams.list_streams(TableName=TABLE)["Streams"]
    found: list[dict[str, Any]] = []
    for shard in streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]:
        asked = {"StreamArn": stream["StreamArn"], "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        records = streams.get_records(ShardIterator=streams.get_shard_iterator(**asked)["ShardIterator"])["Records"]
        found += [record for record in records if record["eventName"] == "REMOVE"]
    return found


def test_it_is_enabled_after_a_while(aws: Aws) -> None:
    client = orders(aws)
    client.update_time_to_live(TableName=TABLE, TimeToLiveSpecification=SPECIFICATION)
    assert client.describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLING"
    again = {"Enabled": False, "AttributeName": "expires_at"}
    error = refused(client.update_time_to_live, TableName=TABLE, TimeToLiveSpecification=again)
    assert error["Code"] == "ValidationException"
    aws.advance("1h")
    told = client.describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"]
    assert told == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}


def test_an_expired_item_is_still_read_for_a_while_and_gone_within_48_hours(aws: Aws, table: Any) -> None:
    put(aws, table, "session", 60)
    put(aws, table, "later", 30 * 86_400)
    table.put_item(TableName=TABLE, Item=item("forever"))
    aws.advance("61s")
    assert there(table) == {"session", "later", "forever"}, "expired is not deleted"
    now = {":now": {"N": str(aws.now_ms // 1000)}}
    fresh = "attribute_not_exists(expires_at) OR expires_at > :now"
    assert there(table, FilterExpression=fresh, ExpressionAttributeValues=now) == {"later", "forever"}
    aws.advance("48h")
    assert there(table) == {"later", "forever"}


def test_the_stream_tells_that_dynamodb_removed_it(aws: Aws, table: Any) -> None:
    put(aws, table, "expired", 60)
    put(aws, table, "deleted", 86_400)
    table.delete_item(TableName=TABLE, Key=item("deleted"))
    aws.advance("12h")
    by = {record["dynamodb"]["Keys"]["pk"]["S"]: record.get("userIdentity") for record in removed(aws)}
    assert by == {
        "expired": {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"},
        "deleted": None,
    }


def test_what_is_no_number_of_epoch_seconds_never_expires(aws: Aws, table: Any) -> None:
    table.put_item(TableName=TABLE, Item=item("text", expires_at=str(aws.now_ms // 1000 + 60)))
    table.put_item(TableName=TABLE, Item=item("milliseconds", expires_at=aws.now_ms + 60_000))
    table.put_item(TableName=TABLE, Item=item("long ago", expires_at=aws.now_ms // 1000 - 6 * 365 * 86_400))
    aws.advance("72h")
    assert there(table) == {"text", "milliseconds", "long ago"}


def test_an_item_that_lives_longer_by_an_update_stays(aws: Aws, table: Any) -> None:
    put(aws, table, "cart", 60)
    put(aws, table, "cart", 30 * 86_400)
    aws.advance("48h")
    assert there(table) == {"cart"}
