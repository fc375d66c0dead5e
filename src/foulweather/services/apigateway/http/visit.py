"""A request to a stage of an HTTP API, and all that becomes known of it on its way."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from foulweather.kernel.call import Call
from foulweather.kernel.http import HttpRequest
from foulweather.kernel.why import Fact
from foulweather.services.apigateway.clients import STRANGER
from foulweather.services.apigateway.finding import arn
from foulweather.services.apigateway.http import context
from foulweather.services.apigateway.http.plans import Plan, RoutePlan
from foulweather.services.apigateway.http.refusals import Refusal
from foulweather.services.apigateway.rest.visit import query_of
from foulweather.services.apigateway.v2.records import Api, RouteSettings, Stage


class Visit:
    """One request; `path` is below the stage, as it was sent."""

    def __init__(
        self, call: Call, request: HttpRequest, api: Api, stage: Stage, plan: Plan, path: str, domain: str
    ) -> None:
        self.call = call
        self.request = request
        self.api = api
        self.stage = stage
        self.plan = plan
        self.path = path
        self.domain = domain
        self.base_path = ""
        self.client = STRANGER
        self.body = request.body
        self.route: RoutePlan | None = None
        self.path_parameters: dict[str, str] = {}
        self.trace_header = ""
        self.identity: dict[str, Any] = {}
        self.authorizer: dict[str, Any] | None = None
        """`{"jwt": …}`, `{"lambda": …}` or `{"iam": …}`, as events of the format 2.0 have it."""
        self.authorizer_error = ""
        self.mapped_path: str | None = None
        self.refusal: Refusal | None = None
        self.integration_ms = -1
        self.integration_status = 0
        self.integration_error = ""
        self.endpoint_request_id = ""
        self._query: dict[str, list[str]] | None = None
        self._headers: dict[str, str] | None = None

    def changed(self, headers: list[tuple[str, str]], query: str, path: str | None) -> Visit:
        """The request as parameter mapping makes it, for a function to see."""
        request = self.request
        made = copy.copy(self)
        made.request = HttpRequest(request.method, request.path, query, headers, request.body, peer=request.peer)
        made.mapped_path = path
        made._query = made._headers = None
        return made

    @property
    def variables(self) -> Mapping[str, str]:
        """The stage's variables."""
        return self.stage.stage_variables

    @property
    def query(self) -> dict[str, list[str]]:
        """The parameters of the query string, decoded, with all their values."""
        if self._query is None:
            self._query = query_of(self.request.query)
        return self._query

    @property
    def lower_headers(self) -> dict[str, str]:
        """The headers by name in lower case, and those that API Gateway adds; the latter replace the client's."""
        if self._headers is None:
            request = self.request
            found = {name: value for name, value in request.by_name().items() if name not in _OF_CONNECTION}
            forwarded = found.get("x-forwarded-for")
            found["host"] = self.domain
            found["x-amzn-trace-id"] = self.trace_header
            found["x-forwarded-for"] = f"{forwarded}, {request.peer}" if forwarded else request.peer
            found["x-forwarded-port"] = "443"
            found["x-forwarded-proto"] = "https"
            found["content-length"] = str(len(self.body))
            self._headers = found
        return self._headers

    @property
    def settings(self) -> RouteSettings:
        """How the stage runs the route."""
        key = self.route.key if self.route is not None else ""
        return self.stage.route_settings.get(key) or self.stage.default_route_settings

    @property
    def raw_path(self) -> str:
        """The path as functions get it: decoded, with the name of a stage that is not `$default`."""
        stage = self.stage.stage_name
        path = unquote(self.path) if self.mapped_path is None else self.mapped_path
        return path if stage == "$default" or self.base_path else f"/{stage}{path}"

    @property
    def route_key(self) -> str:
        """The route's key, or nothing where there is none."""
        return "" if self.route is None else self.route.key

    @property
    def arn(self) -> str:
        """What is called, as policies and authorizers know it (`…:api/stage/GET/orders/1`)."""
        return f"{self._execute}/{self.stage.stage_name}/{self.request.method}{self.path}"

    @property
    def source_arn(self) -> str:
        """On whose behalf a function is invoked: the route as it is configured (`…:api/stage/GET/orders/{id}`)."""
        route = self.route
        if route is None or not route.path:
            return f"{self._execute}/{self.stage.stage_name}/$default"
        method = self.request.method if route.method == "ANY" else route.method
        return f"{self._execute}/{self.stage.stage_name}/{method}{route.path}"

    @property
    def _execute(self) -> str:
        call = self.call
        return f"arn:aws:execute-api:{call.region}:{call.account}:{self.api.api_id}"

    @property
    def stage_arn(self) -> str:
        """The stage's ARN."""
        return arn(self.call, f"/apis/{self.api.api_id}/stages/{self.stage.stage_name}")

    def authorizer_arn(self, authorizer: str) -> str:
        """The ARN of an authorizer, as functions see who asks."""
        return f"{self._execute}/authorizers/{authorizer}"

    def fact(self, below: str, property_name: str, value: Any) -> Fact:
        """A fact about a part of the API (`integrations/abc`), with who last set it."""
        return self.call.fact(arn(self.call, f"/apis/{self.api.api_id}/{below}"), property_name, value)

    def route_fact(self, property_name: str, value: Any) -> Fact:
        """A fact about the route, with who last set it."""
        return self.fact(f"routes/{self.route.id if self.route is not None else ''}", property_name, value)

    def integration_fact(self, property_name: str, value: Any) -> Fact:
        """A fact about the integration, with who last set it."""
        return self.fact(f"integrations/{self.route.target if self.route is not None else ''}", property_name, value)

    def context_value(self, name: str) -> str | None:
        """A variable of `$context`; None where there is nothing."""
        return context.value(self, name)


_OF_CONNECTION = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "proxy-connection", "expect"}
)
