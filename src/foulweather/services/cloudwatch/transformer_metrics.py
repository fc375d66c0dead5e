"""What CloudWatch Logs tells of its log transformers.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from foulweather.services.cloudwatch.measures import Measured, Measures
from foulweather.services.cloudwatch.measuring import Tallies
from foulweather.services.cloudwatch.state import Metric
from foulweather.world.journal import Event
from foulweather.world.world import World

Note = Callable[[World, Tallies, Event], None]


def _transformed(world: World, tallies: Tallies, event: Event) -> None:
    facts = event.facts
    for name, amount in (("LogEvents", facts["events"]), ("Bytes", facts["bytes"]), ("Errors", facts["errors"])):
        if amount or name != "Errors":
            kind = f"logs.Transformed{name}"
            tallies.add((kind, event.account, event.region, event.resource, facts["level"]), amount)


def _of_level(name: str, unit: str) -> Measures:
    """By group for a group's own transformer, else by "PolicyLevel", whose only value is AccountPolicy."""

    def measures(arn: str, level: str) -> Iterator[Measured]:
        group = arn.split(":log-group:", 1)[1]
        own = level == "LogGroup"
        yield Measured(Metric("AWS/Logs", name, (("LogGroupName", group) if own else ("PolicyLevel", level),)), unit)

    return measures


NOTES: dict[str, Note] = {"logs.Transformed": _transformed}
MEASURES: dict[str, Measures] = {
    "logs.TransformedLogEvents": _of_level("TransformedLogEvents", "None"),
    "logs.TransformedBytes": _of_level("TransformedBytes", "Bytes"),
    "logs.TransformedErrors": _of_level("TransformationErrors", "None"),
}
