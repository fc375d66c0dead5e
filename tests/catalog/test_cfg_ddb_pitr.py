"""Every second of the last 35 days, as a new table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from catalog.configurations import refused
from catalog.tables import TABLE, item, orders
from foulweather.testing import Aws

RESTORED = "orders-restored"


def enable(client: Any) -> None:
    client.update_continuous_backups(
        TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )


@pytest.fixture
def table(aws: Aws) -> Any:
    client = orders(aws)
    client.put_item(TableName=TABLE, Item=item("before"))
    enable(client)
    aws.advance("1h")
    return client


def at(aws: Aws) -> datetime:
    return datetime.fromtimestamp(aws.now_ms // 1000, UTC)


def restore(client: Any, aws: Aws, when: datetime) -> dict[str, dict[str, Any]]:
    """The items of the table as it was at a time."""
    made = client.restore_table_to_point_in_time(SourceTableName=TABLE, TargetTableName=RESTORED, RestoreDateTime=when)[
        "TableDescription"
    ]
    assert made["TableStatus"] == "CREATING"
    aws.advance("2h")
    assert client.describe_table(TableName=RESTORED)["Table"]["TableStatus"] == "ACTIVE"
    return {each["pk"]["S"]: each for each in client.scan(TableName=RESTORED)["Items"]}


def test_a_deleted_item_is_in_the_restored_table(aws: Aws, table: Any) -> None:
    table.put_item(TableName=TABLE, Item=item("order", status="OPEN"))
    aws.advance("10m")
    safe = at(aws)
    aws.advance("1s")
    table.delete_item(TableName=TABLE, Key=item("order"))
    table.put_item(TableName=TABLE, Item=item("after"))
    aws.advance("30m")
    found = restore(table, aws, safe)
    assert found == {"before": item("before"), "order": item("order", status="OPEN")}
    assert {each["pk"]["S"] for each in table.scan(TableName=TABLE)["Items"]} == {"before", "after"}


def test_an_overwritten_item_is_as_it_was(aws: Aws, table: Any) -> None:
    for price in (1, 2, 3):
        table.put_item(TableName=TABLE, Item=item("price", amount=price))
        aws.advance("10m")
        if price == 2:
            second = at(aws)
    assert restore(table, aws, second)["price"] == item("price", amount=2)


def test_the_window_is_35_days_and_ends_five_minutes_ago(aws: Aws, table: Any) -> None:
    aws.advance("40d")
    told = table.describe_continuous_backups(TableName=TABLE)["ContinuousBackupsDescription"]
    recovery = told["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    earliest, latest = recovery["EarliestRestorableDateTime"], recovery["LatestRestorableDateTime"]
    assert abs((at(aws) - earliest).total_seconds() - 35 * 86_400) <= 1
    assert 0 < (at(aws) - latest).total_seconds() <= 600
    for when in (datetime.fromtimestamp(earliest.timestamp() - 60, UTC), at(aws)):
        error = refused(
            table.restore_table_to_point_in_time,
            SourceTableName=TABLE,
            TargetTableName=RESTORED,
            RestoreDateTime=when,
        )
        assert error["Code"] == "InvalidRestoreTimeException"


def test_without_it_there_is_nothing_to_go_back_to(aws: Aws) -> None:
    client = orders(aws)
    asked = {"SourceTableName": TABLE, "TargetTableName": RESTORED}
    error = refused(client.restore_table_to_point_in_time, **asked, UseLatestRestorableTime=True)
    assert error["Code"] == "PointInTimeRecoveryUnavailableException"
    assert (
        refused(client.restore_table_to_point_in_time, SourceTableName="none", TargetTableName=RESTORED)["Code"]
        == "TableNotFoundException"
    )


def test_a_table_is_not_restored_over_another(aws: Aws, table: Any) -> None:
    error = refused(
        table.restore_table_to_point_in_time,
        SourceTableName=TABLE,
        TargetTableName=TABLE,
        UseLatestRestorableTime=True,
    )
    assert error["Code"] == "TableAlreadyExistsException"
