from __future__ import annotations

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.dynamodb.tables import item, made


async def test_an_item_put_is_got_back(aws: Aws) -> None:
    await made(aws)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", amount=1)})
    assert aws.dynamodb.get_item({"TableName": "orders", "Key": item("a")})["Item"] == item("a", amount=1)


async def test_a_key_without_the_sort_key_does_not_match_the_schema(aws: Aws) -> None:
    await made(aws, sort="sk")
    with pytest.raises(AwsError) as refused:
        aws.dynamodb.get_item({"TableName": "orders", "Key": item("a")})
    assert refused.value.code == "ValidationException"
    assert refused.value.message == "The provided key element does not match the schema"


async def test_an_item_without_its_key_is_refused(aws: Aws) -> None:
    await made(aws, sort="sk")
    with pytest.raises(AwsError, match=r"Missing the key sk in the item"):
        aws.dynamodb.put_item({"TableName": "orders", "Item": item("a")})


async def test_an_empty_key_is_refused(aws: Aws) -> None:
    await made(aws)
    with pytest.raises(AwsError, match=r"cannot contain an empty string value\. Key: pk"):
        aws.dynamodb.put_item({"TableName": "orders", "Item": item("")})


async def test_a_partition_key_has_at_most_2048_bytes(aws: Aws) -> None:
    await made(aws)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("x" * 2048)})
    with pytest.raises(AwsError, match="maximum size limit of2048 bytes"):
        aws.dynamodb.put_item({"TableName": "orders", "Item": item("x" * 2049)})


async def test_an_item_has_at_most_400_kb(aws: Aws) -> None:
    await made(aws)
    fits = item("a", body="x" * (400 * 1024 - 2 - 1 - 4))
    aws.dynamodb.put_item({"TableName": "orders", "Item": fits})
    with pytest.raises(AwsError, match="Item size has exceeded the maximum allowed size"):
        aws.dynamodb.put_item({"TableName": "orders", "Item": {**fits, "b": {"S": ""}}})


async def test_a_condition_that_does_not_hold_tells_what_it_found(aws: Aws) -> None:
    await made(aws)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", amount=1)})
    with pytest.raises(AwsError) as refused:
        aws.dynamodb.put_item(
            {
                "TableName": "orders",
                "Item": item("a"),
                "ConditionExpression": "amount > :five",
                "ExpressionAttributeValues": {":five": {"N": "5"}},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        )
    assert refused.value.code == "ConditionalCheckFailedException"
    assert refused.value.members["Item"] == item("a", amount=1)
    assert [fact.value for fact in refused.value.why.facts] == [True, "{N:1}"]
    assert aws.dynamodb.get_item({"TableName": "orders", "Key": item("a")})["Item"] == item("a", amount=1)
    assert len(aws.events("dynamodb.ConditionalCheckFailed")) == 1


@pytest.mark.parametrize(
    ("wanted", "returned"),
    [
        ("NONE", None),
        ("ALL_OLD", item("a", n=1, m=1)),
        ("ALL_NEW", item("a", n=2, m=1)),
        ("UPDATED_OLD", {"n": {"N": "1"}}),
        ("UPDATED_NEW", {"n": {"N": "2"}}),
    ],
)
async def test_an_update_returns_what_was_asked_for(aws: Aws, wanted: str, returned: object) -> None:
    await made(aws)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", n=1, m=1)})
    told = aws.dynamodb.update_item(
        {
            "TableName": "orders",
            "Key": item("a"),
            "UpdateExpression": "SET n = n + :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
            "ReturnValues": wanted,
        }
    )
    assert told.get("Attributes") == returned


async def test_an_update_makes_the_item_that_is_not_there(aws: Aws) -> None:
    await made(aws)
    aws.dynamodb.update_item({"TableName": "orders", "Key": item("a")})
    assert aws.dynamodb.get_item({"TableName": "orders", "Key": item("a")})["Item"] == item("a")


async def test_an_update_cannot_change_the_key(aws: Aws) -> None:
    await made(aws)
    with pytest.raises(AwsError, match=r"Cannot update attribute pk\. This attribute is part of the key"):
        aws.dynamodb.update_item({"TableName": "orders", "Key": item("a"), "UpdateExpression": "REMOVE pk"})


async def test_put_item_returns_only_old_values(aws: Aws) -> None:
    await made(aws)
    with pytest.raises(AwsError, match="ReturnValues can only be ALL_OLD or NONE"):
        aws.dynamodb.put_item({"TableName": "orders", "Item": item("a"), "ReturnValues": "ALL_NEW"})


async def test_deleting_twice_is_no_error(aws: Aws) -> None:
    await made(aws)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", n=1)})
    request = {"TableName": "orders", "Key": item("a"), "ReturnValues": "ALL_OLD"}
    assert aws.dynamodb.delete_item(request)["Attributes"] == item("a", n=1)
    assert aws.dynamodb.delete_item(request) == {}


def test_an_item_of_no_table_is_refused(aws: Aws) -> None:
    with pytest.raises(AwsError) as refused:
        aws.dynamodb.get_item({"TableName": "nowhere", "Key": item("a")})
    assert (refused.value.code, refused.value.message) == ("ResourceNotFoundException", "Requested resource not found")


@pytest.mark.parametrize(("size", "units"), [(0, 1.0), (1000, 1.0), (1100, 2.0), (4000, 4.0)])
async def test_a_write_takes_a_unit_for_each_kilobyte(aws: Aws, size: int, units: float) -> None:
    await made(aws)
    request = {"TableName": "orders", "Item": item("a", body="x" * size), "ReturnConsumedCapacity": "TOTAL"}
    told = aws.dynamodb.put_item(request)["ConsumedCapacity"]
    assert told == {"TableName": "orders", "CapacityUnits": units}
    # The larger of before and after counts.
    told = aws.dynamodb.put_item({**request, "Item": item("a")})["ConsumedCapacity"]
    assert told["CapacityUnits"] == units


@pytest.mark.parametrize(("consistent", "units"), [(True, 2.0), (False, 1.0)])
async def test_a_read_takes_a_unit_for_each_four_kilobytes(aws: Aws, consistent: bool, units: float) -> None:
    await made(aws)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", body="x" * 5000)})
    request = {"TableName": "orders", "Key": item("a"), "ConsistentRead": consistent, "ReturnConsumedCapacity": "TOTAL"}
    assert aws.dynamodb.get_item(request)["ConsumedCapacity"]["CapacityUnits"] == units
