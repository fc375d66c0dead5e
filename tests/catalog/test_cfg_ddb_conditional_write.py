"""Writes that take place on a condition: of several at once, one."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from catalog.configurations import code_of, refused
from catalog.tables import TABLE, item, orders
from foulweather.testing import Aws

FAILED = "ConditionalCheckFailedException"


@pytest.fixture
def table(aws: Aws) -> Any:
    return orders(aws)


def got(table: Any, pk: str = "order") -> dict[str, Any] | None:
    return table.get_item(TableName=TABLE, Key=item(pk), ConsistentRead=True).get("Item")


def test_of_concurrent_puts_one_succeeds_and_its_item_stays(table: Any) -> None:
    def put(worker: int) -> tuple[int, str]:
        asked = {"Item": item("order", worker=worker), "ConditionExpression": "attribute_not_exists(pk)"}
        return worker, code_of(table.put_item, TableName=TABLE, **asked)

    with ThreadPoolExecutor(8) as pool:
        told = dict(pool.map(put, range(8)))
    assert Counter(told.values()) == {"": 1, FAILED: 7}
    winner = next(worker for worker, code in told.items() if not code)
    assert got(table) == item("order", worker=winner)


def test_an_update_of_a_missing_item_fails_and_does_not_make_it(table: Any) -> None:
    update = {
        "Key": item("order"),
        "UpdateExpression": "SET #s = :s",
        "ExpressionAttributeNames": {"#s": "status"},
        "ExpressionAttributeValues": {":s": {"S": "PAID"}},
    }
    error = refused(table.update_item, TableName=TABLE, **update, ConditionExpression="attribute_exists(pk)")
    assert (error["Code"], error["Status"]) == (FAILED, 400)
    assert error["Message"] == "The conditional request failed"
    assert got(table) is None
    table.update_item(TableName=TABLE, **update)
    assert got(table) == item("order", status="PAID"), "without the condition it is made"


def test_an_optimistic_lock_refuses_who_read_an_older_version(table: Any) -> None:
    table.put_item(TableName=TABLE, Item=item("order", version=1))

    def write(seen: int) -> str:
        return code_of(
            table.update_item,
            TableName=TABLE,
            Key=item("order"),
            UpdateExpression="SET version = version + :one",
            ConditionExpression="version = :seen",
            ExpressionAttributeValues={":one": {"N": "1"}, ":seen": {"N": str(seen)}},
        )

    assert [write(1), write(1), write(2)] == ["", FAILED, ""]
    assert got(table) == item("order", version=3)


def test_a_delete_on_a_condition_leaves_what_does_not_fit(table: Any) -> None:
    table.put_item(TableName=TABLE, Item=item("order", status="SHIPPED"))
    asked = {
        "Key": item("order"),
        "ConditionExpression": "#s = :open",
        "ExpressionAttributeNames": {"#s": "status"},
        "ExpressionAttributeValues": {":open": {"S": "OPEN"}},
    }
    assert refused(table.delete_item, TableName=TABLE, **asked)["Code"] == FAILED
    assert got(table) is not None


def test_a_failed_condition_takes_write_units_and_shows_the_item_when_asked(aws: Aws, table: Any) -> None:
    table.put_item(TableName=TABLE, Item=item("order", body="x" * 3_000))
    before = sum(event.facts["write_milli"] for event in aws.events("dynamodb.Consumed"))
    with pytest.raises(table.exceptions.ConditionalCheckFailedException) as caught:
        table.put_item(
            TableName=TABLE,
            Item=item("order"),
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert caught.value.response["Item"] == item("order", body="x" * 3_000)
    after = sum(event.facts["write_milli"] for event in aws.events("dynamodb.Consumed"))
    assert after - before == 3_000, "three units, though nothing was written"
