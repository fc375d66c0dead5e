"""A table with auto scaling through Terraform: it stays as planned, and really scales."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients.running import Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]


def test_a_table_with_auto_scaling_is_made_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "scaling", "scaling")
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
    assert len(terraform.outputs()["alarms"]) == 4
    cloud.foulweather("clock", "advance", "4d")  # over a weekday's morning at least
    table = cloud.client("dynamodb").describe_table(TableName="orders")["Table"]
    assert table["ProvisionedThroughput"]["WriteCapacityUnits"] == 50

    terraform("apply", "-auto-approve", "-input=false", "-var=target_percent=50")
    refusal = terraform("apply", "-auto-approve", "-input=false", "-var=steps=1", status=1)
    assert "StepScaling is not supported for" in " ".join(refusal.split())

    terraform("destroy", "-auto-approve", "-input=false")
    scaling = cloud.client("application-autoscaling")
    assert scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"] == []
    assert cloud.client("dynamodb").list_tables()["TableNames"] == []
