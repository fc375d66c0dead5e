"""SendMessage, SendMessageBatch."""

from __future__ import annotations

from hashlib import md5
from typing import Any

import pytest

from foulweather.policy.principal import Principal
from harness import ACCOUNT, Aws
from services.sqs.sqs_calls import arn, attributes, bodies, counts, make_queue, receive, refused, send

INVALID_CHARACTERS = (
    "Invalid characters found. Valid unicode characters are "
    "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
)
BAD_ENTRY_ID = (
    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
    "It can be at most 80 letters long."
)
WRONG_TYPE = "The request include parameter that is not valid for this queue type."
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


def test_a_message_is_answered_with_its_digest(aws: Aws) -> None:
    sent = send(aws, make_queue(aws), "grüße")
    assert sent["MD5OfMessageBody"] == md5("grüße".encode()).hexdigest()
    assert sorted(sent) == ["MD5OfMessageBody", "MessageId"]


def test_a_message_without_body_is_refused(aws: Aws) -> None:
    url = make_queue(aws)
    for request in ({"QueueUrl": url}, {"QueueUrl": url, "MessageBody": ""}):
        with refused("MissingParameter", "The request must contain the parameter MessageBody."):
            aws.sqs.send_message(request)


@pytest.mark.parametrize("body", ["\x00", "a\x08", "\x0b", "\x0c", "\x1f", "\ufffe", "ü\uffff", "\ud800"])
def test_characters_that_xml_does_not_allow_are_refused(aws: Aws, body: str) -> None:
    url = make_queue(aws)
    with refused("InvalidMessageContents", INVALID_CHARACTERS):
        send(aws, url, body)
    with refused("InvalidMessageContents", INVALID_CHARACTERS):
        send(aws, url, MessageAttributes={"a": {"DataType": "String", "StringValue": body}})


@pytest.mark.parametrize("body", ["\t\n\r", " ~\x7f", "\ud7ff\ue000\ufffd", "\U00010000\U0010ffff"])
def test_all_other_characters_are_kept(aws: Aws, body: str) -> None:
    url = make_queue(aws)
    send(aws, url, body)
    assert bodies(receive(aws, url)) == [body]


def test_body_and_attributes_together_fit_the_queues_size(aws: Aws) -> None:
    url = make_queue(aws, MaximumMessageSize=1024)
    too_long = "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."
    attribute = {"name": {"DataType": "String", "StringValue": "value"}}  # 4 + 6 + 5 bytes
    send(aws, url, "x" * 1024)
    send(aws, url, "x" * (1024 - 15), MessageAttributes=attribute)
    with refused("InvalidParameterValue", too_long):
        send(aws, url, "x" * 1025)
    with refused("InvalidParameterValue", too_long):
        send(aws, url, "ü" * 513)
    with refused("InvalidParameterValue", too_long):
        send(aws, url, "x" * (1024 - 14), MessageAttributes=attribute)
    send(aws, url, "x" * 1024, MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": TRACE}})


def test_a_message_may_have_a_mebibyte(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url, "x" * 1_048_576)
    with refused(
        "InvalidParameterValue",
        "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.",
    ):
        send(aws, url, "x" * 1_048_577)


@pytest.mark.parametrize("delay_s", [-1, 901])
def test_a_delay_is_at_most_fifteen_minutes(aws: Aws, delay_s: int) -> None:
    with refused(
        "InvalidParameterValue",
        f"Value {delay_s} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
    ):
        send(aws, make_queue(aws), DelaySeconds=delay_s)


async def test_a_delayed_message_appears_when_its_delay_is_over(aws: Aws) -> None:
    url = make_queue(aws, DelaySeconds=5)
    send(aws, url, "queue's")
    send(aws, url, "own", DelaySeconds=900)
    send(aws, url, "none", DelaySeconds=0)
    assert bodies(receive(aws, url, VisibilityTimeout=43_200)) == ["none"]
    await aws.advance(ms=4_999)
    assert counts(aws, url) == (0, 1, 2)
    await aws.advance(ms=1)
    assert bodies(receive(aws, url, VisibilityTimeout=43_200)) == ["queue's"]
    await aws.advance(ms=894_999)
    assert receive(aws, url) == []
    await aws.advance(ms=1)
    assert bodies(receive(aws, url)) == ["own"]


async def test_a_message_is_kept_for_four_days(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url)
    await aws.advance(ms=4 * 86_400_000 - 1)
    assert counts(aws, url) == (1, 0, 0)
    await aws.advance(ms=1)
    assert counts(aws, url) == (0, 0, 0)
    (event,) = aws.events("sqs.MessageExpired")
    assert event.facts["count"] == 1


async def test_a_message_expires_even_while_it_is_in_flight(aws: Aws) -> None:
    url = make_queue(aws, MessageRetentionPeriod=60)
    send(aws, url)
    receive(aws, url, VisibilityTimeout=300)
    await aws.advance(seconds=60)
    assert counts(aws, url) == (0, 0, 0)


def test_what_only_fifo_queues_take_is_refused(aws: Aws) -> None:
    url = make_queue(aws)
    with refused(
        "InvalidParameterValue", f"Value x for parameter MessageDeduplicationId is invalid. Reason: {WRONG_TYPE}"
    ):
        send(aws, url, MessageDeduplicationId="x")


def test_a_standard_queue_takes_groups_and_does_not_hold_them_back(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url, "1", MessageGroupId="tenant")
    send(aws, url, "2", MessageGroupId="tenant")
    (first,) = receive(aws, url, 1)
    assert first["Attributes"]["MessageGroupId"] == "tenant"
    assert bodies(receive(aws, url, 1)) == ["2"]
    with refused(
        "InvalidParameterValue",
        "Value a b for parameter MessageGroupId is invalid. Reason: "
        "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.",
    ):
        send(aws, url, MessageGroupId="a b")


def test_the_sender_is_known_by_its_unique_id(aws: Aws) -> None:
    url = make_queue(aws)
    role = Principal(
        "assumed-role",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/one",
        ACCOUNT,
        "AROAEXAMPLE:one",
        f"arn:aws:iam::{ACCOUNT}:role/worker",
    )
    policy = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*",'
        f'"Resource":"{arn("orders")}"}}}}'
    )
    aws.sqs.set_queue_attributes({"QueueUrl": url, "Attributes": {"Policy": policy}})
    send(aws.as_principal(role), url)
    send(aws, url)
    senders = [message["Attributes"]["SenderId"] for message in receive(aws, url)]
    assert senders == ["AROAEXAMPLE:one", ACCOUNT]


def test_a_trace_header_goes_with_the_message(aws: Aws) -> None:
    url = make_queue(aws)
    header = {"AWSTraceHeader": {"DataType": "String", "StringValue": TRACE}}
    sent = send(aws, url, MessageSystemAttributes=header)
    expected = md5(
        b"\x00\x00\x00\x0eAWSTraceHeader\x00\x00\x00\x06String\x01" + len(TRACE).to_bytes(4, "big") + TRACE.encode()
    ).hexdigest()
    assert sent["MD5OfMessageSystemAttributes"] == expected
    assert receive(aws, url)[0]["Attributes"]["AWSTraceHeader"] == TRACE


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"Other": {"DataType": "String", "StringValue": "x"}}, "Message system attribute name 'Other' is invalid."),
        (
            {"AWSTraceHeader": {"DataType": "Number", "StringValue": "1"}},
            "The message system attribute 'AWSTraceHeader' must have the type 'String'.",
        ),
        (
            {"AWSTraceHeader": {"DataType": "String", "StringValue": "x"}},
            "The message system attribute 'AWSTraceHeader' is not a valid X-Ray trace header.",
        ),
    ],
)
def test_no_other_system_attribute_can_be_sent(aws: Aws, given: dict[str, Any], message: str) -> None:
    with refused("InvalidParameterValue", message):
        send(aws, make_queue(aws), MessageSystemAttributes=given)


# --- batches


def batch(aws: Aws, url: str, *entries: dict[str, Any]) -> dict[str, Any]:
    return aws.sqs.send_message_batch({"QueueUrl": url, "Entries": list(entries)})


def entry(entry_id: str, body: str = "hello", **members: Any) -> dict[str, Any]:
    return {"Id": entry_id, "MessageBody": body, **members}


def test_a_batch_succeeds_and_fails_by_entry(aws: Aws) -> None:
    url = make_queue(aws)
    result = batch(
        aws,
        url,
        entry("good"),
        entry("late", DelaySeconds=901),
        entry("odd", "\x00"),
        entry("empty", ""),
        entry("fine"),
    )
    assert [one["Id"] for one in result["Successful"]] == ["good", "fine"]
    assert [(one["Id"], one["Code"], one["SenderFault"]) for one in result["Failed"]] == [
        ("late", "InvalidParameterValue", True),
        ("odd", "InvalidMessageContents", True),
        ("empty", "MissingParameter", True),
    ]
    assert counts(aws, url) == (2, 0, 0)


@pytest.mark.parametrize(
    ("entries", "code", "message"),
    [
        ([], "EmptyBatchRequest", "There should be at least one SendMessageBatchRequestEntry in the request."),
        (
            [entry(str(number)) for number in range(11)],
            "TooManyEntriesInBatchRequest",
            "Maximum number of entries per request are 10. You have sent 11.",
        ),
        ([entry("a"), entry("b"), entry("a")], "BatchEntryIdsNotDistinct", "Id a repeated."),
        (
            [entry("a b")],
            "InvalidBatchEntryId",
            BAD_ENTRY_ID,
        ),
        (
            [entry("a" * 81)],
            "InvalidBatchEntryId",
            BAD_ENTRY_ID,
        ),
        (
            [entry(str(number), "x" * 524_288) for number in range(2)] + [entry("2", "x")],
            "BatchRequestTooLong",
            "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.",
        ),
    ],
)
def test_a_batch_is_refused_as_a_whole(aws: Aws, entries: list[dict[str, Any]], code: str, message: str) -> None:
    url = make_queue(aws)
    with refused(code, message):
        batch(aws, url, *entries)
    assert counts(aws, url) == (0, 0, 0)


def test_attributes_count_in_a_batchs_size(aws: Aws) -> None:
    url = make_queue(aws)
    attribute = {"a": {"DataType": "Binary", "BinaryValue": b"12345"}}  # 1 + 6 + 5 bytes
    assert len(batch(aws, url, entry("1", "x" * (1_048_576 - 12), MessageAttributes=attribute))["Successful"]) == 1
    with refused(
        "BatchRequestTooLong", "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes."
    ):
        batch(aws, url, entry("1", "x" * (1_048_576 - 11), MessageAttributes=attribute))


def test_the_queue_is_looked_for_before_the_batch_is_read(aws: Aws) -> None:
    with refused("QueueDoesNotExist", "The specified queue does not exist."):
        batch(aws, "nowhere")


def test_sending_is_in_the_journal_with_its_bytes(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url, "ü", MessageAttributes={"a": {"DataType": "String", "StringValue": "b"}})
    (event,) = aws.events("sqs.MessageSent")
    assert (event.resource, event.facts) == (attributes(aws, url)["QueueArn"], {"bytes": 2 + 1 + 6 + 1})
