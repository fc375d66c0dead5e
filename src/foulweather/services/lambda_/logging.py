"""A function's log: its lines and Lambda's own, put into CloudWatch Logs with the execution role's permissions.

A role that may not write to the log group leaves the function without logs, as on AWS; the function runs all the same.
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.lambda_.records import Configuration, Function
from foulweather.services.lambda_.roles import RoleSession

BATCH_BYTES_MAX = 1_000_000
BATCH_EVENTS_MAX = 10_000
EVENT_OVERHEAD_BYTES = 26
TAIL_BYTES = 4_096
GONE = "ResourceNotFoundException"
THERE = "ResourceAlreadyExistsException"
_running: set[asyncio.Future[None]] = set()


def group_of(function: Function, configuration: Configuration) -> str:
    """The log group of a function."""
    return configuration.logging.get("LogGroup") or f"/aws/lambda/{function.name}"


def new_stream(call: Call, function: Function, configuration: Configuration) -> str:
    """A name for the log stream of a new environment; where functions share a group, with the function in it."""
    day = datetime.fromtimestamp(call.now / 1000, UTC).strftime("%Y/%m/%d")
    own = group_of(function, configuration) == f"/aws/lambda/{function.name}"
    name = "" if own else function.name
    return f"{day}/{name}[{configuration.version}]{call.world.ids.hex(32)}"


class Log:
    """The log stream of one environment."""

    def __init__(self, function: Function, configuration: Configuration, stream: str) -> None:
        self.group = group_of(function, configuration)
        self.stream = stream
        self._arn = function.arn
        self._region = function.region
        self._lines: list[tuple[int, str]] = []

    def add(self, now_ms: int, line: str) -> None:
        """Hold a line until the next time that lines are put."""
        if line:
            self._lines.append((now_ms, line + "\n"))

    def mark(self) -> int:
        """Where an invocation's lines begin."""
        return len(self._lines)

    def tail(self, mark: int) -> bytes:
        """The last 4 KB of what an invocation has written."""
        return "".join([line for _, line in self._lines[mark:]]).encode()[-TAIL_BYTES:]

    def put(self, call: Call, session: RoleSession) -> None:
        """Put what is held into CloudWatch Logs."""
        lines, self._lines = self._lines, []
        for batch in _batches(lines):
            events = [{"timestamp": at_ms, "message": text} for at_ms, text in batch]
            request = {"logGroupName": self.group, "logStreamName": self.stream, "logEvents": events}
            putting = self._put(call, session, request)
            if putting is not None:
                call.world.started()
                task = asyncio.ensure_future(_finished(call, putting))
                _running.add(task)
                task.add_done_callback(_running.discard)

    def _put(self, call: Call, session: RoleSession, request: dict[str, Any]) -> Awaitable[None] | None:
        """Put one batch, making the stream and the group where they are missing; awaitable where Logs takes time."""
        logs = session.ports(call).logs
        try:
            answer = logs.put_log_events(request)
        except AwsError as error:
            if error.code != GONE:
                self._lost(call, request, error)
                return None
            return self._make_and_put(call, session, request)
        return self._settled(call, request, answer) if inspect.isawaitable(answer) else None

    async def _settled(self, call: Call, request: dict[str, Any], answer: Awaitable[Any]) -> None:
        try:
            await answer
        except AwsError as error:
            self._lost(call, request, error)

    def _make_and_put(self, call: Call, session: RoleSession, request: dict[str, Any]) -> Awaitable[None] | None:
        logs = session.ports(call).logs
        stream = {"logGroupName": self.group, "logStreamName": self.stream}
        steps = [(logs.create_log_stream, stream), (logs.put_log_events, request)]
        try:
            for index, (operate, asked) in enumerate(steps):
                try:
                    answer = operate(asked)
                except AwsError as error:
                    if error.code == GONE and index == 0:
                        answer = logs.create_log_group({"logGroupName": self.group})
                        if not inspect.isawaitable(answer):
                            answer = logs.create_log_stream(stream)
                    elif error.code != THERE:
                        raise
                    else:
                        continue
                if inspect.isawaitable(answer):
                    return self._slowly(call, session, request, answer)
        except AwsError as error:
            self._lost(call, request, error)
        return None

    async def _slowly(self, call: Call, session: RoleSession, request: dict[str, Any], answer: Awaitable[Any]) -> None:
        """Something holds Logs up: what is left to do is done when it has answered."""
        try:
            await answer
        except AwsError as error:
            self._lost(call, request, error)
            return
        putting = self._put(call, session, request)
        if putting is not None:
            await putting

    def _lost(self, call: Call, request: dict[str, Any], error: AwsError) -> None:
        """The role may not write, most often: the refusal is on record with its call."""
        call.happened("lambda.LogsLost", self._arn, events=len(request["logEvents"]), error=error.code)


async def _finished(call: Call, putting: Awaitable[None]) -> None:
    try:
        with call.world.lent():
            await putting
    finally:
        call.world.ended()


def _batches(lines: list[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    """Lines in batches that PutLogEvents takes, in order of time."""
    found: list[list[tuple[int, str]]] = []
    size = BATCH_BYTES_MAX
    for at_ms, text in lines:
        more = len(text.encode()) + EVENT_OVERHEAD_BYTES
        if size + more > BATCH_BYTES_MAX or len(found[-1]) >= BATCH_EVENTS_MAX:
            found.append([])
            size = 0
        found[-1].append((at_ms, text))
        size += more
    return found
