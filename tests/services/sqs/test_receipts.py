"""ReceiveMessage, DeleteMessage, ChangeMessageVisibility and their batches."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.sqs import limits
from harness import START_MS, Aws
from services.sqs.sqs_calls import bodies, counts, delete, make_queue, receive, refused, send

GONE = "Message does not exist or is not available for visibility timeout change."


def change(aws: Aws, url: str, handle: str, visibility_s: int) -> None:
    aws.sqs.change_message_visibility({"QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": visibility_s})


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("MaxNumberOfMessages", 0, "Must be between 1 and 10, if provided."),
        ("MaxNumberOfMessages", 11, "Must be between 1 and 10, if provided."),
        ("WaitTimeSeconds", -1, "Must be >= 0 and <= 20, if provided."),
        ("WaitTimeSeconds", 21, "Must be >= 0 and <= 20, if provided."),
        ("VisibilityTimeout", -1, "Must be between 0 and 43200, if provided."),
        ("VisibilityTimeout", 43_201, "Must be between 0 and 43200, if provided."),
        ("ReceiveRequestAttemptId", "x", "The request include parameter that is not valid for this queue type."),
    ],
)
def test_what_a_receive_call_cannot_ask_for(aws: Aws, member: str, value: object, reason: str) -> None:
    url = make_queue(aws)
    with refused("InvalidParameterValue", f"Value {value} for parameter {member} is invalid. Reason: {reason}"):
        aws.sqs.receive_message({"QueueUrl": url, member: value})


def test_unknown_system_attributes_are_refused(aws: Aws) -> None:
    url = make_queue(aws)
    for member in ("AttributeNames", "MessageSystemAttributeNames"):
        with refused("InvalidAttributeName", "Unknown Attribute Colour."):
            aws.sqs.receive_message({"QueueUrl": url, member: ["All", "Colour"]})


def test_system_attributes_are_given_when_asked_for(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url)
    ask = {"QueueUrl": url, "VisibilityTimeout": 0}
    (plain,) = aws.sqs.receive_message(ask)["Messages"]
    assert sorted(plain) == ["Body", "MD5OfBody", "MessageId", "ReceiptHandle"]
    (some,) = aws.sqs.receive_message({**ask, "AttributeNames": ["SentTimestamp"]})["Messages"]
    assert some["Attributes"] == {"SentTimestamp": str(START_MS)}
    (all_,) = aws.sqs.receive_message({**ask, "MessageSystemAttributeNames": ["All"]})["Messages"]
    assert all_["Attributes"] == {
        "SenderId": aws.account,
        "SentTimestamp": str(START_MS),
        "ApproximateReceiveCount": "3",
        "ApproximateFirstReceiveTimestamp": str(START_MS),
    }


def test_one_message_is_received_unless_more_are_asked_for(aws: Aws) -> None:
    url = make_queue(aws)
    for number in range(12):
        send(aws, url, str(number))
    assert len(aws.sqs.receive_message({"QueueUrl": url})["Messages"]) == 1
    assert len(receive(aws, url, 10)) == 10
    assert len(receive(aws, url, 10)) == 1
    assert aws.sqs.receive_message({"QueueUrl": url}) == {}
    assert counts(aws, url) == (0, 12, 0)
    assert len(aws.events("sqs.EmptyReceive")) == 1


async def test_a_message_is_visible_again_when_its_timeout_is_over(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url)
    (first,) = receive(aws, url)
    await aws.advance(ms=29_999)
    assert receive(aws, url) == []
    await aws.advance(ms=1)
    (second,) = receive(aws, url)
    assert second["MessageId"] == first["MessageId"]
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    assert second["Attributes"]["ApproximateFirstReceiveTimestamp"] == str(START_MS)


async def test_a_deleted_message_does_not_come_back(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url)
    handle = receive(aws, url)[0]["ReceiptHandle"]
    delete(aws, url, handle)
    assert counts(aws, url) == (0, 0, 0)
    delete(aws, url, handle)
    await aws.advance(seconds=43_199)
    delete(aws, url, handle)
    assert receive(aws, url) == []
    assert len(aws.events("sqs.MessageDeleted")) == 1


async def test_the_latest_handle_deletes_a_message_that_is_visible_again(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url)
    handle = receive(aws, url)[0]["ReceiptHandle"]
    await aws.advance(seconds=31)
    delete(aws, url, handle)
    assert counts(aws, url) == (0, 0, 0)


async def test_an_older_handle_deletes_nothing_and_says_nothing(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url)
    old = receive(aws, url)[0]["ReceiptHandle"]
    await aws.advance(seconds=30)
    receive(aws, url)
    delete(aws, url, old)
    assert counts(aws, url) == (0, 1, 0)


async def test_no_handle_lasts_longer_than_twelve_hours(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url)
    handle = receive(aws, url)[0]["ReceiptHandle"]
    await aws.advance(seconds=43_200)
    with refused(
        "InvalidParameterValue",
        f"Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.",
    ):
        delete(aws, url, handle)
    assert counts(aws, url) == (1, 0, 0)


@pytest.mark.parametrize("handle", ["x", "not base64!", "AQEB", "AQEBeHh4", "grüße"])
def test_what_is_no_handle_is_refused(aws: Aws, handle: str) -> None:
    url = make_queue(aws)
    message = f'The input receipt handle "{handle}" is not a valid receipt handle.'
    with refused("ReceiptHandleIsInvalid", message):
        delete(aws, url, handle)
    with refused("ReceiptHandleIsInvalid", message):
        change(aws, url, handle, 0)
    result = aws.sqs.delete_message_batch({"QueueUrl": url, "Entries": [{"Id": "a", "ReceiptHandle": handle}]})
    assert result == {
        "Successful": [],
        "Failed": [{"Id": "a", "SenderFault": True, "Code": "ReceiptHandleIsInvalid", "Message": message}],
    }


def test_a_handle_belongs_to_its_queue(aws: Aws) -> None:
    url, other = make_queue(aws), make_queue(aws, "other")
    send(aws, url)
    handle = receive(aws, url)[0]["ReceiptHandle"]
    with refused("ReceiptHandleIsInvalid", f'The input receipt handle "{handle}" is not a valid receipt handle.'):
        delete(aws, other, handle)


@pytest.mark.parametrize("operation", ["delete_message", "change_message_visibility"])
def test_a_handle_is_required(aws: Aws, operation: str) -> None:
    url = make_queue(aws)
    with refused("MissingParameter", "The request must contain the parameter ReceiptHandle."):
        getattr(aws.sqs, operation)({"QueueUrl": url})


async def test_a_changed_timeout_counts_from_now_and_for_this_receipt_only(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url)
    handle = receive(aws, url)[0]["ReceiptHandle"]
    await aws.advance(seconds=15)
    change(aws, url, handle, 10)
    await aws.advance(ms=9_999)
    assert receive(aws, url) == []
    await aws.advance(ms=1)
    assert len(receive(aws, url)) == 1
    await aws.advance(ms=29_999)
    assert receive(aws, url) == []


def test_a_timeout_of_nothing_returns_the_message_at_once(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url)
    change(aws, url, receive(aws, url)[0]["ReceiptHandle"], 0)
    assert counts(aws, url) == (1, 0, 0)
    assert len(receive(aws, url)) == 1


async def test_a_message_is_in_flight_for_at_most_twelve_hours_in_all(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url)
    handle = receive(aws, url)[0]["ReceiptHandle"]
    change(aws, url, handle, 43_200)
    await aws.advance(seconds=100)
    with refused(
        "InvalidParameterValue",
        "Value 43101 for parameter VisibilityTimeout is invalid. Reason: "
        "Total VisibilityTimeout for the message is beyond the limit [43200 seconds].",
    ):
        change(aws, url, handle, 43_101)
    change(aws, url, handle, 43_100)
    with refused(
        "InvalidParameterValue",
        "Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200, if provided.",
    ):
        change(aws, url, handle, 43_201)
    with refused("MissingParameter", "The request must contain the parameter VisibilityTimeout."):
        aws.sqs.change_message_visibility({"QueueUrl": url, "ReceiptHandle": handle})


async def test_only_a_message_in_flight_can_be_changed(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url)
    old = receive(aws, url)[0]["ReceiptHandle"]
    await aws.advance(seconds=30)
    with refused("MessageNotInflight", "The specified message isn't in flight."):
        change(aws, url, old, 60)
    new = receive(aws, url)[0]["ReceiptHandle"]
    with refused("InvalidParameterValue", f"Value {old} for parameter ReceiptHandle is invalid. Reason: {GONE}"):
        change(aws, url, old, 60)
    delete(aws, url, new)
    with refused("InvalidParameterValue", f"Value {new} for parameter ReceiptHandle is invalid. Reason: {GONE}"):
        change(aws, url, new, 60)


def test_batches_of_receipts_succeed_and_fail_by_entry(aws: Aws) -> None:
    url = make_queue(aws)
    for number in range(3):
        send(aws, url, str(number))
    handles = [message["ReceiptHandle"] for message in receive(aws, url)]
    entries: list[dict[str, Any]] = [
        {"Id": "a", "ReceiptHandle": handles[0], "VisibilityTimeout": 0},
        {"Id": "b", "ReceiptHandle": handles[1], "VisibilityTimeout": 43_201},
        {"Id": "c", "ReceiptHandle": handles[2]},
        {"Id": "d"},
    ]
    changed = aws.sqs.change_message_visibility_batch({"QueueUrl": url, "Entries": entries})
    assert changed["Successful"] == [{"Id": "a"}]
    assert [(one["Id"], one["Code"]) for one in changed["Failed"]] == [
        ("b", "InvalidParameterValue"),
        ("c", "MissingParameter"),
        ("d", "MissingParameter"),
    ]
    deleted = aws.sqs.delete_message_batch({"QueueUrl": url, "Entries": entries})
    assert deleted["Successful"] == [{"Id": "a"}, {"Id": "b"}, {"Id": "c"}]
    assert [one["Id"] for one in deleted["Failed"]] == ["d"]
    assert counts(aws, url) == (0, 0, 0)


@pytest.mark.parametrize("operation", ["delete_message_batch", "change_message_visibility_batch"])
def test_an_empty_batch_of_receipts_is_refused(aws: Aws, operation: str) -> None:
    shape = "".join(part.capitalize() for part in operation.split("_")) + "RequestEntry"
    url = make_queue(aws)
    with refused("EmptyBatchRequest", f"There should be at least one {shape} in the request."):
        getattr(aws.sqs, operation)({"QueueUrl": url, "Entries": []})


async def test_too_many_messages_in_flight_fail_short_polls_only(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "IN_FLIGHT_MAX", 3)
    standard, fifo = make_queue(aws), make_queue(aws, "orders.fifo")
    for number in range(5):
        send(aws, standard, str(number))
        send(aws, fifo, str(number), MessageGroupId=str(number), MessageDeduplicationId=str(number))
    assert len(receive(aws, standard)) == 3
    assert len(receive(aws, fifo)) == 3
    with refused("OverLimit", "The maximum number of in flight messages is reached."):
        receive(aws, standard)
    assert receive(aws, fifo) == []
    await aws.advance(seconds=30)
    assert bodies(receive(aws, standard, 2)) == ["3", "4"]


def test_both_kinds_of_queue_allow_120000_messages_in_flight() -> None:
    assert limits.IN_FLIGHT_MAX == 120_000
