"""What API Gateway tells of its WebSocket APIs: by API, by stage, and by route where a stage has detailed metrics.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html
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
ERRORS = {"client": "ClientError", "execution": "ExecutionError", "integration": "IntegrationError"}


def _happened(world: World, tallies: Tallies, event: Event) -> None:
    facts = event.facts
    place = (event.account, event.region)
    where = BETWEEN.join((facts["api"], facts["stage"]))
    what = facts["route"] if facts["is_detailed"] else ""
    if facts["type"] == "CONNECT" and facts["asked"]:
        tallies.add(("apigateway.ConnectCount", *place, where, what), 1)
    for _ in range(facts["messages"]):
        tallies.add(("apigateway.MessageCount", *place, where, what), 1)
    for error, name in ERRORS.items():
        tallies.add((f"apigateway.{name}", *place, where, what), int(facts["error"] == error))
    if facts["integration_ms"] >= 0:
        tallies.add(("apigateway.SocketIntegrationLatency", *place, where, what), facts["integration_ms"])


def _sent(world: World, tallies: Tallies, event: Event) -> None:
    facts = event.facts
    where = BETWEEN.join((facts["api"], facts["stage"]))
    tallies.add(("apigateway.MessageCount", event.account, event.region, where, ""), 1)


NOTES: dict[str, Note] = {"apigateway.SocketEvent": _happened, "apigateway.SocketMessageSent": _sent}


def _of_stage(name: str, unit: str) -> Measures:
    def measures(resource: str, what: str) -> Iterator[Measured]:
        api, _, stage = resource.partition(BETWEEN)
        own, at = ("ApiId", api), ("Stage", stage)
        yield Measured(Metric("AWS/ApiGateway", name, (own,)), unit)
        yield Measured(Metric("AWS/ApiGateway", name, (own, at)), unit)
        if what:
            detailed = (own, ("Method", what), ("Resource", what), at)
            yield Measured(Metric("AWS/ApiGateway", name, detailed), unit)

    return measures


MEASURES: dict[str, Measures] = {
    "apigateway.ConnectCount": _of_stage("ConnectCount", "Count"),
    "apigateway.MessageCount": _of_stage("MessageCount", "Count"),
    "apigateway.ClientError": _of_stage("ClientError", "Count"),
    "apigateway.ExecutionError": _of_stage("ExecutionError", "Count"),
    "apigateway.IntegrationError": _of_stage("IntegrationError", "Count"),
    "apigateway.SocketIntegrationLatency": _of_stage("IntegrationLatency", "Milliseconds"),
}
