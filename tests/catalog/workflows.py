"""State machines for the tests of configurations, and what became of their executions."""

from __future__ import annotations

import json
from typing import Any

from catalog.configurations import role
from foulweather.testing import Aws


def machine(aws: Aws, name: str, definition: dict[str, Any], *actions: str) -> str:
    """The ARN of a state machine whose role may do what `actions` say."""
    allowed = [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}] if actions else []
    made = role(aws, name, {"Service": "states.amazonaws.com"}, *allowed)
    request = {"name": name, "definition": json.dumps(definition), "roleArn": made}
    return aws.client("stepfunctions").create_state_machine(**request)["stateMachineArn"]


def started(aws: Aws, arn: str, given: Any, wait: str = "10m") -> str:
    """The ARN of an execution that had time to end."""
    client = aws.client("stepfunctions")
    made = client.start_execution(stateMachineArn=arn, input=json.dumps(given))["executionArn"]
    aws.advance(wait)
    return made


def ended(aws: Aws, execution: str) -> dict[str, Any]:
    """What DescribeExecution tells, with the output read."""
    told = aws.client("stepfunctions").describe_execution(executionArn=execution)
    return {**told, "output": json.loads(told["output"]) if "output" in told else None}


def history(aws: Aws, execution: str) -> list[dict[str, Any]]:
    """An execution's events."""
    client = aws.client("stepfunctions")
    pages = client.get_paginator("get_execution_history").paginate(executionArn=execution)
    return [event for page in pages for event in page["events"]]


def entered(aws: Aws, execution: str) -> list[str]:
    """The names of the states that an execution entered, in order."""
    details = [event.get("stateEnteredEventDetails") for event in history(aws, execution)]
    return [each["name"] for each in details if each is not None]
