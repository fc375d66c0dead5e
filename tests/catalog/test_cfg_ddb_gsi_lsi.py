"""A global index made for a live table, and a local one that comes with the table or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ParamValidationError

from catalog.configurations import refused
from catalog.tables import TABLE, item, keys, orders, query, sorts, table
from foulweather.testing import Aws

LOCAL = {"IndexName": "by-day", "KeySchema": keys("pk", "day"), "Projection": {"ProjectionType": "KEYS_ONLY"}}
STATUS = [{"AttributeName": name, "AttributeType": "S"} for name in ("status", "sk")]
"""What an index by status is made of: UpdateTable wants its key attributes, the known ones, too."""


def create(name: str = "by-status", attribute: str = "status") -> dict[str, Any]:
    return {"Create": {"IndexName": name, "KeySchema": keys(attribute, "sk"), "Projection": {"ProjectionType": "ALL"}}}


@pytest.fixture
def client(aws: Aws) -> Any:
    client = orders(aws, names=("day",), LocalSecondaryIndexes=[LOCAL])
    for n in range(6):
        status = "OPEN" if n % 2 else "SHIPPED"
        client.put_item(TableName=TABLE, Item=item("alice", f"{n}", status=status, day=f"2026-01-0{9 - n}"))
    return client


def index(client: Any) -> dict[str, Any]:
    (found,) = table(client)["GlobalSecondaryIndexes"]
    return found


def by_status(client: Any, **asked: Any) -> dict[str, Any]:
    names = {"#s": "status"}
    return query(
        client, "#s = :s", values={":s": "OPEN"}, IndexName="by-status", ExpressionAttributeNames=names, **asked
    )


def test_a_global_index_is_made_online_and_filled_before_it_is_active(aws: Aws, client: Any) -> None:
    assert refused(by_status, client=client)["Message"].endswith("does not have the specified index: by-status")
    client.update_table(TableName=TABLE, AttributeDefinitions=STATUS, GlobalSecondaryIndexUpdates=[create()])
    assert (index(client)["IndexStatus"], table(client)["TableStatus"]) == ("CREATING", "UPDATING")
    seen: list[tuple[str, bool]] = []
    for _ in range(60):
        told = index(client)
        state = (told["IndexStatus"], told.get("Backfilling", False))
        if not seen or seen[-1] != state:
            seen.append(state)
        if state[0] == "CREATING":
            assert refused(by_status, client=client)["Code"] == "ValidationException"
            client.put_item(TableName=TABLE, Item=item("bob", "meanwhile", status="OPEN"))
        aws.advance("5s")
    assert seen == [("CREATING", False), ("CREATING", True), ("ACTIVE", False)]
    assert sorts(by_status(client)) == ["1", "3", "5", "meanwhile"]
    assert table(client)["TableStatus"] == "ACTIVE"


def test_one_index_is_made_with_each_update_table(aws: Aws, client: Any) -> None:
    definitions = [*STATUS, {"AttributeName": "city", "AttributeType": "S"}]
    both = [create(), create("by-city", "city")]
    error = refused(
        client.update_table, TableName=TABLE, AttributeDefinitions=definitions, GlobalSecondaryIndexUpdates=both
    )
    assert error["Code"] == "LimitExceededException"
    assert "Only 1 online index can be created or deleted simultaneously per table" in error["Message"]
    client.update_table(TableName=TABLE, AttributeDefinitions=STATUS, GlobalSecondaryIndexUpdates=both[:1])
    error = refused(
        client.update_table,
        TableName=TABLE,
        AttributeDefinitions=definitions[1:],
        GlobalSecondaryIndexUpdates=both[1:],
    )
    assert error["Code"] in {"ResourceInUseException", "LimitExceededException"}
    aws.advance("10m")
    client.update_table(TableName=TABLE, AttributeDefinitions=definitions[1:], GlobalSecondaryIndexUpdates=both[1:])


def test_a_local_index_is_there_from_the_tables_creation_or_never(client: Any) -> None:
    with pytest.raises(ParamValidationError):
        client.update_table(TableName=TABLE, LocalSecondaryIndexUpdates=[{"Create": LOCAL}])
    with pytest.raises(ParamValidationError):
        client.update_table(TableName=TABLE, LocalSecondaryIndexes=[LOCAL])


def test_a_local_index_sorts_a_collection_otherwise_and_reads_consistently(client: Any) -> None:
    values = {":p": "alice", ":from": "2026-01-07"}
    page = query(client, "pk = :p AND #d >= :from", values=values, IndexName="by-day", ConsistentRead=True,
                 ExpressionAttributeNames={"#d": "day"})  # fmt: skip
    assert sorts(page) == ["2", "1", "0"]


def test_a_global_index_does_not_read_consistently(aws: Aws, client: Any) -> None:
    client.update_table(TableName=TABLE, AttributeDefinitions=STATUS, GlobalSecondaryIndexUpdates=[create()])
    aws.advance("10m")
    error = refused(by_status, client=client, ConsistentRead=True)
    assert "Consistent reads are not supported on global secondary indexes" in error["Message"]


def test_a_local_index_has_the_tables_partition_key(aws: Aws) -> None:
    other = {**LOCAL, "KeySchema": keys("day", "sk")}
    error = refused(lambda **_: orders(aws, names=("day",), LocalSecondaryIndexes=[other]))
    assert error["Code"] == "ValidationException"


def test_a_deleted_index_is_gone_and_cannot_be_asked(aws: Aws, client: Any) -> None:
    client.update_table(TableName=TABLE, AttributeDefinitions=STATUS, GlobalSecondaryIndexUpdates=[create()])
    aws.advance("10m")
    client.update_table(TableName=TABLE, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-status"}}])
    assert index(client)["IndexStatus"] == "DELETING"
    aws.advance("10m")
    assert "GlobalSecondaryIndexes" not in table(client)
    assert refused(by_status, client=client)["Code"] == "ValidationException"
