"""Operations that seldom wait: done at once where nothing makes them wait, awaited where something does."""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine, Generator
from typing import Any

Answer = dict[str, Any]


class _Rest:
    """What is left of a coroutine that has begun to wait for something."""

    def __init__(self, coroutine: Coroutine[Any, Any, Answer], waiting: Any) -> None:
        self._coroutine = coroutine
        self._waiting = waiting

    def __await__(self) -> Generator[Any, Any, Answer]:
        """Go on where it waits."""
        coroutine, waiting = self._coroutine, self._waiting
        while True:
            try:
                sent = yield waiting
            except BaseException as error:
                step, value = coroutine.throw, error
            else:
                step, value = coroutine.send, sent
            try:
                waiting = step(value)
            except StopIteration as done:
                return done.value


def at_once(coroutine: Coroutine[Any, Any, Answer]) -> Answer | Awaitable[Answer]:
    """The result of a coroutine that waits for nothing; else an awaitable of it."""
    try:
        waiting = coroutine.send(None)
    except StopIteration as done:
        return done.value
    return _Rest(coroutine, waiting)
