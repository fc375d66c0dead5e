"""Log lines of invocations that are over, held for a moment: CloudWatch Logs gets those of many invocations at once.

Before anybody asks for anything that could show them they are handed over. They are rows until then, so none is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

from foulweather.kernel.call import Call
from foulweather.services.lambda_.state import LambdaState
from foulweather.services.lambda_.unwritten_lines import Actor, UnwrittenLines
from foulweather.world.clock import RATE_UNIT
from foulweather.world.world import World

if TYPE_CHECKING:
    from foulweather.services.lambda_.logging import Log

HELD_MS = 20
LINES_MAX = 5_000
ACTION = "lambda.write_logs"
BLIND = frozenset(
    {
        *(("lambda", name) for name in ("Invoke", "InvokeWithResponseStream", "lambda.deliver")),
        *(("sqs", f"{verb}Message{many}") for verb in ("Send", "Delete") for many in ("", "Batch")),
        ("sqs", "ReceiveMessage"),
        ("sqs", "GetQueueAttributes"),
        *(("dynamodb", f"{verb}Item") for verb in ("Get", "Put", "Update", "Delete", "BatchGet", "BatchWrite")),
        ("dynamodb", "Query"),
    }
)
"""Calls that neither see what is in a log nor change who may write to it."""


class Held(msgspec.Struct):
    """What is held of one log: lines in order, their rows, and who writes them on whose behalf."""

    call: Call
    actor: Actor
    lines: list[tuple[int, str]]
    rows: list[tuple[LambdaState, str]]


class HeldLines:
    """All of a world's."""

    def __init__(self) -> None:
        self._logs: dict[Log, Held] = {}
        self._count = 0
        self._numbers = 0

    @classmethod
    def of(cls, world: World) -> HeldLines:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(HeldLines, found)

    def hold(self, call: Call, log: Log, actor: Actor, lines: list[tuple[int, str]]) -> None:
        """Hold the lines of an invocation."""
        state = call.state(LambdaState, log.account, log.region)
        self._numbers += 1
        key = f"{log.stream}#{self._numbers}"
        state.unwritten.put(key, UnwrittenLines(log.arn, log.group, log.stream, actor, lines))
        held = self._logs.get(log)
        if held is None:
            held = self._logs[log] = Held(call, actor, [], [])
        if not self._count:
            call.pipeline.put_off(self.hand_over, BLIND)
            call.world.agenda.at(call.now + HELD_MS, ACTION, {}, account=log.account, region=log.region)
        held.call = call
        held.lines += lines
        held.rows.append((state, key))
        self._count += len(lines)
        if self._count > LINES_MAX:
            call.pipeline.settle()

    def hand_over(self) -> None:
        """Put all that is held into CloudWatch Logs."""
        logs, self._logs, self._count = self._logs, {}, 0
        for log, held in logs.items():
            for state, key in held.rows:
                state.unwritten.delete(key)
            log.write(held.call, held.actor, held.lines)


def may_wait(world: World) -> bool:
    """Whether a moment is none for whoever looks: where the world's time is real time."""
    clock = world.clock
    return clock.mode == "paced" and clock.rate_permille == RATE_UNIT


def write_logs(call: Call) -> None:
    """Hand over what is held, and what an earlier process of this world held when it ended."""
    from foulweather.services.lambda_.logging import Log

    call.pipeline.settle()
    for state in call.world.store.states(LambdaState):
        table = state.unwritten
        found: dict[str, UnwrittenLines] = {}
        for key in list(table):
            row = table.delete(key)
            together = found.setdefault(row.stream, row)
            if together is not row:
                together.lines += row.lines
        for row in found.values():
            # Only what went well before was held, so its stream was there.
            Log(row.group, row.stream, row.function_arn, is_made=True).write(call, row.actor, row.lines)
