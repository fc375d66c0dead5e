"""State machines, versions, aliases and activities through Terraform: they stay as planned, and executions run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clients.running import Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]


def test_state_machines_are_made_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "workflows", "workflows")
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
    states, logs = cloud.client("stepfunctions"), cloud.client("logs")
    (machine,) = states.list_state_machines()["stateMachines"]
    alias = f"{machine['stateMachineArn']}:live"
    arn = states.start_execution(stateMachineArn=alias, input='{"a": 1}')["executionArn"]
    assert json.loads(states.describe_execution(executionArn=arn)["output"]) == {"n": 1}
    found = logs.filter_log_events(logGroupName="/aws/vendedlogs/states/orders")["events"]
    assert json.loads(found[-1]["message"])["type"] == "ExecutionSucceeded"

    terraform("apply", "-auto-approve", "-input=false", "-var=result=2")
    terraform("plan", "-detailed-exitcode", "-input=false", "-var=result=2", status=NOTHING_TO_CHANGE)
    arn = states.start_execution(stateMachineArn=alias)["executionArn"]
    told = states.describe_execution(executionArn=arn)
    assert json.loads(told["output"]) == {"n": 2}
    assert told["stateMachineVersionArn"].endswith(":2")

    terraform("destroy", "-auto-approve", "-input=false", "-var=result=2")
    assert states.list_state_machines()["stateMachines"] == []
    assert states.list_activities()["activities"] == []
