from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.dynamodb import limits
from harness import Aws
from services.dynamodb.tables import attribute, item, key, made


def put(pk: str, condition: str = "", **values: Any) -> dict[str, Any]:
    more = {"ConditionExpression": condition} if condition else {}
    return {"Put": {"TableName": "orders", "Item": item(pk, **values), **more}}


def keys(aws: Aws) -> list[str]:
    return sorted(each["pk"]["S"] for each in aws.dynamodb.scan({"TableName": "orders"})["Items"])


async def test_all_parts_of_a_transaction_are_made(aws: Aws) -> None:
    await made(aws)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("gone")})
    told = aws.dynamodb.transact_write_items(
        {
            "TransactItems": [put("a"), {"Delete": {"TableName": "orders", "Key": item("gone")}}],
            "ReturnConsumedCapacity": "TOTAL",
        }
    )
    assert keys(aws) == ["a"]
    assert told["ConsumedCapacity"] == [{"TableName": "orders", "CapacityUnits": 4.0, "WriteCapacityUnits": 4.0}]


async def test_one_part_that_fails_cancels_all_and_tells_which(aws: Aws) -> None:
    await made(aws)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a")})
    with pytest.raises(AwsError) as refused:
        aws.dynamodb.transact_write_items({"TransactItems": [put("b"), put("a", "attribute_not_exists(pk)")]})
    assert refused.value.code == "TransactionCanceledException"
    assert refused.value.message.endswith("specific reasons [None, ConditionalCheckFailed]")
    assert [reason["Code"] for reason in refused.value.members["CancellationReasons"]] == [
        "None",
        "ConditionalCheckFailed",
    ]
    assert keys(aws) == ["a"]


async def test_an_item_is_in_a_transaction_once(aws: Aws) -> None:
    await made(aws)
    with pytest.raises(AwsError, match="cannot include multiple operations on one item"):
        aws.dynamodb.transact_write_items({"TransactItems": [put("a"), put("a", n=1)]})


async def test_a_token_makes_a_transaction_happen_once_in_ten_minutes(aws: Aws) -> None:
    await made(aws)
    add = {
        "Update": {
            "TableName": "orders",
            "Key": item("a"),
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }
    request = {"TransactItems": [add], "ClientRequestToken": "once"}
    aws.dynamodb.transact_write_items(request)
    aws.dynamodb.transact_write_items(request)
    assert aws.dynamodb.get_item({"TableName": "orders", "Key": item("a")})["Item"] == item("a", n=1)
    with pytest.raises(AwsError) as refused:
        aws.dynamodb.transact_write_items({**request, "TransactItems": [put("b")]})
    assert refused.value.code == "IdempotentParameterMismatchException"
    await aws.advance(ms=limits.TOKEN_MS)
    aws.dynamodb.transact_write_items(request)
    assert aws.dynamodb.get_item({"TableName": "orders", "Key": item("a")})["Item"] == item("a", n=2)


async def test_reads_of_a_transaction_come_in_their_order(aws: Aws) -> None:
    await made(aws)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a")})
    gets = [{"Get": {"TableName": "orders", "Key": item(pk)}} for pk in ("none", "a")]
    told = aws.dynamodb.transact_get_items({"TransactItems": gets, "ReturnConsumedCapacity": "TOTAL"})
    assert told["Responses"] == [{}, {"Item": item("a")}]
    assert told["ConsumedCapacity"][0]["CapacityUnits"] == 4.0


async def test_partiql_statements_are_the_same_operations(aws: Aws) -> None:
    await made(aws)
    execute = aws.dynamodb.execute_statement
    execute({"Statement": "INSERT INTO orders VALUE {'pk': ?, 'n': 1}", "Parameters": [{"S": "a"}]})
    with pytest.raises(AwsError, match="Duplicate primary key"):
        execute({"Statement": "INSERT INTO orders VALUE {'pk': 'a'}"})
    assert execute({"Statement": "UPDATE orders SET n = 2 WHERE pk = 'a' RETURNING ALL NEW *"})["Items"] == [
        item("a", n=2)
    ]
    with pytest.raises(AwsError) as refused:
        execute({"Statement": "UPDATE orders SET n = 3 WHERE pk = 'a' AND n = 7"})
    assert refused.value.code == "ConditionalCheckFailedException"
    assert execute({"Statement": "SELECT n FROM orders WHERE pk = 'a'"})["Items"] == [{"n": {"N": "2"}}]
    statements = [{"Statement": "SELECT * FROM orders WHERE pk = 'a'"}, {"Statement": "SELECT * FROM orders"}]
    responses = aws.dynamodb.batch_execute_statement({"Statements": statements})["Responses"]
    assert responses[0]["Item"] == item("a", n=2)
    assert responses[1]["Error"]["Code"] == "ValidationError"
    execute({"Statement": "DELETE FROM orders WHERE pk = 'a'"})
    assert keys(aws) == []


async def test_a_partiql_transaction_is_all_or_nothing(aws: Aws) -> None:
    await made(aws)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a")})
    statements = [{"Statement": f"INSERT INTO orders VALUE {{'pk': '{pk}'}}"} for pk in ("b", "a")]
    with pytest.raises(AwsError, match="None, DuplicateItem"):
        aws.dynamodb.execute_transaction({"TransactStatements": statements})
    assert keys(aws) == ["a"]


async def test_a_backup_is_restored_as_another_table(aws: Aws) -> None:
    await made(aws)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a")})
    arn = aws.dynamodb.create_backup({"TableName": "orders", "BackupName": "nightly"})["BackupDetails"]["BackupArn"]
    await aws.advance(ms=limits.BACKUP_MS)
    aws.dynamodb.delete_item({"TableName": "orders", "Key": item("a")})
    aws.dynamodb.restore_table_from_backup({"TargetTableName": "again", "BackupArn": arn})
    await aws.advance(ms=limits.RESTORE_MS)
    assert aws.dynamodb.scan({"TableName": "again"})["Items"] == [item("a")]
    aws.dynamodb.delete_backup({"BackupArn": arn})
    assert aws.dynamodb.list_backups()["BackupSummaries"] == []


async def test_a_table_is_restored_to_a_second_of_the_past(aws: Aws) -> None:
    await made(aws)
    recovery = {"PointInTimeRecoveryEnabled": True}
    with pytest.raises(AwsError) as refused:
        aws.dynamodb.restore_table_to_point_in_time(
            {"SourceTableName": "orders", "TargetTableName": "past", "UseLatestRestorableTime": True}
        )
    assert refused.value.code == "PointInTimeRecoveryUnavailableException"
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", n=1)})
    aws.dynamodb.update_continuous_backups({"TableName": "orders", "PointInTimeRecoverySpecification": recovery})
    await aws.advance(seconds=60)
    good_ms = aws.now
    await aws.advance(seconds=60)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", n=2)})
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("b")})
    request = {"SourceTableName": "orders", "TargetTableName": "past", "RestoreDateTime": good_ms}
    with pytest.raises(AwsError, match="InvalidRestoreTime"):
        aws.dynamodb.restore_table_to_point_in_time(request)
    await aws.advance(ms=limits.RECOVERY_LAG_MS)
    aws.dynamodb.restore_table_to_point_in_time(request)
    await aws.advance(ms=limits.RESTORE_MS)
    assert aws.dynamodb.scan({"TableName": "past"})["Items"] == [item("a", n=1)]


async def test_a_transaction_tells_the_collection_of_an_item_that_was_not_there_to_be_deleted(aws: Aws) -> None:
    local = {
        "IndexName": "by-n",
        "KeySchema": [key("pk"), key("n", "RANGE")],
        "Projection": {"ProjectionType": "ALL"},
    }
    await made(
        aws,
        sort="sk",
        AttributeDefinitions=[attribute("pk"), attribute("sk"), attribute("n", "N")],
        LocalSecondaryIndexes=[local],
    )
    gone = {"Delete": {"TableName": "orders", "Key": item("a", sk="1")}}
    told = aws.dynamodb.transact_write_items({"TransactItems": [gone], "ReturnItemCollectionMetrics": "SIZE"})
    (metrics,) = told["ItemCollectionMetrics"]["orders"]
    assert metrics["ItemCollectionKey"] == {"pk": {"S": "a"}}


async def test_blind_writes_of_a_transaction_feed_streams_and_indexes(aws: Aws) -> None:
    index = {"IndexName": "by-g", "KeySchema": [key("g")], "Projection": {"ProjectionType": "ALL"}}
    await made(aws, AttributeDefinitions=[attribute("pk"), attribute("g")], GlobalSecondaryIndexes=[index])
    for group in ("one", "two"):
        put = {"Put": {"TableName": "orders", "Item": item("a", g=group)}}
        aws.dynamodb.transact_write_items({"TransactItems": [put]})
    found = {
        group: aws.dynamodb.query(
            {
                "TableName": "orders",
                "IndexName": "by-g",
                "KeyConditionExpression": "g = :g",
                "ExpressionAttributeValues": {":g": {"S": group}},
            }
        )["Count"]
        for group in ("one", "two")
    }
    assert found == {"one": 0, "two": 1}
