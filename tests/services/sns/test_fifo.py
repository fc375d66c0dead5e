"""FIFO topics: order, deduplication, archive and replay."""

from __future__ import annotations

import json

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:prices.fifo"
DAY = 24 * 3600


def refusal(operation, request) -> tuple[str, str]:
    with pytest.raises(AwsError) as caught:
        operation(request)
    return caught.value.code, caught.value.message


def published(aws: Aws, message: str, group: str = "g", **more) -> dict:
    return aws.sns.publish({"TopicArn": TOPIC, "Message": message, "MessageGroupId": group, **more})


@pytest.fixture
def queue(sns) -> str:
    topic = sns.topic("prices.fifo", ContentBasedDeduplication="true")
    return sns.subscribed(topic, "inbox.fifo")


def bodies(sns, queue: str) -> list[str]:
    return [body["Message"] for body in sns.bodies(queue)]


def test_messages_arrive_in_order_with_their_numbers(aws: Aws, sns, queue) -> None:
    numbers = [published(aws, f"m{n}")["SequenceNumber"] for n in range(5)]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == 5
    received = sns.bodies(queue)
    assert [body["Message"] for body in received] == ["m0", "m1", "m2", "m3", "m4"]
    assert [body["SequenceNumber"] for body in received] == numbers


async def test_a_duplicate_is_accepted_and_not_delivered_for_five_minutes(aws: Aws, sns, queue) -> None:
    first = published(aws, "same")
    assert published(aws, "same") == first
    await aws.advance(seconds=299)
    assert published(aws, "same") == first
    assert bodies(sns, queue) == ["same"]
    await aws.advance(seconds=1)
    assert published(aws, "same") != first


def test_an_own_deduplication_id_overrides_the_contents(aws: Aws, sns, queue) -> None:
    published(aws, "a", MessageDeduplicationId="1")
    published(aws, "b", MessageDeduplicationId="1")
    published(aws, "a", MessageDeduplicationId="2")
    assert bodies(sns, queue) == ["a", "a"]


def test_deduplication_by_group_where_the_topic_says_so(aws: Aws, sns) -> None:
    topic = sns.topic("prices.fifo", ContentBasedDeduplication="true", FifoThroughputScope="MessageGroup")
    sns.subscribed(topic, "inbox.fifo")
    first = published(aws, "x", "a")
    assert published(aws, "x", "b")["MessageId"] != first["MessageId"]
    assert published(aws, "x", "a")["MessageId"] == first["MessageId"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({}, "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"),
        (
            {"MessageGroupId": "g"},
            "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or "
            "MessageDeduplicationId provided explicitly",
        ),
    ],
)
def test_what_a_fifo_topic_wants(aws: Aws, sns, more, message) -> None:
    sns.topic("prices.fifo")
    assert refusal(aws.sns.publish, {"TopicArn": TOPIC, "Message": "x", **more}) == (
        "InvalidParameterException",
        message,
    )


def test_ids_are_printable(aws: Aws, sns, queue) -> None:
    request = {"TopicArn": TOPIC, "Message": "x", "MessageGroupId": "g", "MessageDeduplicationId": "ü"}
    assert refusal(aws.sns.publish, request)[1].startswith("Invalid parameter: MessageDeduplicationId Reason:")
    request = {"TopicArn": TOPIC, "Message": "x", "MessageGroupId": "g" * 129}
    assert refusal(aws.sns.publish, request)[1].startswith("Invalid parameter: MessageGroupId Reason:")


def test_fifo_topics_deliver_to_queues_only(aws: Aws, sns) -> None:
    sns.topic("prices.fifo")
    request = {"TopicArn": TOPIC, "Protocol": "https", "Endpoint": "https://example.com"}
    assert refusal(aws.sns.subscribe, request)[1] == "Invalid parameter: Invalid protocol type: https"


def test_a_standard_queue_gets_the_messages_without_groups(aws: Aws, sns) -> None:
    queue = sns.subscribed(sns.topic("prices.fifo", ContentBasedDeduplication="true"), "plain")
    published(aws, "x")
    (message,) = sns.received(queue)
    assert "MessageGroupId" not in message["Attributes"]


def test_a_hundred_subscriptions_a_topic(aws: Aws, sns) -> None:
    sns.topic("prices.fifo")
    for number in range(100):
        sns.subscribe(TOPIC, f"arn:aws:sqs:us-east-1:{ACCOUNT}:q{number}.fifo")
    request = {"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q.fifo"}
    aws.world.clock.move_to(aws.now + 1000)
    assert refusal(aws.sns.subscribe, request)[0] == "SubscriptionLimitExceededException"


def replay(start: str, end: str | None = None) -> str:
    return json.dumps({"PointType": "Timestamp", "StartingPoint": start, **({"EndingPoint": end} if end else {})})


@pytest.fixture
def archived(sns) -> str:
    return sns.topic("prices.fifo", ContentBasedDeduplication="true", ArchivePolicy='{"MessageRetentionPeriod":"30"}')


async def test_a_replay_delivers_what_was_published_before_in_order(aws: Aws, sns, archived) -> None:
    for number in range(3):
        published(aws, f"m{number}")
        await aws.advance(seconds=60)
    queue = sns.queue("late.fifo", TOPIC)
    arn = sns.subscribe(TOPIC, queue, ReplayPolicy=replay("2026-01-01T00:01:00.000Z"))
    shown = aws.sns.get_subscription_attributes({"SubscriptionArn": arn})["Attributes"]
    assert shown["ReplayStatus"] == "Pending"
    await aws.advance()
    shown = aws.sns.get_subscription_attributes({"SubscriptionArn": arn})["Attributes"]
    assert shown["ReplayStatus"] == "Completed"
    published(aws, "new")
    received = sns.bodies(queue)
    assert [body["Message"] for body in received] == ["m1", "m2", "new"]
    assert [body.get("Replayed") for body in received] == ["true", "true", None]
    assert received[0]["Timestamp"] == "2026-01-01T00:01:00.000Z"


async def test_after_a_replay_with_an_end_nothing_follows(aws: Aws, sns, archived) -> None:
    for number in range(3):
        published(aws, f"m{number}")
        await aws.advance(seconds=60)
    queue = sns.queue("late.fifo", TOPIC)
    sns.subscribe(TOPIC, queue, ReplayPolicy=replay("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"))
    await aws.advance()
    published(aws, "new")
    assert bodies(sns, queue) == ["m0", "m1"]


async def test_a_long_replay_goes_on_by_the_clock(aws: Aws, sns, archived) -> None:
    for number in range(250):
        published(aws, f"m{number:03d}")
    queue = sns.queue("late.fifo", TOPIC)
    arn = sns.subscribe(TOPIC, queue, ReplayPolicy=replay("2026-01-01T00:00:00Z"))
    await aws.advance()
    status = aws.sns.get_subscription_attributes({"SubscriptionArn": arn})["Attributes"]["ReplayStatus"]
    assert status == "In progress"
    await aws.advance(seconds=2)
    events = aws.events("sns.NotificationDelivered")
    assert len(events) == 250
    assert len(aws.events("sns.ReplayCompleted")) == 1


async def test_the_archive_forgets_after_its_retention_period(aws: Aws, sns, archived) -> None:
    published(aws, "old")
    await aws.advance(seconds=31 * DAY)
    published(aws, "new")
    attributes = aws.sns.get_topic_attributes({"TopicArn": TOPIC})["Attributes"]
    assert attributes["BeginningArchiveTime"] == "2026-01-02T00:00:00.000Z"
    queue = sns.queue("late.fifo", TOPIC)
    sns.subscribe(TOPIC, queue, ReplayPolicy=replay("2026-01-01T00:00:00Z"))
    await aws.advance()
    assert bodies(sns, queue) == ["new"]


def test_a_replay_filters(aws: Aws, sns, archived) -> None:
    published(aws, '{"tier":"gold"}')
    published(aws, '{"tier":"iron"}')
    queue = sns.queue("late.fifo", TOPIC)
    sns.subscribe(
        TOPIC,
        queue,
        ReplayPolicy=replay("2026-01-01T00:00:00Z"),
        FilterPolicy='{"tier":["gold"]}',
        FilterPolicyScope="MessageBody",
    )
    aws.world.run_due()
    assert bodies(sns, queue) == ['{"tier":"gold"}']


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("{", "ReplayPolicy: failed to parse JSON."),
        ('{"PointType":"Sequence"}', "ReplayPolicy: PointType must be Timestamp"),
        ('{"PointType":"Timestamp"}', "ReplayPolicy: StartingPoint must be a timestamp"),
        (
            replay("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"),
            "ReplayPolicy: EndingPoint must be after StartingPoint",
        ),
    ],
)
def test_replay_policies_that_are_refused(aws: Aws, sns, archived, policy, message) -> None:
    arn = sns.subscribe(TOPIC, f"arn:aws:sqs:us-east-1:{ACCOUNT}:q.fifo")
    request = {"SubscriptionArn": arn, "AttributeName": "ReplayPolicy", "AttributeValue": policy}
    assert refusal(aws.sns.set_subscription_attributes, request)[1] == f"Invalid parameter: {message}"


def test_a_topic_with_an_archive_is_not_deleted(aws: Aws, sns, archived) -> None:
    assert refusal(aws.sns.delete_topic, {"TopicArn": TOPIC})[0] == "InvalidStateException"
    aws.sns.set_topic_attributes({"TopicArn": TOPIC, "AttributeName": "ArchivePolicy", "AttributeValue": "{}"})
    aws.sns.delete_topic({"TopicArn": TOPIC})
