from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.ssm import limits
from foulweather.world.world import World
from harness import ACCOUNT, Aws, new_aws
from services.ssm.parameter_calls import allow, user
from services.ssm.runbook_calls import api, execution, made, ran, role, runbook, started, states, step

QUEUE = {"Name": "url", "Selector": "$.QueueUrl", "Type": "String"}


async def test_steps_run_in_order_and_hand_on_what_they_got(aws: Aws) -> None:
    found = await ran(
        aws,
        api("make", "sqs", "CreateQueue", QueueName="{{ name }}-{{ global:REGION }}", outputs=[QUEUE]),
        api("set", "sqs", "set_queue_attributes", QueueUrl="{{ make.url }}", Attributes={"VisibilityTimeout": 7}),
        parameters={"name": {"type": "String", "default": "orders"}},
        outputs=["make.url"],
    )
    assert found["AutomationExecutionStatus"] == "Success"
    url = aws.sqs.get_queue_url({"QueueName": "orders-us-east-1"})["QueueUrl"]
    assert found["Outputs"] == {"make.url": [url]}
    (make, set_) = found["StepExecutions"]
    assert (make["StepStatus"], make["Outputs"], make["ValidNextSteps"]) == ("Success", {"url": [url]}, ["set"])
    assert make["Inputs"]["QueueName"] == '"orders-us-east-1"'
    assert set_["ExecutionEndTime"] > make["ExecutionEndTime"]
    asked = {"QueueUrl": url, "AttributeNames": ["VisibilityTimeout"]}
    assert aws.sqs.get_queue_attributes(asked)["Attributes"] == {"VisibilityTimeout": "7"}


async def test_a_step_that_is_refused_says_what_the_service_said(aws: Aws) -> None:
    found = await ran(
        aws, api("find", "sqs", "GetQueueUrl", QueueName="missing"), step("after", "sleep", Duration="PT1S")
    )
    assert found["AutomationExecutionStatus"] == "Failed"
    assert [one["StepStatus"] for one in found["StepExecutions"]] == ["Failed", "Pending"]
    words = found["StepExecutions"][0]["FailureMessage"]
    assert words.startswith("Step fails when it is Execute/Cancelling action. An error occurred (")
    assert "when calling the GetQueueUrl operation: The specified queue does not exist." in words
    assert words.endswith("Please refer to Automation Service Troubleshooting Guide for more diagnosis details.")
    assert found["FailureMessage"] == f"Step find failed maximum allowed times. {words}"
    assert found["StepExecutions"][0]["FailureDetails"]["FailureStage"] == "Invocation"


@pytest.mark.parametrize(
    ("members", "ended", "after", "elsewhere"),
    [
        ({"onFailure": "Continue"}, "Success", "Success", "Success"),
        ({"onFailure": "Continue", "isCritical": True}, "Failed", "Success", "Success"),
        ({"onFailure": "step:elsewhere"}, "Failed", "Pending", "Success"),
        ({"onFailure": "step:elsewhere", "isCritical": False}, "Success", "Pending", "Success"),
        ({"onFailure": "Continue", "isEnd": True}, "Success", "Pending", "Pending"),
        ({}, "Failed", "Pending", "Pending"),
    ],
)
async def test_a_failure_goes_where_the_step_says(
    aws: Aws, members: dict[str, Any], ended: str, after: str, elsewhere: str
) -> None:
    found = await ran(
        aws,
        api("fails", "sqs", "GetQueueUrl", QueueName="missing", **members),
        step("after", "sleep", Duration="PT1S"),
        step("elsewhere", "sleep", Duration="PT1S"),
    )
    assert found["AutomationExecutionStatus"] == ended
    assert [one["StepStatus"] for one in found["StepExecutions"]] == ["Failed", after, elsewhere]


async def test_a_step_is_tried_as_often_as_it_says(aws: Aws) -> None:
    await ran(aws, api("fails", "sqs", "GetQueueUrl", QueueName="missing", maxAttempts=3))
    calls = [event for event in aws.events("api.Call") if event.facts["operation"] == "GetQueueUrl"]
    assert len(calls) == 3


async def test_a_branch_takes_the_first_choice_that_holds(aws: Aws) -> None:
    choices = [
        {"NextStep": "big", "Variable": "{{ size }}", "NumericGreater": 10},
        {
            "NextStep": "odd",
            "And": [
                {"Variable": "{{ name }}", "StartsWith": "odd"},
                {"Not": {"Variable": "{{ name }}", "EndsWith": "ish"}},
            ],
        },
    ]
    book = made(
        aws,
        step("choose", "branch", Choices=choices, Default="other"),
        *(step(name, "sleep", Duration="PT1S", isEnd=True) for name in ("big", "odd", "other")),
        parameters={"size": {"type": "Integer"}, "name": {"type": "String", "default": "even"}},
    )
    ends = [({"size": "11"}, "big"), ({"size": "1", "name": "odd"}, "odd"), ({"size": "1", "name": "oddish"}, "other")]
    for parameters, taken in ends:
        execution_id = started(aws, book, **parameters)
        await aws.advance(seconds=10)
        assert [name for name, state in states(aws, execution_id).items() if state == "Success"] == ["choose", taken]


async def test_sleep_lasts_as_long_as_it_says(aws: Aws) -> None:
    until = "2026-01-01T02:00:00Z"
    execution_id = started(
        aws, made(aws, step("nap", "sleep", Duration="PT1H"), step("more", "sleep", Timestamp=until))
    )
    await aws.advance(seconds=3600)
    assert states(aws, execution_id) == {"nap": "InProgress", "more": "Pending"}
    await aws.advance(seconds=3599)
    assert states(aws, execution_id) == {"nap": "Success", "more": "InProgress"}
    await aws.advance(seconds=2)
    assert execution(aws, execution_id)["AutomationExecutionStatus"] == "Success"


def visibility(name: str, action: str, wanted: str, **members: Any) -> dict[str, Any]:
    """A step that looks at a queue's visibility timeout."""
    return step(
        name,
        action,
        Service="sqs",
        Api="GetQueueAttributes",
        QueueUrl=f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/orders",
        AttributeNames=["All"],
        PropertySelector="$.Attributes.VisibilityTimeout",
        DesiredValues=[wanted],
        **members,
    )


async def test_a_property_is_waited_for_and_asserted(aws: Aws) -> None:
    url = aws.sqs.create_queue({"QueueName": "orders"})["QueueUrl"]
    book = made(
        aws,
        visibility("wait", "waitForAwsResourceProperty", "9"),
        visibility("check", "assertAwsResourceProperty", "8"),
    )
    execution_id = started(aws, book)
    await aws.advance(seconds=600)
    assert states(aws, execution_id)["wait"] == "InProgress"
    aws.sqs.set_queue_attributes({"QueueUrl": url, "Attributes": {"VisibilityTimeout": "9"}})
    await aws.advance(seconds=10)
    assert states(aws, execution_id) == {"wait": "Success", "check": "Failed"}
    failed = execution(aws, execution_id)["StepExecutions"][1]
    assert (
        "The value 9 of $.Attributes.VisibilityTimeout is not in the desired values ['8']" in failed["FailureMessage"]
    )
    assert failed["FailureDetails"]["FailureType"] == "Verification"


async def test_a_wait_ends_with_its_time(aws: Aws) -> None:
    aws.sqs.create_queue({"QueueName": "orders"})
    book = made(aws, visibility("wait", "waitForAwsResourceProperty", "9", timeoutSeconds=30))
    execution_id = started(aws, book)
    await aws.advance(seconds=29)
    assert states(aws, execution_id) == {"wait": "InProgress"}
    await aws.advance(seconds=2)
    assert states(aws, execution_id) == {"wait": "TimedOut"}
    assert execution(aws, execution_id)["AutomationExecutionStatus"] == "TimedOut"


async def test_an_hour_is_the_longest_wait_unless_told(aws: Aws) -> None:
    aws.sqs.create_queue({"QueueName": "orders"})
    execution_id = started(aws, made(aws, visibility("wait", "waitForAwsResourceProperty", "9")))
    await aws.advance(seconds=3599)
    assert states(aws, execution_id) == {"wait": "InProgress"}
    await aws.advance(seconds=2)
    assert states(aws, execution_id) == {"wait": "TimedOut"}


async def test_approvers_decide(aws: Aws) -> None:
    boss, clerk = (user(aws, name, allow("ssm:*")) for name in ("boss", "clerk"))
    book = made(aws, step("ask", "approve", Approvers=["boss"], Message="Now?"), step("go", "sleep", Duration="PT1S"))
    for signal, ended in (("Approve", "Success"), ("Reject", "Failed")):
        execution_id = started(aws, book)
        await aws.advance(seconds=10)
        assert execution(aws, execution_id)["AutomationExecutionStatus"] == "Waiting"
        asked = {"AutomationExecutionId": execution_id, "SignalType": signal}
        for who, wrong in ((clerk, asked), (boss, asked | {"SignalType": "Resume"})):
            with pytest.raises(AwsError) as raised:
                who.ssm.send_automation_signal(wrong)
            assert raised.value.code == "InvalidAutomationSignalException"
        boss.ssm.send_automation_signal(asked)
        await aws.advance(seconds=10)
        assert execution(aws, execution_id)["AutomationExecutionStatus"] == ended
    execution_id = started(aws, book)
    await aws.advance(seconds=7 * 86_400 + 1)
    assert states(aws, execution_id) == {"ask": "TimedOut", "go": "Pending"}


async def test_a_pause_ends_by_resume(aws: Aws) -> None:
    execution_id = started(aws, made(aws, step("hold", "pause")))
    await aws.advance(seconds=86_400 * 20)
    (held,) = execution(aws, execution_id)["StepExecutions"]
    assert held["StepStatus"] == "Waiting"
    resume = {"AutomationExecutionId": execution_id, "SignalType": "Resume"}
    with pytest.raises(AwsError) as raised:
        aws.ssm.send_automation_signal(resume)
    assert raised.value.code == "InvalidAutomationSignalException"
    with pytest.raises(AwsError) as raised:
        aws.ssm.send_automation_signal(resume | {"Payload": {"StepExecutionId": ["another"]}})
    assert raised.value.code == "AutomationStepNotFoundException"
    aws.ssm.send_automation_signal(resume | {"Payload": {"StepExecutionId": [held["StepExecutionId"]]}})
    assert execution(aws, execution_id)["AutomationExecutionStatus"] == "Success"


async def test_another_runbook_is_run_as_a_step(aws: Aws) -> None:
    declared = {"parameters": {"name": {"type": "String"}}}
    made(aws, api("make", "sqs", "CreateQueue", QueueName="{{ name }}", outputs=[QUEUE]), name="inner",
         outputs=["make.url"], **declared)  # fmt: skip
    book = made(
        aws,
        step("inner", "executeAutomation", DocumentName="inner", RuntimeParameters={"name": "{{ name }}"}),
        api("tag", "sqs", "TagQueue", QueueUrl="{{ made }}", Tags={"by": "{{ inner.ExecutionId }}"}),
        parameters={**declared["parameters"], "made": {"type": "String"}},
    )
    url = aws.sqs.create_queue({"QueueName": "orders"})["QueueUrl"]
    execution_id = started(aws, book, name="orders", made=url)
    await aws.advance(seconds=30)
    assert states(aws, execution_id) == {"inner": "Success", "tag": "Success"}
    inner = execution(aws, execution_id)["StepExecutions"][0]["Outputs"]
    assert (inner["Status"], inner["Output"]) == (["Success"], [url])
    child = execution(aws, inner["ExecutionId"][0])
    assert child["ParentAutomationExecutionId"] == execution_id
    failing = started(aws, book, name="not a name", made=url)
    await aws.advance(seconds=30)
    assert states(aws, failing) == {"inner": "Failed", "tag": "Pending"}


async def test_the_assume_role_is_really_assumed(aws: Aws) -> None:
    declared: dict[str, Any] = {"parameters": {"AutomationAssumeRole": {"type": "String", "default": ""}}}
    book = made(
        aws, api("make", "sqs", "CreateQueue", QueueName="orders"), assumeRole="{{ AutomationAssumeRole }}", **declared
    )
    poor = role(aws, "poor", allow("sqs:ListQueues"))
    able = role(aws, "able", allow("sqs:CreateQueue"))
    untrusting = role(aws, "untrusting", allow("sqs:*"), trusted="ec2.amazonaws.com")
    for given, words in (
        (untrusting, "The defined assume role is unable to be assumed."),
        (f"arn:aws:iam::{ACCOUNT}:role/missing", "The defined assume role is unable to be assumed."),
        ("able", "The format of the supplied assume role ARN is invalid."),
    ):
        asked = {"DocumentName": book, "Parameters": {"AutomationAssumeRole": [given]}}
        with pytest.raises(AwsError) as raised:
            aws.ssm.start_automation_execution(asked)
        assert (raised.value.code, raised.value.message) == ("InvalidAutomationExecutionParametersException", words)
    starter = user(aws, "starter", allow("ssm:StartAutomationExecution"))
    with pytest.raises(AwsError) as raised:
        starter.ssm.start_automation_execution({"DocumentName": book, "Parameters": {"AutomationAssumeRole": [able]}})
    assert "iam:PassRole" in raised.value.message
    for given, ended, kind in ((poor, "Failed", "Permission"), (able, "Success", None)):
        asked = {"DocumentName": book, "Parameters": {"AutomationAssumeRole": [given]}}
        execution_id = aws.ssm.start_automation_execution(asked)["AutomationExecutionId"]
        await aws.advance(seconds=10)
        found = execution(aws, execution_id)
        assert found["AutomationExecutionStatus"] == ended
        assert found["StepExecutions"][0].get("FailureDetails", {}).get("FailureType") == kind
        if kind:
            assert f"assumed-role/poor/Automation-{execution_id}" in found["FailureMessage"]


async def test_without_a_role_the_starters_permissions_count(aws: Aws) -> None:
    book = made(aws, api("make", "sqs", "CreateQueue", QueueName="orders"))
    definition = f"arn:aws:ssm:us-east-1:{ACCOUNT}:automation-definition/book:*"
    starter = user(aws, "starter", allow("ssm:StartAutomationExecution", resource=definition))
    execution_id = started(starter, book)
    await aws.advance(seconds=10)
    failed = execution(aws, execution_id)
    assert failed["AutomationExecutionStatus"] == "Failed"
    assert (
        f"arn:aws:iam::{ACCOUNT}:user/starter is not authorized to perform: sqs:createqueue" in failed["FailureMessage"]
    )
    with pytest.raises(AwsError) as raised:
        execution(starter, execution_id)
    assert raised.value.code == "AccessDeniedException"


async def test_what_cannot_be_started_is_refused(aws: Aws) -> None:
    declared: dict[str, Any] = {
        "size": {"type": "Integer"},
        "zone": {"type": "String", "default": "a", "allowedValues": ["a", "b"]},
        "name": {"type": "String", "default": "x", "allowedPattern": "^[a-z]+$"},
        "many": {"type": "StringList", "default": ["a"], "maxItems": 2},
        "map": {"type": "StringMap", "default": {}},
    }
    made(aws, step("nap", "sleep", Duration="PT1S"), parameters=declared)
    wrong: list[dict[str, Any]] = [
        {},
        {"size": "x"},
        {"size": ["1", "2"]},
        {"size": "1", "color": "red"},
        {"size": "1", "zone": "c"},
        {"size": "1", "name": "X"},
        {"size": "1", "many": ["a", "b", "c"]},
        {"size": "1", "map": "{"},
    ]
    for parameters in wrong:
        with pytest.raises(AwsError) as raised:
            started(aws, **parameters)
        assert raised.value.code == "InvalidAutomationExecutionParametersException"
    made(aws, step("script", "executeScript", Runtime="python3.11", Handler="run", Script="x"), name="script")
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("nothing", {}, "AutomationDefinitionNotFoundException"),
        ("AWS-StopEC2Instance", {}, "NotImplemented"),
        ("book", {"DocumentVersion": "9", "size": "1"}, "AutomationDefinitionVersionNotFoundException"),
        ("script", {}, "NotImplemented"),
        ("book", {"Mode": "Interactive", "size": "1"}, "NotImplemented"),
        ("book", {"TargetParameterName": "size"}, "InvalidTarget"),
    ]
    for name, members, code in cases:
        with pytest.raises(AwsError) as raised:
            started(aws, name, **members)
        assert raised.value.code == code
    assert aws.ssm.describe_automation_executions()["AutomationExecutionMetadataList"] == []
    for ask in (aws.ssm.get_automation_execution, aws.ssm.stop_automation_execution):
        with pytest.raises(AwsError) as raised:
            ask({"AutomationExecutionId": "00000000-0000-4000-8000-000000000000"})
        assert raised.value.code == "AutomationExecutionNotFoundException"


async def test_a_token_starts_once(aws: Aws) -> None:
    book = made(aws, step("nap", "sleep", Duration="PT1S"), parameters={"a": {"type": "String"}})
    token = "00000000-0000-4000-8000-000000000001"
    assert started(aws, book, a="1", ClientToken=token) == started(aws, book, a="1", ClientToken=token)
    with pytest.raises(AwsError) as raised:
        started(aws, book, a="2", ClientToken=token)
    assert raised.value.code == "IdempotentParameterMismatch"


async def test_an_execution_is_stopped_where_it_is(aws: Aws) -> None:
    naps = [step("nap", "sleep", Duration="PT1M"), step("more", "sleep", Duration="PT1M")]
    tidy = {**naps[0], "onCancel": "step:tidy"}
    cases: list[tuple[list[dict[str, Any]], str, str, list[str]]] = [
        (naps, "Cancel", "Cancelled", ["Cancelled", "Pending"]),
        (naps, "Complete", "Success", ["Success", "Pending"]),
        ([tidy, *naps[1:], step("tidy", "sleep", Duration="PT1S")], "Cancel", "Cancelled",
         ["Cancelled", "Pending", "Success"]),
    ]  # fmt: skip
    for number, (steps, kind, ended, each) in enumerate(cases):
        execution_id = started(aws, made(aws, *steps, name=f"book{number}"))
        await aws.advance(seconds=30)
        stop = {"AutomationExecutionId": execution_id, "Type": kind}
        aws.ssm.stop_automation_execution(stop)
        await aws.advance(seconds=60)
        found = execution(aws, execution_id)
        assert found["AutomationExecutionStatus"] == ended
        assert [one["StepStatus"] for one in found["StepExecutions"]] == each
        with pytest.raises(AwsError) as raised:
            aws.ssm.stop_automation_execution(stop)
        assert raised.value.code == "InvalidAutomationStatusUpdateException"


async def test_targets_are_worked_through_so_many_at_once_until_too_many_fail(aws: Aws) -> None:
    book = made(
        aws, api("find", "sqs", "GetQueueUrl", QueueName="{{ name }}"), step("nap", "sleep", Duration="PT10S"),
        parameters={"name": {"type": "String"}},
    )  # fmt: skip
    for name in "abcd":
        aws.sqs.create_queue({"QueueName": name})
    target = {"TargetParameterName": "name", "MaxConcurrency": "2", "MaxErrors": "1"}
    values = [{"Key": "ParameterValues", "Values": ["a", "b", "c", "d"]}]
    execution_id = started(aws, book, Targets=values, **target)
    await aws.advance(seconds=5)
    assert states(aws, execution_id) == {"a": "InProgress", "b": "InProgress"}
    await aws.advance(seconds=60)
    found = execution(aws, execution_id)
    assert (found["AutomationExecutionStatus"], found["ProgressCounters"]["SuccessSteps"]) == ("Success", 4)
    assert found["ResolvedTargets"]["ParameterValues"] == ["a", "b", "c", "d"]
    asked = {"Filters": [{"Key": "ParentExecutionId", "Values": [execution_id]}]}
    children = aws.ssm.describe_automation_executions(asked)["AutomationExecutionMetadataList"]
    assert sorted(one["Target"] for one in children) == ["a", "b", "c", "d"]
    values = [{"Key": "ParameterValues", "Values": ["x", "y", "c", "d"]}]
    execution_id = started(aws, book, Targets=values, **target)
    await aws.advance(seconds=60)
    found = execution(aws, execution_id)
    assert (found["AutomationExecutionStatus"], states(aws, execution_id)) == ("Failed", {"x": "Failed", "y": "Failed"})


async def test_those_over_the_limit_wait_their_turn(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "AUTOMATIONS_MAX", 2)
    monkeypatch.setattr(limits, "AUTOMATION_QUEUE_MAX", 1)
    book = made(aws, step("nap", "sleep", Duration="PT1M"))
    ids = [started(aws, book) for _ in range(3)]
    with pytest.raises(AwsError) as raised:
        started(aws, book)
    assert raised.value.code == "AutomationExecutionLimitExceededException"
    await aws.advance(seconds=30)
    assert [execution(aws, each)["AutomationExecutionStatus"] for each in ids] == [
        "InProgress",
        "InProgress",
        "Pending",
    ]
    await aws.advance(seconds=60)
    assert [execution(aws, each)["AutomationExecutionStatus"] for each in ids] == ["Success", "Success", "InProgress"]
    await aws.advance(seconds=60)
    assert execution(aws, ids[2])["AutomationExecutionStatus"] == "Success"


async def test_steps_and_executions_are_listed_by_filters_and_forgotten_after_a_month(aws: Aws) -> None:
    execution_id = started(aws, made(aws, *(step(name, "sleep", Duration="PT1S") for name in ("one", "two"))))
    await aws.advance(seconds=10)
    asked: dict[str, Any] = {"AutomationExecutionId": execution_id, "ReverseOrder": True}
    found = aws.ssm.describe_automation_step_executions(asked)["StepExecutions"]
    assert [one["StepName"] for one in found] == ["two", "one"]
    asked["Filters"] = [{"Key": "StepName", "Values": ["one"]}]
    assert len(aws.ssm.describe_automation_step_executions(asked)["StepExecutions"]) == 1
    for key, value, count in (
        ("ExecutionStatus", "Success", 1),
        ("ExecutionStatus", "Failed", 0),
        ("DocumentNamePrefix", "bo", 1),
        ("StartTimeBefore", "2026-01-01T00:00:00Z", 0),
        ("StartTimeAfter", "2025-12-31T00:00:00Z", 1),
    ):
        given = {"Filters": [{"Key": key, "Values": [value]}]}
        assert len(aws.ssm.describe_automation_executions(given)["AutomationExecutionMetadataList"]) == count
    await aws.advance(seconds=30 * 86_400)
    assert aws.ssm.describe_automation_executions()["AutomationExecutionMetadataList"] == []


async def test_parameters_of_parameter_store_are_put_in(aws: Aws) -> None:
    await aws.ssm.put_parameter({"Name": "queue", "Value": "stored", "Type": "String"})
    found = await ran(aws, api("make", "sqs", "CreateQueue", QueueName="{{ ssm:queue }}"))
    assert found["AutomationExecutionStatus"] == "Success"
    assert aws.sqs.get_queue_url({"QueueName": "stored"})


async def test_a_function_that_is_not_built_fails_its_step_by_name(aws: Aws) -> None:
    found = await ran(aws, step("call", "invokeLambdaFunction", FunctionName="f", Payload='{"a": 1}'))
    assert found["AutomationExecutionStatus"] == "Failed"
    assert "when calling the Invoke operation" in found["FailureMessage"]


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"Service": "sqs", "Api": "Fly"}, "no operation named 'Fly'"),
        ({"Service": "nothing", "Api": "Fly"}, "no model of a service named 'nothing'"),
        ({"Service": "sqs", "Api": "CreateQueue"}, 'Missing required parameter in input: "QueueName"'),
        (
            {"Service": "sqs", "Api": "CreateQueue", "QueueName": "a", "Color": "red"},
            'Unknown parameter in input: "Color"',
        ),
        ({"Service": "sqs", "Api": "CreateQueue", "QueueName": "a", "Attributes": "x"}, "Invalid type for parameter"),
        ({"Service": "s3", "Api": "GetObject", "Bucket": "a", "Key": "b"}, "Streaming API operations"),
    ],
)
async def test_inputs_that_make_no_call_are_told(aws: Aws, members: dict[str, Any], words: str) -> None:
    found = await ran(aws, step("call", "executeAwsApi", **members))
    assert found["FailureMessage"].startswith(
        "Step call failed maximum allowed times. Step fails when it is validating"
    )
    assert words in found["FailureMessage"]


async def test_an_execution_goes_on_in_a_world_opened_again(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    execution_id = started(
        aws, made(aws, step("nap", "sleep", Duration="PT1M"), api("make", "sqs", "CreateQueue", QueueName="q"))
    )
    await aws.advance(seconds=5)
    aws.world.store.commit()
    aws.world.close()
    again = new_aws(world=World(directory=tmp_path, mode="held"))
    await again.advance(seconds=70)
    assert execution(again, execution_id)["AutomationExecutionStatus"] == "Success"


async def test_events_tell_how_it_went(aws: Aws) -> None:
    await ran(aws, step("nap", "sleep", Duration="PT1S"))
    assert [event.facts["status"] for event in aws.events("ssm.AutomationStepEnded")] == ["Success"]
    assert [event.facts["status"] for event in aws.events("ssm.AutomationEnded")] == ["Success"]
    assert json.dumps(runbook(step("nap", "sleep"))).startswith("{")


async def test_aws_s_own_runbooks_repair_a_bucket(aws: Aws) -> None:
    aws.s3.create_bucket({"Bucket": "open"})
    aws.s3.delete_public_access_block({"Bucket": "open"})
    for name, parameters in (
        ("AWS-DisableS3BucketPublicReadWrite", {"S3BucketName": ["open"]}),
        ("AWS-ConfigureS3BucketVersioning", {"BucketName": ["open"]}),
        ("AWSConfigRemediation-ConfigureS3BucketPublicAccessBlock", {"BucketName": ["open"]}),
        ("AWS-EnableS3BucketEncryption", {"BucketName": ["open"], "SSEAlgorithm": ["aws:kms"]}),
    ):
        found = aws.ssm.describe_document({"Name": name})["Document"]
        assert (found["Owner"], found["Name"], found["DocumentType"]) == ("Amazon", name, "Automation")
        asked = {"DocumentName": name, "Parameters": parameters}
        execution_id = aws.ssm.start_automation_execution(asked)["AutomationExecutionId"]
        await aws.advance(seconds=10)
        assert execution(aws, execution_id)["AutomationExecutionStatus"] == "Success"
    block = aws.s3.get_public_access_block({"Bucket": "open"})["PublicAccessBlockConfiguration"]
    assert all(block.values())
    assert aws.s3.get_bucket_versioning({"Bucket": "open"})["Status"] == "Enabled"
    definition = "arn:aws:ssm:us-east-1::automation-definition/AWS-ConfigureS3BucketVersioning:$DEFAULT"
    starter = user(aws, "starter", allow("ssm:StartAutomationExecution", resource=definition))
    asked = {"DocumentName": "AWS-ConfigureS3BucketVersioning", "Parameters": {"BucketName": ["open"]}}
    assert starter.ssm.start_automation_execution(asked)
    with pytest.raises(AwsError) as raised:
        starter.ssm.start_automation_execution(asked | {"DocumentName": "AWS-EnableS3BucketEncryption"})
    assert raised.value.code == "AccessDeniedException"
    with pytest.raises(AwsError) as raised:
        aws.ssm.delete_document({"Name": "AWS-ConfigureS3BucketVersioning"})
    assert raised.value.code == "InvalidDocument"
