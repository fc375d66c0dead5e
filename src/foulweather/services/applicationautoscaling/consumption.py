"""What the watched tables used in each of the last minutes, gathered from the journal as DynamoDB tells it.

The sums are of the last half hour and are not kept over a restart: alarms then begin with insufficient data.
"""

from __future__ import annotations

from typing import Any

from foulweather.services.applicationautoscaling import limits
from foulweather.services.applicationautoscaling.records import Evaluation, Policy, Target
from foulweather.services.applicationautoscaling.state import ScalingState
from foulweather.world.journal import Event
from foulweather.world.store import State
from foulweather.world.world import World

MINUTES_HELD = 32
NEXT = "next"


class Datapoint:
    """One minute of a metric, in thousandths."""

    __slots__ = ("least_milli", "most_milli", "samples", "sum_milli")

    def __init__(self, milli: int) -> None:
        self.sum_milli = self.least_milli = self.most_milli = milli
        self.samples = 1


class Series:
    """A metric of a table or of an index, by minute since the epoch."""

    __slots__ = ("minutes",)

    def __init__(self) -> None:
        self.minutes: dict[int, Datapoint] = {}

    def add(self, minute: int, milli: int) -> None:
        """Count one value."""
        held = self.minutes.get(minute)
        if held is None:
            self.minutes[minute] = Datapoint(milli)
            if len(self.minutes) > MINUTES_HELD:
                del self.minutes[min(self.minutes)]
            return
        held.sum_milli += milli
        held.samples += 1
        if milli < held.least_milli:
            held.least_milli = milli
        elif milli > held.most_milli:
            held.most_milli = milli

    def had_any_since(self, minute: int) -> bool:
        """Whether there is a datapoint of that minute or a later one."""
        return any(each >= minute for each in self.minutes)


class Consumption(State):
    """The series of every table that a policy follows, by the table's ARN, then by index and metric."""

    scope = "world"

    def opened(self) -> None:
        """Find the tables that policies follow, and where an evaluation is on the agenda."""
        self.tables: dict[str, dict[tuple[str, str], Series]] = {}
        self.awake: set[tuple[str, str]] = set()
        for state in self.store.states(ScalingState):
            if NEXT in state.evaluations:
                self.awake.add((state.account, state.region))
            for policy in state.policies.values():
                self.watch(state.targets[policy.target], policy)

    def watch(self, target: Target, policy: Policy) -> None:
        """Gather what a policy follows."""
        for name in followed_tables(target, policy):
            self.tables.setdefault(_table_arn(target, name), {})

    def rewatch(self, state: ScalingState) -> None:
        """Gather nothing more of the tables of a place that no policy follows any longer."""
        followed = {
            _table_arn(target, name)
            for policy in state.policies.values()
            for target in (state.targets[policy.target],)
            for name in followed_tables(target, policy)
        }
        place = f"arn:aws:dynamodb:{state.region}:{state.account}:"
        for arn in [arn for arn in self.tables if arn.startswith(place) and arn not in followed]:
            del self.tables[arn]

    def series(self, target: Target, table: str, index: str, metric: str) -> Series | None:
        """A metric of a table or index, if there was any."""
        return self.tables.get(_table_arn(target, table), {}).get((index, metric))

    def is_quiet(self, state: ScalingState, since_minute: int) -> bool:
        """Whether no table that is followed in a place was used since a minute."""
        place = f"arn:aws:dynamodb:{state.region}:{state.account}:"
        return not any(
            series.had_any_since(since_minute)
            for arn, held in self.tables.items()
            if arn.startswith(place)
            for series in held.values()
        )


def followed_tables(target: Target, policy: Policy) -> set[str]:
    """The tables whose metrics a policy follows."""
    custom: dict[str, Any] | None = policy.config.get("CustomizedMetricSpecification")
    if custom is None:
        return {target.table}
    queries: list[dict[str, Any]] = custom.get("Metrics") or []
    stats: list[dict[str, Any]] = [each["MetricStat"]["Metric"] for each in queries if each.get("MetricStat")]
    dimensions: list[dict[str, str]] = []
    for metric in [custom, *stats]:
        dimensions += metric.get("Dimensions") or []
    return {each["Value"] for each in dimensions if each["Name"] == "TableName"}


def noted_use(world: World, event: Event) -> None:
    """Count what a request used of a table that a policy follows."""
    consumption = world.state(Consumption)
    held = consumption.tables.get(event.resource)
    if held is None:
        return
    facts, minute = event.facts, event.at_ms // limits.MINUTE_MS
    own = facts.get("write_milli")
    metric = "ConsumedWriteCapacityUnits"
    if own is None:
        own, metric = facts["read_milli"], "ConsumedReadCapacityUnits"
    if own:
        _series(held, "", metric).add(minute, own)
    for index, milli in facts.get("indexes", {}).items():
        _series(held, index, metric).add(minute, milli)
    wake(world, consumption, event)


def noted_throttle(world: World, event: Event) -> None:
    """Count a throttled request of a table that a policy follows."""
    consumption = world.state(Consumption)
    held = consumption.tables.get(event.resource)
    if held is None:
        return
    facts = event.facts
    metric = f"{facts['direction'].capitalize()}ThrottleEvents"
    _series(held, facts["index"], metric).add(event.at_ms // limits.MINUTE_MS, 1000)
    wake(world, consumption, event)


def wake(world: World, consumption: Consumption, event: Event) -> None:
    """Have the alarms of a table's account and region evaluated, every minute from the end of this one."""
    _, _, _, region, account, _ = event.resource.split(":", 5)
    if (account, region) not in consumption.awake:
        consumption.awake.add((account, region))
        begin(world, account, region, event.at_ms)


def begin(world: World, account: str, region: str, now_ms: int) -> None:
    """Put the next evaluation on the agenda: a minute's metrics are known a while after it has ended."""
    minute = now_ms // limits.MINUTE_MS + 1
    when_ms = minute * limits.MINUTE_MS + limits.METRIC_DELAY_MS
    world.state(ScalingState, account, region).evaluations.put(NEXT, Evaluation(when_ms))
    world.agenda.at(when_ms, "application-autoscaling.evaluate", {}, account=account, region=region)


def _series(held: dict[tuple[str, str], Series], index: str, metric: str) -> Series:
    found = held.get((index, metric))
    if found is None:
        found = held[index, metric] = Series()
    return found


def _table_arn(target: Target, table: str) -> str:
    return f"arn:aws:dynamodb:{target.region}:{target.account}:table/{table}"
