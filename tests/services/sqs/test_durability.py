"""What is still there after a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness import Aws, new_aws
from services.sqs.sqs_calls import arn, attributes, bodies, counts, delete, make_queue, receive, redrive, refused, send


def restarted(aws: Aws, directory: Path) -> Aws:
    aws.world.close()
    return new_aws(directory=directory)


def crashed(aws: Aws, directory: Path) -> Aws:
    """The same, but the first process had no time to put anything away."""
    aws.world.store.commit()
    aws.world.store._log.close()  # type: ignore[union-attr]
    return new_aws(directory=directory)


async def test_queues_messages_and_receipts_survive(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    dead = make_queue(aws, "dead")
    url = make_queue(aws, DelaySeconds=1, RedrivePolicy=redrive("dead", 2))
    aws.sqs.tag_queue({"QueueUrl": url, "Tags": {"team": "a"}})
    before = attributes(aws, url)
    for body in ("received", "returned", "waiting", "delayed"):
        send(aws, url, body, DelaySeconds=60 if body == "delayed" else 0, MessageAttributes={
            "blob": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}})  # fmt: skip
    held, _ = receive(aws, url, 2, VisibilityTimeout=10)
    await aws.advance(seconds=2)

    aws = crashed(aws, tmp_path)
    changed = {"ApproximateNumberOfMessages": "1", "ApproximateNumberOfMessagesNotVisible": "2"}
    assert attributes(aws, url) == {**before, **changed, "ApproximateNumberOfMessagesDelayed": "1"}
    assert aws.sqs.list_queue_tags({"QueueUrl": url}) == {"Tags": {"team": "a"}}
    delete(aws, url, held["ReceiptHandle"])
    await aws.advance(ms=7_999)
    (waiting,) = receive(aws, url, MessageAttributeNames=["All"], VisibilityTimeout=600)
    assert waiting["Body"] == "waiting"
    assert waiting["MessageAttributes"]["blob"]["BinaryValue"] == b"\x00\xff"

    aws = restarted(aws, tmp_path)
    await aws.advance(ms=1)
    (returned,) = receive(aws, url, VisibilityTimeout=0)
    assert (returned["Body"], returned["Attributes"]["ApproximateReceiveCount"]) == ("returned", "2")

    aws = restarted(aws, tmp_path)
    assert receive(aws, url) == []
    aws = restarted(aws, tmp_path)
    (letter,) = receive(aws, dead)
    assert letter["Attributes"]["DeadLetterQueueSourceArn"] == arn("orders")
    await aws.advance(seconds=50)
    assert bodies(receive(aws, url)) == ["delayed"]


async def test_order_deduplication_and_sequence_survive(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    url = make_queue(aws, "orders.fifo")

    def put(body: str) -> dict[str, Any]:
        return send(aws, url, body, MessageGroupId="g", MessageDeduplicationId=body)

    first = put("1")
    for body in "23":
        put(body)
    got = receive(aws, url, 1, ReceiveRequestAttemptId="try")
    aws = crashed(aws, tmp_path)
    assert receive(aws, url) == [], "the group is held back"
    assert receive(aws, url, 1, ReceiveRequestAttemptId="try")[0]["ReceiptHandle"] == got[0]["ReceiptHandle"]
    delete(aws, url, got[0]["ReceiptHandle"])
    assert put("1")["MessageId"] == first["MessageId"]
    last = max(int(message["Attributes"]["SequenceNumber"]) for message in receive(aws, url))
    aws.sqs.purge_queue({"QueueUrl": url})
    aws = restarted(aws, tmp_path)
    assert int(put("4")["SequenceNumber"]) > last
    await aws.advance(seconds=300)
    aws = restarted(aws, tmp_path)
    assert put("1")["MessageId"] != first["MessageId"]
    assert bodies(receive(aws, url)) == ["4", "1"]


async def test_sequence_numbers_grow_even_when_nothing_is_left(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    url = make_queue(aws, "orders.fifo")
    first = send(aws, url, MessageGroupId="g", MessageDeduplicationId="x")
    aws.sqs.delete_queue({"QueueUrl": url})
    aws = restarted(aws, tmp_path)
    await aws.advance(seconds=60)
    make_queue(aws, "orders.fifo")
    assert send(aws, url, MessageGroupId="g", MessageDeduplicationId="x")["SequenceNumber"] > first["SequenceNumber"]


async def test_a_changed_visibility_timeout_survives(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    url = make_queue(aws)
    send(aws, url)
    handle = receive(aws, url)[0]["ReceiptHandle"]
    aws.world.store.commit()
    aws.sqs.change_message_visibility({"QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": 90})
    aws = crashed(aws, tmp_path)
    await aws.advance(ms=89_999)
    assert counts(aws, url) == (0, 1, 0)
    await aws.advance(ms=1)
    assert counts(aws, url) == (1, 0, 0)


async def test_cool_downs_and_move_tasks_survive(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    dead = make_queue(aws, "dead")
    url = make_queue(aws, RedrivePolicy=redrive("dead", 1))
    for number in range(3):
        send(aws, url, str(number))
    receive(aws, url, VisibilityTimeout=0)
    receive(aws, url)
    aws.sqs.start_message_move_task({"SourceArn": arn("dead"), "MaxNumberOfMessagesPerSecond": 1})
    aws.sqs.delete_queue({"QueueUrl": make_queue(aws, "gone")})
    aws.sqs.purge_queue({"QueueUrl": url})
    await aws.advance(seconds=1)
    aws = crashed(aws, tmp_path)
    with refused("PurgeQueueInProgress", "Only one PurgeQueue operation on orders is allowed every 60 seconds."):
        aws.sqs.purge_queue({"QueueUrl": url})
    with refused(
        "QueueDeletedRecently",
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
    ):
        make_queue(aws, "gone")
    await aws.advance(seconds=1)
    assert (counts(aws, url)[0], counts(aws, dead)[0]) == (2, 1)
    await aws.advance(seconds=1)
    assert aws.sqs.list_message_move_tasks({"SourceArn": arn("dead")})["Results"][0]["Status"] == "COMPLETED"


def test_a_deleted_queue_leaves_nothing_behind(tmp_path: Path) -> None:
    from foulweather.services.sqs.state import SqsState

    aws = new_aws(directory=tmp_path)
    url = make_queue(aws, "orders.fifo")
    for number in range(3):
        send(aws, url, str(number), MessageGroupId="g", MessageDeduplicationId=str(number))
    receive(aws, url, ReceiveRequestAttemptId="try")
    aws.sqs.delete_queue({"QueueUrl": url})
    aws = restarted(aws, tmp_path)
    state = aws.world.state(SqsState, aws.account, aws.region)
    assert [len(table) for table in (state.queues, state.messages, state.sent, state.attempts)] == [0, 0, 0, 0]
