"""StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask."""

from __future__ import annotations

from typing import Any

import pytest

from harness import START_MS, Aws
from services.sqs.sqs_calls import arn, bodies, counts, make_queue, receive, redrive, refused, send


def buried(aws: Aws, count: int, name: str = "orders", suffix: str = "") -> tuple[str, str]:
    """A queue, and its dead-letter queue with so many messages in it."""
    dead = make_queue(aws, f"dead{suffix}")
    url = make_queue(aws, f"{name}{suffix}", RedrivePolicy=redrive(f"dead{suffix}", 1))
    for number in range(count):
        send(aws, url, f"{name} {number}", MessageAttributes={"a": {"DataType": "Number", "StringValue": str(number)}})
    for _ in range(0, count, 10):
        receive(aws, url, VisibilityTimeout=0)
    assert receive(aws, url) == []
    return url, dead


def start(aws: Aws, **members: Any) -> str:
    return aws.sqs.start_message_move_task({"SourceArn": arn("dead"), **members})["TaskHandle"]


def tasks(aws: Aws, **members: Any) -> list[dict[str, Any]]:
    return aws.sqs.list_message_move_tasks({"SourceArn": arn("dead"), **members})["Results"]


async def test_messages_go_back_where_they_came_from(aws: Aws) -> None:
    first, dead = buried(aws, 2)
    second, _ = buried(aws, 1, "others")
    start(aws)
    await aws.advance(seconds=1)
    assert counts(aws, dead) == (0, 0, 0)
    assert bodies(receive(aws, second)) == ["others 0"]
    received = receive(aws, first, MessageAttributeNames=["All"])
    assert bodies(received) == ["orders 0", "orders 1"]
    assert received[1]["MessageAttributes"]["a"]["StringValue"] == "1"
    assert received[0]["Attributes"]["ApproximateReceiveCount"] == "1"
    assert received[0]["Attributes"]["SentTimestamp"] == str(START_MS + 1000)
    assert "DeadLetterQueueSourceArn" not in received[0]["Attributes"]


async def test_messages_go_to_another_queue_at_the_rate_asked_for(aws: Aws) -> None:
    _, dead = buried(aws, 5)
    other = make_queue(aws, "other")
    handle = start(aws, DestinationArn=arn("other"), MaxNumberOfMessagesPerSecond=2)
    running = {
        "TaskHandle": handle,
        "Status": "RUNNING",
        "SourceArn": arn("dead"),
        "DestinationArn": arn("other"),
        "MaxNumberOfMessagesPerSecond": 2,
        "ApproximateNumberOfMessagesMoved": 0,
        "ApproximateNumberOfMessagesToMove": 5,
        "StartedTimestamp": START_MS,
    }
    assert tasks(aws) == [running]
    for moved, left in ((2, 3), (4, 1)):
        await aws.advance(seconds=1)
        assert (counts(aws, other)[0], counts(aws, dead)[0]) == (moved, left)
        assert tasks(aws) == [{**running, "ApproximateNumberOfMessagesMoved": moved}]
    await aws.advance(seconds=1)
    (done,) = tasks(aws)
    assert (done["Status"], done["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 5)
    assert "TaskHandle" not in done
    assert counts(aws, other) == (5, 0, 0)


async def test_a_cancelled_task_leaves_the_rest(aws: Aws) -> None:
    url, dead = buried(aws, 3)
    handle = start(aws, MaxNumberOfMessagesPerSecond=1)
    await aws.advance(seconds=1)
    assert aws.sqs.cancel_message_move_task({"TaskHandle": handle}) == {"ApproximateNumberOfMessagesMoved": 1}
    assert tasks(aws)[0]["Status"] == "CANCELLING"
    await aws.advance(seconds=10)
    assert tasks(aws)[0]["Status"] == "CANCELLED"
    assert (counts(aws, url), counts(aws, dead)) == ((1, 0, 0), (2, 0, 0))
    with refused("InvalidParameterValue", "Only active tasks can be cancelled."):
        aws.sqs.cancel_message_move_task({"TaskHandle": handle})


async def test_one_task_runs_at_a_time(aws: Aws) -> None:
    buried(aws, 2)
    start(aws, MaxNumberOfMessagesPerSecond=1)
    with refused(
        "InvalidParameterValue",
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
    ):
        start(aws)
    await aws.advance(seconds=3)
    start(aws)


async def test_the_latest_task_is_listed_first_and_ten_are_kept(aws: Aws) -> None:
    buried(aws, 0)
    for _ in range(12):
        start(aws)
        await aws.advance(seconds=2)
    assert [task["StartedTimestamp"] for task in tasks(aws)] == [START_MS + 22_000]
    assert [task["StartedTimestamp"] for task in tasks(aws, MaxResults=10)] == [
        START_MS + 2000 * number for number in range(11, 1, -1)
    ]


async def test_a_message_that_was_sent_to_the_dead_letter_queue_itself_fails_the_task(aws: Aws) -> None:
    _, dead = buried(aws, 0)
    send(aws, dead, "one")
    send(aws, dead, "two")
    start(aws)
    await aws.advance(seconds=1)
    (task,) = tasks(aws)
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert bodies(receive(aws, dead)) == ["one", "two"]


async def test_a_destination_that_is_deleted_fails_the_task(aws: Aws) -> None:
    _, dead = buried(aws, 1)
    other = make_queue(aws, "other")
    start(aws, DestinationArn=arn("other"))
    aws.sqs.delete_queue({"QueueUrl": other})
    await aws.advance(seconds=1)
    assert tasks(aws)[0]["Status"] == "FAILED"
    assert counts(aws, dead) == (1, 0, 0)


async def test_fifo_messages_keep_their_order(aws: Aws) -> None:
    dead = make_queue(aws, "dead.fifo")
    url = make_queue(aws, "orders.fifo", RedrivePolicy=redrive("dead.fifo", 1))
    for number in range(6):
        send(aws, url, str(number), MessageGroupId="ab"[number % 2], MessageDeduplicationId=str(number))
    receive(aws, url, VisibilityTimeout=0)
    assert receive(aws, url) == []
    aws.sqs.start_message_move_task({"SourceArn": arn("dead.fifo"), "MaxNumberOfMessagesPerSecond": 4})
    await aws.advance(seconds=2)
    assert counts(aws, dead) == (0, 0, 0)
    moved = bodies(receive(aws, url))
    assert [body for body in moved if int(body) % 2 == 0] == ["0", "2", "4"]
    assert [body for body in moved if int(body) % 2 == 1] == ["1", "3", "5"]


async def test_messages_in_flight_stay(aws: Aws) -> None:
    url, dead = buried(aws, 2)
    receive(aws, dead, 1)
    start(aws)
    await aws.advance(seconds=1)
    assert (counts(aws, url)[0], counts(aws, dead)) == (1, (0, 1, 0))


@pytest.mark.parametrize(
    ("members", "code", "message"),
    [
        ({"SourceArn": ""}, "MissingParameter", "The request must contain the parameter SourceArn."),
        (
            {"SourceArn": "dead"},
            "InvalidParameterValue",
            "You must use this format to specify the SourceArn: "
            "arn:<partition>:<service>:<region>:<account-id>:<resource-id>",
        ),
        (
            {"SourceArn": arn("nowhere")},
            "ResourceNotFoundException",
            "The resource that you specified for the SourceArn parameter doesn't exist.",
        ),
        (
            {"SourceArn": arn("orders")},
            "InvalidParameterValue",
            "Source queue must be configured as a Dead Letter Queue.",
        ),
        (
            {"DestinationArn": arn("nowhere")},
            "ResourceNotFoundException",
            "The resource that you specified for the DestinationArn parameter doesn't exist.",
        ),
        (
            {"DestinationArn": arn("orders.fifo")},
            "InvalidParameterValue",
            "Source queue and destination queue must be of the same type.",
        ),
        *(
            (
                {"MaxNumberOfMessagesPerSecond": rate},
                "InvalidParameterValue",
                f"Value {rate} for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: "
                "Must be between 1 and 500, if provided.",
            )
            for rate in (0, 501)
        ),
    ],
)
def test_what_cannot_be_started(aws: Aws, members: dict[str, Any], code: str, message: str) -> None:
    buried(aws, 0)
    make_queue(aws, "orders.fifo")
    with refused(code, message):
        start(aws, **members)


def test_what_cannot_be_cancelled_or_listed(aws: Aws) -> None:
    buried(aws, 0)
    with refused("MissingParameter", "The request must contain the parameter TaskHandle."):
        aws.sqs.cancel_message_move_task({})
    with refused("InvalidParameterValue", "Value for parameter TaskHandle is invalid."):
        aws.sqs.cancel_message_move_task({"TaskHandle": "nonsense"})
    handle = start(aws)
    from base64 import b64decode, b64encode

    other = b64encode(b64decode(handle).replace(b'"taskId":"', b'"taskId":"0')).decode()
    with refused("ResourceNotFoundException", "Task does not exist."):
        aws.sqs.cancel_message_move_task({"TaskHandle": other})
    for most in (0, 11):
        with refused(
            "InvalidParameterValue",
            f"Value {most} for parameter MaxResults is invalid. Reason: Must be between 1 and 10, if provided.",
        ):
            tasks(aws, MaxResults=most)
