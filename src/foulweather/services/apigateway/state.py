"""What Amazon API Gateway keeps of REST APIs, and what all kinds of APIs share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import msgspec

from foulweather.services.apigateway.records import (
    Authorizer,
    Deployment,
    DocumentationPart,
    DocumentationVersion,
    GatewayResponse,
    Model,
    RequestValidator,
    Resource,
    RestApi,
)
from foulweather.services.apigateway.region_records import (
    ClientCertificate,
    DomainName,
    Mapping,
    Place,
    RoutingRule,
    Settings,
    VpcLink,
)
from foulweather.services.apigateway.stage_records import ApiKey, Extension, PlanKey, Stage, Usage, UsagePlan
from foulweather.world.store import State, Table, table

R = TypeVar("R", bound=msgspec.Struct)


class RestState(State):
    """An account's REST APIs in a region; what belongs to an API has the row `<api>/<its own id>`."""

    apis = table(RestApi)
    resources = table(Resource)
    models = table(Model)  # by name
    validators = table(RequestValidator)
    authorizers = table(Authorizer)
    gateway_responses = table(GatewayResponse)  # by response type
    documentation_parts = table(DocumentationPart)
    documentation_versions = table(DocumentationVersion)  # by version
    deployments = table(Deployment)
    stages = table(Stage)  # by name
    keys = table(ApiKey)
    plans = table(UsagePlan)
    plan_keys = table(PlanKey)
    usage = table(Usage)
    extensions = table(Extension)
    domains = table(DomainName)  # by name, in lower case; a private one by `<name>+<domainNameId>`
    mappings = table(Mapping)
    routing_rules = table(RoutingRule)
    certificates = table(ClientCertificate)
    vpc_links = table(VpcLink)
    settings = table(Settings)  # one row: "account"

    def opened(self) -> None:
        """Find keys by their values again."""
        self.key_ids: dict[str, str] = {key.value: key.id for key in self.keys.values()}


class Places(State):
    """Where each API and domain name is: a visitor's request names no account."""

    scope = "world"
    apis = table(Place)
    domains = table(Place)  # `<name in lower case>@<region>`


def under(rows: Table[R], parent: str) -> Iterator[R]:
    """The rows of a table that belong to an API (or a plan, or a domain name), in order of insertion."""
    prefix = f"{parent}/"
    return (row for key, row in rows.items() if key.startswith(prefix))
