"""A request to a stage, and all that becomes known of it on its way."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from foulweather.kernel.call import Call
from foulweather.kernel.http import HttpRequest
from foulweather.kernel.why import Fact
from foulweather.services.apigateway.clients import STRANGER
from foulweather.services.apigateway.records import RestApi
from foulweather.services.apigateway.rest.plans import MethodPlan, Plan
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.stage_records import MethodSetting, Stage

DEFAULT_SETTING = MethodSetting()


class Visit:
    """One request, or one test of a method (`is_test`, which no stage, key or limit stands before)."""

    def __init__(self, call: Call, request: HttpRequest, api: RestApi, stage: Stage, plan: Plan, path: str) -> None:
        self.call = call
        self.request = request
        self.api = api
        self.stage = stage
        self.plan = plan
        self.path = path
        """The path below the stage, as it was sent."""
        self.method: MethodPlan | None = None
        self.resource_id = self.resource_path = ""
        self.path_parameters: dict[str, str] = {}
        self.setting = DEFAULT_SETTING
        self.variables: dict[str, str] = stage.variables
        self.deployment = stage.deployment_id
        self.is_canary = False
        self.is_test = False
        self.body = request.body
        self.domain = ""
        self.base_path = ""
        self.client = STRANGER
        self.extended_id = ""
        self.trace_header = ""
        self.traced: str | None = None
        """The parent of the segment that X-Ray gets of it; None where it gets none."""
        self.identity: dict[str, Any] = {}
        self.authorizer: dict[str, Any] | None = None
        self.usage_key = ""
        """The API key that an authorizer gave."""
        self.api_key = self.api_key_id = ""
        self.refusal: Refusal | None = None
        self.response_kind = ""
        self.integration_ms = -1
        self.integration_status = 0
        self.integration_error = ""
        self.endpoint_request_id = ""
        self.authorizer_facts: dict[str, Any] = {}
        """What access logs tell of authorizers: latency, status, error, request id."""
        self.cache_outcome = ""
        self.overrides: dict[str, Any] = {}
        self.response_overrides: dict[str, Any] = {}
        self.lines: list[str] | None = None
        self.lines_at: list[int] = []
        self.wants_errors = False
        self.traces_data = False
        self._query: dict[str, list[str]] | None = None
        self._headers: dict[str, list[str]] | None = None

    @property
    def query(self) -> dict[str, list[str]]:
        """The parameters of the query string, decoded, with all their values."""
        if self._query is None:
            self._query = query_of(self.request.query)
        return self._query

    @property
    def headers(self) -> dict[str, list[str]]:
        """The headers with all their values, and those that API Gateway adds; the latter replace the client's."""
        if self._headers is None:
            self._headers = self._forwarded()
        return self._headers

    def header(self, name: str) -> str | None:
        """The value of a header, the last of several; None where there is none."""
        lower = name.lower()
        found = [values[-1] for each, values in self.headers.items() if each.lower() == lower]
        return found[-1] if found else None

    @property
    def arn(self) -> str:
        """The method's ARN, as authorizers and policies know it (`…:api/stage/GET/orders/1`)."""
        call, request = self.call, self.request
        return (
            f"arn:aws:execute-api:{call.region}:{call.account}:{self.api.id}/{self.stage.stage_name}/"
            f"{request.method}{self.path}"
        )

    @property
    def stage_arn(self) -> str:
        """The stage's ARN."""
        return f"arn:aws:apigateway:{self.call.region}::/restapis/{self.api.id}/stages/{self.stage.stage_name}"

    @property
    def source_arn(self) -> str:
        """On whose behalf a function is invoked: the method as it is configured (`…:api/stage/GET/orders/*`)."""
        call = self.call
        path = "/".join("*" if part.startswith("{") else part for part in self.resource_path.split("/"))
        stage = "test-invoke-stage" if self.is_test else self.stage.stage_name
        method = self.method.http_method if self.method is not None else self.request.method
        method = self.request.method if method == "ANY" else method
        return f"arn:aws:execute-api:{call.region}:{call.account}:{self.api.id}/{stage}/{method}{path}"

    def method_fact(self, property_name: str, value: Any) -> Fact:
        """A fact about the method, with who last set it."""
        return self.call.fact(self._method_arn, property_name, value)

    def integration_fact(self, property_name: str, value: Any) -> Fact:
        """A fact about the integration, with who last set it."""
        return self.call.fact(f"{self._method_arn}/integration", property_name, value)

    @property
    def _method_arn(self) -> str:
        http_method = self.method.http_method if self.method is not None else self.request.method
        path = f"/restapis/{self.api.id}/resources/{self.resource_id}/methods/{http_method}"
        return f"arn:aws:apigateway:{self.call.region}::{path}"

    def info(self, line: str) -> None:
        """Add a line to the execution log, where all is logged."""
        if self.lines is not None and not self.wants_errors:
            self.lines.append(line)
            self.lines_at.append(self.call.world.clock.now_ms)

    def trace(self, line: str) -> None:
        """Add a line with data of the request or its answer, where these are logged."""
        if self.traces_data:
            self.info(line)

    def error(self, line: str) -> None:
        """Add a line to the execution log, where errors are logged."""
        if self.lines is not None:
            self.lines.append(line)
            self.lines_at.append(self.call.world.clock.now_ms)

    @property
    def is_logged(self) -> bool:
        """Whether all steps are logged: the lines are made only then."""
        return self.lines is not None and not self.wants_errors

    def _forwarded(self) -> dict[str, list[str]]:
        request = self.request
        found: dict[str, list[str]] = {}
        known: dict[str, str] = {}
        for name, value in request.headers:
            lower = name.lower()
            if lower in _OF_CONNECTION:
                continue
            found.setdefault(known.setdefault(lower, name), []).append(value)
        if self.is_test:
            return found
        forwarded = found.pop(known.get("x-forwarded-for", ""), [])
        for name in ("x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id", "host"):
            found.pop(known.get(name, ""), None)
        found["Host"] = [self.domain]
        found["X-Amzn-Trace-Id"] = [self.trace_header]
        found["X-Forwarded-For"] = [", ".join([*forwarded, request.peer])]
        found["X-Forwarded-Port"] = ["443"]
        found["X-Forwarded-Proto"] = ["https"]
        return found


_OF_CONNECTION = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "proxy-connection", "content-length", "expect"}
)


def query_of(query: str) -> dict[str, list[str]]:
    """The parameters of a query string, in order."""
    found: dict[str, list[str]] = {}
    for pair in query.split("&") if query else ():
        if pair:
            name, _, value = pair.partition("=")
            found.setdefault(unquote_plus(name), []).append(unquote_plus(value))
    return found
