"""A deployment's snapshot of an HTTP API, compiled once: its tree of routes, and for each what answers it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from foulweather.services.apigateway.http.expressions import Expression, compiled
from foulweather.services.apigateway.http.routes import Node
from foulweather.services.apigateway.rest.functions import Function, function_of
from foulweather.services.apigateway.v2 import snapshot
from foulweather.services.apigateway.v2.records import Deployment
from foulweather.world.world import World

PLANS_MAX = 256
_VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")
_BARE = re.compile(r"(arn:aws[\w-]*:lambda:([a-z0-9-]+):(\d{12}):function:[\w-]+(?::[\w$-]+)?)")
Change = tuple[str, str, str, Expression]
"""How (`append`), where (`header`), which, and to what."""


class IntegrationPlan:
    """What stands behind routes."""

    def __init__(self, held: Mapping[str, Any]) -> None:
        self.id: str = held["IntegrationId"]
        self.type: str = held["IntegrationType"]
        self.subtype: str = held.get("IntegrationSubtype") or ""
        self.uri: str = held.get("IntegrationUri") or ""
        self.method: str = held.get("IntegrationMethod") or ""
        self.credentials: str = held.get("CredentialsArn") or ""
        self.version: str = held.get("PayloadFormatVersion") or "1.0"
        self.timeout_ms: int = held.get("TimeoutInMillis") or 30_000
        self.connection_type: str = held.get("ConnectionType") or "INTERNET"
        parameters: Mapping[str, str] = held.get("RequestParameters") or {}
        self.parameters: dict[str, Expression] = {}
        self.changes: list[Change] = []
        if self.subtype:
            self.parameters = {name: compiled(value) for name, value in parameters.items()}
        else:
            self.changes = _changes(parameters)
        responses: Mapping[str, Mapping[str, str]] = held.get("ResponseParameters") or {}
        self.responses = {int(status): _changes(changes) for status, changes in responses.items()}
        self._has_variables = "${stageVariables." in self.uri or "${stageVariables." in self.credentials
        self._function = None if self._has_variables else _function(self.uri)

    def uri_with(self, variables: Mapping[str, str]) -> str:
        """The URI with a stage's variables in it."""
        return _VARIABLE.sub(lambda found: variables.get(found[1], ""), self.uri) if self._has_variables else self.uri

    def credentials_with(self, variables: Mapping[str, str]) -> str:
        """The role with a stage's variables in it."""
        if not self._has_variables:
            return self.credentials
        return _VARIABLE.sub(lambda found: variables.get(found[1], ""), self.credentials)

    def function(self, variables: Mapping[str, str]) -> Function | None:
        """The function that the URI names, if it names one."""
        return _function(self.uri_with(variables)) if self._has_variables else self._function


def _function(uri: str) -> Function | None:
    bare = _BARE.fullmatch(uri)
    return Function(bare[1], bare[2], bare[3]) if bare is not None else function_of(uri)


def _changes(parameters: Mapping[str, str]) -> list[Change]:
    found: list[Change] = []
    for key, value in parameters.items():
        how, _, place = key.partition(":")
        kind, _, name = place.partition(".")
        found.append((how, kind, name, compiled(value)))
    return found


class AuthorizerPlan:
    """Who decides about a route's requests."""

    def __init__(self, held: Mapping[str, Any]) -> None:
        self.held = held
        self.id: str = held["AuthorizerId"]
        self.name: str = held["Name"]
        self.type: str = held["AuthorizerType"]
        self.source_names: list[str] = list(held.get("IdentitySource") or ())
        self.sources = [compiled(each) for each in self.source_names]
        told: Mapping[str, Any] = held.get("JwtConfiguration") or {}
        self.issuer: str = told.get("Issuer") or ""
        self.audience = frozenset(cast("list[str]", told.get("Audience") or []))
        self.uri: str = held.get("AuthorizerUri") or ""
        self.credentials: str = held.get("AuthorizerCredentialsArn") or ""
        self.version: str = held.get("AuthorizerPayloadFormatVersion") or "2.0"
        self.is_simple = bool(held.get("EnableSimpleResponses"))
        self.ttl_ms = int(held.get("AuthorizerResultTtlInSeconds") or 0) * 1000


class RoutePlan:
    """A route."""

    def __init__(self, plan: Plan, held: Mapping[str, Any]) -> None:
        self.id: str = held["RouteId"]
        self.key: str = held["RouteKey"]
        method, _, path = self.key.partition(" ")
        self.method, self.path = (method, path) if path else ("", "")
        """Both empty for `$default`."""
        self.authorization: str = held.get("AuthorizationType") or "NONE"
        authorizer: Mapping[str, Any] | None = plan.held_authorizers.get(held.get("AuthorizerId") or "")
        self.authorizer = AuthorizerPlan(authorizer) if authorizer else None
        self.scopes: tuple[str, ...] = tuple(held.get("AuthorizationScopes") or ())
        target: str = (held.get("Target") or "").removeprefix("integrations/")
        self.target = target
        self.integration = plan.integration(target)


class Plan:
    """A compiled snapshot."""

    def __init__(self, held: Mapping[str, Any]) -> None:
        self.api: Mapping[str, Any] = held["Api"]
        self.cors: Mapping[str, Any] | None = self.api.get("CorsConfiguration") or None
        self.is_disabled = bool(self.api.get("DisableExecuteApiEndpoint"))
        self.held_authorizers: Mapping[str, Mapping[str, Any]] = held["Authorizers"]
        self._held_integrations: Mapping[str, Mapping[str, Any]] = held["Integrations"]
        self._integrations: dict[str, IntegrationPlan] = {}
        self.root: Node[RoutePlan] = Node()
        self.default: RoutePlan | None = None
        for each in held["Routes"].values():
            route = RoutePlan(self, each)
            if route.path:
                self.root.put(route.method, route.path, route)
            else:
                self.default = route

    def integration(self, target: str) -> IntegrationPlan | None:
        """An integration, compiled once for all its routes."""
        found = self._integrations.get(target)
        if found is None and target in self._held_integrations:
            found = self._integrations[target] = IntegrationPlan(self._held_integrations[target])
        return found

    def route(self, method: str, path: str) -> tuple[RoutePlan, dict[str, str]] | None:
        """What answers a request: a route for the method and path, or `$default`."""
        found = self.root.find(method, path)
        if found is not None:
            return found
        return None if self.default is None else (self.default, {})


class Plans:
    """The compiled snapshots of a world, the latest used."""

    def __init__(self) -> None:
        self._plans: dict[tuple[str, str], Plan] = {}

    @classmethod
    def of(cls, world: World) -> Plans:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Plans, found)

    def plan(self, api: str, deployment: Deployment) -> Plan:
        """A deployment's."""
        key = api, deployment.deployment_id
        found = self._plans.get(key)
        if found is None:
            if len(self._plans) >= PLANS_MAX:
                self._plans.pop(next(iter(self._plans)))
            found = self._plans[key] = Plan(snapshot.read(deployment))
        return found
