"""Alarms, a composite, a dashboard and a metric stream through Terraform: they stay as planned."""

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
    cloudwatch = cloud.client("cloudwatch")
    assert {alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]} == {
        "orders-backlog",
        "orders-empty-receives",
    }

    terraform("apply", "-auto-approve", "-input=false", "-var=threshold=20")
    terraform("plan", "-detailed-exitcode", "-input=false", "-var=threshold=20", status=NOTHING_TO_CHANGE)
    (backlog,) = cloudwatch.describe_alarms(AlarmNames=["orders-backlog"])["MetricAlarms"]
    assert (backlog["Threshold"], backlog["DatapointsToAlarm"]) == (20, 2)

    streamed = ("-input=false", "-var=threshold=20", "-var=streams=1")
    terraform("apply", "-auto-approve", *streamed)
    terraform("plan", "-detailed-exitcode", *streamed, status=NOTHING_TO_CHANGE)
    stream = cloudwatch.get_metric_stream(Name="out")
    assert (stream["State"], stream["IncludeFilters"]) == (
        "running",
        [{"Namespace": "AWS/SQS", "MetricNames": ["NumberOfMessagesSent"]}],
    )

    terraform("destroy", "-auto-approve", "-input=false")
    assert cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])["MetricAlarms"] == []
    assert cloudwatch.list_metric_streams()["Entries"] == []
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []
