"""What Lambda tells of durable executions: by function, by version, and of all together.

https://docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from foulweather.services.cloudwatch.measures import Measured, Measures
from foulweather.services.cloudwatch.measuring import Tallies
from foulweather.services.cloudwatch.state import Metric
from foulweather.world.journal import Event
from foulweather.world.world import World

Note = Callable[[World, Tallies, Event], None]
RUNNING_MAX = 5_000_000
""""Maximum running durable executions": https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
_OF_STATUS = {
    "RUNNING": "Started",
    "SUCCEEDED": "Succeeded",
    "FAILED": "Failed",
    "TIMED_OUT": "TimedOut",
    "STOPPED": "Stopped",
}


def _changed(world: World, tallies: Tallies, event: Event) -> None:
    facts = event.facts
    what = event.account, event.region, facts["function"], facts["version"]
    tallies.add((f"lambda.durable.{_OF_STATUS[facts['status']]}", *what), 1)
    place = event.account, event.region, "", ""
    tallies.add(("lambda.durable.Running", *place), facts["running"])
    tallies.add(("lambda.durable.Utilization", *place), 100 * facts["running"] / RUNNING_MAX)
    if facts["ended_ms"]:
        tallies.add(("lambda.durable.Duration", *what), facts["ended_ms"] - facts["started_ms"])
        tallies.add(("lambda.durable.Operations", *what), facts["operations"])
        tallies.add(("lambda.durable.Written", *what), facts["bytes_written"])


NOTES: dict[str, Note] = {"lambda.DurableExecutionStatusChanged": _changed}


def _account(name: str, unit: str) -> Measures:
    def measures(_: str, __: str) -> Iterator[Measured]:
        yield Measured(Metric("AWS/Lambda", name), unit)

    return measures


def _function(name: str, unit: str) -> Measures:
    def measures(function: str, version: str) -> Iterator[Measured]:
        own = ("FunctionName", function)
        resource = f"{function}:{version}" if version != "$LATEST" else function
        yield Measured(Metric("AWS/Lambda", name, (own,)), unit)
        yield Measured(Metric("AWS/Lambda", name, (own, ("Resource", resource))), unit)
        yield Measured(Metric("AWS/Lambda", name), unit)

    return measures


MEASURES: dict[str, Measures] = {
    **{f"lambda.durable.{how}": _function(f"DurableExecution{how}", "Count") for how in _OF_STATUS.values()},
    "lambda.durable.Duration": _function("DurableExecutionDuration", "Milliseconds"),
    "lambda.durable.Operations": _function("DurableExecutionOperations", "Count"),
    "lambda.durable.Written": _function("DurableExecutionStorageWrittenBytes", "Bytes"),
    "lambda.durable.Running": _account("ApproximateRunningDurableExecutions", "Count"),
    "lambda.durable.Utilization": _account("ApproximateRunningDurableExecutionsUtilization", "Percent"),
}
