"""The services' own metrics: what the journal's events add up to, put into the series a minute at a time.

An event costs a few dict operations. Minutes become datapoints when the first event of a later one comes, or when
somebody looks; then also the gauges that nobody tells (queue depths, capacities, storage) are sampled for the minutes
since. Of a gap longer than three hours the older part is sampled every five minutes.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from foulweather.services.cloudwatch.depth import Depth
from foulweather.services.cloudwatch.measures import MEASURES, Key, Tallied, queue_metric
from foulweather.services.cloudwatch.series import MINUTE_MS, Dimensions
from foulweather.services.cloudwatch.state import Metric, WatchState
from foulweather.world.store import State, table
from foulweather.world.world import World

ACTIVE_MINUTES = 360
"""SQS's metrics are told for queues that hold messages or were accessed in the last six hours."""
DENSE_MINUTES = 180
GAP_MINUTES = 15 * 1440
COUNTED = ("NumberOfMessagesSent", "NumberOfMessagesReceived", "NumberOfMessagesDeleted", "NumberOfEmptyReceives")


class Gauge(msgspec.Struct, kw_only=True):
    """A value that stands until it changes, or falls to zero at a time, and is sampled every so often."""

    key: str
    account: str
    region: str
    namespace: str
    name: str
    dimensions: Dimensions
    unit: str
    value: int = 0
    zero_ms: int = 0
    every_minutes: int = 5
    sampled_minute: int = 0


_encode = msgspec.msgpack.Encoder().encode
_depth_of = msgspec.msgpack.Decoder(Depth).decode
_gauge_of = msgspec.msgpack.Decoder(Gauge).decode


class Tallies(State):
    """What was counted in the running minute, and what is sampled."""

    scope = "world"
    depth_rows = table(bytes)
    gauge_rows = table(bytes)

    def opened(self) -> None:
        """Begin with an empty minute; what is sampled goes on from its last row.

        Depths and gauges change with every event and are written once a minute: their rows are copies.
        """
        self.depths = {key: _depth_of(row) for key, row in self.depth_rows.items()}
        self.gauges = {key: _gauge_of(row) for key, row in self.gauge_rows.items()}
        self.minute = 0
        self.settled = 0
        self.counts: dict[Key, Tallied] = {}
        self.filters: dict[str, dict[str, dict[str, str] | None]] = {}
        self.changed: set[str] = set()
        self.places: dict[str, tuple[str, str]] = {}

    def add(self, key: Key, value: float) -> None:
        """Count a value."""
        held = self.counts.get(key)
        if held is None:
            self.counts[key] = {value: 1}
        else:
            held[value] = held.get(value, 0) + 1

    def turn(self, world: World, minute: int) -> None:
        """Put what was counted in a minute that is over into the series."""
        at_ms, counts = self.minute * MINUTE_MS, self.counts
        self.minute = minute
        if counts:
            self.counts = {}
            for key, tallied in counts.items():
                _store(world, key, tallied, at_ms)
        for key in sorted(self.changed):
            if key in self.gauges:
                self.write_gauge(self.gauges[key])
        self.changed.clear()

    def write_depth(self, depth: Depth) -> None:
        """Write a queue's depth down."""
        self.depths[depth.arn] = depth
        self.depth_rows.put(depth.arn, _encode(depth))

    def write_gauge(self, gauge: Gauge) -> None:
        """Write a gauge down."""
        self.gauges[gauge.key] = gauge
        self.gauge_rows.put(gauge.key, _encode(gauge))

    def drop_depth(self, arn: str) -> None:
        """Forget a queue."""
        self.places.pop(arn, None)
        if self.depths.pop(arn, None) is not None:
            self.depth_rows.delete(arn)

    def drop_gauge(self, key: str) -> None:
        """Forget a gauge."""
        if self.gauges.pop(key, None) is not None:
            self.gauge_rows.delete(key)


def settle(world: World) -> None:
    """Bring every metric of the services up to the last minute that is over."""
    tallies = world.state(Tallies)
    minute = world.clock.now_ms // MINUTE_MS
    if minute > tallies.minute:
        tallies.turn(world, minute)
    if minute == tallies.settled:
        return
    tallies.settled = minute
    for depth in tallies.depths.values():
        if depth.sampled_minute < minute - 1:
            sample_depth(world, tallies, depth, minute - 1)
    for gauge in tallies.gauges.values():
        _sample_gauge(world, tallies, gauge, minute - 1)


def _store(world: World, key: Key, tallied: Tallied, at_ms: int) -> None:
    kind, account, region, resource, what = key
    state = world.state(WatchState, account, region)
    for metric, unit, counts_events in MEASURES[kind](resource, what):
        bucket = state.stream(metric, unit).bucket(at_ms)
        if counts_events:
            bucket.add(1.0, sum(tallied.values()))
        else:
            for value, count in tallied.items():
                bucket.add(value, count)


def _minutes(first: int, last: int) -> Iterator[int]:
    first = max(first, last - GAP_MINUTES)
    dense = max(first, last - DENSE_MINUTES + 1)
    yield from range(first - first % 5 + 5, dense - dense % 5, 5)
    yield from range(dense, last + 1)


def sample_depth(world: World, tallies: Tallies, depth: Depth, until: int) -> None:
    """Sample a queue at the end of each minute since it was last sampled, for as long as it is active."""
    first, depth.sampled_minute = depth.sampled_minute + 1, until
    _, _, _, region, account, _ = depth.arn.split(":")
    state = world.state(WatchState, account, region)
    names = ("Visible", "NotVisible", "Delayed")
    gauges = [state.stream(queue_metric(depth.arn, f"ApproximateNumberOfMessages{name}"), "Count") for name in names]
    oldest = state.stream(queue_metric(depth.arn, "ApproximateAgeOfOldestMessage"), "Seconds")
    counted = [state.stream(queue_metric(depth.arn, name), "Count") for name in COUNTED]
    active_until = depth.touched_ms // MINUTE_MS + ACTIVE_MINUTES
    for minute in _minutes(first, until):
        if not depth.total and minute > active_until:
            break
        at_ms = minute * MINUTE_MS
        *depths, age_s = depth.sampled(at_ms + MINUTE_MS)
        for stream, value in zip(gauges, depths, strict=True):
            stream.bucket(at_ms).add(float(value))
        oldest.bucket(at_ms).add(float(age_s))
        for stream in counted:
            if minute not in stream.minutes:
                stream.bucket(at_ms).add(0.0)
    tallies.write_depth(depth)


def _sample_gauge(world: World, tallies: Tallies, gauge: Gauge, until: int) -> None:
    first = gauge.sampled_minute + 1
    step = gauge.every_minutes
    due = (
        [minute for minute in _minutes(first, until) if minute % step == 0] if step < 60 else _days(first, until, step)
    )
    if not due:
        return
    gauge.sampled_minute = due[-1]
    state = world.state(WatchState, gauge.account, gauge.region)
    stream = state.stream(Metric(gauge.namespace, gauge.name, gauge.dimensions), gauge.unit)
    for minute in due:
        at_ms = minute * MINUTE_MS
        value = (gauge.zero_ms - at_ms) // 1000 if gauge.zero_ms else gauge.value
        if value >= 0:
            stream.bucket(at_ms).add(float(value))
    tallies.write_gauge(gauge)


def _days(first: int, until: int, step: int) -> list[int]:
    return list(range(-(-first // step) * step, until + 1, step))


def gauge_at(tallies: Tallies, key: str, at_ms: int, metric: Metric, unit: str, **given: int | str) -> Gauge:
    """A gauge by its key, made when it is new."""
    found = tallies.gauges.get(key)
    if found is None:
        found = Gauge(
            key=key,
            account=str(given["account"]),
            region=str(given["region"]),
            namespace=metric.namespace,
            name=metric.name,
            dimensions=metric.dimensions,
            unit=unit,
            every_minutes=int(given.get("every", 5)),
            sampled_minute=at_ms // MINUTE_MS - 1,
        )
        tallies.write_gauge(found)
    return found
