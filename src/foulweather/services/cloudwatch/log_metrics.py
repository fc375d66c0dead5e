"""What CloudWatch Logs tells: its own metrics, and the values that metric filters and embedded metrics find in events.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from foulweather.services.cloudwatch import transformer_metrics
from foulweather.services.cloudwatch.measures import Measured, Measures
from foulweather.services.cloudwatch.measuring import Tallies
from foulweather.services.cloudwatch.state import Metric, WatchState
from foulweather.world.journal import Event
from foulweather.world.world import World

Note = Callable[[World, Tallies, Event], None]

_DESTINATIONS = {"lambda": "Lambda", "kinesis": "Kinesis Data Stream", "firehose": "Kinesis Data Firehose"}


def _place(tallies: Tallies, arn: str) -> tuple[str, str]:
    """Where a log group is: a metric belongs to the account that owns it."""
    found = tallies.places.get(arn)
    if found is None:
        _, _, _, region, account, _ = arn.split(":", 5)
        found = tallies.places[arn] = (account, region)
    return found


def _extracted(world: World, tallies: Tallies, event: Event) -> None:
    """A value that was found in a log event is a datapoint of the event's time."""
    facts = event.facts
    metric = Metric(facts["namespace"], facts["name"], tuple(sorted(facts["dimensions"].items())))
    stream = world.state(WatchState, *_place(tallies, event.resource)).stream(metric, facts["unit"])
    bucket = stream.bucket(facts["at_ms"])
    bucket.add(facts["value"])
    if facts.get("storage_resolution") == 1:
        stream.second(facts["at_ms"], bucket).add(facts["value"])


def _ingested(world: World, tallies: Tallies, event: Event) -> None:
    place = _place(tallies, event.resource)
    tallies.add(("logs.IncomingBytes", *place, event.resource, ""), event.facts["bytes"])
    tallies.add(("logs.IncomingLogEvents", *place, event.resource, ""), event.facts["events"])


def _forwarded(world: World, tallies: Tallies, event: Event) -> None:
    facts, place = event.facts, _place(tallies, event.resource)
    what = f"{_DESTINATIONS.get(facts['destination'], facts['destination'])}/{facts['filter']}"
    tallies.add(("logs.ForwardedBytes", *place, event.resource, what), facts["bytes"])
    tallies.add(("logs.ForwardedLogEvents", *place, event.resource, what), facts["events"])


def _undelivered(kind: str) -> Note:
    def note(world: World, tallies: Tallies, event: Event) -> None:
        facts, place = event.facts, _place(tallies, event.resource)
        what = f"{_DESTINATIONS.get(facts['destination'], facts['destination'])}/{facts['filter']}"
        tallies.add((kind, *place, event.resource, what), facts["events"])

    return note


def _rejected(world: World, tallies: Tallies, event: Event) -> None:
    tallies.add((f"logs.{event.facts['error']}", *_place(tallies, event.resource), event.resource, ""), 1)


def _findings(world: World, tallies: Tallies, event: Event) -> None:
    tallies.add((event.kind, *_place(tallies, event.resource), event.resource, ""), event.facts["events"])


NOTES: dict[str, Note] = {
    "logs.MetricFiltered": _extracted,
    "logs.MetricEmbedded": _extracted,
    "logs.Ingested": _ingested,
    "logs.Forwarded": _forwarded,
    "logs.DeliveryFailed": _undelivered("logs.DeliveryErrors"),
    "logs.DeliveryThrottled": _undelivered("logs.DeliveryThrottling"),
    "logs.EmbeddedMetricRejected": _rejected,
    "logs.EventsWithFindings": _findings,
    **transformer_metrics.NOTES,
}


def _group(arn: str) -> str:
    return arn.split(":log-group:", 1)[1].removesuffix(":*")


def _of_group(name: str, unit: str, *, is_of_account: bool = False) -> Measures:
    def measures(arn: str, _: str) -> Iterator[Measured]:
        yield Measured(Metric("AWS/Logs", name, (("LogGroupName", _group(arn)),)), unit)
        if is_of_account:
            yield Measured(Metric("AWS/Logs", name), unit)

    return measures


def _of_filter(name: str, unit: str) -> Measures:
    def measures(arn: str, what: str) -> Iterator[Measured]:
        destination, _, filter_name = what.partition("/")
        pairs = (("DestinationType", destination), ("FilterName", filter_name), ("LogGroupName", _group(arn)))
        yield Measured(Metric("AWS/Logs", name, pairs), unit)

    return measures


MEASURES: dict[str, Measures] = {
    "logs.IncomingBytes": _of_group("IncomingBytes", "Bytes", is_of_account=True),
    "logs.IncomingLogEvents": _of_group("IncomingLogEvents", "None", is_of_account=True),
    "logs.ForwardedBytes": _of_filter("ForwardedBytes", "Bytes"),
    "logs.ForwardedLogEvents": _of_filter("ForwardedLogEvents", "None"),
    "logs.DeliveryErrors": _of_filter("DeliveryErrors", "None"),
    "logs.DeliveryThrottling": _of_filter("DeliveryThrottling", "None"),
    "logs.EMFParsingErrors": _of_group("EMFParsingErrors", "None"),
    "logs.EMFValidationErrors": _of_group("EMFValidationErrors", "None"),
    "logs.EventsWithFindings": _of_group("LogEventsWithFindings", "None"),
    **transformer_metrics.MEASURES,
}
