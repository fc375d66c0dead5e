"""Tries several futures of one state: each in a forked process, one after another."""

from __future__ import annotations

import asyncio
import os
import selectors
import traceback
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

EXIT_BROKEN = 70


class Broken(Exception):
    """A forked process ended without an answer."""


def new_forkable_loop() -> asyncio.SelectorEventLoop:
    """An event loop that a forked process can go on with: nothing of it lives in the kernel."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


def in_fork(loop: asyncio.AbstractEventLoop, go_on: Callable[[], Awaitable[bytes]]) -> bytes:
    """What `go_on` answers in a forked process, which is then thrown away; here nothing has happened.

    The loop must not be running. Where the system has no fork, Broken is raised.
    """
    if not hasattr(os, "fork"):
        raise Broken("this system cannot fork processes")
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


def _answer(loop: asyncio.AbstractEventLoop, go_on: Callable[[], Awaitable[bytes]], writer: int) -> None:
    status = EXIT_BROKEN
    # The threads of the parent's executor are not here.
    loop.set_default_executor(ThreadPoolExecutor())
    try:
        answer = loop.run_until_complete(go_on())
        status = 0
    except BaseException:
        answer = traceback.format_exc().encode()
    with os.fdopen(writer, "wb") as told:
        told.write(answer)
    # Nothing that the parent will do at its end may be done twice.
    os._exit(status)
