"""An organization with its policies, quotas and groups through Terraform: it stays as planned, and is in force."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from clients.running import ACCOUNT, Keys, running
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]


def test_an_organization_is_governed_changed_and_dissolved(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with running(home) as cloud:
        terraform = Terraform(cloud, tmp_path / "governance", "governance")
        terraform("init", "-input=false")
        terraform("apply", "-auto-approve", "-input=false")
        terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
        outputs = terraform.outputs()
        assert outputs["found"] == [f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"]
        assert outputs["roles"] == 1000
        groups = cloud.client("resource-groups")
        assert len(groups.list_group_resources(Group="team")["Resources"]) == 1
        member = Keys(outputs["member"])
        shown = cloud.client("organizations", member).describe_effective_policy(PolicyType="TAG_POLICY")
        assert json.loads(shown["EffectivePolicy"]["PolicyContent"])["tags"]["team"]["tag_value"] == ["blue"]

        changed = ("-var=team=red", "-var=tables=5000")
        cloud.foulweather("clock", "advance", "10m")  # the first request for tables is decided
        terraform("apply", "-auto-approve", "-input=false", *changed)
        terraform("plan", "-detailed-exitcode", "-input=false", *changed, status=NOTHING_TO_CHANGE)
        assert len(groups.list_group_resources(Group="team")["Resources"]) == 1
        cloud.foulweather("clock", "advance", "10m")
        tables = {"ServiceCode": "dynamodb", "QuotaCode": "L-F98FE922"}
        assert cloud.client("service-quotas").get_service_quota(**tables)["Quota"]["Value"] == 5000

        # The closed account stays in its unit for 90 days more.
        assert "OrganizationalUnitNotEmptyException" in terraform(
            "destroy", "-auto-approve", "-input=false", *changed, status=1
        )
        cloud.foulweather("clock", "advance", "91d")
        terraform("destroy", "-auto-approve", "-input=false", *changed)
        with pytest.raises(ClientError, match="AWSOrganizationsNotInUseException"):
            cloud.client("organizations").describe_organization()
        assert groups.list_groups()["Groups"] == []
