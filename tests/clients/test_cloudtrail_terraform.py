"""Trails and event data stores through Terraform: they stay as planned, and are really there."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients.running import ACCOUNT, Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform
from foulweather.kernel.http import HttpRequest
from foulweather.wire.route import Unroutable, route


def is_routed(target: str) -> bool:
    """Whether a request with that X-Amz-Target finds its service."""
    try:
        route(HttpRequest("POST", "/", "", [("X-Amz-Target", target)], b"{}"), "cloudtrail")
    except Unroutable:
        return False
    return True


pytestmark = [
    pytest.mark.client,
    pytest.mark.slow,
    pytest.mark.needs("terraform", "terraform-provider-aws"),
    # SDKs made from Smithy's models call it by its shape, botocore by a longer name; the wire has to know both.
    pytest.mark.skipif(not is_routed("CloudTrail_20131101.ListTrails"), reason="the wire does not route this target"),
]


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
