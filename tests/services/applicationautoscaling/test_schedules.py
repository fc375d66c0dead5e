from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from foulweather.services.applicationautoscaling import schedules
from harness import Aws
from services.applicationautoscaling.scaling_calls import (
    WRITES,
    activities,
    reasons,
    refused,
    register,
    scaling,
    table,
    units,
)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "expected"),
    [
        ("cron(30 6 ? * MON *)", "", "2026-01-01T00:00:00", "2026-01-05T06:30:00"),
        ("cron(30 6 ? * 2 *)", "", "2026-01-01T00:00:00", "2026-01-05T06:30:00"),
        ("cron(0 9 * * ? *)", "America/New_York", "2026-01-01T00:00:00", "2026-01-01T14:00:00"),
        ("cron(0 9 * * ? *)", "America/New_York", "2026-07-01T00:00:00", "2026-07-01T13:00:00"),
        ("cron(0/15 * * * ? *)", "", "2026-01-01T00:00:00", "2026-01-01T00:15:00"),
        ("cron(0 18 ? * MON-FRI *)", "", "2026-01-02T18:00:00", "2026-01-05T18:00:00"),
        ("cron(0 18 ? * FRI-MON *)", "", "2026-01-05T18:00:00", "2026-01-09T18:00:00"),
        ("cron(0 0 L * ? *)", "", "2026-02-01T00:00:00", "2026-02-28T00:00:00"),
        ("cron(0 0 L-2 * ? *)", "", "2026-02-01T00:00:00", "2026-02-26T00:00:00"),
        ("cron(0 0 15W * ? *)", "", "2026-02-01T00:00:00", "2026-02-16T00:00:00"),
        ("cron(0 0 1W * ? *)", "", "2026-07-31T01:00:00", "2026-08-03T00:00:00"),
        ("cron(0 0 LW * ? *)", "", "2026-01-31T00:00:00", "2026-02-27T00:00:00"),
        ("cron(0 0 ? * TUE#2 *)", "", "2026-01-01T00:00:00", "2026-01-13T00:00:00"),
        ("cron(0 0 ? * 6L *)", "", "2026-01-01T00:00:00", "2026-01-30T00:00:00"),
        ("cron(0 0 ? * L *)", "", "2026-01-01T00:00:00", "2026-01-03T00:00:00"),
        ("cron(0 0 1 JAN,JUL ? 2027/2)", "", "2026-01-01T00:00:00", "2027-01-01T00:00:00"),
        ("cron(30 2 * * ? *)", "America/New_York", "2026-03-08T06:00:00", "2026-03-09T06:30:00"),
        ("at(2026-03-01T10:00:00)", "Asia/Tokyo", "2026-01-01T00:00:00", "2026-03-01T01:00:00"),
        ("rate(5 minutes)", "", "2026-01-01T00:07:00", "2026-01-01T00:10:00"),
        ("rate(1 day)", "", "2026-01-01T00:00:00", "2026-01-02T00:00:00"),
    ],
)
def test_a_schedule_is_due_next(schedule: str, zone: str, after: str, expected: str) -> None:
    begins_ms = ms("2026-01-01T00:00:00")
    found = schedules.next_run(schedule, schedules.checked_zone(zone), ms(after), begins_ms=begins_ms)
    assert found == ms(expected)


def test_a_time_that_has_passed_does_not_come_again() -> None:
    assert schedules.next_run("at(2026-01-01T00:00:00)", UTC, ms("2026-01-01T00:00:00")) is None
    assert schedules.next_run("cron(0 0 1 1 ? 2020)", UTC, ms("2026-01-01T00:00:00")) is None


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("30 6 * * *", "Details: a schedule is at"),
        ("cron(0 16 * * MON-FRI *)", "Invalid CRON expression: one of Day of month and Day of week"),
        ("cron(0 16 * MON ? *)", ""),
        ("cron(60 16 * * ? *)", "Invalid Minute value: '60'"),
        ("cron(0 16 * * ?)", "has 6 fields"),
        ("cron(0 16 ? * MON#6 *)", "Invalid Day of week value"),
        ("rate(1 minutes)", "Invalid RATE expression"),
        ("rate(0 minutes)", "Invalid RATE expression"),
        ("at(2026-13-01T00:00:00)", "Invalid AT expression"),
        ("at(2025-01-01T00:00:00)", "in the future"),
    ],
)
async def test_schedules_that_are_none_are_refused(aws: Aws, schedule: str, words: str) -> None:
    await table(aws)
    await register(aws)
    with refused("ValidationException", words):
        put(aws, schedule)


def put(aws: Aws, schedule: str, low: int | None = 50, high: int | None = None, **members: Any) -> None:
    bounds = {"MinCapacity": low, "MaxCapacity": high}
    scaling(aws).put_scheduled_action(
        {
            **WRITES,
            "ScheduledActionName": "morning",
            "Schedule": schedule,
            "ScalableTargetAction": {name: units for name, units in bounds.items() if units is not None},
            **members,
        }
    )


async def test_a_scheduled_action_runs_at_its_minute_in_its_time_zone(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    put(aws, "cron(30 8 * * ? *)", Timezone="Europe/Berlin")
    await aws.advance(seconds=7 * 3600 + 29 * 60 - 60)
    assert units(aws) == 10
    await aws.advance(seconds=120)
    assert units(aws) == 50
    adjusted, ran = activities(aws)
    assert (ran["Cause"], ran["Description"]) == (
        "scheduled action name morning was triggered",
        "Setting min capacity to 50",
    )
    assert (adjusted["Cause"], adjusted["StatusCode"]) == ("minimum capacity was set to 50", "Successful")
    (target,) = scaling(aws).describe_scalable_targets({"ServiceNamespace": "dynamodb"})["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (50, 1000)
    await register(aws, 5)
    aws.dynamodb.update_table(
        {"TableName": "orders", "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 10}}
    )
    await aws.advance(seconds=24 * 3600)
    assert units(aws) == 50, "every day"


async def test_a_suspended_schedule_does_not_run_and_is_explained(aws: Aws) -> None:
    await table(aws)
    await register(aws, SuspendedState={"ScheduledScalingSuspended": True})
    put(aws, "rate(10 minutes)")
    await aws.advance(seconds=660)
    assert units(aws) == 10
    (why,) = reasons(aws, "ScheduledAction")
    assert why.facts[0].property == "ScheduledScalingSuspended"
    await register(aws, None, None, SuspendedState={"ScheduledScalingSuspended": False})
    await aws.advance(seconds=600)
    assert units(aws) == 50


async def test_start_and_end_bound_a_recurring_action(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    start_ms = aws.now + 3_600_000
    put(aws, "rate(10 minutes)", StartTime=start_ms, EndTime=start_ms + 300_000)
    await aws.advance(seconds=3599)
    assert activities(aws) == []
    await aws.advance(seconds=1 + 7200)
    assert len([one for one in activities(aws) if one["Cause"].startswith("scheduled")]) == 1
    (shown,) = scaling(aws).describe_scheduled_actions({"ServiceNamespace": "dynamodb"})["ScheduledActions"]
    assert (shown["StartTime"], shown["EndTime"]) == (start_ms, start_ms + 300_000)


async def test_a_change_keeps_what_it_does_not_name_but_the_times(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    put(aws, "cron(0 8 * * ? *)", Timezone="Europe/Berlin", StartTime=aws.now + 1000)
    scaling(aws).put_scheduled_action({**WRITES, "ScheduledActionName": "morning", "Schedule": "cron(0 9 * * ? *)"})
    (shown,) = scaling(aws).describe_scheduled_actions({"ServiceNamespace": "dynamodb"})["ScheduledActions"]
    assert shown["Schedule"] == "cron(0 9 * * ? *)"
    assert shown["Timezone"] == "Europe/Berlin"
    assert shown["ScalableTargetAction"] == {"MinCapacity": 50}
    assert "StartTime" not in shown
    assert ":resource/dynamodb/table/orders:scheduledActionName/morning" in shown["ScheduledActionARN"]


async def test_bounds_that_cross_fail_the_run(aws: Aws) -> None:
    await table(aws)
    await register(aws, 5, 20)
    put(aws, "rate(10 minutes)", 50)
    await aws.advance(seconds=601)
    assert units(aws) == 10
    assert activities(aws)[0]["StatusCode"] == "Failed"
    assert "Maximum capacity cannot be less than minimum" in activities(aws)[0]["StatusMessage"]


async def test_a_deleted_action_does_not_run(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    put(aws, "rate(10 minutes)")
    name = {**WRITES, "ScheduledActionName": "morning"}
    scaling(aws).delete_scheduled_action(name)
    await aws.advance(seconds=3600)
    assert units(aws) == 10
    with refused("ObjectNotFoundException", "No scheduled action found for"):
        scaling(aws).delete_scheduled_action(name)


async def test_what_a_scheduled_action_needs_is_asked_for(aws: Aws) -> None:
    await table(aws)
    with refused("ObjectNotFoundException", "No scalable target registered for"):
        put(aws, "rate(10 minutes)")
    await register(aws)
    with refused("ValidationException", "ScalableTargetAction must have"):
        put(aws, "rate(10 minutes)", None)
    with refused("ValidationException", "Invalid timezone: Mars/Olympus"):
        put(aws, "rate(10 minutes)", Timezone="Mars/Olympus")
    with refused("ValidationException", "EndTime must be later"):
        put(aws, "rate(10 minutes)", StartTime=aws.now + 2000, EndTime=aws.now + 1000)
    with refused("ValidationException", "at 'scheduledActionName'"):
        put(aws, "rate(10 minutes)", ScheduledActionName="a:b")
