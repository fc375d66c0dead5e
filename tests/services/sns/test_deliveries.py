"""What becomes of deliveries: lost, retried, redriven, filtered out, and always on record why."""

from __future__ import annotations

import itertools
import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from foulweather.gates.faults import Faults
from foulweather.kernel.trace import Traces
from foulweather.world.world import World
from harness import ACCOUNT, START_MS, Aws, new_aws

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:orders"
DLQ = f"arn:aws:sqs:us-east-1:{ACCOUNT}:dlq"
REDRIVE = json.dumps({"deadLetterTargetArn": DLQ})


def break_sqs(aws: Aws, **more) -> None:
    Faults.of(aws.world).add(kind="unavailable", service="sqs", operation="SendMessage", **more)


def mend(aws: Aws) -> None:
    Faults.of(aws.world).clear()


def test_a_queue_without_a_policy_loses_its_messages_and_the_reason_is_on_record(aws: Aws, sns) -> None:
    queue = sns.queue()
    subscription = sns.subscribe(sns.topic(), queue)
    assert "MessageId" in sns.publish(TOPIC)
    assert sns.received(queue) == []
    why = sns.why()
    assert why.decision == "dropped"
    assert queue in why.cause
    assert "it is lost" in why.cause
    denial = why.because[0]
    assert denial.decision == "denied"
    said = {fact.property: fact.value for fact in denial.facts}
    assert said["principal"] == "sns.amazonaws.com"
    assert said["action"] == "sqs:SendMessage"
    assert said["aws:SourceArn"] == TOPIC
    assert [event.facts["subscription"] for event in aws.events("sns.NotificationFailed")] == [subscription]
    assert aws.events("sns.NotificationDelivered") == []


def test_the_remedy_of_a_missing_queue_policy_repairs_it(aws: Aws, sns) -> None:
    queue = sns.queue()
    sns.subscribe(sns.topic(), queue)
    sns.publish(TOPIC, "lost")
    commands = [command for node in _nodes(sns.why()) for command in node.remedy if "set-queue-attributes" in command]
    if not commands:
        pytest.skip("the sqs service does not word its command yet")
    words = shlex.split(commands[0])
    url, attributes = words[words.index("--queue-url") + 1], words[words.index("--attributes") + 1]
    aws.sqs.set_queue_attributes({"QueueUrl": url, "Attributes": json.loads(attributes)})
    sns.publish(TOPIC, "arrives")
    assert [body["Message"] for body in sns.bodies(queue)] == ["arrives"]


def _nodes(why):
    yield why
    for inner in why.because:
        yield from _nodes(inner)


def test_a_policy_for_another_topic_does_not_help(aws: Aws, sns) -> None:
    queue = sns.queue("inbox", TOPIC + "2")
    sns.subscribe(sns.topic(), queue)
    sns.publish(TOPIC)
    assert sns.received(queue) == []
    assert any("aws:SourceArn" in node.cause for node in _nodes(sns.why()))


def test_a_queue_that_is_gone_is_a_client_side_error(aws: Aws, sns) -> None:
    sns.subscribe(sns.topic(), f"arn:aws:sqs:us-east-1:{ACCOUNT}:gone")
    sns.publish(TOPIC)
    assert len(aws.events("sns.NotificationFailed")) == 1
    assert aws.events("sns.DeliveryRetryScheduled") == []
    assert "sqs" not in [due.action for due in aws.world.agenda.dues()]


def test_a_failed_message_goes_to_the_dead_letter_queue(aws: Aws, sns) -> None:
    queue, dlq = sns.queue(), sns.queue("dlq", TOPIC)
    sns.subscribe(sns.topic(), queue, RedrivePolicy=REDRIVE)
    published = sns.publish(TOPIC, "keep me")
    (body,) = sns.bodies(dlq)
    assert (body["Message"], body["MessageId"]) == ("keep me", published["MessageId"])
    assert aws.events("sns.NotificationRedrivenToDlq")[0].facts["queue"] == DLQ
    why = sns.why()
    assert why.decision == "failed"
    assert "dead-letter queue" in why.cause
    assert why.because[0].decision == "denied"


def test_a_dead_letter_queue_needs_a_policy_too(aws: Aws, sns) -> None:
    queue, dlq = sns.queue(), sns.queue("dlq")
    sns.subscribe(sns.topic(), queue, RedrivePolicy=REDRIVE)
    sns.publish(TOPIC)
    assert sns.received(dlq) == []
    assert len(aws.events("sns.NotificationFailedToRedriveToDlq")) == 1
    why = sns.why()
    assert [node.decision for node in why.because] == ["denied", "dropped"]


@pytest.mark.parametrize("dies", [False, True])
async def test_a_dead_letter_queue_that_is_slow_gets_the_message_all_the_same(
    dies: bool, tmp_path: Path, tools: Any
) -> None:
    aws = new_aws(directory=tmp_path / "first")
    sns = tools(aws)
    queue, dlq = sns.queue(), sns.queue("dlq", TOPIC)
    sns.subscribe(sns.topic(), queue, RedrivePolicy=REDRIVE)
    Faults.of(aws.world).add(kind="slow", service="sqs", operation="SendMessage", resource=DLQ, delay_ms=60_000)
    sns.publish(TOPIC, "keep me")
    await aws.advance(seconds=30)
    assert sns.bodies(dlq) == []
    if dies:
        aws.world.store.commit()
        shutil.copytree(tmp_path / "first", tmp_path / "second")
        aws = new_aws(world=World(directory=tmp_path / "second"))
        mend(aws)
    await aws.advance(seconds=40)
    assert [body["Message"] for body in tools(aws).bodies(dlq)] == ["keep me"]
    await aws.advance(seconds=60)
    assert tools(aws).bodies(dlq) == []
    assert aws.world.agenda.dues() == []


async def test_server_side_errors_are_retried_on_the_aws_managed_schedule(aws: Aws, sns) -> None:
    queue = sns.subscribed(sns.topic())
    break_sqs(aws)
    sns.publish(TOPIC, "late")
    await aws.advance(seconds=600)
    tried_ms = [event.at_ms - START_MS for event in aws.events("api.Call") if event.facts["operation"] == "SendMessage"]
    gaps = [later - earlier for earlier, later in itertools.pairwise(tried_ms)]
    # At once three times, twice a second apart, ten times from one second to twenty, then every twenty seconds.
    assert gaps[:5] == [0, 0, 0, 1_000, 1_000]
    assert gaps[5] == 1_000
    assert gaps[14] == 20_000
    assert gaps[5:15] == sorted(gaps[5:15])
    assert set(gaps[15:]) == {20_000}
    mend(aws)
    await aws.advance(seconds=20)
    (body,) = sns.bodies(queue)
    assert body["Message"] == "late"
    assert body["Timestamp"] == "2026-01-01T00:00:00.000Z"
    delivered = aws.events("sns.NotificationDelivered")[0].facts
    assert delivered["attempts"] == len(tried_ms) + 1
    assert delivered["dwell_ms"] > 600_000
    assert aws.events("sns.NotificationFailed") == []


async def test_retries_survive_a_restart(tmp_path: Path, tools) -> None:
    aws = new_aws(directory=tmp_path)
    sns = tools(aws)
    queue = sns.subscribed(sns.topic())
    break_sqs(aws)
    sns.publish(TOPIC, "patient")
    await aws.advance(seconds=100)
    mend(aws)
    aws.world.close()
    again = new_aws(world=World(directory=tmp_path))
    assert again.now == START_MS + 100_000
    await again.advance(seconds=60)
    assert [body["Message"] for body in tools(again).bodies(queue)] == ["patient"]


async def test_a_slow_queue_does_not_hold_the_publisher_up(aws: Aws, sns) -> None:
    queue = sns.subscribed(sns.topic())
    Faults.of(aws.world).add(kind="slow", service="sqs", operation="SendMessage", delay_ms=5_000)
    assert "MessageId" in sns.publish(TOPIC)
    await aws.advance(seconds=4)
    assert sns.received(queue) == []
    await aws.advance(seconds=1)
    mend(aws)
    assert len(sns.received(queue)) == 1
    assert aws.events("sns.NotificationDelivered")[0].facts["dwell_ms"] == 5_000


def test_a_filtered_message_says_why_it_did_not_arrive(aws: Aws, sns) -> None:
    queue = sns.subscribed(sns.topic(), FilterPolicy='{"tier":["gold"]}')
    attributes = {"tier": {"DataType": "String", "StringValue": "silver"}}
    sns.publish(TOPIC, MessageAttributes=attributes)
    assert sns.received(queue) == []
    event = aws.events("sns.NotificationFilteredOut")[0]
    assert event.facts["reason"] == "MessageAttributes"
    why = sns.why()
    assert why.decision == "dropped"
    assert why.cause == (
        "The filter policy wants tier to match one of ['gold'], and it is 'silver' in the message's attributes."
    )
    assert why.facts[0].property == "FilterPolicy"
    assert why.facts[0].set_by is not None
    assert "set-subscription-attributes" in why.remedy[0]


def test_a_message_that_somebody_accepts_is_no_failure(aws: Aws, sns) -> None:
    topic = sns.topic()
    sns.subscribed(topic, "all")
    sns.subscribed(topic, "gold", FilterPolicy='{"tier":["gold"]}')
    sns.publish(topic)
    traces = aws.world.state(Traces)
    assert traces.last_wrong() is None
    published = next(e for e in aws.events("api.Call") if e.facts["operation"] == "Publish")
    trace = traces.find(published.request_id)
    assert trace is not None
    hop = trace.first_wrong()
    assert hop is not None
    assert hop.operation == "Filter"


@pytest.mark.parametrize(
    ("scope", "message", "attributes", "reason"),
    [
        ("MessageAttributes", "x", {}, "NoMessageAttributes"),
        ("MessageAttributes", "x", {"tier": ("String.Array", "[broken")}, "InvalidAttributes"),
        ("MessageAttributes", "x", {"tier": ("String", "iron")}, "MessageAttributes"),
        ("MessageBody", "plain text", {}, "InvalidMessageBody"),
        ("MessageBody", '{"tier":"iron"}', {}, "MessageBody"),
    ],
)
def test_the_metrics_of_filtering_have_their_reasons(aws: Aws, sns, scope, message, attributes, reason) -> None:
    sns.subscribed(sns.topic(), FilterPolicy='{"tier":["gold"]}', FilterPolicyScope=scope)
    given = {name: {"DataType": kind, "StringValue": value} for name, (kind, value) in attributes.items()}
    sns.publish(TOPIC, message, MessageAttributes=given)
    assert [event.facts["reason"] for event in aws.events("sns.NotificationFilteredOut")] == [reason]


def test_a_changed_filter_policy_is_in_force_at_once(aws: Aws, sns) -> None:
    queue = sns.queue("inbox", TOPIC)
    arn = sns.subscribe(sns.topic(), queue, FilterPolicy='{"a":["b"]}')
    sns.publish(TOPIC)
    aws.sns.set_subscription_attributes({"SubscriptionArn": arn, "AttributeName": "FilterPolicy", "AttributeValue": ""})
    sns.publish(TOPIC)
    assert len(sns.received(queue)) == 1


async def test_a_function_that_cannot_be_invoked_is_said_to_be_so(aws: Aws, sns) -> None:
    if aws.pipeline.services.find("lambda") is not None:
        pytest.skip("the lambda service is built")
    sns.topic()
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
    aws.sns.subscribe({"TopicArn": TOPIC, "Protocol": "lambda", "Endpoint": function})
    sns.publish(TOPIC)
    await aws.advance()
    assert len(aws.events("sns.NotificationFailed")) == 1
    assert aws.events("sns.NotificationDelivered") == []
    assert "NotImplemented" in sns.why().because[0].cause


def test_delivery_status_is_logged_where_a_role_is_given(aws: Aws, sns) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/feedback"
    topic = sns.topic(
        SQSSuccessFeedbackRoleArn=role, SQSSuccessFeedbackSampleRate="100", SQSFailureFeedbackRoleArn=role
    )
    sns.subscribed(topic)
    sns.publish(topic)
    sns.subscribe(topic, sns.queue("closed"))
    sns.publish(topic)
    logged = [event.facts for event in aws.events("sns.DeliveryStatusLogged")]
    assert [(one["record"]["status"], one["log_group"]) for one in logged] == [
        ("SUCCESS", f"sns/us-east-1/{ACCOUNT}/orders"),
        ("SUCCESS", f"sns/us-east-1/{ACCOUNT}/orders"),
        ("FAILURE", f"sns/us-east-1/{ACCOUNT}/orders/Failure"),
    ]


def test_a_topic_delivers_to_another_region(aws: Aws, sns) -> None:
    west = aws.in_region("us-west-2")
    queue = sns.queue("west", TOPIC, aws=west)
    sns.subscribe(sns.topic(), queue)
    sns.publish(TOPIC)
    assert len(sns.received(queue, west)) == 1
