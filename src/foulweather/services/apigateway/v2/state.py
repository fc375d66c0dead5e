"""What Amazon API Gateway keeps of HTTP and WebSocket APIs; domain names and mappings are with the REST APIs'."""

from __future__ import annotations

from foulweather.services.apigateway.v2.records import (
    Api,
    Authorizer,
    Deployment,
    Integration,
    IntegrationResponse,
    Model,
    Route,
    RouteResponse,
    Stage,
    VpcLink,
)
from foulweather.world.store import State, table


class HttpState(State):
    """An account's HTTP and WebSocket APIs in a region; what belongs to an API has the row `<api>/<its own id>`."""

    apis = table(Api)
    routes = table(Route)
    route_responses = table(RouteResponse)  # `<api>/<route>/<id>`
    integrations = table(Integration)
    integration_responses = table(IntegrationResponse)  # `<api>/<integration>/<id>`
    models = table(Model)
    authorizers = table(Authorizer)
    deployments = table(Deployment)
    stages = table(Stage)  # by name
    vpc_links = table(VpcLink)
