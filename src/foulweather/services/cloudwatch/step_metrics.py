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


# The buckets of https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html: size, and refill a second.
_STARTING = frozenset({"StartExecution", "StartSyncExecution", "RedriveExecution"})
_LARGE = frozenset({"us-east-1", "us-west-2", "eu-west-1"})
_EXPRESS = 6_000, 6_000
_STARTS = {True: (1_300, 300), False: (800, 150)}
_TRANSITIONS = {True: (5_000, 5_000), False: (800, 800)}


def _bucket(tallies: Tallies, place: tuple[str, str], what: str, bucket: tuple[int, int], **counts: int) -> None:
    """The metrics of a bucket: what was taken or refused, and how it is provisioned."""
    for name, value in counts.items():
        tallies.add(("stepfunctions.Bucket", *place, what, name), value)
    size = ("stepfunctions.Bucket", *place, what, "ProvisionedBucketSize")
    if size not in tallies.counts:  # once a minute
        tallies.add(size, bucket[0])
        tallies.add((*size[:-1], "ProvisionedRefillRate"), bucket[1])


def _transitions(tallies: Tallies, event: Event, **counts: int) -> None:
    place = event.account, event.region
    _bucket(tallies, place, "ServiceMetric StateTransition", _TRANSITIONS[event.region in _LARGE], **counts)


def _api(tallies: Tallies, event: Event, kind: str, **counts: int) -> None:
    bucket = _EXPRESS if kind == "EXPRESS" else _STARTS[event.region in _LARGE]
    _bucket(tallies, (event.account, event.region), f"APIName {event.facts['api']}", bucket, **counts)


def _transitioned(world: World, tallies: Tallies, event: Event) -> None:
    _transitions(tallies, event, ConsumedCapacity=event.facts["steps"])


def _refused(world: World, tallies: Tallies, event: Event) -> None:
    _api(tallies, event, event.facts["kind"], ThrottledEvents=1)


def _status(world: World, tallies: Tallies, event: Event) -> None:
    facts, place, machine = event.facts, (event.account, event.region), event.facts["machine"]
    status = facts["status"]
    if facts["steps"] and facts["kind"] == "STANDARD":
        _transitions(tallies, event, ConsumedCapacity=facts["steps"])
    if status == "RUNNING":
        if facts["api"] in _STARTING:
            _api(tallies, event, facts["kind"], ConsumedCapacity=1)
        tallies.add(("stepfunctions.Execution", *place, machine, "ExecutionsStarted"), 1)
        return
    tallies.add(("stepfunctions.Execution", *place, machine, _ENDS[status]), 1)
    took_ms = facts["stopped_ms"] - facts["started_ms"]
    tallies.add(("stepfunctions.ExecutionTime", *place, machine, ""), took_ms)


def _throttled(world: World, tallies: Tallies, event: Event) -> None:
    place = event.account, event.region
    tallies.add(("stepfunctions.Execution", *place, event.facts["machine"], "ExecutionThrottled"), 1)
    _transitions(tallies, event, ThrottledEvents=1)


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
    "stepfunctions.Transitioned": _transitioned,
    "stepfunctions.Throttled": _refused,
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


def _buckets(what: str, name: str) -> Iterator[Measured]:
    dimension, _, value = what.partition(" ")
    yield Measured(Metric("AWS/States", name, ((dimension, value),)), "Count")


MEASURES: dict[str, Measures] = {
    "stepfunctions.Bucket": _buckets,
    "stepfunctions.Execution": _executions,
    "stepfunctions.ExecutionTime": _execution_time,
    "stepfunctions.Task": _tasks,
    "stepfunctions.TaskTime": _task_times,
}
