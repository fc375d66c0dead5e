"""A daily pipeline of eight steps: bad data stop it with a message; a step that fails is tried again with back-off."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from catalog.configurations import bodies, policy, queue_arn
from catalog.functions import modelled, zipped
from catalog.workflows import ended, entered, history, machine, started
from foulweather.testing import Aws

STEPS = ("Extract", "CheckQuality", "Clean", "Transform", "Load", "Train", "Evaluate", "Publish")
WELL = "duration_ms = 1000\nresponse = {rows = 1000, passed = true}\n"
BAD_DATA = 'duration_ms = 1000\nresponse = {rows = 1000, passed = false, why = "3 % of the prices are missing"}\n'
BROKEN = 'duration_ms = 1000\nerror_rate = 1.0\nerror_type = "ClusterBusy"\n'
CHANGED = ("CheckQuality", "Load", "Train")
INTERVAL_S, RATE, ATTEMPTS = 10, 2, 4


class Pipeline(NamedTuple):
    """Functions stand in for Glue, Redshift and SageMaker."""

    aws: Aws
    machine: str
    inbox: str

    def change(self, step: str, model: str) -> None:
        """Have a step behave otherwise."""
        code = zipped({"foulweather.toml": model})
        self.aws.client("lambda").update_function_code(FunctionName=step, ZipFile=code)
        self.aws.advance("5s")


def definition(functions: dict[str, str], topic: str) -> dict[str, Any]:
    retry = {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": INTERVAL_S, "BackoffRate": RATE}
    states: dict[str, Any] = {}
    for number, step in enumerate(STEPS):
        following = {"Next": STEPS[number + 1]} if number + 1 < len(STEPS) else {"End": True}
        states[step] = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": functions[step], "Payload.$": "$"},
            "ResultSelector": {"rows.$": "$.Payload.rows", "passed.$": "$.Payload.passed"},
            "Retry": [{**retry, "MaxAttempts": ATTEMPTS}],
            **following,
        }
    states["CheckQuality"] |= {"ResultSelector": {"checked.$": "$.Payload"}, "Next": "IsGood"}
    good = {"Variable": "$.checked.passed", "BooleanEquals": True, "Next": "Clean"}
    states["IsGood"] = {"Type": "Choice", "Choices": [good], "Default": "TellOfBadData"}
    states["TellOfBadData"] = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Parameters": {"TopicArn": topic, "Message.$": "States.Format('Stopped: {}.', $.checked.why)"},
        "Next": "BadData",
    }
    states["BadData"] = {"Type": "Fail", "Error": "BadData", "Cause": "The data did not pass the quality check."}
    return {"StartAt": STEPS[0], "States": states}


@pytest.fixture
def pipeline(aws: Aws) -> Pipeline:
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name="pipeline")["TopicArn"]
    url = sqs.create_queue(QueueName="pipeline")["QueueUrl"]
    arn = queue_arn(sqs, url)
    send = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy({**send, "Resource": arn})})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    any_step = modelled(aws, "step", WELL)
    functions = {step: modelled(aws, step, WELL) if step in CHANGED else any_step for step in STEPS}
    made = machine(aws, "daily", definition(functions, topic), "lambda:InvokeFunction", "sns:Publish")
    return Pipeline(aws, made, url)


def test_a_run_passes_its_eight_steps_in_order(pipeline: Pipeline) -> None:
    execution = started(pipeline.aws, pipeline.machine, {})
    assert ended(pipeline.aws, execution)["status"] == "SUCCEEDED"
    assert [name for name in entered(pipeline.aws, execution) if name in STEPS] == list(STEPS)


def test_bad_data_stop_the_run_with_a_message(pipeline: Pipeline) -> None:
    pipeline.change("CheckQuality", BAD_DATA)
    execution = started(pipeline.aws, pipeline.machine, {})
    told = ended(pipeline.aws, execution)
    assert (told["status"], told["error"]) == ("FAILED", "BadData")
    assert entered(pipeline.aws, execution) == ["Extract", "CheckQuality", "IsGood", "TellOfBadData", "BadData"]
    assert bodies(pipeline.aws.client("sqs"), pipeline.inbox) == ["Stopped: 3 % of the prices are missing."]


def test_a_step_that_fails_is_tried_again_with_back_off_until_it_goes_well(pipeline: Pipeline) -> None:
    pipeline.change("Load", BROKEN)
    execution = started(pipeline.aws, pipeline.machine, {}, "1m")
    pipeline.change("Load", WELL)
    pipeline.aws.advance("10m")
    assert ended(pipeline.aws, execution)["status"] == "SUCCEEDED"
    events = history(pipeline.aws, execution)
    failed = [event for event in events if event["type"] == "TaskFailed"]
    assert {event["taskFailedEventDetails"]["error"] for event in failed} == {"ClusterBusy"}
    again = [
        next(later["timestamp"] for later in events if later["id"] > event["id"] and later["type"] == "TaskScheduled")
        for event in failed
    ]
    pauses = [(then - event["timestamp"]).total_seconds() for then, event in zip(again, failed, strict=True)]
    assert pauses == [INTERVAL_S * RATE**attempt for attempt in range(len(failed))]
    assert 2 <= len(failed) <= ATTEMPTS


def test_a_step_that_stays_broken_ends_the_run_and_the_reason_names_it(pipeline: Pipeline) -> None:
    pipeline.change("Train", BROKEN)
    execution = started(pipeline.aws, pipeline.machine, {})
    told = ended(pipeline.aws, execution)
    assert (told["status"], told["error"]) == ("FAILED", "ClusterBusy")
    assert json.loads(told["cause"])["errorType"] == "ClusterBusy"
    why = pipeline.aws.why(execution)
    assert why is not None
    assert any("in state 'Train': ClusterBusy" in hop.why.cause for hop in why.hops if hop.why is not None)


def test_it_runs_every_day(pipeline: Pipeline) -> None:
    aws = pipeline.aws
    events, iam = aws.client("events"), aws.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName="daily-rule", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    may = policy({"Effect": "Allow", "Action": "states:StartExecution", "Resource": pipeline.machine})
    iam.put_role_policy(RoleName="daily-rule", PolicyName="start", PolicyDocument=may)
    events.put_rule(Name="daily", ScheduleExpression="cron(0 3 * * ? *)")
    events.put_targets(Rule="daily", Targets=[{"Id": "pipeline", "Arn": pipeline.machine, "RoleArn": role}])
    aws.advance("3d")
    runs = aws.client("stepfunctions").list_executions(stateMachineArn=pipeline.machine)["executions"]
    assert [run["status"] for run in runs] == ["SUCCEEDED"] * 3
    assert {run["startDate"].astimezone().utctimetuple()[3:5] for run in runs} == {(3, 0)}
