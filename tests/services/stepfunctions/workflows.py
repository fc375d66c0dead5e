"""What the tests of Step Functions share: roles, state machines, executions and their histories."""

from __future__ import annotations

import json
from typing import Any

from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Why
from foulweather.services.stepfunctions.limits import Buckets
from harness import ACCOUNT, Aws

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
PASS = {"Type": "Pass", "End": True}


def flow(*states: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """States, each followed by the next one in the list unless it says otherwise."""
    made: dict[str, Any] = {}
    for number, (name, state) in enumerate(states):
        held = dict(state)
        if not {"Next", "End"} & set(held) and held["Type"] not in ("Choice", "Succeed", "Fail"):
            if number + 1 < len(states):
                held["Next"] = states[number + 1][0]
            else:
                held["End"] = True
        made[name] = held
    return {"StartAt": states[0][0], "States": made}


class Workflows:
    """Step Functions, as the tests use it."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.sfn = aws.stepfunctions

    def role(self, *actions: str, name: str = "workflow") -> str:
        """A role that Step Functions may be, with permissions."""
        arn = self.aws.iam.create_role({"RoleName": name, "AssumeRolePolicyDocument": TRUST})["Role"]["Arn"]
        if actions:
            statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            self.aws.iam.put_role_policy({"RoleName": name, "PolicyName": "p", "PolicyDocument": document})
        return arn

    def machine(
        self, definition: dict[str, Any], *actions: str, name: str = "machine", role: str = "", **further: Any
    ) -> str:
        """A state machine with a role of its own."""
        role = role or self.role(*actions, name=f"role-of-{name}")
        request = {"name": name, "definition": json.dumps(definition), "roleArn": role, **further}
        return self.sfn.create_state_machine(request)["stateMachineArn"]

    def start(self, machine: str, given: Any = None, **further: Any) -> str:
        """An execution."""
        request = {"stateMachineArn": machine, "input": json.dumps({} if given is None else given), **further}
        return self.sfn.start_execution(request)["executionArn"]

    def execution(self, arn: str) -> dict[str, Any]:
        """What DescribeExecution tells."""
        self.refill()
        return self.sfn.describe_execution({"executionArn": arn})

    def output(self, arn: str) -> Any:
        """The output of an execution that succeeded."""
        found = self.execution(arn)
        assert found["status"] == "SUCCEEDED", found
        return json.loads(found["output"])

    def run(self, definition: dict[str, Any], given: Any = None, *actions: str, name: str = "machine") -> Any:
        """What a definition makes of an input."""
        return self.output(self.start(self.machine(definition, *actions, name=name), given))

    def events(self, arn: str) -> list[dict[str, Any]]:
        """The history of an execution."""
        found, token = [], {}
        while True:
            page = self.sfn.get_execution_history({"executionArn": arn, "maxResults": 1000, **token})
            found += page["events"]
            if "nextToken" not in page:
                return found
            token = {"nextToken": page["nextToken"]}

    def kinds(self, arn: str) -> list[str]:
        """The types of an execution's events."""
        return [event["type"] for event in self.events(arn)]

    def queue(self, name: str = "inbox") -> str:
        """A queue's address."""
        return self.aws.sqs.create_queue({"QueueName": name})["QueueUrl"]

    def received(self, url: str) -> list[Any]:
        """What is in a queue."""
        found = self.aws.sqs.receive_message({"QueueUrl": url, "MaxNumberOfMessages": 10})
        return [json.loads(each["Body"]) for each in found.get("Messages") or ()]

    def why(self) -> Why:
        """The latest reason on record that an execution failed for."""
        trace = self.aws.world.state(Traces).last_wrong()
        assert trace is not None
        return next(hop.why for hop in reversed(trace.hops) if hop.operation == "Execution" and hop.why is not None)

    def refill(self) -> None:
        """Fill all buckets: on a held clock they stay empty."""
        from foulweather.gates.throttle import Buckets as Gate

        Buckets.of(self.aws.world).fills.clear()
        Gate.of(self.aws.world).fills.clear()


SEND = "arn:aws:states:::sqs:sendMessage"
URL = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/inbox"
