"""Short ways to write runbooks, run them, and look at what came of it."""

from __future__ import annotations

import json
from typing import Any

from harness import ACCOUNT, Aws


def step(name: str, action: str, **members: Any) -> dict[str, Any]:
    """A step; what is not a member of every step is an input."""
    own = ["isCritical", "isEnd", "maxAttempts", "nextStep", "onCancel", "onFailure", "outputs", "timeoutSeconds"]
    inputs = {key: value for key, value in members.items() if key not in own}
    return {"name": name, "action": f"aws:{action}", "inputs": inputs} | {
        key: members[key] for key in own if key in members
    }


def api(name: str, service: str, operation: str, **members: Any) -> dict[str, Any]:
    """A step that calls an API."""
    return step(name, "executeAwsApi", Service=service, Api=operation, **members)


def runbook(*steps: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A runbook's text as an object."""
    return {"schemaVersion": "0.3", **members, "mainSteps": list(steps)}


def made(aws: Aws, *steps: dict[str, Any], name: str = "book", **members: Any) -> str:
    """Make a runbook and return its name."""
    content = json.dumps(runbook(*steps, **members))
    aws.ssm.create_document({"Name": name, "Content": content, "DocumentType": "Automation"})
    return name


def started(aws: Aws, book: str = "book", /, **members: Any) -> str:
    """Start a runbook; members that begin small are its parameters."""
    parameters: dict[str, list[Any]] = {
        key: value if isinstance(value, list) else [value] for key, value in members.items() if key[0].islower()
    }
    asked = {"DocumentName": book, **{key: value for key, value in members.items() if not key[0].islower()}}
    return aws.ssm.start_automation_execution(asked | ({"Parameters": parameters} if parameters else {}))[
        "AutomationExecutionId"
    ]


def execution(aws: Aws, execution_id: str) -> dict[str, Any]:
    """An execution."""
    return aws.ssm.get_automation_execution({"AutomationExecutionId": execution_id})["AutomationExecution"]


def states(aws: Aws, execution_id: str) -> dict[str, str]:
    """The state of each step."""
    return {one["StepName"]: one["StepStatus"] for one in execution(aws, execution_id)["StepExecutions"]}


async def ran(aws: Aws, *steps: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Make a runbook, run it for a minute, and return the execution."""
    execution_id = started(aws, made(aws, *steps, **members))
    await aws.advance(seconds=60)
    return execution(aws, execution_id)


def role(aws: Aws, name: str, *statements: dict[str, Any], trusted: str = "ssm.amazonaws.com") -> str:
    """A role that a service may assume, and its ARN."""
    trust = {"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = aws.iam.create_role({"RoleName": name, "AssumeRolePolicyDocument": document})["Role"]["Arn"]
    if statements:
        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        aws.iam.put_role_policy({"RoleName": name, "PolicyName": "work", "PolicyDocument": policy})
    assert arn == f"arn:aws:iam::{ACCOUNT}:role/{name}"
    return arn
