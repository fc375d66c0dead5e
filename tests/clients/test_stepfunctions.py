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


def test_items_of_a_bucket_are_mapped_while_time_passes(cloud: Cloud) -> None:
    states, s3, iam = (cloud.client(name) for name in ("stepfunctions", "s3", "iam"))
    s3.create_bucket(Bucket="items-of-a-map")
    s3.put_object(Bucket="items-of-a-map", Key="in.json", Body=b"[1, 2, 3]")
    place = {"Bucket": "items-of-a-map", "Key": "in.json"}
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "W",
        "States": {"W": {"Type": "Wait", "Seconds": 1, "End": True}},
    }
    each = {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": place,
        },
        "ItemProcessor": processor,
        "End": True,
    }
    arn = machine(cloud, {"StartAt": "Each", "States": {"Each": each}}, name="mapping")
    allow = {"Effect": "Allow", "Action": ["s3:*", "states:*"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName="role-mapping", PolicyName="p", PolicyDocument=document)
    execution = states.start_execution(stateMachineArn=arn)["executionArn"]
    for _ in range(40):
        told = states.describe_execution(executionArn=execution)
        if told["status"] != "RUNNING":
            break
        cloud.run("sleep", "0.25")
    assert (told["status"], told.get("output")) == ("SUCCEEDED", "[1,2,3]"), told
