"""Log groups and what belongs to them through Terraform: they stay as planned, and really mask, count and expire."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from clients.running import Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]


def test_logs_are_made_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "logs", "logs")
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
    made = terraform.outputs()
    assert (made["days"], made["groups"]) == (14, ["/shop/api", "/shop/rare"])

    logs = cloud.client("logs")
    event = {"timestamp": int(time.time() * 1000), "message": "mail from ada@example.com"}
    logs.put_log_events(logGroupName="/shop/api", logStreamName="api-1", logEvents=[event])
    (seen,) = logs.get_log_events(logGroupName="/shop/api", logStreamName="api-1")["events"]
    assert seen["message"] == "mail from " + "*" * len("ada@example.com")
    (filtered,) = logs.describe_subscription_filters(logGroupName="/shop/api")["subscriptionFilters"]
    assert (filtered["distribution"], filtered["destinationArn"].endswith("stream/logs")) == ("Random", True)

    terraform("apply", "-auto-approve", "-input=false", "-var=days=30")
    terraform("plan", "-detailed-exitcode", "-input=false", "-var=days=30", status=NOTHING_TO_CHANGE)
    assert terraform.outputs()["days"] == 30

    terraform("destroy", "-auto-approve", "-input=false")
    assert logs.describe_log_groups()["logGroups"] == []
    assert logs.describe_resource_policies()["resourcePolicies"] == []
    assert logs.describe_query_definitions()["queryDefinitions"] == []
    assert logs.describe_account_policies(policyType="SUBSCRIPTION_FILTER_POLICY")["accountPolicies"] == []
