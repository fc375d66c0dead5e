"""What event source mappings tell that are to be measured (`MetricsConfig`): how many events came, passed and failed.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from foulweather.services.cloudwatch.measures import Measured, Measures
from foulweather.services.cloudwatch.measuring import Tallies
from foulweather.services.cloudwatch.state import Metric
from foulweather.world.journal import Event
from foulweather.world.world import World

Note = Callable[[World, Tallies, Event], None]
COUNTS = {
    "polled": "PolledEventCount",
    "filtered": "FilteredOutEventCount",
    "invoked": "InvokedEventCount",
    "failed": "FailedInvokeEventCount",
    "deleted": "DeletedEventCount",
    "dropped": "DroppedEventCount",
    "delivered": "OnFailureDestinationDeliveredEventCount",
}


def _counted(world: World, tallies: Tallies, event: Event) -> None:
    if not event.facts.get("is_measured"):
        return
    for fact in COUNTS:
        count = event.facts.get(fact)
        if count is not None:
            tallies.add((f"lambda.mapping.{fact}", event.account, event.region, event.facts["mapping"], ""), count)


NOTES: dict[str, Note] = {
    "lambda.RecordsPolled": _counted,
    "lambda.BatchProcessed": _counted,
    "lambda.BatchDropped": _counted,
    "lambda.BatchDelivered": _counted,
}


def _of_mapping(name: str) -> Measures:
    def measures(uuid: str, _: str) -> Iterator[Measured]:
        yield Measured(Metric("AWS/Lambda", name, (("EventSourceMappingUUID", uuid),)), "Count")

    return measures


MEASURES: dict[str, Measures] = {f"lambda.mapping.{fact}": _of_mapping(name) for fact, name in COUNTS.items()}
