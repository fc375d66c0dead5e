"""Step Functions over the wire: executions, histories, activities and synchronous Express Workflows with boto3."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from clients.running import Cloud

pytestmark = pytest.mark.client
TRUST = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}


def machine(cloud: Cloud, definition: dict[str, Any], **further: Any) -> str:
    document = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    name = further.setdefault("name", "machine")
    role = cloud.client("iam").create_role(RoleName=f"role-{name}", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    made = cloud.client("stepfunctions").create_state_machine(
        definition=json.dumps(definition), roleArn=role, **further
    )
    return made["stateMachineArn"]


def test_executions_and_activities_over_the_wire(cloud: Cloud) -> None:
    states = cloud.client("stepfunctions", inject_host_prefix=False)
    activity = states.create_activity(name="work")["activityArn"]
    do = {"Type": "Task", "Resource": activity, "End": True}
    arn = machine(cloud, {"StartAt": "Do", "States": {"Do": do}})
    execution = states.start_execution(stateMachineArn=arn, input='{"a": 1}')["executionArn"]
    task = states.get_activity_task(activityArn=activity)
    states.send_task_success(taskToken=task["taskToken"], output=task["input"])
    assert states.describe_execution(executionArn=execution)["output"] == '{"a":1}'
    events = states.get_execution_history(executionArn=execution)["events"]
    assert [event["type"] for event in events][2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    with pytest.raises(ClientError) as refused:
        states.describe_execution(executionArn=execution + "x")
    assert refused.value.response["Error"]["Code"] == "ExecutionDoesNotExist"
    quick = {"StartAt": "Say", "States": {"Say": {"Type": "Pass", "Result": 5, "End": True}}}
    express = machine(cloud, quick, name="express", type="EXPRESS")
    told = states.start_sync_execution(stateMachineArn=express)
    assert (told["status"], told["output"]) == ("SUCCEEDED", "5")
