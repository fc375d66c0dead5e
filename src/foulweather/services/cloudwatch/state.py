"""The metrics, alarms and dashboards of an account in a region."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from foulweather.services.cloudwatch.buckets import Bucket
from foulweather.services.cloudwatch.records import (
    Alarm,
    Composite,
    Dashboard,
    Detector,
    HistoryItem,
    InsightRule,
    Late,
    MetricStream,
    MuteRule,
    Tick,
    Unsent,
)
from foulweather.services.cloudwatch.sampling import View
from foulweather.services.cloudwatch.series import (
    BLOCK_MINUTES,
    HOUR_MS,
    MINUTE_MS,
    Dimensions,
    Reading,
    Stream,
    StreamRow,
)
from foulweather.world.store import State, table

if TYPE_CHECKING:
    from foulweather.services.cloudwatch.datapoints import Plan


class Metric(NamedTuple):
    """A metric's name: two with other dimensions are different metrics."""

    namespace: str
    name: str
    dimensions: Dimensions = ()


class Window(NamedTuple):
    """What a query looks at; periods begin at `origin_ms` and every so often before and after."""

    start_ms: int
    end_ms: int
    now_ms: int
    origin_ms: int = 0


class WatchState(State):
    """Every series by metric and unit, and the alarms on them."""

    streams = table(StreamRow)
    minutes = table(Bucket)
    blocks = table(bytes)
    alarms = table(Alarm)
    composites = table(Composite)
    history = table(HistoryItem)
    detectors = table(Detector)
    insight_rules = table(InsightRule)
    ticks = table(Tick)
    mute_rules = table(MuteRule)
    metric_streams = table(MetricStream)
    late = table(Late)
    unsent = table(Unsent)

    def opened(self) -> None:
        """Find every series' minutes and blocks."""
        self.metrics: dict[Metric, dict[str, Stream | View]] = {}
        self.known: dict[tuple[object, ...], Stream] = {}
        self.changing: list[str] = []
        self.plans: dict[str, Plan] = {}
        self.is_high: bool | None = None
        self._published: tuple[int, set[str]] = (0, set())
        self.bands: dict[str, tuple[int, object]] = {}
        self.see_streamed()
        by_id = {row.id: self._index(row) for row in self.streams.values()}
        self._last_id = max((int(each) for each in by_id), default=0)
        for key, bucket in self.minutes.items():
            owner, _, minute = key.partition(".")
            stream = by_id[owner]
            stream.minutes[int(minute)] = bucket
            stream.last_ms = max(stream.last_ms, int(minute) * MINUTE_MS)
        for key in self.blocks:
            owner, _, at = key.partition(".")
            stream = by_id[owner]
            stream.have_block(int(at), 0)  # how coarse it is will be seen when it is next rolled up
            stream.last_ms = max(stream.last_ms, (int(at) + 1) * BLOCK_MINUTES * MINUTE_MS - MINUTE_MS)
        self._last_item = max((int(key) for key in self.history), default=0)

    def _index(self, row: StreamRow) -> Stream:
        stream = Stream(self, row)
        self.metrics.setdefault(Metric(row.namespace, row.name, row.dimensions), {})[row.unit] = stream
        return stream

    def stream(self, metric: Metric, unit: str) -> Stream:
        """A metric's series in a unit, made when it is new."""
        units = self.metrics.get(metric)
        found = units.get(unit) if units is not None else None
        if not isinstance(found, Stream):
            self._last_id += 1
            row = StreamRow(str(self._last_id), metric.namespace, metric.name, metric.dimensions, unit)
            self.streams.put(row.id, row)
            found = self._index(row)
        return found

    def is_new_this_hour(self, stream: str, now_ms: int) -> bool:
        """Whether nothing was published to a series in this hour before: metrics are billed by the hour."""
        hour = now_ms // HOUR_MS
        if self._published[0] != hour:
            self._published = (hour, set())
        seen = self._published[1]
        if stream in seen:
            return False
        seen.add(stream)
        return True

    def show(self, metric: Metric, unit: str, view: View) -> None:
        """Let a metric be what is sampled."""
        self.metrics.setdefault(metric, {})[unit] = view

    def read(
        self, metric: Metric, unit: str | None, period_s: int, window: Window, *, has_values: bool = True
    ) -> dict[int, Bucket]:
        """A metric's buckets in a window, by the time at which each begins; without a unit, of all units together."""
        found: dict[int, Bucket] = {}
        wanted = Reading(window.start_ms, window.end_ms, period_s * 1000, window.origin_ms, window.now_ms, has_values)
        for each, stream in self.metrics.get(metric, {}).items():
            if unit is None or unit == each:
                stream.read(wanted, found)
        return found

    def see_streamed(self) -> None:
        """Know up to which minute datapoints were streamed: what comes later for it is streamed again."""
        running = (each.sent_minute for each in self.metric_streams.values() if each.is_running)
        self.streamed_minute = max(running, default=-1)

    def note_late(self, series: str, minute: int) -> None:
        """Have a minute that was streamed already, and is added to, streamed again."""
        key = f"{series}.{minute}"
        if key not in self.late:
            self.late.put(key, Late(series, minute))

    def newest_ms(self, metric: Metric, now_ms: int) -> int:
        """When a metric had its newest datapoint."""
        return max(stream.newest_ms(now_ms) for stream in self.metrics[metric].values())

    # --- alarms

    def alarm(self, name: str) -> Alarm | None:
        """An alarm of either kind."""
        return self.alarms.get(name) or self.composites.get(name)

    def touch(self, alarm: Alarm) -> None:
        """Have a changed alarm written."""
        (self.composites if isinstance(alarm, Composite) else self.alarms).touch(alarm.name)

    def note(self, item: HistoryItem) -> None:
        """Add to the alarms' history."""
        self._last_item += 1
        self.history.put(str(self._last_item), item)


class DashboardState(State):
    """An account's dashboards: they are of no region."""

    scope = "account"
    dashboards = table(Dashboard)
