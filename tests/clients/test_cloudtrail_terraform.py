"""Trails and event data stores through Terraform: they stay as planned, and are really there."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients.running import ACCOUNT, Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]


def test_trails_and_stores_are_made_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "audit", "audit")
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
    made = terraform.outputs()
    assert made["trail"] == f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"
    assert made["home_region"] == "us-east-1"
    trails = cloud.client("cloudtrail")
    assert trails.get_trail_status(Name="audit")["IsLogging"] is True
    assert trails.get_trail_status(Name="objects")["IsLogging"] is False

    changed = ("-var=objects=bills/", "-var=retention=180")
    terraform("apply", "-auto-approve", "-input=false", *changed)
    terraform("plan", "-detailed-exitcode", "-input=false", *changed, status=NOTHING_TO_CHANGE)
    (selector,) = trails.get_event_selectors(TrailName="audit")["EventSelectors"]
    assert selector["DataResources"][0]["Values"] == ["arn:aws:s3:::shop/bills/"]
    assert trails.get_event_data_store(EventDataStore=made["lake"])["RetentionPeriod"] == 180

    terraform("destroy", "-auto-approve", "-input=false", *changed)
    assert trails.list_trails()["Trails"] == []
    assert trails.get_event_data_store(EventDataStore=made["lake"])["Status"] == "PENDING_DELETION"
