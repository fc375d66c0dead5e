"""FIFO queues: groups, deduplication, receive attempts."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from foulweather.kernel.trace import Traces
from foulweather.services.sqs import limits
from harness import Aws
from services.sqs.sqs_calls import attributes, bodies, counts, delete, make_queue, receive, refused, send

NO_DEDUPLICATION_ID = (
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
)


def queue(aws: Aws, **given: object) -> str:
    return make_queue(aws, "orders.fifo", **given)


def put(aws: Aws, url: str, body: str, group: str = "g", **members: Any) -> dict[str, Any]:
    return send(aws, url, body, MessageGroupId=group, **{"MessageDeduplicationId": f"{group}{body}", **members})


def test_a_fifo_queue_says_so(aws: Aws) -> None:
    known = attributes(aws, queue(aws))
    assert {name: known[name] for name in known if "Fifo" in name or "Dedup" in name} == {
        "FifoQueue": "true",
        "ContentBasedDeduplication": "false",
        "DeduplicationScope": "queue",
        "FifoThroughputLimit": "perQueue",
    }


def test_a_message_needs_a_group_and_a_deduplication_id(aws: Aws) -> None:
    url = queue(aws)
    with refused("MissingParameter", "The request must contain the parameter MessageGroupId."):
        send(aws, url)
    with refused("InvalidParameterValue", NO_DEDUPLICATION_ID):
        send(aws, url, MessageGroupId="g")
    for parameter, members in (
        ("MessageGroupId", {"MessageGroupId": "g" * 129, "MessageDeduplicationId": "x"}),
        ("MessageDeduplicationId", {"MessageGroupId": "g", "MessageDeduplicationId": "x" * 129}),
    ):
        with refused(
            "InvalidParameterValue",
            f"Value {members[parameter]} for parameter {parameter} is invalid. Reason: "
            f"{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.",
        ):
            send(aws, url, **members)


def test_a_message_has_no_delay_of_its_own(aws: Aws) -> None:
    with refused(
        "InvalidParameterValue",
        "Value 1 for parameter DelaySeconds is invalid. Reason: "
        "The request include parameter that is not valid for this queue type.",
    ):
        put(aws, queue(aws), "x", DelaySeconds=1)


async def test_a_delay_of_the_queue_holds_the_group(aws: Aws) -> None:
    url = queue(aws, DelaySeconds=3)
    put(aws, url, "1")
    await aws.advance(seconds=1)
    put(aws, url, "2")
    await aws.advance(ms=1_999)
    assert receive(aws, url) == []
    await aws.advance(ms=1)
    (first,) = receive(aws, url)
    assert counts(aws, url) == (0, 1, 1)
    await aws.advance(seconds=1)
    assert receive(aws, url) == [], "the first of the group is in flight"
    delete(aws, url, first["ReceiptHandle"])
    assert bodies(receive(aws, url)) == ["2"]


def test_sequence_numbers_have_twenty_digits_and_grow(aws: Aws) -> None:
    url = queue(aws)
    numbers = [put(aws, url, str(number))["SequenceNumber"] for number in range(50)]
    assert {len(number) for number in numbers} == {20}
    assert numbers == sorted(set(numbers))
    received = receive(aws, url)
    assert [message["Attributes"]["SequenceNumber"] for message in received] == numbers[:10]
    assert received[0]["Attributes"]["MessageGroupId"] == "g"
    assert received[0]["Attributes"]["MessageDeduplicationId"] == "g0"


def test_a_group_is_held_back_while_any_of_it_is_in_flight(aws: Aws) -> None:
    url = queue(aws)
    for body in "1234":
        put(aws, url, body)
    put(aws, url, "x", "other")
    first, second = receive(aws, url, 2)
    assert bodies([first, second]) == ["1", "2"]
    assert bodies(receive(aws, url)) == ["x"]
    delete(aws, url, first["ReceiptHandle"])
    assert receive(aws, url) == []
    assert counts(aws, url) == (2, 2, 0), "what waits behind the group's first counts as visible"
    delete(aws, url, second["ReceiptHandle"])
    assert bodies(receive(aws, url)) == ["3", "4"]


def test_a_returned_message_waits_for_those_received_with_it(aws: Aws) -> None:
    url = queue(aws)
    put(aws, url, "1")
    put(aws, url, "2")
    first, second = receive(aws, url)
    aws.sqs.change_message_visibility(
        {"QueueUrl": url, "ReceiptHandle": first["ReceiptHandle"], "VisibilityTimeout": 0}
    )
    assert counts(aws, url) == (1, 1, 0)
    assert receive(aws, url) == [], "2 is in flight"
    delete(aws, url, second["ReceiptHandle"])
    assert bodies(receive(aws, url)) == ["1"]


async def test_a_returned_message_goes_first_again(aws: Aws) -> None:
    url = queue(aws)
    put(aws, url, "1")
    put(aws, url, "2")
    receive(aws, url, 1)
    await aws.advance(seconds=30)
    assert bodies(receive(aws, url, 10)) == ["1", "2"]


async def test_a_handle_ends_with_its_visibility_timeout(aws: Aws) -> None:
    url = queue(aws)
    put(aws, url, "1")
    handle = receive(aws, url)[0]["ReceiptHandle"]
    await aws.advance(ms=30_000)
    expired = f"Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."
    with refused("InvalidParameterValue", expired):
        delete(aws, url, handle)
    newer = receive(aws, url)[0]["ReceiptHandle"]
    with refused("InvalidParameterValue", expired):
        delete(aws, url, handle)
    entries = [{"Id": "a", "ReceiptHandle": handle}]
    (failed,) = aws.sqs.delete_message_batch({"QueueUrl": url, "Entries": entries})["Failed"]
    assert (failed["Code"], failed["Message"]) == ("ReceiptHandleIsInvalid", "The receipt handle has expired")
    delete(aws, url, newer)
    delete(aws, url, handle)
    assert counts(aws, url) == (0, 0, 0)


# --- deduplication


async def test_a_duplicate_is_accepted_and_dropped_for_five_minutes(aws: Aws) -> None:
    url = queue(aws)
    first = put(aws, url, "a", MessageDeduplicationId="x")
    delete(aws, url, receive(aws, url)[0]["ReceiptHandle"])
    await aws.advance(ms=299_999)
    again = put(aws, url, "b", "other", MessageDeduplicationId="x")
    assert (again["MessageId"], again["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    assert counts(aws, url) == (0, 0, 0)
    await aws.advance(ms=1)
    put(aws, url, "c", MessageDeduplicationId="x")
    assert bodies(receive(aws, url)) == ["c"]


def test_a_dropped_duplicate_is_explained(aws: Aws) -> None:
    url = queue(aws)
    first = put(aws, url, "a", MessageDeduplicationId="x")
    put(aws, url, "a", MessageDeduplicationId="x")
    trace = aws.world.state(Traces).last_wrong()
    assert trace is not None
    hop = trace.first_wrong()
    assert hop is not None
    assert hop.why is not None
    assert hop.why.decision == "dropped"
    facts = {fact.property: fact.value for fact in hop.why.facts}
    assert facts["MessageDeduplicationId"] == "x"
    assert facts["MessageId"] == first["MessageId"]


def test_content_is_its_own_deduplication_id(aws: Aws) -> None:
    url = queue(aws, ContentBasedDeduplication="true")
    first = send(aws, url, "same", MessageGroupId="a")
    assert send(aws, url, "same", MessageGroupId="b")["MessageId"] == first["MessageId"]
    by_hash = send(aws, url, "else", MessageGroupId="a", MessageDeduplicationId=sha256(b"same").hexdigest())
    assert by_hash["MessageId"] == first["MessageId"]
    send(aws, url, "same", MessageGroupId="a", MessageDeduplicationId="own")
    assert counts(aws, url) == (2, 0, 0)


def test_deduplication_by_group_lets_other_groups_be(aws: Aws) -> None:
    url = queue(aws, DeduplicationScope="messageGroup")
    for group in "aab":
        put(aws, url, "x", group, MessageDeduplicationId="x")
    assert counts(aws, url) == (2, 0, 0)


def test_duplicates_within_a_batch_are_dropped_too(aws: Aws) -> None:
    url = queue(aws)
    entries = [
        {"Id": str(number), "MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": "x"}
        for number in range(2)
    ]
    one, two = aws.sqs.send_message_batch({"QueueUrl": url, "Entries": entries})["Successful"]
    assert one["MessageId"] == two["MessageId"]
    assert counts(aws, url) == (1, 0, 0)


async def test_old_deduplication_ids_are_not_kept(aws: Aws) -> None:
    from foulweather.services.sqs.state import SqsState

    url = queue(aws)
    for number in range(20):
        put(aws, url, str(number))
    await aws.advance(ms=limits.DEDUPLICATION_MS)
    put(aws, url, "last")
    assert len(aws.world.state(SqsState, aws.account, aws.region).sent) == 1


# --- receive attempts


async def test_a_repeated_attempt_gets_the_same_messages_and_their_timeout_anew(aws: Aws) -> None:
    url = queue(aws)
    put(aws, url, "1")
    put(aws, url, "2")
    put(aws, url, "x", "other")
    first = receive(aws, url, 2, ReceiveRequestAttemptId="try")
    await aws.advance(seconds=20)
    again = receive(aws, url, 2, ReceiveRequestAttemptId="try")
    assert [message["ReceiptHandle"] for message in again] == [message["ReceiptHandle"] for message in first]
    assert again[0]["Attributes"]["ApproximateReceiveCount"] == "1"
    await aws.advance(ms=29_999)
    assert counts(aws, url) == (1, 2, 0)
    await aws.advance(ms=1)
    assert counts(aws, url) == (3, 0, 0)


async def test_an_attempt_is_forgotten_after_five_minutes_or_a_change(aws: Aws) -> None:
    url = queue(aws, VisibilityTimeout=43_200)
    put(aws, url, "1")
    put(aws, url, "x", "other")
    (first,) = receive(aws, url, 1, ReceiveRequestAttemptId="try")
    aws.sqs.change_message_visibility(
        {"QueueUrl": url, "ReceiptHandle": first["ReceiptHandle"], "VisibilityTimeout": 60}
    )
    assert bodies(receive(aws, url, 1, ReceiveRequestAttemptId="try")) == ["x"]
    assert bodies(receive(aws, url, 1, ReceiveRequestAttemptId="try")) == ["x"]
    await aws.advance(ms=300_000)
    assert bodies(receive(aws, url, 1, ReceiveRequestAttemptId="try")) == ["1"]


# --- the window


def test_a_long_backlog_of_one_group_hides_the_groups_behind_it(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FIFO_WINDOW", 5)
    url = queue(aws)
    for number in range(6):
        put(aws, url, str(number), "busy")
    put(aws, url, "behind", "other")
    first, second = receive(aws, url, 2)
    assert receive(aws, url) == []
    assert counts(aws, url) == (5, 2, 0)
    delete(aws, url, first["ReceiptHandle"])
    assert receive(aws, url) == []
    delete(aws, url, second["ReceiptHandle"])
    assert bodies(receive(aws, url, 10)) == ["2", "3", "4", "5", "behind"]


def test_the_window_has_120000_messages() -> None:
    assert limits.FIFO_WINDOW == 120_000
