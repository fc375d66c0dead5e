"""What Step Functions tells of executions, activities, functions and integrations.

https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from foulweather.services.cloudwatch.measures import Measured, Measures
from foulweather.services.cloudwatch.measuring import Tallies
from foulweather.services.cloudwatch.state import Metric
from foulweather.world.journal import Event
from foulweather.world.world import World

Note = Callable[[World, Tallies, Event], None]
_ENDS = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}
_DIMENSIONS = {
    "Activity": "ActivityArn",
    "LambdaFunction": "LambdaFunctionArn",
    "ServiceIntegration": "ServiceIntegrationResourceArn",
}
# "ActivitiesFailed", and "LambdaFunctionsFailed", "ServiceIntegrationsFailed".
_PLURALS = {"Activity": "Activities", "LambdaFunction": "LambdaFunctions", "ServiceIntegration": "ServiceIntegrations"}


def _status(world: World, tallies: Tallies, event: Event) -> None:
    facts, place, machine = event.facts, (event.account, event.region), event.facts["machine"]
    status = facts["status"]
    if status == "RUNNING":
        tallies.add(("stepfunctions.Execution", *place, machine, "ExecutionsStarted"), 1)
        return
    tallies.add(("stepfunctions.Execution", *place, machine, _ENDS[status]), 1)
    took_ms = facts["stopped_ms"] - facts["started_ms"]
    tallies.add(("stepfunctions.ExecutionTime", *place, machine, ""), took_ms)


def _throttled(world: World, tallies: Tallies, event: Event) -> None:
    place = event.account, event.region
    tallies.add(("stepfunctions.Execution", *place, event.facts["machine"], "ExecutionThrottled"), 1)


def _task(name: str) -> Note:
    def note(world: World, tallies: Tallies, event: Event) -> None:
        facts, place = event.facts, (event.account, event.region)
        family = facts["family"]
        plural = _PLURALS[family]
        what = f"{plural}{name or facts['ending']}"
        if facts.get("heartbeat") and family == "Activity":
            what = f"{plural}HeartbeatTimedOut"
        tallies.add(("stepfunctions.Task", *place, event.resource, f"{family} {what}"), 1)
        for fact, metric in (("schedule_ms", "ScheduleTime"), ("run_ms", "RunTime"), ("time_ms", "Time")):
            if fact in facts:
                key = ("stepfunctions.TaskTime", *place, event.resource, f"{family} {family}{metric}")
                tallies.add(key, facts[fact])

    return note


NOTES: dict[str, Note] = {
    "stepfunctions.ExecutionStatusChanged": _status,
    "stepfunctions.ExecutionThrottled": _throttled,
    "stepfunctions.TaskScheduled": _task("Scheduled"),
    "stepfunctions.TaskStarted": _task("Started"),
    "stepfunctions.TaskEnded": _task(""),
}


def _executions(machine: str, name: str) -> Iterator[Measured]:
    yield Measured(Metric("AWS/States", name, (("StateMachineArn", machine),)), "Count")


def _execution_time(machine: str, _: str) -> Iterator[Measured]:
    yield Measured(Metric("AWS/States", "ExecutionTime", (("StateMachineArn", machine),)), "Milliseconds")


def _tasks(arn: str, what: str) -> Iterator[Measured]:
    family, _, name = what.partition(" ")
    yield Measured(Metric("AWS/States", name, ((_DIMENSIONS[family], arn),)), "Count")


def _task_times(arn: str, what: str) -> Iterator[Measured]:
    family, _, name = what.partition(" ")
    yield Measured(Metric("AWS/States", name, ((_DIMENSIONS[family], arn),)), "Milliseconds")


MEASURES: dict[str, Measures] = {
    "stepfunctions.Execution": _executions,
    "stepfunctions.ExecutionTime": _execution_time,
    "stepfunctions.Task": _tasks,
    "stepfunctions.TaskTime": _task_times,
}
