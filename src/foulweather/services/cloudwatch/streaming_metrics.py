"""What metric streams tell of themselves.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-monitoring.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from foulweather.services.cloudwatch.measures import Measured, Measures
from foulweather.services.cloudwatch.measuring import Tallies
from foulweather.services.cloudwatch.state import Metric
from foulweather.world.journal import Event
from foulweather.world.world import World

Note = Callable[[World, Tallies, Event], None]


def _updated(world: World, tallies: Tallies, event: Event) -> None:
    place = (event.account, event.region, event.resource, "")
    tallies.add(("cloudwatch.MetricUpdate", *place), event.facts["updates"])
    tallies.add(("cloudwatch.TotalMetricUpdate", *place), event.facts["charged"])


def _published(world: World, tallies: Tallies, event: Event) -> None:
    tallies.add(("cloudwatch.PublishErrorRate", event.account, event.region, event.resource, ""), event.facts["errors"])


NOTES: dict[str, Note] = {
    "cloudwatch.MetricStreamUpdated": _updated,
    "cloudwatch.MetricStreamPublished": _published,
}


def _of_stream(name: str) -> Measures:
    def measures(arn: str, _: str) -> Iterator[Measured]:
        pairs = (("MetricStreamName", arn.rpartition("/")[2]),)
        yield Measured(Metric("AWS/CloudWatch/MetricStreams", name, pairs), "None")

    return measures


MEASURES: dict[str, Measures] = {
    f"cloudwatch.{name}": _of_stream(name) for name in ("MetricUpdate", "TotalMetricUpdate", "PublishErrorRate")
}
