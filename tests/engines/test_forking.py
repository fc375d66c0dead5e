"""Futures that are tried in forked processes: what they answer comes back, and nothing else."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from foulweather.engines.forking import (
    Broken,
    ForkableLoop,
    Undivided,
    in_fork,
    leave_in_forks,
    new_forkable_loop,
    undivided,
)


@pytest.fixture
def loop() -> Iterator[ForkableLoop]:
    made = new_forkable_loop()
    yield made
    made.close()


def test_the_answer_comes_back_and_here_nothing_has_happened(loop: ForkableLoop) -> None:
    happened: list[int] = []

    async def go_on() -> bytes:
        happened.append(os.getpid())
        await asyncio.sleep(0)
        return f"{happened[0]}".encode()

    answers = {int(in_fork(loop, go_on)) for _ in range(2)}
    assert len(answers) == 2
    assert os.getpid() not in answers
    assert happened == []


def test_threads_work_in_the_fork_after_they_have_worked_here(loop: ForkableLoop) -> None:
    async def go_on() -> bytes:
        return await asyncio.to_thread(lambda: b"threaded")

    assert loop.run_until_complete(go_on()) == b"threaded"
    assert in_fork(loop, go_on) == b"threaded"


def test_what_fails_there_is_told_here(loop: ForkableLoop) -> None:
    async def go_on() -> bytes:
        raise ValueError("no such future")

    with pytest.raises(Broken, match="no such future"):
        in_fork(loop, go_on)


def test_one_that_is_killed_is_broken(loop: ForkableLoop) -> None:
    async def go_on() -> bytes:
        os.kill(os.getpid(), 9)
        return b""

    with pytest.raises(Broken):
        in_fork(loop, go_on)


def test_no_future_is_tried_while_another_process_is_at_work(loop: ForkableLoop) -> None:
    async def go_on() -> bytes:
        return b"well"

    with undivided(loop, "worker-1"), pytest.raises(Undivided, match="cannot be forked with this one: worker-1"):
        in_fork(loop, go_on)
    assert in_fork(loop, go_on) == b"well"


def test_what_is_the_parents_is_left_before_anything_else(loop: ForkableLoop) -> None:
    left: list[str] = []

    async def begin() -> None:
        leave_in_forks(lambda: left.append("left"))

    async def go_on() -> bytes:
        return ",".join(left).encode()

    loop.run_until_complete(begin())
    assert in_fork(loop, go_on) == b"left"
    assert left == []
