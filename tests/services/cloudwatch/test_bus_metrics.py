"""What EventBridge's rules make: matches, invocations, retries and what goes to dead-letter queues."""

from __future__ import annotations

import json
from typing import Any

from harness import Aws
from services.cloudwatch.watching import query, values


def of(name: str, **dimensions: str) -> dict[str, Any]:
    return query(name, "Sum", namespace="AWS/Events", dimensions=dimensions)


async def rule_to_a_queue(aws: Aws, bus: str, *, is_open: bool) -> None:
    url = aws.sqs.create_queue({"QueueName": bus})["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{aws.account}:{bus}"
    if bus != "default":
        aws.events_.create_event_bus({"Name": bus})
    rule = aws.events_.put_rule({"Name": "all", "EventBusName": bus, "EventPattern": '{"source":["shop"]}'})["RuleArn"]
    if is_open:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        aws.sqs.set_queue_attributes({"QueueUrl": url, "Attributes": {"Policy": policy}})
    aws.events_.put_targets({"Rule": "all", "EventBusName": bus, "Targets": [{"Id": "q", "Arn": arn}]})
    entry = {"Source": "shop", "DetailType": "sold", "Detail": "{}", "EventBusName": bus}
    aws.events_.put_events({"Entries": [entry, entry]})
    await aws.advance(seconds=60)


async def test_a_rule_on_the_default_bus(aws: Aws) -> None:
    await rule_to_a_queue(aws, "default", is_open=True)
    for name in ("MatchedEvents", "TriggeredRules", "Invocations", "SuccessfulInvocationAttempts"):
        assert sum(values(aws, of(name, RuleName="all"))) == 2, name
    assert values(aws, of("FailedInvocations", RuleName="all")) == []


async def test_a_rule_on_a_bus_of_ones_own_whose_target_refuses(aws: Aws) -> None:
    await rule_to_a_queue(aws, "mine", is_open=False)
    assert sum(values(aws, of("FailedInvocations", EventBusName="mine", RuleName="all"))) == 2
    assert sum(values(aws, of("Invocations", RuleName="all"))) == 2
    assert values(aws, of("SuccessfulInvocationAttempts", RuleName="all")) == []
