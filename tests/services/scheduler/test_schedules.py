"""Schedules: when they run, what they refuse, and how they end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, START_MS, Aws

DAY_S = 86_400
OFF = {"Mode": "OFF"}


def invoked(aws: Aws) -> list[str]:
    """When targets were invoked, in UTC."""
    attempts = aws.events("scheduler.InvocationAttempted")
    return [datetime.fromtimestamp(event.at_ms // 1000, UTC).isoformat()[:19] for event in attempts]


async def test_a_rate_runs_at_once_and_then_every_period(aws: Aws, times) -> None:
    queue = times.queue()
    times.schedule("rate(5 minutes)", queue, times.role())
    await aws.advance(seconds=1)
    assert len(times.received(queue)) == 1
    await aws.advance(seconds=599)
    assert len(times.received(queue)) == 2


async def test_a_rate_with_a_start_date_begins_there_and_ends_with_its_end_date(aws: Aws, times) -> None:
    queue = times.queue()
    start, end = START_MS + 3_600_000, START_MS + 3_600_000 + 700_000
    times.schedule("rate(5 minutes)", queue, times.role(), StartDate=start, EndDate=end)
    await aws.advance(seconds=3_599)
    assert times.received(queue) == []
    await aws.advance(seconds=DAY_S)
    sent = [int(message["Attributes"]["SentTimestamp"]) - start for message in times.received(queue)]
    assert sent == [0, 300_000, 600_000]


async def test_cron_keeps_the_local_time_when_the_clocks_change(aws: Aws, times) -> None:
    times.schedule("cron(30 9 28-29 3 ? 2026)", times.queue(), times.role(), ScheduleExpressionTimezone="Europe/Berlin")
    await aws.advance(seconds=100 * DAY_S)
    assert invoked(aws) == ["2026-03-28T08:30:00", "2026-03-29T07:30:00"]


async def test_a_local_time_that_the_clocks_leave_out_does_not_come(aws: Aws, times) -> None:
    times.schedule("cron(30 2 28-30 3 ? *)", times.queue(), times.role(), ScheduleExpressionTimezone="Europe/Berlin")
    await aws.advance(seconds=200 * DAY_S)
    assert invoked(aws) == ["2026-03-28T01:30:00", "2026-03-30T00:30:00"]


async def test_a_local_time_that_comes_twice_is_taken_once(aws: Aws, times) -> None:
    times.schedule("cron(30 2 25 10 ? *)", times.queue(), times.role(), ScheduleExpressionTimezone="Europe/Berlin")
    await aws.advance(seconds=364 * DAY_S)
    assert invoked(aws) == ["2026-10-25T00:30:00"]


async def test_a_one_time_schedule_is_deleted_when_it_is_done(aws: Aws, times) -> None:
    queue = times.queue()
    times.schedule("at(2026-01-02T12:00:00)", queue, times.role(), ActionAfterCompletion="DELETE")
    assert aws.scheduler.get_schedule({"Name": "daily"})["ActionAfterCompletion"] == "DELETE"
    await aws.advance(seconds=2 * DAY_S)
    assert len(times.received(queue)) == 1
    with pytest.raises(AwsError, match="Schedule daily does not exist"):
        aws.scheduler.get_schedule({"Name": "daily"})


async def test_a_flexible_window_spreads_invocations(aws: Aws, times) -> None:
    queue, role = times.queue(), times.role()
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 60}
    for number in range(5):
        times.schedule("at(2026-01-01T12:00:00)", queue, role, f"s{number}", FlexibleTimeWindow=window)
    await aws.advance(seconds=DAY_S)
    noon = START_MS + 12 * 3_600_000
    sent = {int(message["Attributes"]["SentTimestamp"]) - noon for message in times.received(queue)}
    assert len(sent) == 5
    assert all(0 <= each < 3_600_000 for each in sent)


async def test_a_disabled_schedule_does_not_run_and_an_update_replaces_everything(aws: Aws, times) -> None:
    queue, role = times.queue(), times.role()
    times.schedule("rate(1 hour)", queue, role, State="DISABLED", Description="off")
    await aws.advance(seconds=DAY_S)
    assert times.received(queue) == []
    aws.scheduler.update_schedule(
        {
            "Name": "daily",
            "ScheduleExpression": "cron(0 0 * * ? *)",
            "FlexibleTimeWindow": OFF,
            "Target": {"Arn": queue, "RoleArn": role},
        }
    )
    held = aws.scheduler.get_schedule({"Name": "daily"})
    assert (held["State"], held.get("Description")) == ("ENABLED", None)
    await aws.advance(seconds=3 * DAY_S)
    assert len(times.received(queue)) == 4


def test_a_deleted_group_takes_its_schedules_with_it(aws: Aws, times) -> None:
    queue, role = times.queue(), times.role()
    aws.scheduler.create_schedule_group({"Name": "nightly", "Tags": [{"Key": "team", "Value": "a"}]})
    arn = times.schedule("rate(1 hour)", queue, role, GroupName="nightly")
    assert arn == f"arn:aws:scheduler:us-east-1:{ACCOUNT}:schedule/nightly/daily"
    assert [each["Name"] for each in aws.scheduler.list_schedules({"GroupName": "nightly"})["Schedules"]] == ["daily"]
    aws.scheduler.delete_schedule_group({"Name": "nightly"})
    assert aws.scheduler.list_schedules()["Schedules"] == []
    assert len(aws.world.agenda.dues()) == 0
    with pytest.raises(AwsError) as refused:
        aws.scheduler.delete_schedule_group({"Name": "default"})
    assert refused.value.code == "ValidationException"


def test_tags_belong_to_groups(aws: Aws) -> None:
    arn = aws.scheduler.create_schedule_group({"Name": "g"})["ScheduleGroupArn"]
    aws.scheduler.tag_resource({"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]})
    aws.scheduler.untag_resource({"ResourceArn": arn, "TagKeys": ["a"]})
    assert aws.scheduler.list_tags_for_resource({"ResourceArn": arn})["Tags"] == [{"Key": "b", "Value": "2"}]


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"ScheduleExpression": "rate(0 minutes)"}, "ValidationException", "Invalid Schedule Expression rate(0 min"),
        ({"ScheduleExpression": "cron(0 10 * * * *)"}, "ValidationException", "Invalid Schedule Expression"),
        ({"ScheduleExpressionTimezone": "Mars/Olympus"}, "ValidationException", "Mars/Olympus"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "ValidationException", "MaximumWindowInMinutes"),
        ({"StartDate": START_MS - 400_000}, "ValidationException", "cannot be earlier than 5 minutes ago"),
        ({"GroupName": "none"}, "ResourceNotFoundException", "Schedule group none does not exist."),
        ({"KmsKeyArn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k"}, "NotImplemented", "KmsKeyArn"),
    ],
)  # fmt: skip
def test_what_a_schedule_cannot_be_is_refused(aws: Aws, times, changed, code, words) -> None:
    queue, role = times.queue(), times.role()
    request = {"Name": "s", "ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": OFF,
               "Target": {"Arn": queue, "RoleArn": role}, **changed}  # fmt: skip
    with pytest.raises(AwsError) as refused:
        aws.scheduler.create_schedule(request)
    assert refused.value.code == code
    assert words in refused.value.message


def test_a_schedule_is_made_once_but_for_its_client_token(aws: Aws, times) -> None:
    queue, role = times.queue(), times.role()
    first = times.schedule("rate(1 hour)", queue, role, ClientToken="t")
    assert times.schedule("rate(1 hour)", queue, role, ClientToken="t") == first
    with pytest.raises(AwsError) as refused:
        times.schedule("rate(1 hour)", queue, role, ClientToken="u")
    assert (refused.value.code, refused.value.status) == ("ConflictException", 409)


def test_a_role_that_the_scheduler_may_not_assume_is_refused(aws: Aws, times) -> None:
    queue, role = times.queue(), times.role(service="lambda.amazonaws.com")
    with pytest.raises(AwsError) as refused:
        times.schedule("rate(1 hour)", queue, role)
    assert refused.value.message == (
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
    )
    assert refused.value.why.decision == "denied"


@pytest.mark.parametrize("unit", ["hour", "hours"])
async def test_the_unit_of_one_may_be_plural(aws: Aws, times, unit: str) -> None:
    """As in the Terraform provider's own example of a schedule: `rate(1 hours)`."""
    times.schedule(f"rate(1 {unit})", times.queue(), times.role())
    await aws.advance(seconds=2 * 3_600 - 1)
    assert len(invoked(aws)) == 2
