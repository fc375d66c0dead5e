"""What those charge who watch: metrics, alarms, dashboards, requests of CloudWatch, copies of trails, traces.

https://aws.amazon.com/cloudwatch/pricing/, https://aws.amazon.com/cloudtrail/pricing/,
https://aws.amazon.com/xray/pricing/; usage types: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_billing.html
"""

from __future__ import annotations

from typing import Any, Final

from foulweather.meter.usage import Place, Plan, Usage
from foulweather.world.journal import Event
from foulweather.world.world import World

HOUR_MS: Final = 3_600_000
STANDARD, HIGH = "CW:AlarmMonitorUsage", "CW:HighResAlarmMonitorUsage"
COMPOSITE, QUERIES = "CW:CompositeAlarmMonitorUsage", "CW:MetricInsightAlarmUsage"
REQUESTS: Final = frozenset(
    {
        *("DeleteDashboards", "GetDashboard", "GetMetricStatistics"),
        *("ListDashboards", "ListMetrics", "PutDashboard", "PutMetricData"),
    }
)
"""The operations of CloudWatch whose requests are charged for (GetMetricData is by the metrics that it asks for)."""


class Meter:
    """Reads what watches, and what it is asked, into the world's usage."""

    def __init__(self, world: World) -> None:
        self._usage = world.state(Usage)
        self._hour: tuple[int, set[tuple[object, ...]]] = (0, set())
        read = world.journal.read
        for kind in ("logs.MetricFiltered", "logs.MetricEmbedded"):
            read(kind, self._extracted)
        read("cloudwatch.MetricsPublished", self._published)
        read("cloudwatch.MetricsRequested", self._requested)
        read("cloudwatch.MetricStreamUpdated", self._streamed)
        read("cloudwatch.AlarmPut", self._alarm)
        read("cloudwatch.AlarmDeleted", self._alarm_gone)
        for kind, usage_type in (("Dashboard", "DashboardsUsageHour"), ("InsightRule", "CW:ContributorInsightRules")):
            read(f"cloudwatch.{kind}Put", self._stands(usage_type, 1))
            read(f"cloudwatch.{kind}Deleted", self._stands(usage_type, 0))
        read("cloudtrail.Delivered", self._trail)
        read("cloudtrail.QueryStarted", self._lake_query)
        read("xray.TraceRecorded", self._trace)
        read("xray.TracesRead", self._traces_read)

    def called(self, event: Event) -> None:
        """Count a request of CloudWatch."""
        operation = event.facts["operation"]
        if operation in REQUESTS and not event.facts["error"]:
            self._add(event, "cloudwatch", "CW:Requests")

    # --- metrics

    def _published(self, event: Event) -> None:
        self._metrics(event, event.account, event.region, event.resource, event.facts["metrics"])

    def _extracted(self, event: Event) -> None:
        """A metric that filters or embedded metrics make costs as others do: for each hour in which it has a value."""
        facts = event.facts
        _, _, _, region, account, _ = event.resource.split(":", 5)
        metric = (account, region, facts["namespace"], facts["name"], *sorted(facts["dimensions"].items()))
        hour = event.at_ms // HOUR_MS
        if self._hour[0] != hour:
            self._hour = (hour, set())
        if metric not in self._hour[1]:
            self._hour[1].add(metric)
            self._metrics(event, account, region, facts["namespace"], 1)

    def _metrics(self, event: Event, account: str, region: str, namespace: str, count: int) -> None:
        place = Place(account, region, "cloudwatch", "CW:MetricMonitorUsage", namespace)
        self._usage.add(event.at_ms, place, count * HOUR_MS)

    def _requested(self, event: Event) -> None:
        self._add(event, "cloudwatch", "CW:GMD-Metrics", event.facts["metrics"])

    def _streamed(self, event: Event) -> None:
        self._add(event, "cloudwatch", "CW:MetricStreamUsage", event.facts["charged"], event.resource)

    # --- alarms, dashboards, rules

    def _alarm(self, event: Event) -> None:
        """An alarm is there: it costs by the metrics that it looks at, in its resolution."""
        facts: dict[str, Any] = event.facts
        if "EvaluationPeriods" not in facts and "AlarmRule" not in facts:
            return  # its actions were turned on or off
        wanted = {STANDARD: 0, HIGH: 0, COMPOSITE: 0, QUERIES: 0}
        if "AlarmRule" in facts:
            wanted[COMPOSITE] = 1
        else:
            metrics: list[dict[str, Any]] = facts.get("Metrics") or []
            expressions = [str(each.get("Expression") or "") for each in metrics]
            periods = [int(each["MetricStat"]["Period"]) for each in metrics if each.get("MetricStat")]
            count = len(periods) if metrics else 1
            if any("ANOMALY_DETECTION_BAND" in each for each in expressions):
                count += 2  # the band's upper and lower bound are metrics as well
            is_high = min(periods, default=int(facts.get("Period") or 60)) < 60
            if any(each.lstrip().upper().startswith("SELECT") for each in expressions):
                # By the metrics that the query analyzes, which nobody has told: it is named, and has no price.
                wanted[QUERIES] = 1
            wanted[HIGH if is_high else STANDARD] = count
        for usage_type, amount in wanted.items():
            self._usage.level(event.at_ms, _place(event, usage_type), amount)

    def _alarm_gone(self, event: Event) -> None:
        for usage_type in (STANDARD, HIGH, COMPOSITE, QUERIES):
            self._usage.level(event.at_ms, _place(event, usage_type), 0)

    def _stands(self, usage_type: str, amount: int) -> Any:
        def changed(event: Event) -> None:
            self._usage.level(event.at_ms, _place(event, usage_type), amount)

        return changed

    # --- trails and traces

    def _trail(self, event: Event) -> None:
        """Data events cost, and management events of every copy but the first in a Region."""
        facts = event.facts
        _, _, _, _, account, resource = event.resource.split(":", 5)
        region, trail = facts["of_region"], resource.partition("/")[2]
        key = f"cloudtrail/{account}/{region}"
        first = self._usage.plans.get(key)
        if facts["management_events"]:
            if first is None:
                first = Plan(trail)
                self._usage.plans.put(key, first)
            kind = "FreeEventsRecorded" if first.name == trail else "PaidEventsRecorded"
            place = Place(account, region, "cloudtrail", kind, trail)
            self._usage.add(event.at_ms, place, facts["management_events"])
        if facts["data_events"]:
            place = Place(account, region, "cloudtrail", "DataEventsRecorded", trail)
            self._usage.add(event.at_ms, place, facts["data_events"])

    def _lake_query(self, event: Event) -> None:
        self._add(event, "cloudtrail", "Lake-QueryScanned-Bytes", event.facts["scanned_bytes"], event.resource)

    def _trace(self, event: Event) -> None:
        self._add(event, "xray", "XRay-TracesStored")

    def _traces_read(self, event: Event) -> None:
        self._add(event, "xray", "XRay-TracesAccessed", event.facts["traces"])

    def _add(self, event: Event, service: str, usage_type: str, quantity: int = 1, resource: str = "") -> None:
        if quantity:
            place = Place(event.account, event.region, service, usage_type, resource.rpartition("/")[2])
            self._usage.add(event.at_ms, place, quantity)


def _place(event: Event, usage_type: str) -> Place:
    name = event.resource.split(":", 5)[5]
    name = name.partition(":")[2] or name.partition("/")[2]
    return Place(event.account, event.region, "cloudwatch", usage_type, name)
