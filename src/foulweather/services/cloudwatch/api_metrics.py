"""What API Gateway tells of its REST APIs: by API, by stage, and by method where a stage has detailed metrics.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from foulweather.services.cloudwatch.measures import Measured, Measures
from foulweather.services.cloudwatch.measuring import Tallies
from foulweather.services.cloudwatch.state import Metric
from foulweather.world.journal import Event
from foulweather.world.world import World

Note = Callable[[World, Tallies, Event], None]
BETWEEN = "\n"
"""Parts the names in a tally's key; no name has one."""


def _requested(world: World, tallies: Tallies, event: Event) -> None:
    facts = event.facts
    place = (event.account, event.region)
    where = (facts["api"], facts["stage"])
    what = ""
    if facts["is_detailed"]:
        what = f"{facts['method']}{BETWEEN}{facts['path']}"
    status = facts["status"]
    resource = BETWEEN.join(where)
    tallies.add(("apigateway.Count", *place, resource, what), 1)
    tallies.add(("apigateway.4XXError", *place, resource, what), int(400 <= status < 500))
    tallies.add(("apigateway.5XXError", *place, resource, what), int(status >= 500))
    tallies.add(("apigateway.Latency", *place, resource, what), facts["latency_ms"])
    if facts["integration_ms"] >= 0:
        tallies.add(("apigateway.IntegrationLatency", *place, resource, what), facts["integration_ms"])
    if facts["cache"]:
        hit = facts["cache"] == "hit"
        tallies.add(("apigateway.CacheHitCount", *place, resource, what), int(hit))
        tallies.add(("apigateway.CacheMissCount", *place, resource, what), int(not hit))


NOTES: dict[str, Note] = {"apigateway.Request": _requested}


def _of_api(name: str, unit: str) -> Measures:
    def measures(resource: str, what: str) -> Iterator[Measured]:
        api, _, stage = resource.partition(BETWEEN)
        own, at = ("ApiName", api), ("Stage", stage)
        yield Measured(Metric("AWS/ApiGateway", name, (own,)), unit)
        yield Measured(Metric("AWS/ApiGateway", name, (own, at)), unit)
        if what:
            method, _, path = what.partition(BETWEEN)
            detailed = (own, ("Method", method), ("Resource", path), at)
            yield Measured(Metric("AWS/ApiGateway", name, detailed), unit)

    return measures


MEASURES: dict[str, Measures] = {
    "apigateway.Count": _of_api("Count", "Count"),
    "apigateway.4XXError": _of_api("4XXError", "Count"),
    "apigateway.5XXError": _of_api("5XXError", "Count"),
    "apigateway.Latency": _of_api("Latency", "Milliseconds"),
    "apigateway.IntegrationLatency": _of_api("IntegrationLatency", "Milliseconds"),
    "apigateway.CacheHitCount": _of_api("CacheHitCount", "Count"),
    "apigateway.CacheMissCount": _of_api("CacheMissCount", "Count"),
}
