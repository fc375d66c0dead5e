"""An application's calls: answered at once or later, each on record."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.records import Records
from foulweather.kernel.errors import AwsError

Done = Callable[[Any, AwsError | None], None]
"""Takes a call's response, or its refusal."""


class Calling:
    """Makes calls for one application, and records what comes of them."""

    def __init__(self, lab: Lab, records: Records) -> None:
        self.world = lab.world
        self.records = records
        self._clock = lab.world.clock

    def make(
        self, operation: str, method: Callable[..., Any], request: dict[str, Any], done: Done
    ) -> asyncio.Task[None] | None:
        """Make a call; `done` is told before this returns, or by the task that is given where AWS would wait."""
        started_ms = self._clock.now_ms
        try:
            response = method(**request)
        except AwsError as error:
            self.records.add(operation, error.code, started_ms, self._clock.now_ms)
            done(None, error)
            return None
        if response.__class__ is dict or not inspect.isawaitable(response):
            self.records.add(operation, "", started_ms, self._clock.now_ms)
            done(response, None)
            return None
        # A call that waits is in flight from its first step on: until then it is counted here, so that held
        # time does not move on without it. Its task was put in line first, and so takes that step first.
        self.world.started()
        task = asyncio.ensure_future(self._answered(operation, response, done, started_ms))
        asyncio.get_running_loop().call_soon(self.world.ended)
        task.add_done_callback(_report)
        return task

    async def _answered(self, operation: str, response: Awaitable[Any], done: Done, started_ms: int) -> None:
        # `done` runs in the same step in which the call ends: held time cannot slip in between.
        try:
            answer = await response
        except AwsError as error:
            self.records.add(operation, error.code, started_ms, self.world.clock.now_ms)
            done(None, error)
            return
        self.records.add(operation, "", started_ms, self.world.clock.now_ms)
        done(answer, None)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        asyncio.get_running_loop().call_exception_handler(
            {"message": "an application in a lab failed", "exception": error, "future": task}
        )
