"""Futures that are tried in forked processes leave the functions of this one alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from foulweather.engines.forking import ForkableLoop, Undivided, in_fork, new_forkable_loop
from harness import Aws
from services.lambda_.packaged import function, invoke, role

NAP = """
import time
turns = []

def handler(event, context):
    turns.append(1)
    time.sleep(event.get("s", 0))
    return len(turns)
"""


@pytest.fixture
def loop(aws: Aws) -> Iterator[ForkableLoop]:
    made = new_forkable_loop()
    yield made

    async def end() -> None:
        aws.world.close()

    made.run_until_complete(end())
    made.close()


async def made(aws: Aws) -> None:
    role(aws)
    await function(aws, NAP, Timeout=900)


def test_an_idle_environment_is_the_parents(aws: Aws, loop: ForkableLoop) -> None:
    async def once() -> bytes:
        return str((await invoke(aws))["Payload"]).encode()

    async def deleted() -> bytes:
        aws.lambda_.delete_function({"FunctionName": "work"})
        await asyncio.sleep(0.05)  # idle environments are stopped by now
        return b"gone"

    loop.run_until_complete(made(aws))
    assert loop.run_until_complete(once()) == b"1"
    assert in_fork(loop, once) == b"1"  # in an environment of its own
    assert in_fork(loop, deleted) == b"gone"
    assert loop.run_until_complete(asyncio.wait_for(once(), 5)) == b"2"


def test_a_future_is_refused_while_a_function_is_asleep(aws: Aws, loop: ForkableLoop) -> None:
    async def asleep() -> None:
        await made(aws)
        await aws.lambda_.invoke({"FunctionName": "work", "InvocationType": "Event", "Payload": b'{"s":600}'})
        await aws.advance(seconds=1)

    async def awake() -> bytes:
        await aws.advance(seconds=600)
        return b"awake"

    loop.run_until_complete(asleep())
    with pytest.raises(Undivided, match="work-"):
        in_fork(loop, awake)
    assert loop.run_until_complete(awake()) == b"awake"
    assert in_fork(loop, awake) == b"awake"
