"""The services' own metrics: what the journal's events add up to, put into the series a minute at a time.

An event costs a few dict operations. Minutes become datapoints (`settling`) when the first event of a later one comes,
or when somebody looks. What nobody tells (queue depths, capacities, storage) stands in runs (`sampling`).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from foulweather.services.cloudwatch.depth import Depth
from foulweather.services.cloudwatch.measures import Key, Tallied, queue_metric
from foulweather.services.cloudwatch.sampling import Run, Sampled, View, Zeros
from foulweather.services.cloudwatch.series import MINUTE_MS, Dimensions
from foulweather.services.cloudwatch.state import Metric, WatchState
from foulweather.world.store import State, table

COUNTED = ("NumberOfMessagesSent", "NumberOfMessagesReceived", "NumberOfMessagesDeleted", "NumberOfEmptyReceives")
DEPTHS = ("Visible", "NotVisible", "Delayed")
NOW = "now"


class Gauge(Sampled, kw_only=True):
    """A value that stands until it changes, or falls to zero at a time, and is sampled every so often."""

    account: str
    region: str
    namespace: str
    name: str
    dimensions: Dimensions
    unit: str
    value: int = 0
    zero_ms: int = 0

    def standing(self, first: int, last: int) -> Iterator[Run]:
        """The value, where there is a sample."""
        if self.zero_ms:
            last = min(last, self.zero_ms // MINUTE_MS)
        if first <= last and last - last % self.every_minutes >= first:
            yield [first, last, self.zero_ms or self.value]


class Running(msgspec.Struct):
    """The minute that runs, and what was counted in it."""

    minute: int = 0
    counts: dict[Key, Tallied] = msgspec.field(default_factory=dict[Key, Tallied])


class Tallies(State):
    """What was counted in the running minute, and what is sampled.

    What was counted changes with every event and is noted to be written once a second: a world that is killed has lost
    no more of it. A snapshot and a fork hold it as it is.
    """

    scope = "world"
    running = table(Running)
    depths = table(Depth)
    gauges = table(Gauge)
    run_packs = table(bytes)

    def opened(self) -> None:
        """Go on with the running minute; show what is sampled as metrics."""
        self.now = self.running.get(NOW) or Running()
        self.minute = self.now.minute
        self.counts = self.now.counts
        self.filters: dict[str, dict[str, dict[str, str] | None]] = {}
        self.places: dict[str, tuple[str, str]] = {}
        self.write_ms = 0
        self.is_stirred = False
        self.watched = {(state.account, state.region): state for state in self.store.states(WatchState) if state.alarms}
        for depth in self.depths.values():
            self._show_depth(depth)
        for gauge in self.gauges.values():
            self.show_gauge(gauge)

    def add(self, key: Key, value: float) -> None:
        """Count a value."""
        held = self.counts.get(key)
        if held is None:
            self.counts[key] = {value: 1}
        else:
            held[value] = held.get(value, 0) + 1

    def turn(self, minute: int) -> tuple[int, dict[Key, Tallied]]:
        """Begin another minute: when the one that is over began, and what was counted in it."""
        over = self.minute * MINUTE_MS, self.counts
        self.minute = self.now.minute = minute
        self.write_ms, self.is_stirred = 0, False
        self.counts = self.now.counts = {}
        self.running.put(NOW, self.now)
        return over

    # --- alarms

    def watch(self, state: WatchState) -> None:
        """Have a place's alarms woken by what is counted, while it has some."""
        place = (state.account, state.region)
        if state.alarms:
            self.watched[place] = state
        else:
            self.watched.pop(place, None)

    # --- what is sampled

    def depth(self, arn: str, at_ms: int) -> Depth:
        """A queue's depth, what stood before this minute put into runs: it may be changed."""
        minute = at_ms // MINUTE_MS
        found = self.depths.get(arn)
        if found is None:
            found = Depth(key=arn, sampled_minute=minute - 1, touched_ms=at_ms)
            self.depths.put(arn, found)
            self._show_depth(found)
            return found
        if found.sampled_minute < minute - 1:
            found.close(self, minute - 1)
            found.forget_shown()
        found.changes += 1
        self.depths.touch(arn)
        return found

    def gauge(self, key: str, at_ms: int, metric: Metric, unit: str, place: tuple[str, str], every: int = 5) -> Gauge:
        """A gauge, what stood before this minute put into runs: it may be changed."""
        found = self.gauges.get(key)
        minute = at_ms // MINUTE_MS
        if found is None:
            found = Gauge(
                key=key,
                account=place[0],
                region=place[1],
                namespace=metric.namespace,
                name=metric.name,
                dimensions=metric.dimensions,
                unit=unit,
                every_minutes=every,
                sampled_minute=minute - 1,
            )
            self.gauges.put(key, found)
            self.show_gauge(found)
        elif found.sampled_minute < minute - 1:
            found.close(self, minute - 1)
        found.is_gone = False
        found.changes += 1
        self.gauges.touch(key)
        return found

    def end(self, sampled: Sampled | None, at_ms: int) -> None:
        """What was sampled is there no more; what was told of it stays."""
        if sampled is not None and not sampled.is_gone:
            sampled.close(self, max(sampled.sampled_minute, at_ms // MINUTE_MS - 1))
            sampled.is_gone = True
            sampled.changes += 1
            (self.depths if isinstance(sampled, Depth) else self.gauges).touch(sampled.key)

    def _show_depth(self, depth: Depth) -> None:
        _, _, _, region, account, _ = depth.key.split(":")
        state = self.store.state(WatchState, account, region)
        for column, name in enumerate(DEPTHS):
            metric = queue_metric(depth.key, f"ApproximateNumberOfMessages{name}")
            state.show(metric, "Count", View(self, depth, column))
        oldest = queue_metric(depth.key, "ApproximateAgeOfOldestMessage")
        state.show(oldest, "Seconds", View(self, depth, len(DEPTHS), "age"))
        for name in COUNTED:
            state.stream(queue_metric(depth.key, name), "Count").zeros = Zeros(self, depth)

    def show_gauge(self, gauge: Gauge) -> None:
        """Show a gauge as a metric."""
        state = self.store.state(WatchState, gauge.account, gauge.region)
        metric = Metric(gauge.namespace, gauge.name, gauge.dimensions)
        state.show(metric, gauge.unit, View(self, gauge, 0, "until" if gauge.zero_ms else "value"))
