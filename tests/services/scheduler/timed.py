"""Schedules, queues and roles for tests."""

from __future__ import annotations

import json
from typing import Any

from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Why
from harness import Aws

OFF = {"Mode": "OFF"}


class Times:
    """Schedules, queues and the roles between them, for a test."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def role(self, *actions: str, name: str = "times", service: str = "scheduler.amazonaws.com") -> str:
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        arn = self.aws.iam.create_role({"RoleName": name, "AssumeRolePolicyDocument": document})["Role"]["Arn"]
        allowed = {"Effect": "Allow", "Action": list(actions) or ["sqs:SendMessage"], "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self.aws.iam.put_role_policy({"RoleName": name, "PolicyName": "all", "PolicyDocument": policy})
        return arn

    def queue(self, name: str = "inbox") -> str:
        self.aws.sqs.create_queue({"QueueName": name})
        return f"arn:aws:sqs:us-east-1:{self.aws.account}:{name}"

    def schedule(self, expression: str, arn: str, role: str, name: str = "daily", **more: Any) -> str:
        target = {"Arn": arn, "RoleArn": role, **more.pop("Target", {})}
        request = {"Name": name, "ScheduleExpression": expression, "FlexibleTimeWindow": OFF, "Target": target, **more}
        return self.aws.scheduler.create_schedule(request)["ScheduleArn"]

    def received(self, queue: str) -> list[dict[str, Any]]:
        name = queue.rpartition(":")[2]
        found: list[dict[str, Any]] = []
        while True:
            response = self.aws.sqs.receive_message(
                {
                    "QueueUrl": f"https://sqs.us-east-1.amazonaws.com/{self.aws.account}/{name}",
                    "MaxNumberOfMessages": 10,
                    "MessageAttributeNames": ["All"],
                    "AttributeNames": ["All"],
                    "VisibilityTimeout": 40_000,
                }
            )
            if not response.get("Messages"):
                return found
            found += response["Messages"]

    def why(self) -> Why:
        trace = self.aws.world.state(Traces).last_wrong()
        assert trace is not None
        hop = trace.first_wrong()
        assert hop is not None
        assert hop.why is not None
        return hop.why
