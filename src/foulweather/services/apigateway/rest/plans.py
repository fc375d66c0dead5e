"""A deployment's snapshot, compiled once: its tree of paths, and for each method what answers it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, cast

from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.services.apigateway import snapshot
from foulweather.services.apigateway.records import Deployment
from foulweather.services.apigateway.rest.paths import Node
from foulweather.services.apigateway.rest.velocity import Template, template
from foulweather.world.world import World

PLANS_MAX = 256
JSON = "application/json"
_VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")


class IntegrationResponsePlan:
    """How one kind of the integration's answers becomes a response."""

    __slots__ = ("handling", "parameters", "pattern", "status", "templates")

    def __init__(self, held: Mapping[str, Any]) -> None:
        self.pattern: str = held.get("selectionPattern") or ""
        self.status = int(held["statusCode"])
        self.parameters: dict[str, str] = held.get("responseParameters", {})
        self.templates: dict[str, Template] = {
            kind.lower(): template(text or "") for kind, text in held.get("responseTemplates", {}).items()
        }
        self.handling: str = held.get("contentHandling") or ""


class IntegrationPlan:
    """What stands behind a method."""

    def __init__(self, held: Mapping[str, Any]) -> None:
        self.held = held
        self.type: str = held["type"]
        self.uri: str = held.get("uri", "")
        self.http_method: str = held.get("httpMethod", "")
        self.credentials: str = held.get("credentials", "")
        self.timeout_ms: int = held.get("timeoutInMillis", 29_000)
        self.passthrough: str = held.get("passthroughBehavior", "WHEN_NO_MATCH")
        self.handling: str = held.get("contentHandling") or ""
        self.connection_type: str = held.get("connectionType", "")
        self.trusts_all = bool(held.get("tlsConfig", {}).get("insecureSkipVerification"))
        self.parameters: dict[str, str] = held.get("requestParameters", {})
        self.templates: dict[str, Template] = {
            kind.lower(): template(text or "") for kind, text in held.get("requestTemplates", {}).items()
        }
        self.cache_keys: list[str] = held.get("cacheKeyParameters", [])
        self.cache_namespace: str = held.get("cacheNamespace", "")
        self.responses = [
            IntegrationResponsePlan(each)
            for each in sorted(held.get("integrationResponses", {}).values(), key=lambda each: each["statusCode"])
        ]
        self._has_variables = "${stageVariables." in self.uri or "${stageVariables." in self.credentials

    def uri_with(self, variables: Mapping[str, str]) -> str:
        """The URI with a stage's variables in it."""
        if not self._has_variables:
            return self.uri
        return _VARIABLE.sub(lambda found: variables.get(found[1], ""), self.uri)

    def credentials_with(self, variables: Mapping[str, str]) -> str:
        """The role with a stage's variables in it."""
        if not self._has_variables:
            return self.credentials
        return _VARIABLE.sub(lambda found: variables.get(found[1], ""), self.credentials)

    @property
    def is_proxy(self) -> bool:
        """Whether requests and answers go through as they are."""
        return self.type in ("AWS_PROXY", "HTTP_PROXY")


class MethodPlan:
    """A method of a resource."""

    def __init__(self, plan: Plan, http_method: str, held: Mapping[str, Any]) -> None:
        self.http_method = http_method
        self.authorization: str = held.get("authorizationType", "NONE")
        self.authorizer: Mapping[str, Any] | None = plan.authorizers.get(held.get("authorizerId", ""))
        self.scopes: list[str] = held.get("authorizationScopes", [])
        self.key_required = bool(held.get("apiKeyRequired"))
        self.responses: Mapping[str, Any] = held.get("methodResponses", {})
        self.declared: list[tuple[str, str]] = []
        self.required: list[tuple[str, str]] = []
        for expression, is_required in held.get("requestParameters", {}).items():
            _, _, place, name = expression.split(".", 3)
            self.declared.append((place, name))
            if is_required:
                self.required.append((place, name))
        validator = plan.validators.get(held.get("requestValidatorId", ""), {})
        self.checks_parameters = bool(validator.get("validateRequestParameters"))
        self.checks_body = bool(validator.get("validateRequestBody"))
        self.models: dict[str, str] = {kind.lower(): name for kind, name in held.get("requestModels", {}).items()}
        integration = held.get("methodIntegration")
        self.integration = IntegrationPlan(integration) if integration else None


class ResourcePlan:
    """A resource and its methods, each compiled when it is first called."""

    def __init__(self, plan: Plan, held: Mapping[str, Any]) -> None:
        self.id: str = held["id"]
        self.path: str = held["path"]
        self._plan = plan
        self._held: Mapping[str, Any] = held.get("resourceMethods", {})
        self._methods: dict[str, MethodPlan] = {}

    def method(self, http_method: str) -> MethodPlan | None:
        """What answers a method; ANY answers those that nothing else does."""
        found = self._methods.get(http_method)
        if found is None:
            name = http_method if http_method in self._held else "ANY"
            if name not in self._held:
                return None
            found = self._methods[http_method] = MethodPlan(self._plan, name, self._held[name])
        return found


class Plan:
    """A compiled snapshot."""

    def __init__(self, held: Mapping[str, Any]) -> None:
        self.api: Mapping[str, Any] = held["restApi"]
        self.policy_text: str = held.get("policy") or ""
        self.authorizers: Mapping[str, Mapping[str, Any]] = held.get("authorizers", {})
        self.models: Mapping[str, Mapping[str, Any]] = held.get("models", {})
        self.validators: Mapping[str, Mapping[str, Any]] = held.get("requestValidators", {})
        self.gateway_responses: Mapping[str, Mapping[str, Any]] = {
            kind: each for kind, each in held.get("gatewayResponses", {}).items() if not each.get("defaultResponse")
        }
        self.binary_types = [each.lower() for each in self.api.get("binaryMediaTypes", [])]
        least: int | None = self.api.get("minimumCompressionSize")
        self.compresses_from = -1 if least is None else least
        self.key_source: str = self.api.get("apiKeySource", "HEADER")
        self.root: Node[ResourcePlan] = Node()
        self.resources: dict[str, ResourcePlan] = {}
        for each in held.get("resources", {}).values():
            resource = self.resources[each["id"]] = ResourcePlan(self, each)
            if each.get("resourceMethods"):
                self.root.put(resource.path, resource)
        self._schemas: dict[str, Callable[[Any], list[str]]] = {}
        self._policy: tuple[str, Held | None] | None = None

    def policy(self, arn: str) -> Held | None:
        """The resource policy, parsed; `execute-api:/…` stands for this API (`arn`)."""
        if self._policy is None or self._policy[0] != arn:
            held = None
            if self.policy_text:
                text = self.policy_text.replace('"execute-api:/', f'"{arn}/')
                held = Held(arn, "resource", parse(text, "resource"))
            self._policy = arn, held
        return self._policy[1]

    def is_binary(self, kind: str) -> bool:
        """Whether a media type is one of the API's binary ones."""
        if not self.binary_types:
            return False
        kind = kind.partition(";")[0].partition(",")[0].strip().lower()
        return any(each in ("*/*", kind) or _covers(each, kind) for each in self.binary_types)

    def violations(self, model: str) -> Callable[[Any], list[str]] | None:
        """What finds a document's violations of a model; None where there is no such model."""
        found = self._schemas.get(model)
        if found is None:
            if model not in self.models:
                return None
            from foulweather.services.apigateway.rest.schemas import validator

            found = self._schemas[model] = validator(model, self.models)
        return found

    @cached_property
    def allows_anything(self) -> bool:
        """Whether there is no resource policy."""
        return not self.policy_text


def _covers(pattern: str, kind: str) -> bool:
    return pattern.endswith("/*") and kind.startswith(pattern[:-1])


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
        key = api, deployment.id
        found = self._plans.get(key)
        if found is None:
            if len(self._plans) >= PLANS_MAX:
                self._plans.pop(next(iter(self._plans)))
            found = self._plans[key] = Plan(snapshot.read(deployment))
        return found
