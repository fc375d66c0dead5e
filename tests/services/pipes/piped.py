"""Pipes, what they read and what they send to, for tests."""

from __future__ import annotations

import json
from typing import Any

from harness import Aws

SETTLED_S = 10


class Pipes:
    """Pipes between queues, streams, buses and workflows, with a role that may do everything."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def role(self, *actions: str, name: str = "piper", service: str = "pipes.amazonaws.com") -> str:
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        arn = self.aws.iam.create_role({"RoleName": name, "AssumeRolePolicyDocument": document})["Role"]["Arn"]
        self.allow(name, *(actions or ("*",)))
        return arn

    def allow(self, name: str, *actions: str) -> None:
        allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self.aws.iam.put_role_policy({"RoleName": name, "PolicyName": "all", "PolicyDocument": policy})

    def queue(self, name: str, **attributes: str) -> str:
        self.aws.sqs.create_queue({"QueueName": name, "Attributes": attributes})
        return f"arn:aws:sqs:us-east-1:{self.aws.account}:{name}"

    def url(self, arn: str) -> str:
        return f"https://sqs.us-east-1.amazonaws.com/{self.aws.account}/{arn.rpartition(':')[2]}"

    def send(self, queue: str, body: Any) -> str:
        text = body if isinstance(body, str) else json.dumps(body)
        return self.aws.sqs.send_message({"QueueUrl": self.url(queue), "MessageBody": text})["MessageId"]

    def bodies(self, queue: str) -> list[str]:
        found: list[str] = []
        request = {"QueueUrl": self.url(queue), "MaxNumberOfMessages": 10, "VisibilityTimeout": 40_000}
        while messages := self.aws.sqs.receive_message(request).get("Messages"):
            found += [message["Body"] for message in messages]
        return found

    def stream(self, name: str = "orders", shards: int = 1) -> str:
        self.aws.kinesis.create_stream({"StreamName": name, "ShardCount": shards})
        return f"arn:aws:kinesis:us-east-1:{self.aws.account}:stream/{name}"

    def put(self, stream: str, document: Any, key: str = "one") -> None:
        data = json.dumps(document).encode()
        self.aws.kinesis.put_record({"StreamARN": stream, "Data": data, "PartitionKey": key})

    def machine(self, definition: dict[str, Any], name: str = "enrich") -> str:
        role = self.role(name=f"{name}-role", service="states.amazonaws.com")
        request = {"name": name, "definition": json.dumps(definition), "roleArn": role, "type": "EXPRESS"}
        return self.aws.stepfunctions.create_state_machine(request)["stateMachineArn"]

    async def made(self, source: str, target: str, **more: Any) -> dict[str, Any]:
        """A pipe that runs."""
        request = {"Name": "p", "Source": source, "Target": target, **more}
        if "RoleArn" not in more:
            request["RoleArn"] = self.role()
        self.aws.pipes.create_pipe(request)
        await self.aws.advance(seconds=SETTLED_S)
        return self.shown()

    def shown(self, name: str = "p") -> dict[str, Any]:
        return self.aws.pipes.describe_pipe({"Name": name})
