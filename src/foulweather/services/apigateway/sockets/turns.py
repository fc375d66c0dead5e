"""One event of a connection (its handshake, a message, its end), and all that becomes known of it on its way."""

from __future__ import annotations

import base64
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.http import HttpRequest
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Fact
from foulweather.policy.principal import ANONYMOUS
from foulweather.services.apigateway.finding import arn
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.visit import query_of
from foulweather.services.apigateway.sockets.connections import Connection
from foulweather.services.apigateway.sockets.plans import Plan, RoutePlan, Standing
from foulweather.services.apigateway.v2.records import RouteSettings
from foulweather.world.world import World

CONNECT, MESSAGE, DISCONNECT = "CONNECT", "MESSAGE", "DISCONNECT"


def new_id(world: World) -> str:
    """An id as connections, messages and their requests have (`L0SM9cOFvHcCIhw=`)."""
    drawn = bytes.fromhex(world.ids.hex(22))
    # It begins with a letter, so that it can be an option's value on a command line.
    return base64.urlsafe_b64encode(bytes([drawn[0] & 0x7F, *drawn[1:]])).decode()


class Turn:
    """One event."""

    def __init__(self, pipeline: Pipeline, connection: Connection, standing: Standing, kind: str) -> None:
        self.connection = connection
        self.kind = kind
        self.stage = standing.stage
        self.plan: Plan = standing.plan
        self.variables = standing.stage.stage_variables
        self.call: Call = _call(pipeline, connection)
        self.id = self.call.request_id
        self.message_id = new_id(self.call.world) if kind == MESSAGE else ""
        self.request: HttpRequest | None = None
        """The handshake; messages have no headers."""
        self.body = ""
        self.code, self.reason = 0, ""
        """Of a DISCONNECT: how the connection was closed."""
        self.route: RoutePlan | None = None
        self.route_key = {CONNECT: "$connect", DISCONNECT: "$disconnect"}.get(kind, "")
        self.refusal: Refusal | None = None
        self.is_from_client = True
        """Whether what is refused is the client's doing: nothing was asked of the integration yet."""
        self.integration_ms, self.integration_status, self.integration_error = -1, 0, ""
        self.trace_header = self.usage_key = ""
        self.overrides: dict[str, Any] = {}
        self.status = 200
        self.lines: list[tuple[int, str]] = []
        """Of the execution log, with their times."""

    def choose(self, route: RoutePlan | None) -> None:
        """Take a route."""
        self.route = route
        if route is not None:
            self.route_key = route.key
        self.call.resource = self.call.hop.resource = self.arn

    @property
    def setting(self) -> RouteSettings:
        """How the stage runs the route."""
        return self.stage.route_settings.get(self.route_key) or self.stage.default_route_settings

    def log(self, line: str, *, level: str = "INFO", has_data: bool = False) -> None:
        """Add a line to the execution log, where the stage logs such; `has_data`: of what was sent or answered."""
        wanted = self.setting.logging_level or "OFF"
        if wanted == "INFO" or wanted == level:
            if has_data and not self.setting.data_trace_enabled:
                return
            self.lines.append((self.call.world.clock.now_ms, f"({self.id}) {line}"))

    @property
    def arn(self) -> str:
        """The route's ARN, as policies and functions' permissions know it (`…:api/stage/$connect`)."""
        held = self.connection
        return f"arn:aws:execute-api:{held.region}:{held.account}:{held.api}/{held.stage}/{self.route_key}"

    @property
    def stage_arn(self) -> str:
        """The stage's ARN."""
        return arn(self.call, f"/apis/{self.connection.api}/stages/{self.connection.stage}")

    @property
    def headers(self) -> dict[str, list[str]]:
        """The handshake's headers with all their values, and those that API Gateway adds."""
        request = self.request
        if request is None:
            return {}
        found: dict[str, list[str]] = {}
        known: dict[str, str] = {}
        for name, value in request.headers:
            lower = name.lower()
            if lower not in _REPLACED:
                found.setdefault(known.setdefault(lower, name), []).append(value)
        forwarded = [value for name, value in request.headers if name.lower() == "x-forwarded-for"]
        found["Host"] = [self.connection.domain]
        found["X-Amzn-Trace-Id"] = [self.trace_header]
        found["X-Forwarded-For"] = [", ".join([*forwarded, request.peer])]
        found["X-Forwarded-Port"] = ["443"]
        found["X-Forwarded-Proto"] = ["https"]
        return found

    @property
    def query(self) -> dict[str, list[str]]:
        """The handshake's parameters."""
        return {} if self.request is None else query_of(self.request.query)

    def header(self, name: str) -> str | None:
        """The value of a header of the handshake."""
        lower = name.lower()
        return next((values[-1] for each, values in self.headers.items() if each.lower() == lower), None)

    def route_fact(self, property_name: str, value: Any) -> Fact:
        """A fact about the route, with who last set it."""
        route = self.route.id if self.route is not None else self.route_key
        return self.call.fact(arn(self.call, f"/apis/{self.connection.api}/routes/{route}"), property_name, value)

    def integration_fact(self, property_name: str, value: Any) -> Fact:
        """A fact about the integration, with who last set it."""
        own = self.route.integration if self.route is not None else None
        path = f"/apis/{self.connection.api}/integrations/{own.id if own is not None else ''}"
        return self.call.fact(arn(self.call, path), property_name, value)


_REPLACED = frozenset(
    {
        *("connection", "upgrade", "keep-alive", "host", "content-length"),
        *("x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id"),
    }
)


def _call(pipeline: Pipeline, connection: Connection) -> Call:
    """An event of nobody in particular: no call of the API, but on record like one, under the id the client sees."""
    call = Call(
        pipeline,
        "apigateway",
        "TestInvokeMethod",
        connection.account,
        connection.region,
        ANONYMOUS,
        origin=connection.origin,
    )
    call.request_id = call.trace_id = new_id(pipeline.world)
    hop = call.hop
    hop.request_id = hop.trace_id = call.request_id
    hop.operation = "Invoke"
    pipeline.world.state(Traces).begin(hop)
    return call
