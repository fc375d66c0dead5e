"""What CloudWatch does on other services' events, and when a time has come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.cloudwatch.measuring import NOW, Tallies
from foulweather.services.cloudwatch.noting import NOTES
from foulweather.services.cloudwatch.series import MINUTE_MS
from foulweather.services.cloudwatch.settling import turn
from foulweather.world.journal import Event
from foulweather.world.world import World

WRITE_EVERY_MS = 1000


def noting(world: World, kind: str) -> Callable[[Event], None]:
    """What counts events of a kind towards the metrics of their service."""
    tallies, note = world.state(Tallies), NOTES[kind]

    def read(event: Event) -> None:
        if event.at_ms >= tallies.write_ms:
            _begin(world, tallies, event.at_ms)
        note(world, tallies, event)

    return read


def _begin(world: World, tallies: Tallies, at_ms: int) -> None:
    """Begin another second, and a minute where it is one: what was counted is to be written, alarms are to know."""
    minute = at_ms // MINUTE_MS
    if minute > tallies.minute:
        turn(world, tallies, minute)
    tallies.write_ms = min(at_ms + WRITE_EVERY_MS, (minute + 1) * MINUTE_MS)
    tallies.running.touch(NOW)
    if tallies.watched and not tallies.is_stirred:
        tallies.is_stirred = True
        _wake(world, tallies, at_ms)


def _wake(world: World, tallies: Tallies, at_ms: int) -> None:
    from foulweather.services.cloudwatch import evaluating

    for _, state in sorted(tallies.watched.items()):
        evaluating.wake(world, state, at_ms)


async def evaluate(call: Call) -> None:
    """Evaluate every alarm whose time has come."""
    from foulweather.services.cloudwatch import evaluating

    await evaluating.evaluate_all(call)


async def review_suppression(call: Call, alarm: str) -> None:
    """Look anew at a composite alarm whose actions were held back for a while."""
    from foulweather.services.cloudwatch import suppressing

    await suppressing.review(call, alarm)


async def carry_out(call: Call, alarm: str, target: str, **change: Any) -> None:
    """Do what an alarm's change of state leads to."""
    from foulweather.services.cloudwatch import acting

    found = acting.find(call, alarm)
    if found is not None:
        await acting.carry_out(call, found, target, change)


async def compose(call: Call, alarm: str) -> None:
    """Evaluate a composite alarm for the first time."""
    from foulweather.services.cloudwatch import composites

    composites.evaluate_named(call, alarm)


async def stream_metrics(call: Call) -> None:
    """Send the metric streams the minute that is over."""
    from foulweather.services.cloudwatch import streaming

    await streaming.stream_minute(call)


async def put_metrics_again(call: Call, unsent: str) -> None:
    """Put records again that Firehose did not take."""
    from foulweather.services.cloudwatch import streaming

    await streaming.put_again(call, unsent)


async def unmute(call: Call, alarm: str) -> None:
    """When no rule mutes an alarm any more, carry out what was held back."""
    from foulweather.services.cloudwatch import muting

    muting.review(call, alarm)
