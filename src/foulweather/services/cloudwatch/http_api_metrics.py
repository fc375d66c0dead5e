"""What API Gateway tells of its HTTP APIs: by API, by stage, and by route where a stage has detailed metrics.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from foulweather.services.cloudwatch.api_metrics import BETWEEN
from foulweather.services.cloudwatch.measures import Measured, Measures
from foulweather.services.cloudwatch.measuring import Tallies
from foulweather.services.cloudwatch.state import Metric
from foulweather.world.journal import Event
from foulweather.world.world import World

Note = Callable[[World, Tallies, Event], None]


def _requested(world: World, tallies: Tallies, event: Event) -> None:
    facts = event.facts
    place = (event.account, event.region)
    resource = BETWEEN.join((facts["api"], facts["stage"]))
    what = f"{facts['method']}{BETWEEN}{facts['path']}" if facts["is_detailed"] else ""
    status = facts["status"]
    tallies.add(("apigatewayv2.Count", *place, resource, what), 1)
    tallies.add(("apigatewayv2.4xx", *place, resource, what), int(400 <= status < 500))
    tallies.add(("apigatewayv2.5xx", *place, resource, what), int(status >= 500))
    tallies.add(("apigatewayv2.Latency", *place, resource, what), facts["latency_ms"])
    tallies.add(("apigatewayv2.DataProcessed", *place, resource, what), facts["bytes"])
    if facts["integration_ms"] >= 0:
        tallies.add(("apigatewayv2.IntegrationLatency", *place, resource, what), facts["integration_ms"])


NOTES: dict[str, Note] = {"apigateway.HttpRequest": _requested}


def _of_api(name: str, unit: str) -> Measures:
    def measures(resource: str, what: str) -> Iterator[Measured]:
        api, _, stage = resource.partition(BETWEEN)
        own, at = ("ApiId", api), ("Stage", stage)
        yield Measured(Metric("AWS/ApiGateway", name, (own,)), unit)
        yield Measured(Metric("AWS/ApiGateway", name, (own, at)), unit)
        if what:
            method, _, path = what.partition(BETWEEN)
            detailed = (own, ("Method", method), ("Resource", path), at)
            yield Measured(Metric("AWS/ApiGateway", name, detailed), unit)

    return measures


MEASURES: dict[str, Measures] = {
    "apigatewayv2.Count": _of_api("Count", "Count"),
    "apigatewayv2.4xx": _of_api("4xx", "Count"),
    "apigatewayv2.5xx": _of_api("5xx", "Count"),
    "apigatewayv2.Latency": _of_api("Latency", "Milliseconds"),
    "apigatewayv2.DataProcessed": _of_api("DataProcessed", "Bytes"),
    "apigatewayv2.IntegrationLatency": _of_api("IntegrationLatency", "Milliseconds"),
}
