"""Rules and queues for tests, with the policies that let them meet."""

from __future__ import annotations

import json
from typing import Any

from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Why
from harness import ACCOUNT, Aws

DEFAULT_BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"


class Bridge:
    """Rules and queues for a test, with the policies that let them meet."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def rule(self, name: str = "orders", pattern: Any = None, bus: str = "default", **more: Any) -> str:
        request: dict[str, Any] = {"Name": name, "EventBusName": bus, **more}
        if "ScheduleExpression" not in more:
            request["EventPattern"] = json.dumps(pattern or {"source": ["shop"]})
        return self.aws.events_.put_rule(request)["RuleArn"]

    def queue(self, name: str = "inbox", rule: str | None = None, aws: Aws | None = None) -> str:
        """A queue's ARN; with a rule, the queue lets it in."""
        aws = aws or self.aws
        arn = f"arn:aws:sqs:{aws.region}:{aws.account}:{name}"
        attributes: dict[str, str] = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        if rule is not None:
            statement = {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
            }
            attributes["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        aws.sqs.create_queue({"QueueName": name, "Attributes": attributes})
        return arn

    def target(self, arn: str, rule: str = "orders", bus: str = "default", id: str = "1", **more: Any) -> Any:
        request = {"Rule": rule, "EventBusName": bus, "Targets": [{"Id": id, "Arn": arn, **more}]}
        return self.aws.events_.put_targets(request)

    def reaching(self, name: str = "orders", pattern: Any = None, bus: str = "default", **target: Any) -> str:
        """A new queue that a new rule sends to."""
        queue = self.queue(f"{name}-inbox", self.rule(name, pattern, bus))
        self.target(queue, name, bus, **target)
        return queue

    def put(self, detail: Any = None, aws: Aws | None = None, **more: Any) -> dict[str, Any]:
        entry = {"Source": "shop", "DetailType": "Order Placed", "Detail": json.dumps(detail or {"id": 1}), **more}
        return (aws or self.aws).events_.put_events({"Entries": [entry]})

    def received(self, queue: str, aws: Aws | None = None) -> list[dict[str, Any]]:
        """Everything on a queue."""
        aws = aws or self.aws
        _, _, _, region, account, name = queue.split(":")
        found: list[dict[str, Any]] = []
        while True:
            response = aws.sqs.receive_message(
                {
                    "QueueUrl": f"https://sqs.{region}.amazonaws.com/{account}/{name}",
                    "MaxNumberOfMessages": 10,
                    "MessageAttributeNames": ["All"],
                    "AttributeNames": ["All"],
                    "VisibilityTimeout": 40_000,
                }
            )
            messages = response.get("Messages") or []
            if not messages:
                return found
            found += messages

    def bodies(self, queue: str, aws: Aws | None = None) -> list[Any]:
        return [json.loads(message["Body"]) for message in self.received(queue, aws)]

    def role(self, name: str, service: str, *actions: str) -> str:
        """A role that a service may assume, and what it may do."""
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        arn = self.aws.iam.create_role({"RoleName": name, "AssumeRolePolicyDocument": document})["Role"]["Arn"]
        allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        self.aws.iam.put_role_policy(
            {
                "RoleName": name,
                "PolicyName": "all",
                "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
            }
        )
        return arn

    def why(self) -> Why:
        """Why the last thing went wrong."""
        trace = self.aws.world.state(Traces).last_wrong()
        assert trace is not None
        hop = trace.first_wrong()
        assert hop is not None
        assert hop.why is not None
        return hop.why
