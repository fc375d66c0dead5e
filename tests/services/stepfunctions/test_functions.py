"""Functions in workflows: results and errors as Step Functions shapes them, time-outs, tokens, a process that dies."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from foulweather.services.stepfunctions import tokens
from foulweather.services.stepfunctions.state import SfnState
from harness import ACCOUNT, Aws, new_aws
from services.lambda_ import packaged
from services.stepfunctions.workflows import PASS, Workflows, flow

INVOKE = "arn:aws:states:::lambda:invoke"


def invoke(**further: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName": "work", "Payload.$": "$"}, **further}


async def modelled(aws: Aws, **model: Any) -> str:
    packaged.role(aws)
    lines = [f"{name} = {json.dumps(value)}" for name, value in {"duration_ms": 100, "init_ms": 0, **model}.items()]
    return await packaged.modelled(aws, "\n".join(lines))


async def test_an_invocation_has_metadata_and_a_bare_function_only_its_output(aws: Aws, flows: Workflows) -> None:
    function = await modelled(aws, response="ok")
    machine = flows.machine(flow(("Call", invoke())), "lambda:InvokeFunction")
    arn = flows.start(machine, {"a": 1})
    assert flows.execution(arn)["status"] == "RUNNING"
    await aws.advance(seconds=1)
    told = flows.output(arn)
    assert (told["Payload"], told["StatusCode"], told["ExecutedVersion"]) == ("ok", 200, "$LATEST")
    assert told["SdkHttpMetadata"]["HttpStatusCode"] == 200
    bare = flows.machine(flow(("Call", {"Type": "Task", "Resource": function})), "lambda:InvokeFunction", name="bare")
    arn = flows.start(bare, {"a": 1})
    await aws.advance(seconds=1)
    assert flows.output(arn) == "ok"
    assert flows.kinds(arn)[2:5] == ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"]


async def test_an_error_of_the_function_is_caught_by_its_type(aws: Aws, flows: Workflows) -> None:
    await modelled(aws, error_rate=1.0, error_type="OutOfStock", error_message="none left")
    caught = {"ErrorEquals": ["OutOfStock"], "Next": "End"}
    arn = flows.start(flows.machine(flow(("Call", invoke(Catch=[caught])), ("End", PASS)), "lambda:InvokeFunction"))
    await aws.advance(seconds=1)
    told = flows.output(arn)
    assert told["Error"] == "OutOfStock"
    assert json.loads(told["Cause"])["errorMessage"] == "none left"


async def test_a_function_that_is_throttled_or_not_there_has_lambdas_error(aws: Aws, flows: Workflows) -> None:
    await modelled(aws)
    aws.lambda_.put_function_concurrency({"FunctionName": "work", "ReservedConcurrentExecutions": 0})
    arn = flows.start(flows.machine(flow(("Call", invoke())), "lambda:InvokeFunction"))
    await aws.advance(seconds=1)
    found = flows.execution(arn)
    assert found["error"] == "Lambda.TooManyRequestsException"
    task = invoke(Parameters={"FunctionName": "none"})
    arn = flows.start(flows.machine(flow(("Call", task)), "lambda:InvokeFunction", name="none"))
    await aws.advance(seconds=1)
    assert flows.execution(arn)["error"] == "Lambda.ResourceNotFoundException"


async def test_a_role_without_the_permission_is_lambdas_own_exception(aws: Aws, flows: Workflows) -> None:
    await modelled(aws)
    arn = flows.start(flows.machine(flow(("Call", invoke()))))
    await aws.advance(seconds=1)
    found = flows.execution(arn)
    assert found["error"] == "Lambda.AWSLambdaException"
    assert "is not authorized to perform: lambda:InvokeFunction" in found["cause"]
    assert flows.why().because[0].decision == "denied"


async def test_a_task_that_takes_longer_than_it_may_times_out(aws: Aws, flows: Workflows) -> None:
    await modelled(aws, duration_ms=2_500)
    caught = {"ErrorEquals": ["States.Timeout"], "Next": "End"}
    state = invoke(TimeoutSeconds=1, Catch=[caught])
    arn = flows.start(flows.machine(flow(("Call", state), ("End", PASS)), "lambda:InvokeFunction"))
    await aws.advance(seconds=5)
    assert flows.output(arn) == {"Error": "States.Timeout"}
    assert flows.kinds(arn).count("TaskTimedOut") == 1
    assert "TaskSucceeded" not in flows.kinds(arn)


async def test_a_call_under_way_is_made_again_when_the_process_has_died(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    flows = Workflows(aws)
    await modelled(aws, duration_ms=2_000, response=1)
    arn = flows.start(flows.machine(flow(("Call", invoke())), "lambda:InvokeFunction"))
    await asyncio.sleep(0)
    aws.world.store.commit()
    aws.world.store._log.close()  # type: ignore[union-attr]
    again = Workflows(new_aws(directory=tmp_path))
    assert again.execution(arn)["status"] == "RUNNING"
    await again.aws.advance(seconds=70)
    assert again.output(arn)["Payload"] == 1


async def test_a_token_that_comes_back_before_the_functions_answer_counts(aws: Aws, flows: Workflows) -> None:
    await modelled(aws, duration_ms=2_000)
    state = invoke(Resource=f"{INVOKE}.waitForTaskToken")
    arn = flows.start(flows.machine(flow(("Call", state)), "lambda:InvokeFunction"))
    (branch,) = aws.world.state(SfnState, ACCOUNT, "us-east-1").branches.values()
    flows.sfn.send_task_success({"taskToken": tokens.made(branch), "output": "7"})
    await aws.advance(seconds=3)
    assert flows.output(arn) == 7
    assert flows.kinds(arn)[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    assert not [due for due in aws.world.agenda.dues() if due.action.startswith("stepfunctions.")]


async def test_a_rule_starts_executions(aws: Aws, flows: Workflows) -> None:
    machine = flows.machine(flow(("A", PASS)))
    trust = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = aws.iam.create_role({"RoleName": "rule", "AssumeRolePolicyDocument": document})["Role"]["Arn"]
    allow = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": machine}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    aws.iam.put_role_policy({"RoleName": "rule", "PolicyName": "p", "PolicyDocument": policy})
    events = aws.__getattr__("events")
    events.put_rule({"Name": "r", "EventPattern": '{"source": ["mine"]}'})
    events.put_targets({"Rule": "r", "Targets": [{"Id": "m", "Arn": machine, "RoleArn": role}]})
    events.put_events({"Entries": [{"Source": "mine", "DetailType": "t", "Detail": '{"a": 1}'}]})
    await aws.advance(seconds=1)
    (execution,) = flows.sfn.list_executions({"stateMachineArn": machine})["executions"]
    assert flows.output(execution["executionArn"])["detail"] == {"a": 1}
