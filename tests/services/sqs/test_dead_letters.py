"""Dead-letter queues: RedrivePolicy, RedriveAllowPolicy, and messages that are received too often."""

from __future__ import annotations

import json

import pytest

from foulweather.kernel.trace import Traces
from harness import START_MS, Aws
from services.sqs.sqs_calls import arn, attributes, bodies, counts, delete, make_queue, receive, redrive, refused, send


def set_policy(aws: Aws, url: str, text: str, name: str = "RedrivePolicy") -> None:
    aws.sqs.set_queue_attributes({"QueueUrl": url, "Attributes": {name: text}})


def use_up(aws: Aws, url: str, times: int) -> None:
    for _ in range(times):
        assert len(receive(aws, url, VisibilityTimeout=0)) == 1


def test_a_message_goes_to_the_dead_letter_queue_on_the_receive_after_the_last(aws: Aws) -> None:
    dead = make_queue(aws, "dead")
    url = make_queue(aws, RedrivePolicy=redrive("dead", 3))
    sent = send(aws, url)
    use_up(aws, url, 3)
    assert (counts(aws, url), counts(aws, dead)) == ((1, 0, 0), (0, 0, 0))
    assert receive(aws, url) == []
    assert (counts(aws, url), counts(aws, dead)) == ((0, 0, 0), (1, 0, 0))
    (message,) = receive(aws, dead)
    assert message["MessageId"] == sent["MessageId"]
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == arn("orders")
    assert message["Attributes"]["ApproximateReceiveCount"] == "4"
    assert message["Attributes"]["SentTimestamp"] == str(START_MS)


def test_the_receive_that_finds_a_spent_message_gives_the_next_one(aws: Aws) -> None:
    make_queue(aws, "dead")
    url = make_queue(aws, RedrivePolicy=redrive("dead", 1))
    send(aws, url, "spent")
    use_up(aws, url, 1)
    send(aws, url, "fresh")
    assert bodies(receive(aws, url, 1)) == ["fresh"]


def test_no_receive_call_finds_a_message_twice(aws: Aws) -> None:
    make_queue(aws, "dead.fifo")
    url = make_queue(aws, "orders.fifo", RedrivePolicy=redrive("dead.fifo", 1))
    for body in ("spent", "fresh"):
        send(aws, url, body, MessageGroupId="g", MessageDeduplicationId=body)
    assert bodies(receive(aws, url, 1, VisibilityTimeout=0)) == ["spent"]
    assert bodies(receive(aws, url, 2, VisibilityTimeout=0)) == ["fresh"]
    assert counts(aws, url) == (1, 0, 0)


def test_why_a_message_is_a_dead_letter_is_on_record(aws: Aws) -> None:
    make_queue(aws, "dead")
    url = make_queue(aws, RedrivePolicy=redrive("dead", 1))
    send(aws, url)
    use_up(aws, url, 1)
    receive(aws, url)
    trace = aws.world.state(Traces).last_wrong()
    hop = trace.first_wrong() if trace else None
    assert hop is not None
    assert hop.why is not None
    assert "maxReceiveCount" in hop.why.cause
    policy = hop.why.facts[0]
    assert policy.property == "RedrivePolicy"
    assert policy.set_by is not None
    assert policy.set_by.operation == "sqs:CreateQueue"
    (event,) = aws.events("sqs.MessageDeadLettered")
    assert event.facts["target"] == arn("dead")


async def test_a_dead_letter_of_a_standard_queue_expires_by_the_time_it_was_sent(aws: Aws) -> None:
    dead = make_queue(aws, "dead", MessageRetentionPeriod=100)
    url = make_queue(aws, RedrivePolicy=redrive("dead", 1))
    send(aws, dead, "newer")
    send(aws, url)
    use_up(aws, url, 1)
    await aws.advance(seconds=60)
    send(aws, dead, "newest")
    receive(aws, url)
    assert counts(aws, dead) == (3, 0, 0)
    await aws.advance(ms=39_999)
    assert counts(aws, dead) == (3, 0, 0)
    await aws.advance(ms=1)
    assert bodies(receive(aws, dead)) == ["newest"]


async def test_a_late_dead_letter_expires_before_what_arrived_earlier(aws: Aws) -> None:
    dead = make_queue(aws, "dead", MessageRetentionPeriod=100)
    url = make_queue(aws, RedrivePolicy=redrive("dead", 1))
    send(aws, url, "old")
    use_up(aws, url, 1)
    await aws.advance(seconds=60)
    send(aws, dead, "young")
    receive(aws, url)
    await aws.advance(seconds=40)
    assert bodies(receive(aws, dead)) == ["young"]


async def test_a_dead_letter_of_a_fifo_queue_begins_anew(aws: Aws) -> None:
    dead = make_queue(aws, "dead.fifo", MessageRetentionPeriod=100)
    url = make_queue(aws, "orders.fifo", RedrivePolicy=redrive("dead.fifo", 1))
    sent = send(aws, url, "1", MessageGroupId="g", MessageDeduplicationId="x")
    send(aws, url, "2", MessageGroupId="g", MessageDeduplicationId="y")
    assert bodies(receive(aws, url, 1, VisibilityTimeout=0)) == ["1"]
    await aws.advance(seconds=60)
    assert bodies(receive(aws, url, 1)) == ["2"]
    await aws.advance(ms=99_999)
    (message,) = receive(aws, dead, VisibilityTimeout=0)
    assert message["Attributes"]["MessageDeduplicationId"] == sent["MessageId"]
    assert message["Attributes"]["SentTimestamp"] == str(START_MS + 60_000)
    await aws.advance(ms=1)
    assert counts(aws, dead) == (0, 0, 0)


def test_the_count_begins_anew_on_the_dead_letter_queue(aws: Aws) -> None:
    make_queue(aws, "last")
    dead = make_queue(aws, "dead", RedrivePolicy=redrive("last", 2))
    url = make_queue(aws, RedrivePolicy=redrive("dead", 2))
    send(aws, url)
    use_up(aws, url, 2)
    assert receive(aws, url) == []
    use_up(aws, dead, 2)
    assert receive(aws, dead) == []


async def test_without_its_dead_letter_queue_a_message_keeps_coming(aws: Aws) -> None:
    dead = make_queue(aws, "dead")
    url = make_queue(aws, RedrivePolicy=redrive("dead", 1))
    send(aws, url)
    aws.sqs.delete_queue({"QueueUrl": dead})
    use_up(aws, url, 5)


def test_a_handle_of_the_source_does_not_delete_the_dead_letter(aws: Aws) -> None:
    dead = make_queue(aws, "dead")
    url = make_queue(aws, RedrivePolicy=redrive("dead", 1))
    send(aws, url)
    handle = receive(aws, url, VisibilityTimeout=0)[0]["ReceiptHandle"]
    receive(aws, url)
    delete(aws, url, handle)
    assert counts(aws, dead) == (1, 0, 0)


# --- policies


def test_a_redrive_policy_is_shown_with_a_number_and_can_be_removed(aws: Aws) -> None:
    make_queue(aws, "dead")
    url = make_queue(aws)
    set_policy(aws, url, json.dumps({"maxReceiveCount": "7", "deadLetterTargetArn": arn("dead")}))
    assert json.loads(attributes(aws, url)["RedrivePolicy"]) == {
        "deadLetterTargetArn": arn("dead"),
        "maxReceiveCount": 7,
    }
    set_policy(aws, url, json.dumps({"deadLetterTargetArn": arn("dead")}))
    assert json.loads(attributes(aws, url)["RedrivePolicy"])["maxReceiveCount"] == 10
    set_policy(aws, url, "")
    assert "RedrivePolicy" not in attributes(aws, url)
    send(aws, url)
    use_up(aws, url, 12)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nonsense", "Redrive policy is not a valid JSON map."),
        ("[]", "Redrive policy is not a valid JSON map."),
        ('{"maxReceiveCount":1}', "Redrive policy does not contain mandatory attribute: deadLetterTargetArn."),
        (
            '{"deadLetterTargetArn":"a","colour":"red"}',
            "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].",
        ),
        (redrive("dead", 0), "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive."),
        (
            redrive("dead", 1001),
            "Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclusive.",
        ),
        ('{"deadLetterTargetArn":"dead","maxReceiveCount":1}', "Invalid value for deadLetterTargetArn."),
        (redrive("nowhere", 1), "Dead letter target does not exist."),
        (redrive("dead.fifo", 1), "Dead-letter queue must be same type of queue as the source."),
        (
            f'{{"deadLetterTargetArn":"{arn("dead", "999999999999")}","maxReceiveCount":1}}',
            "Dead letter target owner should be same as the source.",
        ),
        (
            f'{{"deadLetterTargetArn":"{arn("dead", region="eu-west-1")}","maxReceiveCount":1}}',
            "Dead-letter target must be in same region as the source.",
        ),
    ],
)
def test_a_redrive_policy_must_be_possible(aws: Aws, text: str, reason: str) -> None:
    make_queue(aws, "dead")
    make_queue(aws, "dead.fifo")
    url = make_queue(aws)
    message = f"Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}"
    with refused("InvalidParameterValue", message):
        set_policy(aws, url, text)
    with refused("InvalidParameterValue", message):
        make_queue(aws, "new", RedrivePolicy=text)


@pytest.mark.parametrize(
    ("allow", "is_allowed"),
    [
        ({"redrivePermission": "allowAll"}, True),
        ({"redrivePermission": "denyAll"}, False),
        ({"redrivePermission": "byQueue", "sourceQueueArns": [arn("orders")]}, True),
        ({"redrivePermission": "byQueue", "sourceQueueArns": [arn("others")]}, False),
    ],
)
def test_a_dead_letter_queue_chooses_its_sources(aws: Aws, allow: dict[str, object], is_allowed: bool) -> None:
    make_queue(aws, "dead", RedriveAllowPolicy=json.dumps(allow))
    url = make_queue(aws)
    text = redrive("dead", 1)
    if is_allowed:
        set_policy(aws, url, text)
        return
    with refused(
        "InvalidParameterValue",
        f"Value {text} for parameter RedrivePolicy is invalid. Reason: "
        "The redrive allow policy of the dead-letter queue does not permit this source queue.",
    ) as refusal:
        set_policy(aws, url, text)
    assert refusal.error is not None
    assert refusal.error.why.facts[0].resource == arn("dead")


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "{}",
        '{"redrivePermission":"perhaps"}',
        '{"redrivePermission":"byQueue"}',
        '{"redrivePermission":"byQueue","sourceQueueArns":[]}',
        '{"redrivePermission":"byQueue","sourceQueueArns":["x"]}',
        '{"redrivePermission":"allowAll","sourceQueueArns":["arn:aws:sqs:us-east-1:111122223333:a"]}',
        json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [arn(str(number)) for number in range(11)]}),
    ],
)
def test_a_redrive_allow_policy_must_make_sense(aws: Aws, text: str) -> None:
    url = make_queue(aws)
    with refused("InvalidAttributeValue", "Invalid value for the parameter RedriveAllowPolicy."):
        set_policy(aws, url, text, "RedriveAllowPolicy")
