"""A function's log: its lines and Lambda's own, put into CloudWatch Logs with the execution role's permissions.

A role that may not write to the log group leaves the function without logs, as on AWS; the function runs all the same.
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Why
from foulweather.services.lambda_ import lineages, unwritten
from foulweather.services.lambda_.records import Configuration, Function
from foulweather.services.lambda_.roles import RoleSession
from foulweather.services.lambda_.unwritten_lines import Actor

BATCH_BYTES_MAX = 1_000_000
BATCH_EVENTS_MAX = 10_000
EVENT_OVERHEAD_BYTES = 26
TAIL_BYTES = 4_096
TRIES_MAX = 4
GONE = "ResourceNotFoundException"
THERE = "ResourceAlreadyExistsException"
Step = tuple[Callable[[dict[str, Any]], Any], dict[str, Any]]
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

    def __init__(self, group: str, stream: str, arn: str, *, is_made: bool = False) -> None:
        self.group = group
        self.stream = stream
        self.arn = arn
        _, _, _, self.region, self.account, _ = arn.split(":", 5)
        self._is_made = self._knows_group = is_made
        self._is_well = False
        """Whether what was put last went well."""
        self._tries = 0
        self._explaining: Call | None = None
        self._lines: list[tuple[int, str]] = []

    @classmethod
    def new(cls, call: Call, function: Function, configuration: Configuration) -> Log:
        """The log of a new environment."""
        return cls(group_of(function, configuration), new_stream(call, function, configuration), function.arn)

    def add(self, now_ms: int, line: str) -> None:
        """Hold a line until the next time that lines are put."""
        if line:
            self._lines.append((now_ms, line + "\n"))

    def mark(self) -> int:
        """Where an invocation's lines begin."""
        return len(self._lines)

    def cut(self, mark: int) -> None:
        """Forget what an invocation has written: it is begun anew elsewhere."""
        del self._lines[mark:]

    def tail(self, mark: int) -> bytes:
        """The last 4 KB of what an invocation has written."""
        return "".join([line for _, line in self._lines[mark:]]).encode()[-TAIL_BYTES:]

    def put(self, call: Call, session: RoleSession, *, is_quiet: bool = False) -> None:
        """Put what was added into CloudWatch Logs; what comes of it is no part of the invocation.

        Where the log is written to well already that may be in a moment, with other invocations' lines. That its log
        is lost is on record with the invocation, unless that has a failure of its own (`is_quiet`).
        """
        lines, self._lines = self._lines, []
        if not lines:
            return
        if self._is_well and unwritten.may_wait(call.world):
            unwritten.HeldLines.of(call.world).hold(call, self, session.actor, lines)
        else:
            self.write(call, session.actor, lines, is_quiet=is_quiet)

    def write(self, call: Call, actor: Actor, lines: list[tuple[int, str]], *, is_quiet: bool = False) -> None:
        """Put lines into CloudWatch Logs, now."""
        self._explaining = None if is_quiet else call
        self._tries, self._is_well = TRIES_MAX, True
        call = lineages.apart(call)
        for batch in _batches(lines):
            events = [{"timestamp": at_ms, "message": text} for at_ms, text in batch]
            request = {"logGroupName": self.group, "logStreamName": self.stream, "logEvents": events}
            answer = self._steps(call, actor, request)
            if answer is not None:
                self._is_well = False
                call.world.started()
                task = asyncio.ensure_future(_finished(call, answer))
                _running.add(task)
                task.add_done_callback(_running.discard)

    def _steps(self, call: Call, actor: Actor, request: dict[str, Any]) -> Awaitable[None] | None:
        """Make the stream, and the group, where they are missing, and put events; awaitable where Logs takes time."""
        try:
            for operate, asked in self._operations(call, actor, request):
                answer = operate(asked)
                if inspect.isawaitable(answer):
                    return self._slowly(call, actor, request, answer)
        except AwsError as error:
            self._refused(call, actor, request, error)
        return None

    def _operations(self, call: Call, actor: Actor, request: dict[str, Any]) -> Iterator[Step]:
        logs = actor.ports(call, self.account, self.region).logs
        stream = {"logGroupName": self.group, "logStreamName": self.stream}
        if not self._is_made:
            if not self._has_group(call):
                yield logs.create_log_group, {"logGroupName": self.group}
            yield logs.create_log_stream, stream
            self._is_made = True
        yield logs.put_log_events, request

    def _has_group(self, call: Call) -> bool:
        """Whether the log group is there, as far as the journal tells: nobody is asked, so nothing is refused."""
        if self._knows_group:
            return True
        arn = f"arn:aws:logs:{self.region}:{self.account}:log-group:{self.group}"
        event = call.world.journal.last_change(arn, "exists")
        return event is not None and event.kind != "logs.LogGroupDeleted"

    def _refused(self, call: Call, actor: Actor, request: dict[str, Any], error: AwsError) -> None:
        self._tries -= 1
        if error.code in (GONE, THERE) and self._tries:
            # Somebody has deleted the stream or the group, or has made the group meanwhile.
            self._is_made, self._knows_group = False, error.code == THERE
            self._steps(call, actor, request)
            return
        self._lost(call, request, error)

    async def _slowly(self, call: Call, actor: Actor, request: dict[str, Any], answer: Awaitable[Any]) -> None:
        """Something holds Logs up: what is left to do is done when it has answered."""
        is_put = self._is_made
        try:
            await answer
        except AwsError as error:
            self._refused(call, actor, request, error)
            return
        if not is_put:
            self._is_made = self._has_group(call)
            further = self._steps(call, actor, request)
            if further is not None:
                await further

    def _lost(self, call: Call, request: dict[str, Any], error: AwsError) -> None:
        """The role may not write, most often: the refusal is on record with its call."""
        self._is_well = False
        call.happened("lambda.LogsLost", self.arn, events=len(request["logEvents"]), error=error.code)
        if self._explaining is not None:
            cause = f"What the function logs does not reach {self.group}."
            self._explaining.explain("PutLogs", self.arn, Why("dropped", cause, because=(error.why,)), error.code)
            self._explaining = None


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
