"""Receive calls that wait, to the millisecond of the world's clock."""

from __future__ import annotations

import asyncio
from typing import Any

from harness import START_MS, Aws
from services.sqs.sqs_calls import bodies, counts, delete, make_queue, receive, send


def poll(aws: Aws, url: str, wait_s: int = 20, **members: Any) -> asyncio.Future[dict[str, Any]]:
    asked = {"QueueUrl": url, "WaitTimeSeconds": wait_s, **members}
    # The limit in real time only keeps a broken poll from hanging the tests.
    return asyncio.ensure_future(asyncio.wait_for(aws.sqs.receive_message(asked), 5))


async def until_quiet() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_long_poll_is_empty_when_its_time_is_over(aws: Aws) -> None:
    url = make_queue(aws)
    waiting = poll(aws, url, 7)
    await until_quiet()
    await aws.advance(ms=6_999)
    assert not waiting.done()
    await aws.advance(ms=1)
    assert await waiting == {}
    assert len(aws.events("sqs.EmptyReceive")) == 1


async def test_the_queues_own_wait_time_is_the_default(aws: Aws) -> None:
    url = make_queue(aws, ReceiveMessageWaitTimeSeconds=2)
    waiting = asyncio.ensure_future(aws.sqs.receive_message({"QueueUrl": url}))
    await until_quiet()
    await aws.advance(ms=1_999)
    assert not waiting.done()
    await aws.advance(ms=1)
    assert await waiting == {}
    assert aws.sqs.receive_message({"QueueUrl": url, "WaitTimeSeconds": 0}) == {}


async def test_a_message_that_is_there_is_received_without_waiting(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url)
    assert len(aws.sqs.receive_message({"QueueUrl": url, "WaitTimeSeconds": 20})["Messages"]) == 1


async def test_a_message_wakes_the_one_that_waits_longest(aws: Aws) -> None:
    url = make_queue(aws)
    first, second = poll(aws, url), poll(aws, url)
    await until_quiet()
    await aws.advance(seconds=3)
    send(aws, url, "one")
    assert bodies((await first)["Messages"]) == ["one"]
    await until_quiet()
    assert not second.done()
    send(aws, url, "two")
    assert bodies((await second)["Messages"]) == ["two"]


async def test_one_poll_may_take_several_and_the_others_go_on_waiting(aws: Aws) -> None:
    url = make_queue(aws)
    first, second = poll(aws, url, MaxNumberOfMessages=10), poll(aws, url, 5)
    await until_quiet()
    for number in range(3):
        send(aws, url, str(number))
    assert bodies((await first)["Messages"]) == ["0", "1", "2"]
    await aws.advance(ms=4_999)
    assert not second.done()
    await aws.advance(ms=1)
    assert await second == {}


async def test_a_delayed_message_wakes_at_its_millisecond(aws: Aws) -> None:
    url = make_queue(aws)
    waiting = poll(aws, url, MessageSystemAttributeNames=["All"])
    await until_quiet()
    send(aws, url, "late", DelaySeconds=9)
    send(aws, url, "sooner", DelaySeconds=4)
    await aws.advance(ms=3_999)
    assert not waiting.done()
    await aws.advance(seconds=100)
    (message,) = (await waiting)["Messages"]
    assert message["Body"] == "sooner"
    assert message["Attributes"]["ApproximateFirstReceiveTimestamp"] == str(START_MS + 4_000)


async def test_a_message_whose_timeout_ends_wakes_at_its_millisecond(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url)
    receive(aws, url, VisibilityTimeout=11)
    waiting = poll(aws, url, MessageSystemAttributeNames=["All"])
    await until_quiet()
    await aws.advance(seconds=20)
    (message,) = (await waiting)["Messages"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "2"
    assert aws.now == START_MS + 20_000
    await aws.advance(ms=11_000 + 30_000 - 20_000 - 1)
    assert counts(aws, url) == (0, 1, 0)
    await aws.advance(ms=1)
    assert counts(aws, url) == (1, 0, 0)


async def test_a_message_that_appears_as_the_poll_ends_is_received(aws: Aws) -> None:
    url = make_queue(aws)
    waiting = poll(aws, url, 5)
    await until_quiet()
    send(aws, url, DelaySeconds=5)
    await aws.advance(seconds=5)
    assert len((await waiting)["Messages"]) == 1


async def test_a_message_put_back_wakes_a_poll(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url)
    handle = receive(aws, url)[0]["ReceiptHandle"]
    waiting = poll(aws, url)
    await until_quiet()
    aws.sqs.change_message_visibility({"QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": 0})
    assert len((await waiting)["Messages"]) == 1


async def test_one_poll_waits_for_what_another_one_received(aws: Aws) -> None:
    url = make_queue(aws)
    first, second = poll(aws, url, VisibilityTimeout=4), poll(aws, url, MessageSystemAttributeNames=["All"])
    await until_quiet()
    send(aws, url)
    assert len((await first)["Messages"]) == 1
    await aws.advance(ms=3_999)
    assert not second.done()
    await aws.advance(ms=1)
    (message,) = (await second)["Messages"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "2"


async def test_a_group_set_free_wakes_a_poll(aws: Aws) -> None:
    url = make_queue(aws, "orders.fifo")
    for number in range(2):
        send(aws, url, str(number), MessageGroupId="g", MessageDeduplicationId=str(number))
    (first,) = receive(aws, url, 1)
    waiting = poll(aws, url)
    await until_quiet()
    assert not waiting.done()
    delete(aws, url, first["ReceiptHandle"])
    assert bodies((await waiting)["Messages"]) == ["1"]


async def test_a_client_that_goes_away_leaves_the_message_to_the_next(aws: Aws) -> None:
    url = make_queue(aws)
    first = asyncio.ensure_future(aws.sqs.receive_message({"QueueUrl": url, "WaitTimeSeconds": 20}))
    second = poll(aws, url)
    await until_quiet()
    send(aws, url)
    first.cancel()
    assert len((await second)["Messages"]) == 1
    assert aws.world.in_flight == 0


async def test_many_polls_share_what_becomes_visible(aws: Aws) -> None:
    url = make_queue(aws)
    for number in range(3):
        send(aws, url, str(number), DelaySeconds=number + 1)
    polls = [poll(aws, url, 10) for _ in range(4)]
    await until_quiet()
    await aws.advance(seconds=10)
    results = await asyncio.gather(*polls)
    assert [bodies(result.get("Messages", [])) for result in results] == [["0"], ["1"], ["2"], []]
