"""Operations that wait for another service: left unchanged, and carried out anew when its answer is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from foulweather.kernel.answers import Answers, NotYet, answered, given
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.policy import principal as principals
from harness import ACCOUNT, Aws


class Slow:
    """A service whose answers come when they are let go."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self.free = asyncio.Event()

    async def answer(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        await self.free.wait()
        if question["n"] == 13:
            raise AwsError("Unlucky", "It is thirteen.", 400)
        return {"n": question["n"] + 1}

    def ask(self, call: Call, question: Mapping[str, Any]) -> Mapping[str, Any]:
        response = given(call, question)
        if response is not None:
            return response
        self.asked.append(question)
        raise NotYet(call, question, self.answer(question))


async def carried_out(operation: Callable[[], Any]) -> Any:
    """As the kernel carries operations out."""
    try:
        return operation()
    except NotYet as pending:
        return await answered(pending, operation)


@pytest.fixture
def call(aws: Aws) -> Call:
    return Call(aws.pipeline, "s3", "PutObject", ACCOUNT, "us-east-1", principals.root(ACCOUNT))


async def test_what_was_asked_is_answered_once_and_the_operation_begins_anew(call: Call) -> None:
    slow, begun = Slow(), 0

    def operation() -> Any:
        nonlocal begun
        begun += 1
        first = slow.ask(call, {"n": 1})["n"]
        return slow.ask(call, {"n": first})["n"]

    result = asyncio.ensure_future(carried_out(operation))
    await asyncio.sleep(0)
    assert not result.done()
    slow.free.set()
    assert await result == 3
    assert slow.asked == [{"n": 1}, {"n": 2}]
    assert begun == 3
    assert not Answers.of(call.world)


async def test_a_refusal_is_raised_where_the_answer_was_wanted(call: Call) -> None:
    slow = Slow()

    def operation() -> Any:
        try:
            return slow.ask(call, {"n": 13})
        except AwsError as error:
            return {"refused": error.code}

    slow.free.set()
    assert await carried_out(operation) == {"refused": "Unlucky"}


async def test_one_who_leaves_leaves_nothing_behind(call: Call) -> None:
    slow = Slow()
    task = asyncio.ensure_future(carried_out(lambda: slow.ask(call, {"n": 1})))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not Answers.of(call.world)
