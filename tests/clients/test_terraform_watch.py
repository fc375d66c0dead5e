"""Alarms and a dashboard through Terraform: they stay as planned, and the alarm really rises."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients.running import Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]


def test_alarms_and_a_dashboard_are_made_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "watch", "watch")
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)

    terraform("apply", "-auto-approve", "-input=false", "-var=threshold=2")
    sqs, cloudwatch = cloud.client("sqs"), cloud.client("cloudwatch")
    url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    for _ in range(3):
        sqs.send_message(QueueUrl=url, MessageBody="an order")
    cloud.foulweather("clock", "advance", "5m")
    states = {
        alarm["AlarmName"]: alarm["StateValue"]
        for kind in ("MetricAlarms", "CompositeAlarms")
        for alarm in cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])[kind]
    }
    assert states["orders-backlog"] == "ALARM"
    assert states["orders"] == "ALARM"

    terraform("destroy", "-auto-approve", "-input=false")
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []
