"""Buses, rules, archives and schedules through Terraform: they stay as planned, and what they say happens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clients.running import Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]


def test_buses_rules_and_schedules_are_made_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "bridges", "bridges")
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
    events, scheduler, sqs = (cloud.client(name) for name in ("events", "scheduler", "sqs"))
    entries = [
        {"EventBusName": "shop", "Source": "shop", "DetailType": "Order Placed", "Detail": json.dumps({"total": total})}
        for total in (4, 40)
    ]
    assert events.put_events(Entries=entries)["FailedEntryCount"] == 0
    url = sqs.get_queue_url(QueueName="inbox")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10, MaxNumberOfMessages=10)["Messages"]
    assert json.loads(message["Body"]) == {"total": 40}
    assert events.describe_archive(ArchiveName="shop-all")["EventCount"] == 2

    terraform("apply", "-auto-approve", "-input=false", "-var=minutes=7")
    terraform("plan", "-detailed-exitcode", "-input=false", "-var=minutes=7", status=NOTHING_TO_CHANGE)
    assert events.describe_rule(Name="tick")["ScheduleExpression"] == "rate(7 minutes)"
    found = scheduler.get_schedule(Name="report", GroupName="nightly")
    assert found["ScheduleExpression"] == "cron(7 2 * * ? *)"

    terraform("destroy", "-auto-approve", "-input=false")
    assert [bus["Name"] for bus in events.list_event_buses()["EventBuses"]] == ["default"]
    assert events.list_rules()["Rules"] == []
    assert [group["Name"] for group in scheduler.list_schedule_groups()["ScheduleGroups"]] == ["default"]
