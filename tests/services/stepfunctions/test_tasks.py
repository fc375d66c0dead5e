"""Task states: integrations with the role's permissions, errors by AWS's names, retries, limits, tokens, activities."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, START_MS, Aws
from services.stepfunctions.workflows import PASS, SEND, URL, Workflows, flow


def send(body: Any = "hello", **further: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": SEND, "Parameters": {"QueueUrl": URL, "MessageBody": body}, **further}


def test_a_message_is_sent_with_the_role(flows: Workflows) -> None:
    queue = flows.queue()
    machine = flows.machine(flow(("Send", send({"a": 1}))), "sqs:SendMessage")
    arn = flows.start(machine)
    assert flows.received(queue) == [{"a": 1}]
    told = flows.output(arn)
    assert set(told) == {"MD5OfMessageBody", "MessageId", "SdkHttpMetadata", "SdkResponseMetadata"}
    assert flows.kinds(arn)[2:5] == ["TaskScheduled", "TaskStarted", "TaskSucceeded"]
    scheduled = flows.events(arn)[2]["taskScheduledEventDetails"]
    assert (scheduled["resourceType"], scheduled["resource"], scheduled["region"]) == (
        "sqs",
        "sendMessage",
        "us-east-1",
    )
    assert json.loads(scheduled["parameters"]) == {"QueueUrl": URL, "MessageBody": {"a": 1}}


def test_a_missing_permission_fails_the_execution_and_the_reason_leads_to_the_policy(flows: Workflows) -> None:
    flows.queue()
    arn = flows.start(flows.machine(flow(("Send", send())), "sns:Publish"))
    found = flows.execution(arn)
    assert (found["status"], found["error"]) == ("FAILED", "SQS.AmazonSQSException")
    assert "is not authorized to perform: sqs:sendmessage" in found["cause"]
    assert "Error Code: AccessDenied" in found["cause"]
    why = flows.why()
    assert why.decision == "failed"
    assert "'Send'" in why.cause
    assert why.because[0].decision == "denied"


def test_an_integration_that_step_functions_does_not_have_is_refused(flows: Workflows) -> None:
    for resource in (
        "arn:aws:states:::sqs:receiveMessage",
        "arn:aws:states:::aws-sdk:sqs:noSuchThing",
        "arn:aws:states:::aws-sdk:nothing:get",
    ):
        with pytest.raises(AwsError, match="is not recognized") as refused:
            flows.machine(flow(("Send", send(Resource=resource))), role=f"arn:aws:iam::{ACCOUNT}:role/r")
        assert refused.value.code == "InvalidDefinition"


def test_any_operation_is_called_by_its_sdk_name(flows: Workflows) -> None:
    create = {
        "TableName": "items",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:createTable", "Parameters": create}
    told = flows.run(flow(("Create", task)), None, "dynamodb:CreateTable", name="creating")
    assert told["TableDescription"]["TableName"] == "items"
    assert told["TableDescription"]["CreationDateTime"] == "2026-01-01T00:00:00.000Z"


async def test_a_failed_condition_is_named_as_each_integration_names_it(aws: Aws, flows: Workflows) -> None:
    test_any_operation_is_called_by_its_sdk_name(flows)
    await aws.advance(seconds=30)
    put = {"TableName": "items", "Item": {"id": {"S.$": "$.id"}}, "ConditionExpression": "attribute_not_exists(id)"}
    states = {}
    for kind in ("aws-sdk:dynamodb", "dynamodb"):
        task = {"Type": "Task", "Resource": f"arn:aws:states:::{kind}:putItem", "Parameters": put}
        states[kind] = flows.machine(flow(("Put", task)), "dynamodb:PutItem", name=f"put-{kind.replace(':', '-')}")
    assert flows.output(flows.start(states["dynamodb"], {"id": "1"}))["SdkHttpMetadata"]["HttpStatusCode"] == 200
    assert (
        flows.execution(flows.start(states["dynamodb"], {"id": "1"}))["error"]
        == "DynamoDB.ConditionalCheckFailedException"
    )
    found = flows.execution(flows.start(states["aws-sdk:dynamodb"], {"id": "1"}))
    assert found["error"] == "DynamoDb.ConditionalCheckFailedException"
    assert found["cause"].startswith(
        "The conditional request failed (Service: DynamoDb, Status Code: 400, Request ID: "
    )


def test_an_unknown_parameter_ends_the_execution_with_states_runtime(flows: Workflows) -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:listQueues", "Parameters": {"Nope": 1}}
    found = flows.execution(flows.start(flows.machine(flow(("List", task)))))
    assert found["error"] == "States.Runtime"
    assert found["cause"].endswith(
        "could not be used to start the Task: [The field 'Nope' is not supported by Step Functions]"
    )


def test_what_is_not_built_is_said_and_cannot_be_caught(flows: Workflows) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::batch:submitJob.sync",
        "Parameters": {"JobName": "j", "JobQueue": "q", "JobDefinition": "d"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "End"}],
    }
    found = flows.execution(flows.start(flows.machine(flow(("Job", task), ("End", PASS)))))
    assert (found["status"], found["error"]) == ("FAILED", "NotImplemented")
    assert "foulweather does not implement batch:SubmitJob" in found["cause"]


async def test_a_retry_backs_off_and_gives_up(aws: Aws, flows: Workflows) -> None:
    retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "BackoffRate": 3, "MaxAttempts": 2}
    caught = {"ErrorEquals": ["States.TaskFailed"], "Next": "Mend"}
    machine = flows.machine(flow(("Send", send(Retry=[retry], Catch=[caught])), ("Mend", PASS)), "sqs:SendMessage")
    arn = flows.start(machine)
    await aws.advance(seconds=8)
    assert flows.output(arn)["Error"] == "SQS.QueueDoesNotExistException"
    times = [each["timestamp"] - START_MS for each in flows.events(arn) if each["type"] == "TaskScheduled"]
    assert times == [0, 2_000, 8_000]
    assert flows.kinds(arn).count("TaskStateEntered") == 1


async def test_jitter_and_a_longest_delay_bound_the_back_off(aws: Aws, flows: Workflows) -> None:
    retry = {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 10,
        "MaxDelaySeconds": 12,
        "MaxAttempts": 4,
        "JitterStrategy": "FULL",
    }
    arn = flows.start(flows.machine(flow(("Send", send(Retry=[retry]))), "sqs:SendMessage"))
    await aws.advance(seconds=60)
    times = [each["timestamp"] for each in flows.events(arn) if each["type"] == "TaskScheduled"]
    gaps = [after - before for before, after in pairwise(times)]
    assert len(gaps) == 4
    assert all(0 < gap <= 12_000 for gap in gaps)
    assert len(set(gaps)) > 1


def callback(**further: Any) -> dict[str, Any]:
    body = {"token.$": "$$.Task.Token", "n.$": "$.n"}
    return send(body, **{"Resource": f"{SEND}.waitForTaskToken", **further})


def test_a_task_waits_for_its_token(flows: Workflows) -> None:
    queue = flows.queue()
    arn = flows.start(flows.machine(flow(("Ask", callback()), ("End", PASS)), "sqs:SendMessage"), {"n": 1})
    (message,) = flows.received(queue)
    assert flows.kinds(arn)[-1] == "TaskSubmitted"
    flows.sfn.send_task_success({"taskToken": message["token"], "output": '{"done": true}'})
    assert flows.output(arn) == {"done": True}
    with pytest.raises(AwsError, match="TaskTimedOut"):
        flows.sfn.send_task_success({"taskToken": message["token"], "output": "{}"})
    with pytest.raises(AwsError, match="InvalidToken"):
        flows.sfn.send_task_success({"taskToken": "AAAA", "output": "{}"})


def test_a_task_fails_by_its_token(flows: Workflows) -> None:
    queue = flows.queue()
    arn = flows.start(flows.machine(flow(("Ask", callback())), "sqs:SendMessage"), {"n": 1})
    (message,) = flows.received(queue)
    flows.sfn.send_task_failure({"taskToken": message["token"], "error": "No", "cause": "not today"})
    found = flows.execution(arn)
    assert (found["error"], found["cause"]) == ("No", "not today")
    assert flows.events(arn)[-2]["taskFailedEventDetails"]["error"] == "No"


async def test_a_heartbeat_keeps_a_task_alive(aws: Aws, flows: Workflows) -> None:
    queue = flows.queue()
    state = callback(HeartbeatSeconds=10, TimeoutSeconds=25)
    arn = flows.start(flows.machine(flow(("Ask", state)), "sqs:SendMessage"), {"n": 1})
    (message,) = flows.received(queue)
    for _ in range(2):
        await aws.advance(seconds=9)
        flows.sfn.send_task_heartbeat({"taskToken": message["token"]})
    await aws.advance(seconds=6)
    assert flows.execution(arn)["status"] == "RUNNING"
    await aws.advance(seconds=1)
    assert flows.execution(arn)["error"] == "States.Timeout"


async def test_without_a_heartbeat_a_task_times_out(aws: Aws, flows: Workflows) -> None:
    flows.queue()
    state = callback(HeartbeatSeconds=10, Catch=[{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "End"}])
    arn = flows.start(flows.machine(flow(("Ask", state), ("End", PASS)), "sqs:SendMessage"), {"n": 1})
    await aws.advance(seconds=10)
    assert flows.output(arn)["Error"] == "States.HeartbeatTimeout"
    assert "TaskTimedOut" in flows.kinds(arn)


async def test_an_activity_is_done_by_whoever_polls(aws: Aws, flows: Workflows) -> None:
    activity = flows.sfn.create_activity({"name": "work"})["activityArn"]
    assert flows.sfn.create_activity({"name": "work"})["activityArn"] == activity
    arn = flows.start(flows.machine(flow(("Do", {"Type": "Task", "Resource": activity}))), {"n": 1})
    task = flows.sfn.get_activity_task({"activityArn": activity, "workerName": "me"})
    assert json.loads(task["input"]) == {"n": 1}
    assert flows.events(arn)[-1]["activityStartedEventDetails"] == {"workerName": "me"}
    flows.sfn.send_task_success({"taskToken": task["taskToken"], "output": "5"})
    assert flows.output(arn) == 5


async def test_polling_for_an_activity_ends_after_a_minute(aws: Aws, flows: Workflows) -> None:
    import asyncio

    activity = flows.sfn.create_activity({"name": "work"})["activityArn"]
    polling = asyncio.ensure_future(flows.sfn.get_activity_task({"activityArn": activity}))
    await asyncio.sleep(0)
    await aws.advance(seconds=59)
    assert not polling.done()
    await aws.advance(seconds=1)
    assert await polling == {}


async def test_a_poller_is_woken_by_a_task(aws: Aws, flows: Workflows) -> None:
    import asyncio

    activity = flows.sfn.create_activity({"name": "work"})["activityArn"]
    machine = flows.machine(flow(("Do", {"Type": "Task", "Resource": activity})))
    polling = asyncio.ensure_future(flows.sfn.get_activity_task({"activityArn": activity}))
    await asyncio.sleep(0)
    flows.start(machine, {"n": 1})
    assert json.loads((await polling)["input"]) == {"n": 1}


def test_an_activity_that_is_not_there_fails_its_task(flows: Workflows) -> None:
    arn = flows.start(
        flows.machine(flow(("Do", {"Type": "Task", "Resource": f"arn:aws:states:us-east-1:{ACCOUNT}:activity:no"})))
    )
    assert flows.execution(arn)["error"] == "ActivityDoesNotExist"


def test_a_nested_execution_is_waited_for(flows: Workflows) -> None:
    child = flows.machine(flow(("In", {"Type": "Pass", "Result": {"x": 1}})), name="child")
    outputs: dict[str, Any] = {}
    for pattern in ("sync", "sync:2"):
        task = {
            "Type": "Task",
            "Resource": f"arn:aws:states:::states:startExecution.{pattern}",
            "Parameters": {"StateMachineArn": child, "Input": {"a.$": "$.a"}},
        }
        machine = flows.machine(
            flow(("Start", task)), "states:*", "events:*", name=f"parent-{pattern.replace(':', '-')}"
        )
        outputs[pattern] = flows.output(flows.start(machine, {"a": 1}))
    assert (outputs["sync"]["Output"], outputs["sync:2"]["Output"]) == ('{"x":1}', {"x": 1})
    assert (outputs["sync"]["Input"], outputs["sync:2"]["Input"]) == ('{"a":1}', {"a": 1})
    assert outputs["sync:2"]["Status"] == "SUCCEEDED"


async def test_a_nested_execution_that_fails_fails_its_task(aws: Aws, flows: Workflows) -> None:
    child = flows.machine(
        flow(("W", {"Type": "Wait", "Seconds": 5}), ("Bad", {"Type": "Fail", "Error": "E"})), name="child"
    )
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": child},
        "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "End"}],
    }
    arn = flows.start(flows.machine(flow(("Start", task), ("End", PASS)), "states:*", "events:*", name="parent"))
    await aws.advance(seconds=5)
    told = flows.output(arn)
    assert told["Error"] == "States.TaskFailed"
    assert json.loads(told["Cause"])["Error"] == "E"


def test_stopping_a_parent_stops_the_nested_execution(flows: Workflows) -> None:
    child = flows.machine(flow(("W", {"Type": "Wait", "Seconds": 5})), name="child")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync",
        "Parameters": {"StateMachineArn": child, "Name": "one"},
    }
    arn = flows.start(flows.machine(flow(("Start", task)), "states:*", "events:*", name="parent"))
    flows.sfn.stop_execution({"executionArn": arn, "error": "Enough", "cause": "said so"})
    found = flows.execution(arn)
    assert (found["status"], found["error"], found["cause"]) == ("ABORTED", "Enough", "said so")
    nested = flows.sfn.list_executions({"stateMachineArn": child})["executions"]
    assert [each["status"] for each in nested] == ["ABORTED"]


def test_a_machine_that_starts_itself_does_not_end_the_server(flows: Workflows) -> None:
    own = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:machine"
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": {"StateMachineArn": own},
    }
    flows.start(flows.machine(flow(("Again", task)), "states:StartExecution"))
    statuses = [each.facts["status"] for each in flows.aws.events("stepfunctions.ExecutionStatusChanged")]
    assert statuses.count("RUNNING") == 1_300
    assert statuses.count("FAILED") == 1  # the last one was throttled: the bucket was empty


def test_a_role_that_may_not_be_assumed_any_more_fails_the_task(flows: Workflows) -> None:
    flows.queue()
    machine = flows.machine(flow(("Send", send())), "sqs:SendMessage")
    nobody = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
    flows.aws.iam.update_assume_role_policy({"RoleName": "role-of-machine", "PolicyDocument": json.dumps(nobody)})
    found = flows.execution(flows.start(machine))
    assert (found["status"], found["error"]) == ("FAILED", "States.Permissions")


def test_credentials_let_a_task_act_with_another_role(flows: Workflows) -> None:
    queue = flows.queue()
    own = flows.role("sts:AssumeRole", name="own")
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": own}, "Action": "sts:AssumeRole"}],
    }
    other = flows.aws.iam.create_role({"RoleName": "other", "AssumeRolePolicyDocument": json.dumps(trust)})["Role"][
        "Arn"
    ]
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}
    flows.aws.iam.put_role_policy({"RoleName": "other", "PolicyName": "p", "PolicyDocument": json.dumps(allow)})
    arn = flows.start(flows.machine(flow(("Send", send({"a": 1}, Credentials={"RoleArn": other}))), role=own))
    assert flows.execution(arn)["status"] == "SUCCEEDED"
    assert flows.received(queue) == [{"a": 1}]
    assert flows.events(arn)[2]["taskScheduledEventDetails"]["taskCredentials"] == {"roleArn": other}


async def test_events_that_are_put_name_execution_and_machine(flows: Workflows) -> None:
    queue = flows.queue()
    arn_of_queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:inbox"
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}],
    }
    flows.aws.sqs.set_queue_attributes({"QueueUrl": queue, "Attributes": {"Policy": json.dumps(policy)}})
    events = flows.aws.__getattr__("events")
    events.put_rule({"Name": "r", "EventPattern": '{"source": ["mine"]}'})
    events.put_targets({"Rule": "r", "Targets": [{"Id": "q", "Arn": arn_of_queue}]})
    entry = {"Source": "mine", "DetailType": "t", "Detail": {"a": 1}}
    task = {"Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "Parameters": {"Entries": [entry]}}
    machine = flows.machine(flow(("Put", task)), "events:PutEvents")
    arn = flows.start(machine)
    assert flows.output(arn)["FailedEntryCount"] == 0
    await flows.aws.advance(seconds=1)
    (event,) = flows.received(queue)
    assert (event["detail"], event["resources"]) == ({"a": 1}, [arn, machine])


async def test_the_sdk_fills_in_idempotency_tokens_and_an_empty_answer_is_an_object(aws: Aws, flows: Workflows) -> None:
    create = {"Name": "s", "SecretString": "v"}
    measure = {"Namespace": "N", "MetricData": [{"MetricName": "m", "Value": 1.5}]}
    sdk = "arn:aws:states:::aws-sdk"
    states = [
        ("Create", {"Type": "Task", "Resource": f"{sdk}:secretsmanager:createSecret", "Parameters": create}),
        ("Measure", {"Type": "Task", "Resource": f"{sdk}:cloudwatch:putMetricData", "Parameters": measure}),
    ]
    arn = flows.start(flows.machine(flow(*states), "secretsmanager:*", "cloudwatch:*"))
    await aws.advance(seconds=1)
    assert flows.output(arn) == {}


@pytest.mark.parametrize("pattern", ["sync", "sync:2"])
async def test_an_express_child_cannot_be_waited_for_as_a_job(aws: Aws, flows: Workflows, pattern: str) -> None:
    child = flows.machine(flow(("Wait", {"Type": "Wait", "Seconds": 5})), name="child", type="EXPRESS")
    start = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:startExecution.{pattern}",
        "Parameters": {"StateMachineArn": child},
    }
    arn = flows.start(flows.machine(flow(("Start", start)), "states:*", "events:*"))
    await aws.advance(seconds=10)
    found = flows.execution(arn)
    assert (found["status"], found["error"]) == ("FAILED", "StepFunctions.InvalidArnException")
    assert "TaskSubmitted" in flows.kinds(arn)
    sdk = {**start, "Resource": "arn:aws:states:::aws-sdk:sfn:startSyncExecution"}
    waited = flows.start(flows.machine(flow(("Start", sdk)), "states:*", name="waits"))
    await aws.advance(seconds=10)
    assert flows.output(waited)["Status"] == "SUCCEEDED"


def test_members_have_the_names_that_the_sdk_for_java_gives_them(flows: Workflows) -> None:
    made = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:kms:createKey", "Parameters": {}}
    told = flows.run(flow(("Make", made)), {}, "kms:*")["KeyMetadata"]
    assert told["AwsAccountId"] == ACCOUNT
    assert "AWSAccountId" not in told


async def test_an_error_that_another_operation_declares_has_its_name_too(flows: Workflows) -> None:
    get = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject"}
    state = {**get, "Parameters": {"Bucket": "none-of-that-name", "Key": "k"}}
    arn = flows.start(flows.machine(flow(("Get", state)), "s3:*"))
    await flows.aws.advance(seconds=1)
    assert flows.execution(arn)["error"] == "S3.NoSuchBucketException"
