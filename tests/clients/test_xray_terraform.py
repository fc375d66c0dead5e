"""Sampling rules, groups, encryption and policies of X-Ray through Terraform: they stay as planned."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients.running import Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]


def test_rules_groups_and_encryption_are_made_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "traces", "traces")
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
    xray = cloud.client("xray")
    rules = [each["SamplingRule"] for each in xray.get_sampling_rules()["SamplingRuleRecords"]]
    assert [(rule["RuleName"], rule["ReservoirSize"]) for rule in rules] == [("orders", 5), ("Default", 1)]
    assert xray.get_encryption_config()["EncryptionConfig"]["Type"] == "KMS"

    terraform("apply", "-auto-approve", "-input=false", "-var=reservoir=9")
    terraform("plan", "-detailed-exitcode", "-input=false", "-var=reservoir=9", status=NOTHING_TO_CHANGE)
    assert xray.get_sampling_rules()["SamplingRuleRecords"][0]["SamplingRule"]["ReservoirSize"] == 9
    assert xray.get_group(GroupName="slow")["Group"]["FilterExpression"] == "responsetime > 9"

    terraform("destroy", "-auto-approve", "-input=false")
    assert [group["GroupName"] for group in xray.get_groups()["Groups"]] == ["Default"]
    assert len(xray.get_sampling_rules()["SamplingRuleRecords"]) == 1
