"""A deployment of a WebSocket API, compiled once: its routes by their keys, and what stands behind each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

from foulweather.services.apigateway.rest.velocity import Template, template
from foulweather.services.apigateway.sockets.expressions import Expression, expression
from foulweather.services.apigateway.sockets.limits import TIMEOUT_MS
from foulweather.services.apigateway.v2 import snapshot
from foulweather.services.apigateway.v2.records import Stage
from foulweather.services.apigateway.v2.state import HttpState
from foulweather.world.world import World

PLANS_MAX = 256
_VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")
Rows = Mapping[str, Mapping[str, Any]]
_STATUS = "$integration.response.statuscode"


class IntegrationResponsePlan:
    """How an answer with a certain key becomes a message."""

    def __init__(self, held: Mapping[str, Any]) -> None:
        self.key: str = held["IntegrationResponseKey"]
        self.selection = _expression(held.get("TemplateSelectionExpression"))
        self.templates = _templates(held.get("ResponseTemplates"))
        self.handling: str = held.get("ContentHandlingStrategy") or ""


class IntegrationPlan:
    """What stands behind a route."""

    def __init__(self, held: Mapping[str, Any], responses: list[IntegrationResponsePlan]) -> None:
        self.id: str = held["IntegrationId"]
        self.type: str = held["IntegrationType"]
        self.uri: str = held.get("IntegrationUri") or ""
        self.method: str = held.get("IntegrationMethod") or ""
        self.credentials: str = held.get("CredentialsArn") or ""
        self.timeout_ms: int = min(held.get("TimeoutInMillis") or TIMEOUT_MS, TIMEOUT_MS)
        self.passthrough: str = held.get("PassthroughBehavior") or "WHEN_NO_MATCH"
        self.handling: str = held.get("ContentHandlingStrategy") or ""
        self.connection_type: str = held.get("ConnectionType") or "INTERNET"
        tls: dict[str, Any] = held.get("TlsConfig") or {}
        self.trusts_all = bool(tls.get("InsecureSkipVerification"))
        self.parameters: dict[str, str] = held.get("RequestParameters") or {}
        self.selection = _expression(held.get("TemplateSelectionExpression"))
        self.templates = _templates(held.get("RequestTemplates"))
        self.response_selection = expression(held.get("IntegrationResponseSelectionExpression") or _STATUS)
        self.responses = responses

    def uri_with(self, variables: Mapping[str, str]) -> str:
        """The URI with a stage's variables in it."""
        return _VARIABLE.sub(lambda found: variables.get(found[1], ""), self.uri)

    def credentials_with(self, variables: Mapping[str, str]) -> str:
        """The role with a stage's variables in it."""
        return _VARIABLE.sub(lambda found: variables.get(found[1], ""), self.credentials)


class RoutePlan:
    """Where a connection's handshake, its end, or messages of a kind go."""

    def __init__(self, plan: Plan, held: Mapping[str, Any]) -> None:
        self.id: str = held["RouteId"]
        self.key: str = held["RouteKey"]
        self.authorization: str = held.get("AuthorizationType") or "NONE"
        self.authorizer: Mapping[str, Any] | None = plan.authorizers.get(held.get("AuthorizerId") or "")
        self.key_required = bool(held.get("ApiKeyRequired"))
        self.model_selection = _expression(held.get("ModelSelectionExpression"))
        self.models: dict[str, str] = held.get("RequestModels") or {}
        self.parameters: Mapping[str, dict[str, Any] | None] = held.get("RequestParameters") or {}
        target = (held.get("Target") or "").removeprefix("integrations/")
        self.integration = plan.integration(target)
        # A route answers if it says how to choose a route response, and has one: there is only `$default`.
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
        self.answers = bool(held.get("RouteResponseSelectionExpression")) and self.id in plan.with_response


class Plan:
    """A compiled snapshot."""

    def __init__(self, held: Mapping[str, Any]) -> None:
        def rows(kind: str) -> Rows:
            return held.get(kind) or {}

        self.api: Mapping[str, Any] = held["Api"]
        self.authorizers = rows("Authorizers")
        self.with_response = {row.partition("/")[0] for row in rows("RouteResponses")}
        self.models = {each["Name"]: {"schema": each.get("Schema") or "{}"} for each in rows("Models").values()}
        self.route_selection: Expression = expression(self.api["RouteSelectionExpression"])
        self._integrations = rows("Integrations")
        self._responses = rows("IntegrationResponses")
        self._routes = {each["RouteKey"]: each for each in rows("Routes").values()}
        self._made: dict[str, RoutePlan] = {}
        self._schemas: dict[str, Callable[[Any], list[str]]] = {}

    def route(self, key: str) -> RoutePlan | None:
        """The route with a key."""
        found = self._made.get(key)
        if found is None and key in self._routes:
            found = self._made[key] = RoutePlan(self, self._routes[key])
        return found

    def route_keys(self) -> list[str]:
        """All keys there are."""
        return sorted(self._routes)

    def integration(self, integration_id: str) -> IntegrationPlan | None:
        """What stands behind a route, by its id."""
        held = self._integrations.get(integration_id)
        if held is None:
            return None
        mine = [each for row, each in self._responses.items() if row.partition("/")[0] == integration_id]
        return IntegrationPlan(held, [IntegrationResponsePlan(each) for each in mine])

    def violations(self, model: str) -> Callable[[Any], list[str]] | None:
        """What finds a message's violations of a model; None where there is no such model."""
        found = self._schemas.get(model)
        if found is None and model in self.models:
            from foulweather.services.apigateway.rest.schemas import validator

            found = self._schemas[model] = validator(model, self.models)
        return found


class Standing(NamedTuple):
    """A stage as it is now, with its compiled deployment."""

    stage: Stage
    plan: Plan


class Place(NamedTuple):
    """Where a request goes: an API's stage, and by which name it came there."""

    account: str
    region: str
    api: str
    stage: str
    domain: str


class Plans:
    """The compiled snapshots of a world, the latest used."""

    def __init__(self) -> None:
        self.plans: dict[tuple[str, str], Plan] = {}

    @classmethod
    def of(cls, world: World) -> dict[tuple[str, str], Plan]:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Plans, found).plans


def standing(world: World, account: str, region: str, api: str, stage_name: str) -> Standing | None:
    """What a stage of an API answers with now; None where there is no such stage, or nothing is deployed to it."""
    state = world.state(HttpState, account, region)
    stage = state.stages.get(f"{api}/{stage_name}")
    if stage is None or not stage.deployment_id:
        return None
    deployment = state.deployments.get(f"{api}/{stage.deployment_id}")
    if deployment is None:
        return None
    plans = Plans.of(world)
    key = (api, stage.deployment_id)
    plan = plans.get(key)
    if plan is None:
        if len(plans) >= PLANS_MAX:
            plans.pop(next(iter(plans)))
        plan = plans[key] = Plan(snapshot.read(deployment))
    return Standing(stage, plan)


def _templates(held: dict[str, str] | None) -> dict[str, Template]:
    return {key: template(text or "") for key, text in (held or {}).items()}


def _expression(text: str | None) -> Expression | None:
    return expression(text) if text else None
