"""DynamoDB as people type it."""

from __future__ import annotations

import json

import pytest

from clients.running import Cloud

pytestmark = [pytest.mark.client, pytest.mark.needs("aws")]


def test_a_table_is_made_filled_read_changed_and_deleted(cloud: Cloud) -> None:
    aws = cloud.aws
    told = aws(
        *("dynamodb", "create-table", "--table-name", "Orders"),
        *("--attribute-definitions", "AttributeName=pk,AttributeType=S", "AttributeName=sk,AttributeType=S"),
        *("--key-schema", "AttributeName=pk,KeyType=HASH", "AttributeName=sk,KeyType=RANGE"),
        *("--provisioned-throughput", "ReadCapacityUnits=5,WriteCapacityUnits=5"),
    )
    assert told["TableDescription"]["TableStatus"] == "CREATING"
    cloud.foulweather("clock", "advance", "1m")
    aws("dynamodb", "wait", "table-exists", "--table-name", "Orders")
    for n in range(3):
        item = {"pk": {"S": "customer#1"}, "sk": {"S": f"order#{n}"}, "total": {"N": str(10 * n)}}
        aws("dynamodb", "put-item", "--table-name", "Orders", "--item", json.dumps(item))
    found = aws(
        *("dynamodb", "query", "--table-name", "Orders"),
        *("--key-condition-expression", "pk = :pk AND begins_with(sk, :order)"),
        *("--expression-attribute-values", '{":pk": {"S": "customer#1"}, ":order": {"S": "order#"}}'),
        *("--max-items", "2"),
    )
    assert [item["sk"]["S"] for item in found["Items"]] == ["order#0", "order#1"]
    assert "NextToken" in found

    aws(
        *("dynamodb", "update-table", "--table-name", "Orders"),
        *("--attribute-definitions", "AttributeName=total,AttributeType=N", "AttributeName=pk,AttributeType=S"),
        "--global-secondary-index-updates",
        '[{"Create": {"IndexName": "by_total", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, '
        '{"AttributeName": "total", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "ALL"}, '
        '"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}}}]',
    )
    cloud.foulweather("clock", "advance", "10m")
    (index,) = aws("dynamodb", "describe-table", "--table-name", "Orders")["Table"]["GlobalSecondaryIndexes"]
    assert index["IndexStatus"] == "ACTIVE"
    told = aws(
        *("dynamodb", "execute-statement", "--statement"),
        'SELECT sk FROM "Orders"."by_total" WHERE pk = \'customer#1\' AND total >= 10',
    )
    assert [item["sk"]["S"] for item in told["Items"]] == ["order#1", "order#2"]
    aws("dynamodb", "delete-table", "--table-name", "Orders")
    cloud.foulweather("clock", "advance", "1m")
    aws("dynamodb", "wait", "table-not-exists", "--table-name", "Orders")
    assert aws("dynamodb", "list-tables") == {"TableNames": []}
