"""What becomes of events: they reach their targets, are tried again, buried or lost, and always on record why."""

from __future__ import annotations

import json

from foulweather.gates.faults import Faults
from harness import ACCOUNT, Aws

RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/orders"


def break_sqs(aws: Aws, **more) -> None:
    Faults.of(aws.world).add(kind="unavailable", service="sqs", operation="SendMessage", **more)


async def test_an_event_reaches_the_queue_of_a_rule_that_matches_it(aws: Aws, bridge) -> None:
    queue = bridge.reaching()
    answer = bridge.put({"id": 7, "total": 1.5})
    assert answer["FailedEntryCount"] == 0
    await aws.advance(seconds=1)
    (event,) = bridge.bodies(queue)
    assert event == {
        "version": "0",
        "id": answer["Entries"][0]["EventId"],
        "detail-type": "Order Placed",
        "source": "shop",
        "account": ACCOUNT,
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {"id": 7, "total": 1.5},
    }
    assert [event.facts["succeeded"] for event in aws.events("events.Invoked")] == [True]
    assert len(aws.events("events.Matched")) == len(aws.events("events.Triggered")) == 1


async def test_an_event_that_no_rule_matches_goes_nowhere(aws: Aws, bridge) -> None:
    queue = bridge.reaching()
    bridge.put(Source="mail")
    await aws.advance(seconds=1)
    assert bridge.received(queue) == []
    assert aws.events("events.Matched") == []


async def test_a_disabled_rule_matches_nothing(aws: Aws, bridge) -> None:
    queue = bridge.reaching()
    aws.events_.disable_rule({"Name": "orders"})
    bridge.put()
    await aws.advance(seconds=1)
    assert bridge.received(queue) == []
    aws.events_.enable_rule({"Name": "orders"})
    bridge.put()
    await aws.advance(seconds=1)
    assert len(bridge.received(queue)) == 1


async def test_a_queue_without_a_policy_loses_events_at_once_and_the_reason_is_on_record(aws: Aws, bridge) -> None:
    bridge.rule()
    queue = bridge.queue()
    bridge.target(queue)
    bridge.put()
    await aws.advance(seconds=86_400)
    assert bridge.received(queue) == []
    why = bridge.why()
    assert why.decision == "dropped"
    assert "no dead-letter queue" in why.cause
    denial = why.because[0]
    assert denial.decision == "denied"
    said = {fact.property: fact.value for fact in denial.facts}
    assert (said["principal"], said["aws:SourceArn"]) == ("events.amazonaws.com", RULE)
    assert [event.facts["attempts"] for event in aws.events("events.FailedInvocation")] == [1]


async def test_a_denied_event_goes_to_the_dead_letter_queue_without_a_retry(aws: Aws, bridge) -> None:
    rule = bridge.rule()
    queue, dlq = bridge.queue(), bridge.queue("dlq", rule)
    bridge.target(queue, DeadLetterConfig={"Arn": dlq})
    bridge.put({"id": 3})
    await aws.advance(seconds=1)
    (message,) = bridge.received(dlq)
    assert json.loads(message["Body"])["detail"] == {"id": 3}
    said = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert said.pop("ERROR_MESSAGE")
    assert said == {"RULE_ARN": RULE, "TARGET_ARN": queue, "ERROR_CODE": "AccessDenied"}
    assert len(aws.events("events.DeadLettered")) == 1


async def test_an_unavailable_target_is_tried_again_until_it_is_there(aws: Aws, bridge) -> None:
    queue = bridge.reaching()
    break_sqs(aws)
    bridge.put()
    await aws.advance(seconds=2)
    Faults.of(aws.world).clear()
    assert bridge.received(queue) == []
    await aws.advance(seconds=10)
    assert len(bridge.received(queue)) == 1
    (invoked,) = aws.events("events.Invoked")
    assert invoked.facts["succeeded"]
    assert invoked.facts["attempts"] == 3


async def test_after_185_retries_an_event_is_given_up_within_a_day(aws: Aws, bridge) -> None:
    bridge.reaching()
    break_sqs(aws)
    bridge.put()
    await aws.advance(seconds=86_400)
    (failed,) = aws.events("events.FailedInvocation")
    assert failed.facts["attempts"] == 186
    assert bridge.why().decision in ("delayed", "dropped")


async def test_the_retry_policy_of_a_target_is_kept_and_told_in_the_dead_letter_queue(aws: Aws, bridge) -> None:
    rule = bridge.rule()
    queue, dlq = bridge.queue("inbox", rule), bridge.queue("dlq", rule)
    bridge.target(queue, DeadLetterConfig={"Arn": dlq}, RetryPolicy={"MaximumRetryAttempts": 2})
    Faults.of(aws.world).add(kind="unavailable", service="sqs", operation="SendMessage", resource=queue)
    bridge.put()
    await aws.advance(seconds=60)
    (message,) = bridge.received(dlq)
    said = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert (said["EXHAUSTED_RETRY_CONDITION"], said["RETRY_ATTEMPTS"]) == ("MaximumRetryAttempts", "2")


async def test_an_event_that_grows_too_old_is_given_up(aws: Aws, bridge) -> None:
    rule = bridge.rule()
    queue, dlq = bridge.queue("inbox", rule), bridge.queue("dlq", rule)
    bridge.target(queue, DeadLetterConfig={"Arn": dlq}, RetryPolicy={"MaximumEventAgeInSeconds": 60})
    Faults.of(aws.world).add(kind="unavailable", service="sqs", operation="SendMessage", resource=queue)
    bridge.put()
    await aws.advance(seconds=120)
    (message,) = bridge.received(dlq)
    said = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert said["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"


async def test_a_target_that_was_removed_gets_nothing_any_more(aws: Aws, bridge) -> None:
    queue = bridge.reaching()
    bridge.put()
    aws.events_.remove_targets({"Rule": "orders", "Ids": ["1"]})
    await aws.advance(seconds=1)
    assert bridge.received(queue) == []


async def test_a_fifo_queue_gets_its_group_if_it_deduplicates_by_content(aws: Aws, bridge) -> None:
    queue = bridge.queue("inbox.fifo", bridge.rule())
    bridge.target(queue, SqsParameters={"MessageGroupId": "orders"})
    bridge.put()
    await aws.advance(seconds=1)
    assert bridge.received(queue) == []
    assert "MessageDeduplicationId" in bridge.why().because[0].cause
    url = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/inbox.fifo"
    aws.sqs.set_queue_attributes({"QueueUrl": url, "Attributes": {"ContentBasedDeduplication": "true"}})
    bridge.put()
    await aws.advance(seconds=1)
    (message,) = bridge.received(queue)
    assert message["Attributes"]["MessageGroupId"] == "orders"


async def test_a_target_with_a_role_is_invoked_with_its_permissions(aws: Aws, bridge) -> None:
    bridge.rule()
    queue = bridge.queue()
    role = bridge.role("bridge", "events.amazonaws.com", "sqs:SendMessage")
    bridge.target(queue, RoleArn=role)
    bridge.put()
    await aws.advance(seconds=1)
    assert len(bridge.received(queue)) == 1
    aws.iam.delete_role_policy({"RoleName": "bridge", "PolicyName": "all"})
    bridge.put()
    await aws.advance(seconds=1)
    assert bridge.received(queue) == []
    assert bridge.why().because[0].decision == "denied"
