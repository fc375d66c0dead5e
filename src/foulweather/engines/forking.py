"""Tries several futures of one state: each in a forked process, one after another."""

from __future__ import annotations

import asyncio
import os
import selectors
import traceback
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

EXIT_BROKEN = 70


class Broken(Exception):
    """A forked process ended without an answer."""


class Undivided(Broken):
    """Other processes are at work for this one: of them there is one only, which two futures cannot share."""


class ForkableLoop(asyncio.SelectorEventLoop):
    """An event loop that a forked process can go on with: nothing of it lives in the kernel.

    `leaving` is what a forked process does first, so that what belongs to its parent is left alone; `at_work` names
    other processes that are at work for this one.
    """

    def __init__(self) -> None:
        super().__init__(selectors.SelectSelector())
        self.leaving: list[Callable[[], None]] = []
        self.at_work: list[str] = []


def new_forkable_loop() -> ForkableLoop:
    """An event loop for `in_fork`."""
    return ForkableLoop()


def leave_in_forks(leave: Callable[[], None]) -> None:
    """Have something done first in each process that is forked to try a future of this one."""
    loop = asyncio.get_running_loop()
    if isinstance(loop, ForkableLoop):
        loop.leaving.append(leave)


@contextmanager
def undivided(loop: asyncio.AbstractEventLoop, name: str) -> Generator[None]:
    """Have another process at work: as long as it is, no future can be tried apart."""
    if not isinstance(loop, ForkableLoop):
        yield
        return
    loop.at_work.append(name)
    try:
        yield
    finally:
        loop.at_work.remove(name)


def in_fork(loop: ForkableLoop, go_on: Callable[[], Awaitable[bytes]]) -> bytes:
    """What `go_on` answers in a forked process, which is then thrown away; here nothing has happened.

    The loop must not be running. Where the system has no fork, Broken is raised; Undivided, where other processes
    are at work for this one, such as a function that sleeps.
    """
    if not hasattr(os, "fork"):
        raise Broken("this system cannot fork processes")
    if loop.at_work:
        named = ", ".join(sorted(loop.at_work))
        raise Undivided(f"other processes are at work, and cannot be forked with this one: {named}")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _answer(loop, go_on, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as answers:
        answer = answers.read()
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise Broken(answer.decode(errors="replace"))
    return answer


def _answer(loop: ForkableLoop, go_on: Callable[[], Awaitable[bytes]], writer: int) -> None:
    status = EXIT_BROKEN
    try:
        # The threads of the parent's executor are not here.
        loop.set_default_executor(ThreadPoolExecutor())
        for leave in loop.leaving:
            leave()
        loop.leaving.clear()
        answer = loop.run_until_complete(go_on())
        status = 0
    except BaseException:
        answer = traceback.format_exc().encode()
    with os.fdopen(writer, "wb") as told:
        told.write(answer)
    # Nothing that the parent will do at its end may be done twice.
    os._exit(status)
