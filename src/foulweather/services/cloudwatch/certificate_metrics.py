"""What ACM tells of certificates: how long they are still valid.

https://docs.aws.amazon.com/acm/latest/userguide/cloudwatch-metrics.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from foulweather.services.cloudwatch.measures import Measured, Measures
from foulweather.services.cloudwatch.measuring import Tallies
from foulweather.services.cloudwatch.state import Metric
from foulweather.world.journal import Event
from foulweather.world.world import World

Note = Callable[[World, Tallies, Event], None]


def _told(world: World, tallies: Tallies, event: Event) -> None:
    tallies.add((event.kind, event.account, event.region, event.resource, ""), event.facts["days"])


def _days(arn: str, _: str) -> Iterator[Measured]:
    yield Measured(Metric("AWS/CertificateManager", "DaysToExpiry", (("CertificateArn", arn),)), "None")


NOTES: dict[str, Note] = {"acm.DaysToExpiry": _told}
MEASURES: dict[str, Measures] = {"acm.DaysToExpiry": _days}
