from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.ssm.windows import invoking
from harness import ACCOUNT, Aws
from services.ssm.parameter_calls import allow, user
from services.ssm.runbook_calls import api, execution, made, role, step

HOUR_S = 3_600
DAY_S = 86_400
NODES = ["i-0123456789abcdef0", "i-0123456789abcdef1", "i-0123456789abcdef2"]


def window(aws: Aws, **members: Any) -> str:
    """Make a window that opens at noon each day for two hours, and return its id."""
    given = {
        "Name": "nightly",
        "Schedule": "cron(0 12 ? * * *)",
        "Duration": 2,
        "Cutoff": 1,
        "AllowUnassociatedTargets": True,
    }
    return aws.ssm.create_maintenance_window(given | members)["WindowId"]


def keeper(aws: Aws) -> str:
    """The role by which tasks act."""
    return role(aws, "keeper", allow("*"))


def task(aws: Aws, window_id: str, role_arn: str, **members: Any) -> str:
    """Register a runbook without targets, and return the task's id."""
    given = {"WindowId": window_id, "TaskArn": "book", "TaskType": "AUTOMATION", "ServiceRoleArn": role_arn}
    return aws.ssm.register_task_with_maintenance_window(given | members)["WindowTaskId"]


def runs(aws: Aws, window_id: str) -> list[dict[str, Any]]:
    """The executions of a window, the newest first."""
    return aws.ssm.describe_maintenance_window_executions({"WindowId": window_id})["WindowExecutions"]


def task_runs(aws: Aws, run: dict[str, Any]) -> list[dict[str, Any]]:
    """The tasks of an execution."""
    asked = {"WindowExecutionId": run["WindowExecutionId"]}
    return aws.ssm.describe_maintenance_window_execution_tasks(asked)["WindowExecutionTaskIdentities"]


def invocations(aws: Aws, one: dict[str, Any]) -> list[dict[str, Any]]:
    """What was done for each target."""
    asked = {"WindowExecutionId": one["WindowExecutionId"], "TaskId": one["TaskExecutionId"]}
    found = aws.ssm.describe_maintenance_window_execution_task_invocations(asked)
    return found["WindowExecutionTaskInvocationIdentities"]


def refusal(operation: Any, request: dict[str, Any]) -> AwsError:
    """What a request is refused with."""
    with pytest.raises(AwsError) as raised:
        operation(request)
    return raised.value


async def test_a_window_is_shown_as_it_was_made(aws: Aws) -> None:
    found = window(aws, Description="what", Tags=[{"Key": "Team", "Value": "ops"}])
    shown = aws.ssm.get_maintenance_window({"WindowId": found})
    assert shown["NextExecutionTime"] == "2026-01-01T12:00Z"
    assert (shown["Enabled"], shown["AllowUnassociatedTargets"], shown["Cutoff"]) == (True, True, 1)
    (listed,) = aws.ssm.describe_maintenance_windows({"Filters": [{"Key": "Name", "Values": ["nightly"]}]})[
        "WindowIdentities"
    ]
    assert listed["WindowId"] == found
    assert "CreatedDate" not in listed
    tags = aws.ssm.list_tags_for_resource({"ResourceType": "MaintenanceWindow", "ResourceId": found})["TagList"]
    assert tags == [{"Key": "Team", "Value": "ops"}]


async def test_times_are_in_the_windows_zone_and_days_are_added(aws: Aws) -> None:
    found = window(
        aws,
        Schedule="cron(0 2 ? * TUE#2 *)",
        ScheduleTimezone="America/New_York",
        ScheduleOffset=3,
        EndDate="2026-03-01",
    )
    asked = {"WindowId": found}
    times = [
        one["ExecutionTime"] for one in aws.ssm.describe_maintenance_window_schedule(asked)["ScheduledWindowExecutions"]
    ]
    assert times == ["2026-01-16T02:00-05:00", "2026-02-13T02:00-05:00"]
    asked["Filters"] = [{"Key": "ScheduledAfter", "Values": ["2026-02-01T00:00:00Z"]}]  # type: ignore[assignment]
    assert len(aws.ssm.describe_maintenance_window_schedule(asked)["ScheduledWindowExecutions"]) == 1


@pytest.mark.parametrize(
    "members",
    [
        {"Cutoff": 2},
        {"Schedule": "daily"},
        {"Schedule": "rate(1 days)"},
        {"ScheduleTimezone": "Mars/Olympus"},
        {"Schedule": "rate(7 days)", "ScheduleOffset": 2},
        {"EndDate": "2025-12-31T00:00:00Z"},
        {"StartDate": "soon"},
    ],
)
async def test_what_makes_no_window_is_refused(aws: Aws, members: dict[str, Any]) -> None:
    with pytest.raises(AwsError) as raised:
        window(aws, **members)
    assert raised.value.code == "ValidationException"
    assert aws.ssm.describe_maintenance_windows()["WindowIdentities"] == []


async def test_the_same_token_makes_one_window(aws: Aws) -> None:
    assert window(aws, ClientToken="once") == window(aws, ClientToken="once")
    with pytest.raises(AwsError) as raised:
        window(aws, ClientToken="once", Name="other")
    assert raised.value.code == "IdempotentParameterMismatch"


async def test_what_is_not_there_is_told_apart(aws: Aws) -> None:
    gone = "mw-0123456789abcdef0"
    error = refusal(aws.ssm.get_maintenance_window, {"WindowId": gone})
    assert (error.code, error.message) == ("DoesNotExistException", f"Maintenance window {gone} does not exist")
    assert aws.ssm.delete_maintenance_window({"WindowId": gone}) == {"WindowId": gone}
    assert runs(aws, gone) == []


async def test_a_runbook_runs_when_the_window_opens_as_its_role(aws: Aws) -> None:
    made(aws, api("make", "sqs", "CreateQueue", QueueName="orders"))
    found = window(aws)
    task(aws, found, keeper(aws))
    await aws.advance(seconds=12 * HOUR_S - 1)
    assert runs(aws, found) == []
    await aws.advance(seconds=60)
    (run,) = runs(aws, found)
    assert run["Status"] == "SUCCESS"
    (one,) = task_runs(aws, run)
    (done,) = invocations(aws, one)
    assert done["Status"] == "SUCCESS"
    assert execution(aws, done["ExecutionId"])["ExecutedBy"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/keeper/")
    await aws.advance(seconds=DAY_S)
    assert len(runs(aws, found)) == 2
    await aws.advance(seconds=30 * DAY_S)
    assert len(runs(aws, found)) == 30


async def test_tasks_go_by_priority_and_targets_by_concurrency(aws: Aws) -> None:
    nap = {"id": {"type": "String", "default": ""}}
    made(aws, step("nap", "sleep", Duration="PT10M"), parameters=nap)
    made(aws, api("make", "sqs", "CreateQueue", QueueName="after"), name="last")
    found, held = window(aws), keeper(aws)
    given = {"Automation": {"Parameters": {"id": ["{{ RESOURCE_ID }} of {{WINDOW_ID}}"]}}}
    targets = [{"Key": "InstanceIds", "Values": NODES}]
    task(aws, found, held, TaskInvocationParameters=given, Targets=targets, MaxConcurrency="2", MaxErrors="0")
    task(aws, found, held, TaskArn="last", Priority=5)
    await aws.advance(seconds=12 * HOUR_S + 60)
    (run,) = runs(aws, found)
    first, last = task_runs(aws, run)
    assert [one["Status"] for one in invocations(aws, first)] == ["IN_PROGRESS", "IN_PROGRESS", "PENDING"]
    assert last["Status"] == "PENDING"
    parameters = execution(aws, invocations(aws, first)[0]["ExecutionId"])["Parameters"]
    assert parameters == {"id": [f"{NODES[0]} of {found}"]}
    await aws.advance(seconds=25 * 60)
    assert runs(aws, found)[0]["Status"] == "SUCCESS"
    assert aws.sqs.list_queues()["QueueUrls"]


async def test_nothing_begins_after_the_cutoff_nor_while_the_one_before_goes_on(aws: Aws) -> None:
    made(aws, step("nap", "sleep", Duration="PT90M"))
    found, held = window(aws), keeper(aws)
    targets = [{"Key": "InstanceIds", "Values": NODES[:2]}]
    task(aws, found, held, Targets=targets, MaxConcurrency="1", MaxErrors="0")
    task(aws, found, held, Priority=9)
    await aws.advance(seconds=14 * HOUR_S)
    (run,) = runs(aws, found)
    first, last = task_runs(aws, run)
    assert [one["Status"] for one in invocations(aws, first)] == ["SUCCESS", "TIMED_OUT"]
    assert (run["Status"], last["Status"]) == ("TIMED_OUT", "TIMED_OUT")
    made(aws, step("nap", "sleep", Duration="PT30H"), name="long")
    other = window(aws, Name="other")
    task(aws, other, held, TaskArn="long")
    await aws.advance(seconds=2 * DAY_S)
    assert [one["Status"] for one in runs(aws, other)] == ["SKIPPED_OVERLAPPING", "IN_PROGRESS"]


async def test_a_refused_task_fails_and_says_why(aws: Aws) -> None:
    made(aws, api("make", "sqs", "CreateQueue", QueueName="orders"))
    found = window(aws)
    task(aws, found, role(aws, "weak"))
    await aws.advance(seconds=12 * HOUR_S + 60)
    (run,) = runs(aws, found)
    assert (run["Status"], run["StatusDetails"]) == ("FAILED", "One or more tasks in the orchestration failed.")
    (done,) = invocations(aws, task_runs(aws, run)[0])
    assert done["StatusDetails"].startswith("AccessDeniedException: ")


async def test_too_many_errors_end_a_task(aws: Aws) -> None:
    made(aws, api("make", "sqs", "GetQueueUrl", QueueName="none"))
    found = window(aws)
    targets = [{"Key": "InstanceIds", "Values": NODES}]
    task(aws, found, keeper(aws), Targets=targets, MaxConcurrency="1", MaxErrors="1")
    await aws.advance(seconds=12 * HOUR_S + 60)
    done = invocations(aws, task_runs(aws, runs(aws, found)[0])[0])
    assert [one["Status"] for one in done] == ["FAILED", "FAILED", "CANCELLED"]


async def test_a_state_machine_is_watched_to_its_end(aws: Aws) -> None:
    definition = {
        "StartAt": "Rest",
        "States": {"Rest": {"Type": "Wait", "Seconds": 300, "Next": "Bad"}, "Bad": {"Type": "Fail"}},
    }
    machine_role = role(aws, "machine", trusted="states.amazonaws.com")
    machine = aws.stepfunctions.create_state_machine(
        {"name": "fix", "definition": json.dumps(definition), "roleArn": machine_role}
    )["stateMachineArn"]
    found = window(aws)
    given = {"StepFunctions": {"Input": '{"window": "{{WINDOW_ID}}"}'}}
    task(aws, found, keeper(aws), TaskType="STEP_FUNCTIONS", TaskArn=machine, TaskInvocationParameters=given)
    await aws.advance(seconds=12 * HOUR_S + 60)
    (run,) = runs(aws, found)
    assert run["Status"] == "IN_PROGRESS"
    (done,) = invocations(aws, task_runs(aws, run)[0])
    told = aws.stepfunctions.describe_execution({"executionArn": done["ExecutionId"]})
    assert json.loads(told["input"]) == {"window": found}
    await aws.advance(seconds=300)
    (done,) = invocations(aws, task_runs(aws, run)[0])
    assert (done["Status"], done["StatusDetails"]) == ("FAILED", "FAILED")


async def test_targets_are_registered_and_safe_while_in_use(aws: Aws) -> None:
    made(aws, step("nap", "sleep", Duration="PT1S"))
    found = window(aws, AllowUnassociatedTargets=False)
    held = keeper(aws)
    nodes = [{"Key": "InstanceIds", "Values": NODES[:2]}]
    target = aws.ssm.register_target_with_maintenance_window(
        {"WindowId": found, "ResourceType": "INSTANCE", "Targets": nodes, "OwnerInformation": "us"}
    )["WindowTargetId"]
    with pytest.raises(AwsError):
        task(aws, found, held, Targets=nodes, MaxConcurrency="1", MaxErrors="0")
    named = [{"Key": "WindowTargetIds", "Values": [target]}]
    with pytest.raises(AwsError):
        task(aws, found, held, Targets=named)
    task(aws, found, held, Targets=named, MaxConcurrency="100%", MaxErrors="50%")
    asked = {"WindowId": found, "WindowTargetId": target}
    assert (
        refusal(aws.ssm.deregister_target_from_maintenance_window, asked | {"Safe": True}).code
        == "TargetInUseException"
    )
    await aws.advance(seconds=12 * HOUR_S + 60)
    done = invocations(aws, task_runs(aws, runs(aws, found)[0])[0])
    assert [(one["OwnerInformation"], one["WindowTargetId"]) for one in done] == [("us", target)] * 2
    aws.ssm.deregister_target_from_maintenance_window(asked)
    assert aws.ssm.describe_maintenance_window_targets({"WindowId": found})["Targets"] == []


async def test_a_role_must_be_passed(aws: Aws) -> None:
    found, held = window(aws), keeper(aws)
    someone = user(aws, "someone", allow("ssm:*"))
    with pytest.raises(AwsError) as raised:
        task(someone, found, held)
    assert "iam:PassRole" in raised.value.message


async def test_a_disabled_window_does_not_open_and_a_change_plans_anew(aws: Aws) -> None:
    made(aws, step("nap", "sleep", Duration="PT1S"))
    found = window(aws)
    task(aws, found, keeper(aws))
    answer = aws.ssm.update_maintenance_window({"WindowId": found, "Enabled": False})
    assert (answer["Enabled"], answer["Schedule"]) == (False, "cron(0 12 ? * * *)")
    assert "NextExecutionTime" not in aws.ssm.get_maintenance_window({"WindowId": found})
    await aws.advance(seconds=2 * DAY_S)
    assert runs(aws, found) == []
    aws.ssm.update_maintenance_window({"WindowId": found, "Enabled": True, "Schedule": "rate(5 minutes)"})
    await aws.advance(seconds=11 * 60)
    assert len(runs(aws, found)) == 2


async def test_cancelling_begins_nothing_more(aws: Aws) -> None:
    made(aws, step("nap", "sleep", Duration="PT10M"))
    found, held = window(aws), keeper(aws)
    task(aws, found, held, Targets=[{"Key": "InstanceIds", "Values": NODES}], MaxConcurrency="1", MaxErrors="0")
    task(aws, found, held, Priority=2)
    await aws.advance(seconds=12 * HOUR_S + 60)
    (run,) = runs(aws, found)
    aws.ssm.cancel_maintenance_window_execution({"WindowExecutionId": run["WindowExecutionId"]})
    assert runs(aws, found)[0]["Status"] == "CANCELLING"
    await aws.advance(seconds=10 * 60)
    first, last = task_runs(aws, run)
    assert runs(aws, found)[0]["Status"] == "CANCELLED"
    assert [one["Status"] for one in invocations(aws, first)] == ["SUCCESS", "CANCELLED", "CANCELLED"]
    assert last["Status"] == "CANCELLED"


async def test_an_invocation_that_is_lost_does_not_hold_the_window_up(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: Any) -> None:
        """The process ends before an answer comes."""

    made(aws, step("nap", "sleep", Duration="PT1S"))
    found = window(aws)
    task(aws, found, keeper(aws))
    monkeypatch.setattr(invoking, "_automate", lost)
    await aws.advance(seconds=12 * HOUR_S + 60)
    assert runs(aws, found)[0]["Status"] == "IN_PROGRESS"
    await aws.advance(seconds=16 * 60)
    assert runs(aws, found)[0]["Status"] == "TIMED_OUT"
