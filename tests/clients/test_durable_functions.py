"""Durable functions with AWS's own SDK for Python in their packages."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from clients.running import ACCOUNT, Cloud
from clients.test_functions_packaged import RUNTIME, TRUST, installed, package

pytestmark = [pytest.mark.client, pytest.mark.slow]

BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicDurableExecutionRolePolicy"
CODE = """
from aws_durable_execution_sdk_python import DurableContext, StepContext, durable_execution, durable_step
from aws_durable_execution_sdk_python.config import CallbackConfig, Duration, StepConfig
from aws_durable_execution_sdk_python.retries import RetryStrategyConfig, create_retry_strategy

@durable_step
def charge(step_context: StepContext, amount):
    if step_context.attempt < 2:
        raise RuntimeError("the bank is busy")
    return {"charged": amount, "attempt": step_context.attempt}

@durable_execution
def order(event, context: DurableContext):
    retry = create_retry_strategy(RetryStrategyConfig(max_attempts=3, initial_delay=Duration.from_seconds(1)))
    charged = context.step(charge(event["amount"]), name="charge", config=StepConfig(retry_strategy=retry))
    context.wait(Duration.from_seconds(1), name="cool down")
    branches = context.parallel([lambda c: c.step(lambda _: "a", name="a"), lambda c: c.step(lambda _: "b", name="b")])
    shipped = context.invoke("ship:$LATEST", {"order": event["amount"]}, name="ship")
    return {**charged, "branches": branches.get_results(), **shipped}

@durable_execution
def ship(event, context: DurableContext):
    approval = context.create_callback(name="approval", config=CallbackConfig(timeout=Duration.from_minutes(5)))
    return {"shipped": event["order"], "approval": approval.result()}
"""


def test_steps_waits_branches_chains_and_callbacks_of_awss_sdk(cloud: Cloud, tmp_path: Path) -> None:
    iam, functions = cloud.client("iam"), cloud.client("lambda", read_timeout=60)
    folder = installed(tmp_path, "--no-deps", "aws-durable-execution-sdk-python")
    (folder / "app.py").write_text(CODE)
    iam.create_role(RoleName="durable", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.attach_role_policy(RoleName="durable", PolicyArn=BASIC)
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName="durable", PolicyName="ship", PolicyDocument=document)
    for name in ("order", "ship"):
        functions.create_function(
            FunctionName=name,
            Runtime=RUNTIME,
            Handler=f"app.{name}",
            Role=f"arn:aws:iam::{ACCOUNT}:role/durable",
            Timeout=30,
            MemorySize=512,
            Code={"ZipFile": package(folder)},
            DurableConfig={"ExecutionTimeout": 600},
        )
        functions.get_waiter("function_active_v2").wait(FunctionName=name)
    asked = {"FunctionName": "order:$LATEST", "DurableExecutionName": "order-1", "Payload": b'{"amount": 7}'}
    arn = functions.invoke(**asked, InvocationType="Event")["DurableExecutionArn"]
    callback_id = _callback(functions)
    functions.send_durable_execution_callback_success(CallbackId=callback_id, Result=b'"yes"')
    told = functions.invoke(**asked)  # joins the execution of that name
    assert told["DurableExecutionArn"] == arn
    assert json.loads(told["Payload"].read()) == {
        "charged": 7,
        "attempt": 2,
        "branches": ["a", "b"],
        "shipped": 7,
        "approval": '"yes"',
    }
    events = functions.get_durable_execution_history(DurableExecutionArn=arn)["Events"]
    named = [each["EventType"] for each in events if each.get("Name") in ("charge", "cool down", "ship")]
    assert named == [
        "StepStarted",
        "StepFailed",
        "StepStarted",
        "StepSucceeded",
        "WaitStarted",
        "WaitSucceeded",
        "ChainedInvokeStarted",
        "ChainedInvokeSucceeded",
    ]


def _callback(functions: Any) -> str:
    """The id of the callback for which the second function waits."""

    for _ in range(300):
        for each in functions.list_durable_executions_by_function(FunctionName="ship")["DurableExecutions"]:
            asked = {"DurableExecutionArn": each["DurableExecutionArn"]}
            for event in functions.get_durable_execution_history(**asked)["Events"]:
                if event["EventType"] == "CallbackStarted":
                    return event["CallbackStartedDetails"]["CallbackId"]
        time.sleep(0.1)
    raise AssertionError("the second function has made no callback")
