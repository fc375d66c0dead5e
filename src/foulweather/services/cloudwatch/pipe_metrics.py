"""What EventBridge Pipes tells of pipes: executions, their events, how long they take and where they fail.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-monitoring.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from foulweather.services.cloudwatch.measures import Measured, Measures
from foulweather.services.cloudwatch.measuring import Tallies
from foulweather.services.cloudwatch.state import Metric
from foulweather.world.journal import Event
from foulweather.world.world import World

Note = Callable[[World, Tallies, Event], None]
_UNITS = {"EventSize": "Bytes", "Duration": "Milliseconds"}


def _executed(world: World, tallies: Tallies, event: Event) -> None:
    facts = event.facts
    told = {"Invocations": 1, "EventCount": facts["events"], "EventSize": facts["bytes"], "Duration": facts["took_ms"]}
    if facts["failed"]:
        told[f"{facts['stage']}StageFailed"] = facts["failed"]
        if facts["throttled"]:
            told["ExecutionThrottled"] = 1
        told["ExecutionPartiallyFailed" if facts["failed"] < facts["events"] else "ExecutionFailed"] = 1
    for name, value in told.items():
        tallies.add(("pipes.Execution", event.account, event.region, facts["pipe"], name), value)


def _skipped(world: World, tallies: Tallies, event: Event) -> None:
    tallies.add(("pipes.Execution", event.account, event.region, event.facts["pipe"], "TargetStageSkipped"), 1)


def _of_pipe(pipe: str, name: str) -> Iterator[Measured]:
    yield Measured(Metric("AWS/EventBridge/Pipes", name, (("PipeName", pipe),)), _UNITS.get(name, "Count"))


NOTES: dict[str, Note] = {"pipes.Executed": _executed, "pipes.TargetSkipped": _skipped}
MEASURES: dict[str, Measures] = {"pipes.Execution": _of_pipe}
