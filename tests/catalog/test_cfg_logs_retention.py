"""Retention: set to one of AWS's numbers of days, events vanish as the clock goes on; without one they never do."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.configurations import refused
from foulweather.testing import Aws

GROUP = "/shop/app"


@pytest.fixture
def logs(aws: Aws) -> Any:
    client = aws.client("logs")
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName="s")
    client.put_retention_policy(logGroupName=GROUP, retentionInDays=30)
    return client


def write(aws: Aws, logs: Any, *lines: str, ago_ms: int = 0) -> Any:
    events = [{"timestamp": aws.now_ms - ago_ms, "message": line} for line in lines]
    return logs.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=events)


def there(logs: Any) -> list[str]:
    found = [event["message"] for event in logs.filter_log_events(logGroupName=GROUP)["events"]]
    read = logs.get_log_events(logGroupName=GROUP, logStreamName="s", startFromHead=True)["events"]
    assert [event["message"] for event in read] == found
    return found


def group(logs: Any) -> dict[str, Any]:
    return logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"][0]


def test_events_are_gone_when_their_thirty_days_are_over(aws: Aws, logs: Any) -> None:
    assert group(logs)["retentionInDays"] == 30
    write(aws, logs, "old")
    aws.advance("20d")
    write(aws, logs, "young")
    aws.advance("9d")
    assert there(logs) == ["old", "young"]
    aws.advance("25h")
    assert there(logs) == ["young"]
    held = group(logs)["storedBytes"]
    aws.advance("20d")
    assert (there(logs), group(logs)["storedBytes"]) == ([], 0)
    assert held > 0


def test_a_group_without_one_keeps_everything(aws: Aws, logs: Any) -> None:
    logs.delete_retention_policy(logGroupName=GROUP)
    write(aws, logs, "old")
    aws.advance("400d")
    assert there(logs) == ["old"]
    assert "retentionInDays" not in group(logs)


def test_a_shorter_one_takes_what_is_older_with_it(aws: Aws, logs: Any) -> None:
    write(aws, logs, "old")
    aws.advance("10d")
    write(aws, logs, "young")
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=7)
    assert there(logs) == ["young"]
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=90)
    assert there(logs) == ["young"], "what is gone is gone"


def test_events_older_than_it_are_not_taken(aws: Aws, logs: Any) -> None:
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=7)
    answer = write(aws, logs, "too old", ago_ms=8 * 86_400_000)
    assert answer["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 1}
    assert there(logs) == []


def test_only_some_numbers_of_days_are_possible(logs: Any) -> None:
    for days in (1, 7, 30, 60, 90, 365, 3653):
        logs.put_retention_policy(logGroupName=GROUP, retentionInDays=days)
    error = refused(logs.put_retention_policy, logGroupName=GROUP, retentionInDays=31)
    assert error["Code"] == "InvalidParameterException"
    assert group(logs)["retentionInDays"] == 3653
