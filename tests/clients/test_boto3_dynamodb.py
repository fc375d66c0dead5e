"""DynamoDB as people program it: boto3's table resource, its conditions, batches and transactions."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import Binary, TypeSerializer
from botocore.exceptions import ClientError

from clients.running import REGION, Cloud

pytestmark = pytest.mark.client


@pytest.fixture(scope="module")
def resource(cloud: Cloud) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.resource("dynamodb", endpoint_url=cloud.endpoint, region_name=REGION, **keys)


@pytest.fixture(scope="module")
def table(cloud: Cloud, resource: Any) -> Iterator[Any]:
    made = resource.create_table(
        TableName="music",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "song", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "artist", "AttributeType": "S"},
            {"AttributeName": "song", "AttributeType": "S"},
            {"AttributeName": "year", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_year",
                "KeySchema": [
                    {"AttributeName": "artist", "KeyType": "HASH"},
                    {"AttributeName": "year", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    cloud.foulweather("clock", "advance", "1m")
    made.wait_until_exists()
    yield made
    made.delete()
    cloud.foulweather("clock", "advance", "1m")
    made.wait_until_not_exists()


def test_an_item_of_every_type_comes_back_as_it_was(table: Any) -> None:
    item = {
        "artist": "Bj\u00f6rk",
        "song": "J\u00f3ga",
        "year": 1997,
        "length": Decimal("5.05"),
        "live": False,
        "label": None,
        "cover": b"\x00\xff",
        "tags": {"a", "b"},
        "ratings": {1, Decimal("2.5")},
        "hashes": {b"x"},
        "takes": [1, "two", {"three": [3]}],
        "studio": {"town": "Reykjav\u00edk", "empty": ""},
    }
    table.put_item(Item=item)
    found = table.get_item(Key={"artist": item["artist"], "song": item["song"]}, ConsistentRead=True)["Item"]
    assert {name: value.value if isinstance(value, Binary) else value for name, value in found.items()} == item


def test_an_update_returns_what_it_changed_and_keeps_its_condition(table: Any) -> None:
    key = {"artist": "Can", "song": "Halleluhwah"}
    told = table.update_item(
        Key=key,
        UpdateExpression="SET #y = if_not_exists(#y, :year), plays = if_not_exists(plays, :zero) + :one ADD tags :tags",
        ExpressionAttributeNames={"#y": "year"},
        ExpressionAttributeValues={":year": 1971, ":zero": 0, ":one": 1, ":tags": {"krautrock"}},
        ReturnValues="ALL_NEW",
    )["Attributes"]
    assert told == {**key, "year": 1971, "plays": 1, "tags": {"krautrock"}}
    with pytest.raises(table.meta.client.exceptions.ConditionalCheckFailedException) as refused:
        table.put_item(
            Item=key, ConditionExpression=Attr("artist").not_exists(), ReturnValuesOnConditionCheckFailure="ALL_OLD"
        )
    assert refused.value.response["Item"]["plays"] == {"N": "1"}


def test_a_batch_is_queried_page_by_page(table: Any) -> None:
    with table.batch_writer(overwrite_by_pkeys=["artist", "song"]) as batch:
        for n in range(60):
            batch.put_item(Item={"artist": "Neu!", "song": f"{n:02d}", "year": 1972 + n % 4})
        batch.delete_item(Key={"artist": "Neu!", "song": "00"})
    songs: list[str] = []
    asked: dict[str, Any] = {"KeyConditionExpression": Key("artist").eq("Neu!") & Key("song").gte("10"), "Limit": 20}
    while True:
        page = table.query(**asked)
        songs += [item["song"] for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    assert songs == [f"{n:02d}" for n in range(10, 60)]
    starting = table.query(KeyConditionExpression=Key("artist").eq("Neu!") & Key("song").begins_with("1"))
    assert starting["Count"] == 10
    early = table.query(
        IndexName="by_year",
        KeyConditionExpression=Key("artist").eq("Neu!") & Key("year").between(1972, 1973),
        FilterExpression=Attr("song").is_in(["01", "04", "02"]),
        ScanIndexForward=False,
    )
    assert [(item["song"], item["year"]) for item in early["Items"]] == [("01", 1973), ("04", 1972)]
    scanned = table.meta.client.get_paginator("scan").paginate(
        TableName="music", FilterExpression=Attr("artist").eq("Neu!"), PaginationConfig={"PageSize": 7}
    )
    assert sum(page["Count"] for page in scanned) == 59


def test_a_batch_of_gets_names_several_tables(resource: Any, table: Any) -> None:
    table.put_item(Item={"artist": "Faust", "song": "Jennifer"})
    keys = [{"artist": "Faust", "song": "Jennifer"}, {"artist": "Faust", "song": "none"}]
    told = resource.batch_get_item(RequestItems={"music": {"Keys": keys, "ProjectionExpression": "song"}})
    assert told["Responses"]["music"] == [{"song": "Jennifer"}]
    assert told["UnprocessedKeys"] == {}


def test_a_transaction_happens_whole_or_says_which_part_did_not(resource: Any, table: Any) -> None:
    client, serialize = resource.meta.client, TypeSerializer().serialize
    assert serialize(1) == {"N": "1"}
    first = {"artist": "Harmonia", "song": "Watussi"}
    put = {"Put": {"TableName": "music", "Item": first, "ConditionExpression": "attribute_not_exists(artist)"}}
    count = {
        "Update": {
            "TableName": "music",
            "Key": {"artist": "Harmonia", "song": "(count)"},
            "UpdateExpression": "ADD songs :one",
            "ExpressionAttributeValues": {":one": 1},
        }
    }
    client.transact_write_items(TransactItems=[put, count])
    with pytest.raises(client.exceptions.TransactionCanceledException) as refused:
        client.transact_write_items(TransactItems=[put, count])
    codes = [reason["Code"] for reason in refused.value.response["CancellationReasons"]]
    assert codes == ["ConditionalCheckFailed", "None"]
    assert table.get_item(Key={"artist": "Harmonia", "song": "(count)"})["Item"]["songs"] == 1
    got = client.transact_get_items(TransactItems=[{"Get": {"TableName": "music", "Key": first}}])
    assert got["Responses"][0]["Item"] == first


def test_what_is_wrong_is_refused_in_aws_s_words(resource: Any, table: Any) -> None:
    with pytest.raises(ClientError, match="The provided key element does not match the schema"):
        table.get_item(Key={"artist": "Can"})
    with pytest.raises(ClientError, match="Requested resource not found"):
        resource.Table("nowhere").get_item(Key={"artist": "Can"})
    with pytest.raises(ClientError, match="reserved keyword; reserved keyword: year"):
        table.update_item(
            Key={"artist": "Can", "song": "x"}, UpdateExpression="SET year = :y", ExpressionAttributeValues={":y": 1}
        )
