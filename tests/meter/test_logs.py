"""CloudWatch Logs in money: what comes in, what lies there and for how long, what queries look through."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from foulweather.meter.bill import Bill, bill
from foulweather.meter.meter import Meter
from foulweather.testing import Aws, world

START_MS = 1_772_323_200_000  # 2026-03-01, a month of 31 days
GIB = Decimal(1 << 30)
LINE = "DEBUG " + "x" * 994
SENT = 100 * 1026
"""A hundred lines as AWS counts them: 26 bytes more for each."""


@pytest.fixture
def aws() -> Iterator[Aws]:
    with world(seed=1, start_ms=START_MS) as opened:
        yield opened


def told(aws: Aws) -> Bill:
    usage = Meter.of(aws.cloud.default.world).usage
    return aws._thread.call(lambda: bill(usage, aws.now_ms))


def amount(aws: Aws, usage_type: str, group: str = "/app") -> Decimal:
    found = [line for line in told(aws).lines if (line.usage_type, line.resource) == (usage_type, group)]
    return sum((Decimal(line.amount) for line in found), Decimal(0))


def put(aws: Aws, group: str = "/app", lines: int = 100, **made: Any) -> Any:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName=group, **made)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    write(aws, group, lines)
    return logs


def write(aws: Aws, group: str = "/app", lines: int = 100) -> None:
    events = [{"timestamp": aws.now_ms, "message": LINE}] * lines
    aws.client("logs").put_log_events(logGroupName=group, logStreamName="s", logEvents=events)


def close(found: Decimal, expected: Decimal) -> bool:
    return abs(found - expected) <= expected / 10_000 + Decimal("1e-11")


def stored(size: int, days: int) -> Decimal:
    return Decimal(size) / GIB * days / 31 * Decimal("0.03")


def test_what_comes_in_costs_by_the_class_of_its_group(aws: Aws) -> None:
    put(aws)
    put(aws, "/rare", logGroupClass="INFREQUENT_ACCESS")
    assert close(amount(aws, "DataProcessing-Bytes"), SENT / GIB * Decimal("0.5"))
    assert close(amount(aws, "DataProcessingIA-Bytes", "/rare"), SENT / GIB * Decimal("0.25"))
    assert told(aws).not_priced == []


def test_what_lies_there_costs_by_the_day_and_for_ever_without_a_retention(aws: Aws) -> None:
    logs = put(aws)
    size = logs.describe_log_groups()["logGroups"][0]["storedBytes"]
    aws.advance("10d")
    assert close(amount(aws, "TimedStorage-ByteHrs"), stored(size, 10))
    aws.advance("10d")
    assert close(amount(aws, "TimedStorage-ByteHrs"), stored(size, 20))
    assert Decimal(told(aws).storage_a_month) > 0


def test_what_retention_does_not_keep_costs_no_longer_though_nobody_looks(aws: Aws) -> None:
    logs = put(aws)
    size = logs.describe_log_groups()["logGroups"][0]["storedBytes"]
    logs.put_retention_policy(logGroupName="/app", retentionInDays=7)
    aws.advance("3d")
    write(aws)
    aws.advance("20d")
    assert close(amount(aws, "TimedStorage-ByteHrs"), stored(size, 14))
    assert Decimal(told(aws).storage_a_month) == 0
    assert logs.describe_log_groups()["logGroups"][0]["storedBytes"] == 0
    write(aws)
    assert Decimal(told(aws).storage_a_month) > 0
    aws.advance("8d")
    assert Decimal(told(aws).storage_a_month) == 0


def test_a_shorter_retention_lets_go_at_once_and_a_deletion_of_all(aws: Aws) -> None:
    logs = put(aws)
    logs.put_retention_policy(logGroupName="/app", retentionInDays=30)
    put(aws, "/other")
    put(aws, "/third")
    aws.advance("2d")
    logs.put_retention_policy(logGroupName="/app", retentionInDays=1)
    logs.delete_log_stream(logGroupName="/other", logStreamName="s")
    logs.delete_log_group(logGroupName="/third")
    assert Decimal(told(aws).storage_a_month) == 0


def test_queries_cost_by_what_they_look_through(aws: Aws) -> None:
    logs = put(aws)
    now = aws.now_ms // 1000
    query = {"startTime": now - 60, "endTime": now + 60, "queryString": "stats count(*)"}
    started = logs.start_query(logGroupName="/app", **query)["queryId"]
    aws.advance("5s")
    scanned = logs.get_query_results(queryId=started)["statistics"]["bytesScanned"]
    assert scanned > 0
    assert close(amount(aws, "DataScanned-Bytes"), Decimal(scanned) / GIB * Decimal("0.005"))


def test_requests_are_free_and_a_delivery_class_has_no_price_here(aws: Aws) -> None:
    put(aws, "/vended", logGroupClass="DELIVERY")
    assert told(aws).not_priced == ["logs VendedLog-Bytes (us-east-1)"]
    aws.advance("1h")
    assert {line.usage_type for line in told(aws).lines} == {"VendedLog-Bytes", "TimedStorage-ByteHrs"}
