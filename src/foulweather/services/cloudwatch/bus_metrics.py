"""What EventBridge tells of its rules.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from foulweather.services.cloudwatch.measures import Measured, Measures
from foulweather.services.cloudwatch.measuring import Tallies
from foulweather.services.cloudwatch.state import Metric
from foulweather.world.journal import Event
from foulweather.world.world import World

Note = Callable[[World, Tallies, Event], None]
NAMES = {
    "events.Matched": "MatchedEvents",
    "events.Triggered": "TriggeredRules",
    "events.FailedInvocation": "FailedInvocations",
    "events.Throttled": "ThrottledRules",
    "events.RetryScheduled": "RetryInvocationAttempts",
    "events.DeadLettered": "InvocationsSentToDlq",
    "events.DeadLetterFailed": "InvocationsFailedToBeSentToDlq",
    "events.Invoked": "Invocations",
    "events.Succeeded": "SuccessfulInvocationAttempts",
}


def _counted(world: World, tallies: Tallies, event: Event) -> None:
    facts = event.facts
    tallies.add((event.kind, event.account, event.region, facts["rule"], facts["bus"]), 1)


def _invoked(world: World, tallies: Tallies, event: Event) -> None:
    _counted(world, tallies, event)
    if event.facts["succeeded"]:
        tallies.add(("events.Succeeded", event.account, event.region, event.facts["rule"], event.facts["bus"]), 1)


def _of_rule(name: str) -> Measures:
    def measures(rule: str, bus: str) -> Iterator[Measured]:
        yield Measured(Metric("AWS/Events", name, (("RuleName", rule),)), "Count")
        if bus != "default":
            yield Measured(Metric("AWS/Events", name, (("EventBusName", bus), ("RuleName", rule))), "Count")

    return measures


NOTES: dict[str, Note] = {kind: _counted for kind in NAMES if kind not in ("events.Invoked", "events.Succeeded")}
NOTES["events.Invoked"] = _invoked
MEASURES: dict[str, Measures] = {kind: _of_rule(name) for kind, name in NAMES.items()}
