"""Users, orders and products in one table, and one index for several questions: five patterns, one request each."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.tables import TABLE, item, keys, orders, query, sorts
from foulweather.testing import Aws

ORDERS = [
    ("alice", "001", "2026-01-03", "OPEN"),
    ("alice", "002", "2026-01-05", "SHIPPED"),
    ("bob", "003", "2026-01-04", "OPEN"),
    ("bob", "004", "2026-01-06", "OPEN"),
]


@pytest.fixture
def table(aws: Aws) -> Any:
    index = {
        "IndexName": "GSI1",
        "KeySchema": keys("GSI1PK", "GSI1SK"),
        "Projection": {"ProjectionType": "ALL"},
    }
    client = orders(aws, names=("GSI1PK", "GSI1SK"), GlobalSecondaryIndexes=[index])
    for user in ("alice", "bob"):
        client.put_item(TableName=TABLE, Item=item(f"USER#{user}", "PROFILE", name=user.title()))
    for user, order, day, status in ORDERS:
        places = {"GSI1PK": f"ORDER#STATUS#{status}", "GSI1SK": day}
        client.put_item(TableName=TABLE, Item=item(f"USER#{user}", f"ORDER#{day}#{order}", **places))
    for product, category, price in (("cup", "kitchen", "008"), ("pan", "kitchen", "030"), ("lamp", "living", "045")):
        places = {"GSI1PK": f"CATEGORY#{category}", "GSI1SK": f"PRICE#{price}"}
        client.put_item(TableName=TABLE, Item=item(f"PRODUCT#{product}", "DETAILS", **places))
    return client


def test_a_user_is_got_by_one_get_item(table: Any) -> None:
    got = table.get_item(TableName=TABLE, Key=item("USER#alice", "PROFILE"), ReturnConsumedCapacity="TOTAL")
    assert got["Item"]["name"] == {"S": "Alice"}
    assert got["ConsumedCapacity"]["CapacityUnits"] == 0.5


def test_the_orders_of_a_user_come_the_latest_first(table: Any) -> None:
    values = {":u": "USER#alice", ":o": "ORDER#"}
    page = query(table, "pk = :u AND begins_with(sk, :o)", values=values, ScanIndexForward=False)
    assert sorts(page) == ["ORDER#2026-01-05#002", "ORDER#2026-01-03#001"]
    assert page["ScannedCount"] == page["Count"]


def test_a_user_and_her_orders_are_one_item_collection(table: Any) -> None:
    page = query(table, "pk = :u", values={":u": "USER#bob"})
    assert sorts(page) == ["ORDER#2026-01-04#003", "ORDER#2026-01-06#004", "PROFILE"]


def test_open_orders_of_everybody_are_asked_of_the_index_by_day(table: Any) -> None:
    values = {":s": "ORDER#STATUS#OPEN", ":from": "2026-01-04", ":to": "2026-01-31"}
    page = query(table, "GSI1PK = :s AND GSI1SK BETWEEN :from AND :to", values=values, IndexName="GSI1")
    assert [each["pk"]["S"] for each in page["Items"]] == ["USER#bob", "USER#bob"]
    assert page["ScannedCount"] == page["Count"] == 2


def test_products_of_a_category_are_asked_of_the_same_index_by_price(table: Any) -> None:
    values = {":c": "CATEGORY#kitchen", ":most": "PRICE#010"}
    page = query(table, "GSI1PK = :c AND GSI1SK <= :most", values=values, IndexName="GSI1")
    assert [each["pk"]["S"] for each in page["Items"]] == ["PRODUCT#cup"]


def test_an_order_whose_status_changes_moves_in_the_index(table: Any) -> None:
    table.update_item(
        TableName=TABLE,
        Key=item("USER#bob", "ORDER#2026-01-04#003"),
        UpdateExpression="SET GSI1PK = :s",
        ExpressionAttributeValues={":s": {"S": "ORDER#STATUS#SHIPPED"}},
    )

    def with_status(status: str) -> int:
        return query(table, "GSI1PK = :s", values={":s": f"ORDER#STATUS#{status}"}, IndexName="GSI1")["Count"]

    assert (with_status("OPEN"), with_status("SHIPPED")) == (2, 2)


def test_users_are_not_in_the_index_they_have_none_of_its_keys(table: Any) -> None:
    found = table.scan(TableName=TABLE, IndexName="GSI1")["Items"]
    assert len(found) == len(ORDERS) + 3
    assert not [each for each in found if each["sk"]["S"] == "PROFILE"]
