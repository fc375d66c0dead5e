from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.ssm.associations.schedules import next_ms
from harness import START_MS, Aws
from services.ssm.parameter_calls import DAY_S, allow, user
from services.ssm.runbook_calls import api, execution, made, role, step

HOUR_MS = 3_600_000


def associated(aws: Aws, name: str = "book", **members: Any) -> str:
    """Make an association and return its id."""
    return aws.ssm.create_association({"Name": name, **members})["AssociationDescription"]["AssociationId"]


def runs(aws: Aws, association_id: str) -> list[str]:
    """How the runs of an association went, oldest first."""
    found = aws.ssm.describe_association_executions({"AssociationId": association_id})["AssociationExecutions"]
    return [one["DetailedStatus"] for one in reversed(found)]


async def test_a_runbook_runs_at_once_and_on_schedule(aws: Aws) -> None:
    made(aws, api("make", "sqs", "CreateQueue", QueueName="orders"))
    found = associated(aws, ScheduleExpression="rate(1 day)", AssociationName="nightly")
    described = aws.ssm.describe_association({"AssociationId": found})["AssociationDescription"]
    assert described["Overview"] == {"Status": "Pending", "DetailedStatus": "Creating"}
    await aws.advance(seconds=10)
    assert runs(aws, found) == ["Success"]
    (one,) = aws.ssm.describe_automation_executions()["AutomationExecutionMetadataList"]
    assert one["AssociationId"] == found
    await aws.advance(seconds=3 * DAY_S)
    assert runs(aws, found) == ["Success"] * 4
    described = aws.ssm.describe_association({"AssociationId": found})["AssociationDescription"]
    assert described["LastSuccessfulExecutionDate"] == described["LastExecutionDate"]
    assert aws.ssm.list_associations()["Associations"][0]["AssociationName"] == "nightly"
    aws.ssm.delete_association({"AssociationId": found})
    await aws.advance(seconds=3 * DAY_S)
    assert len(aws.ssm.describe_automation_executions()["AutomationExecutionMetadataList"]) == 4


async def test_a_change_is_a_version_and_runs_at_once_unless_it_waits_for_its_schedule(aws: Aws) -> None:
    made(aws, step("nap", "sleep", Duration="{{ span }}"), parameters={"span": {"type": "String", "default": "PT1S"}})
    found = associated(aws, ScheduleExpression="cron(0 3 ? * * *)", ApplyOnlyAtCronInterval=True)
    await aws.advance(seconds=3 * 3600 - 1)
    assert runs(aws, found) == []
    await aws.advance(seconds=10)
    assert runs(aws, found) == ["Success"]
    asked = {"AssociationId": found, "Parameters": {"span": ["x"]}}
    assert aws.ssm.update_association(asked)["AssociationDescription"]["AssociationVersion"] == "2"
    await aws.advance(seconds=10)
    assert runs(aws, found) == ["Success", "Failed"]
    await aws.advance(seconds=3 * DAY_S)
    assert len(runs(aws, found)) == 2
    versions = aws.ssm.list_association_versions({"AssociationId": found})["AssociationVersions"]
    assert ["ScheduleExpression" in one for one in versions] == [True, False]
    aws.ssm.start_associations_once({"AssociationIds": [found]})
    await aws.advance(seconds=10)
    assert runs(aws, found) == ["Success", "Failed", "Failed"]


async def test_it_acts_in_the_name_of_who_set_it(aws: Aws) -> None:
    made(aws, api("make", "sqs", "CreateQueue", QueueName="orders"))
    keeper = user(aws, "keeper", allow("ssm:CreateAssociation"))
    found = associated(keeper)
    await aws.advance(seconds=10)
    assert runs(aws, found) == ["Failed"]
    assert aws.ssm.describe_automation_executions()["AutomationExecutionMetadataList"] == []
    able = role(aws, "able", allow("sqs:CreateQueue"))
    made(aws, api("make", "sqs", "CreateQueue", QueueName="orders"), name="with-role", assumeRole=able)
    passing = user(aws, "passing", allow("ssm:*"), allow("iam:PassRole", resource=able))
    found = associated(passing, "with-role")
    await aws.advance(seconds=10)
    assert runs(aws, found) == ["Success"]


async def test_targets_are_handed_on(aws: Aws) -> None:
    made(aws, step("nap", "sleep", Duration="{{ span }}"), parameters={"span": {"type": "String"}})
    targets = [{"Key": "ParameterValues", "Values": ["PT1S", "PT2S"]}]
    found = associated(aws, AutomationTargetParameterName="span", Targets=targets, MaxConcurrency="1", MaxErrors="0")
    await aws.advance(seconds=30)
    assert runs(aws, found) == ["Success"]
    parents = [
        one for one in aws.ssm.describe_automation_executions()["AutomationExecutionMetadataList"]
        if one.get("AssociationId")
    ]  # fmt: skip
    assert execution(aws, parents[0]["AutomationExecutionId"])["ProgressCounters"]["SuccessSteps"] == 2


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"Name": "nothing"}, "InvalidDocument"),
        ({"Name": "AWS-GatherSoftwareInventory"}, "NotImplemented"),
        ({"ScheduleExpression": "rate(29 minutes)"}, "InvalidSchedule"),
        ({"ScheduleExpression": "cron(0 25 ? * * *)"}, "InvalidSchedule"),
        ({"ScheduleExpression": "daily"}, "InvalidSchedule"),
        ({"ApplyOnlyAtCronInterval": True}, "InvalidSchedule"),
        ({"Parameters": {"color": ["red"]}}, "InvalidParameters"),
        ({"Targets": [{"Key": "ParameterValues", "Values": ["a"]}]}, "InvalidTarget"),
        ({"ScheduleOffset": 2}, "InvalidSchedule"),
        ({"Duration": 2}, "NotImplemented"),
        ({"DocumentVersion": "7"}, "InvalidDocumentVersion"),
    ],
)
async def test_what_cannot_be_associated_is_refused(aws: Aws, members: dict[str, Any], code: str) -> None:
    made(aws, step("nap", "sleep", Duration="PT1S"))
    with pytest.raises(AwsError) as raised:
        aws.ssm.create_association({"Name": "book", **members})
    assert raised.value.code == code
    assert aws.ssm.list_associations()["Associations"] == []


async def test_what_is_not_there_is_told(aws: Aws) -> None:
    missing = {"AssociationId": "00000000-0000-4000-8000-000000000000"}
    for ask in (aws.ssm.describe_association, aws.ssm.delete_association, aws.ssm.update_association):
        with pytest.raises(AwsError) as raised:
            ask(missing)
        assert raised.value.code == "AssociationDoesNotExist"


def test_schedules_are_due_as_the_guide_says() -> None:
    start = START_MS  # Thursday, 2026-01-01T00:00Z
    for expression, hours in (
        ("rate(2 days)", 48),
        ("cron(0/30 * * * ? *)", 0.5),
        ("cron(0 0 2 ? * THU#3 *)", 14 * 24 + 2),
        ("cron(15 10 ? * MON-FRI *)", 10.25),
        ("cron(0 4 ? * SUNL *)", 24 * 24 + 4),
        ("cron(0 4 L * ? *)", 30 * 24 + 4),
        ("at(2026-01-02T00:00:00)", 24),
        ("at(2025-01-02T00:00:00)", -start / HOUR_MS),
    ):
        assert next_ms(expression, start) == start + int(hours * HOUR_MS)
