"""The way of an event through its route, in the order in which AWS may refuse it; and its record.

Authorization of a handshake, throttles, the route itself, validation, integration.
"""

from __future__ import annotations

import json
import logging as python_logging
import shlex

from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Fact
from foulweather.services.apigateway.rest import refusals
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.sockets import authorizing, keys, logging, translating
from foulweather.services.apigateway.sockets.expressions import DEFAULT
from foulweather.services.apigateway.sockets.integrating import Outcome, integrate
from foulweather.services.apigateway.sockets.plans import RoutePlan
from foulweather.services.apigateway.sockets.throttling import throttle
from foulweather.services.apigateway.sockets.turns import CONNECT, DISCONNECT, MESSAGE, Turn

log = python_logging.getLogger("foulweather")

NOTHING = Outcome(200)
OF_CONNECTIONS = ("$connect", "$disconnect")
KEY_CHARS_MAX = 128
"""How much of a key that a client chose is shown in a reason."""


async def answer(turn: Turn) -> Outcome:
    """What comes of an event, on record; a refusal is an outcome with its status and its words."""
    call = turn.call
    try:
        outcome = await _outcome(turn)
    except Refusal as refusal:
        outcome = _refused(turn, refusal)
    except AwsError as error:  # what is not built, and what a service refused that nobody expected
        outcome = _refused(turn, _passed_on(error))
    except Exception as error:
        log.exception("%s of the WebSocket API %s failed", turn.route_key, turn.connection.api)
        why = refusals.failed(f"Something went wrong inside: {type(error).__name__}.")
        outcome = _refused(turn, Refusal("API_CONFIGURATION_ERROR", refusals.INTERNAL, why))
    call.hop.ended_ms = call.world.clock.now_ms
    turn.status = outcome.status
    turn.log(f"Completed with status: {outcome.status}")
    if turn.lines or turn.stage.access_log_settings:
        await logging.write(turn)
    _on_record(turn, outcome)
    return outcome


def words(turn: Turn, text: str | None) -> str:
    """What a client is told when API Gateway itself answers."""
    told = json.dumps(text, ensure_ascii=False)
    return f'{{"message": {told}, "connectionId":"{turn.connection.id}", "requestId":"{turn.id}"}}'


def _log_begun(turn: Turn) -> None:
    held = turn.connection
    turn.log(f"WebSocket Request Route: [{turn.route_key}]")
    client = f"Client [Connection Id: {held.id}]"
    if turn.kind == CONNECT:
        agent = held.origin.user_agent or None
        turn.log(
            f"Client [UserAgent: {agent}, SourceIp: {held.origin.ip}] is connecting to WebSocket API [{held.api}]."
        )
    elif turn.kind == DISCONNECT:
        turn.log(f"{client} disconnected from API [{held.api}]. Status: {turn.code}, reason: {turn.reason}")
    else:
        turn.log(f"{client} sent message to API [{held.api}].")
        turn.log(f"Request body: {turn.body}", has_data=True)


async def _outcome(turn: Turn) -> Outcome:
    plan = turn.plan
    if turn.kind == DISCONNECT:
        route = plan.route("$disconnect")
        turn.choose(route)
        _log_begun(turn)
        return NOTHING if route is None else await integrate(turn, route.integration)
    if turn.kind == CONNECT:
        route = plan.route("$connect")
        turn.choose(route)
        _log_begun(turn)
        if route is not None:
            await authorizing.authorize(turn, route)
        throttle(turn, keys.admit(turn) if route is not None and route.key_required else ())
        if route is None:
            return NOTHING
        _check_parameters(turn, route)
    else:
        route = _route(turn)
        turn.choose(route)
        _log_begun(turn)
        throttle(turn)
        if route is None:
            raise _no_route(turn)
        if route.key_required:  # a message has no headers that a key could be in
            raise not_implemented("apigatewayv2", f"CreateRoute.ApiKeyRequired of {route.key}")
        _check_message(turn, route)
    return await integrate(turn, route.integration)


def _route(turn: Turn) -> RoutePlan | None:
    """The route that a message's own words choose, or $default.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
    """
    plan = turn.plan
    key = plan.route_selection.key(lambda name: translating.request_value(turn, name))
    if key is not None and key not in OF_CONNECTIONS:
        found = plan.route(key)
        if found is not None:
            return found
    turn.route_key = DEFAULT
    return plan.route(DEFAULT)


def _no_route(turn: Turn) -> Refusal:
    expression = turn.plan.api["RouteSelectionExpression"]
    key = turn.plan.route_selection.key(lambda name: translating.request_value(turn, name))
    if key is not None:
        key = key[:KEY_CHARS_MAX]
    cause = f"No route has the key {key!r}, and there is no $default."
    if key is None:
        cause = f"The message has nothing that {expression} names, and there is no $default route."
    why = refusals.refused(
        cause,
        turn.call.fact(turn.stage_arn, "DeploymentId", turn.stage.deployment_id),
        Fact("deployment", "route keys", turn.plan.route_keys()),
        Fact("request", expression, key),
        remedy=(
            f"aws apigatewayv2 create-route --api-id {turn.connection.api} --route-key {shlex.quote(key or DEFAULT)} "
            "--target integrations/INTEGRATION",
            f"aws apigatewayv2 create-deployment --api-id {turn.connection.api} --stage-name {turn.connection.stage}",
        ),
    )
    refusal = Refusal("ACCESS_DENIED", "Forbidden", why)
    refusal.code = "ForbiddenException"
    return refusal


def _check_parameters(turn: Turn, route: RoutePlan) -> None:
    missing: list[str] = []
    for expression, held in route.parameters.items():
        name = expression.removeprefix("route.")
        if (held or {}).get("Required") and not translating.request_value(turn, name):
            missing.append(name.rpartition(".")[2])
    if missing:
        listed = f"[{', '.join(missing)}]"
        why = refusals.refused(
            f"The route $connect requires parameters that the handshake does not have: {listed}.",
            turn.route_fact("RequestParameters", sorted(route.parameters)),
        )
        raise Refusal("BAD_REQUEST_PARAMETERS", f"Missing required request parameters: {listed}", why)


def _check_message(turn: Turn, route: RoutePlan) -> None:
    """Refuse a message that its model does not fit; proxies' messages are theirs to check.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-request-validation.html
    """
    integration = route.integration
    if not route.models or integration is None or integration.type in ("AWS_PROXY", "HTTP_PROXY"):
        return
    key = DEFAULT
    if route.model_selection is not None:
        key = route.model_selection.key(lambda name: translating.request_value(turn, name)) or DEFAULT
    model = route.models.get(key) or route.models.get(DEFAULT)
    violations = turn.plan.violations(model) if model else None
    if violations is None:
        return
    try:
        found = violations(json.loads(turn.body or "null"))
    except (ValueError, RecursionError):
        found = ["the message is not JSON"]
    if not found:
        return
    why = refusals.refused(
        f"The message does not follow the model {model}: {'; '.join(found)}.",
        turn.route_fact("RequestModels", route.models),
        *(Fact("request", "violation", each) for each in found),
        remedy=(f"aws apigatewayv2 get-models --api-id {turn.connection.api}",),
    )
    raise Refusal("BAD_REQUEST_BODY", "Bad request body", why, detail=f"[{', '.join(found)}]")


def _refused(turn: Turn, refusal: Refusal) -> Outcome:
    turn.refusal = refusal
    call = turn.call
    for line in refusal.logged or (f"{refusal.kind}: {refusal.text}",):
        turn.log(line, level="ERROR")
    hop = call.hop
    hop.code, hop.why, hop.ended_ms = refusal.code, refusal.why, call.world.clock.now_ms
    call.world.state(Traces).keep(hop)
    return Outcome(refusal.status, words(turn, refusal.text))


def _passed_on(error: AwsError) -> Refusal:
    text = error.message if error.status == 501 else refusals.INTERNAL
    refusal = Refusal("API_CONFIGURATION_ERROR", text, error.why, status=501 if error.status == 501 else 500)
    if error.status == 501:
        refusal.code = error.code
    return refusal


def _on_record(turn: Turn, outcome: Outcome) -> None:
    """What AWS's metrics count."""
    refusal, error = turn.refusal, ""
    if refusal is not None and turn.is_from_client and refusal.status < 500:
        error = "client"
    elif turn.integration_error or (refusal is None and turn.integration_status >= 400):
        error = "integration"
    elif refusal is not None:
        error = "execution"
    integration = turn.route.integration if turn.route is not None else None
    is_mock = integration is not None and integration.type == "MOCK"
    tells = refusal is not None or (turn.route is not None and turn.route.answers and bool(outcome.message))
    turn.call.happened(
        "apigateway.SocketEvent",
        turn.stage_arn,
        api=turn.connection.api,
        stage=turn.connection.stage,
        route=turn.route_key,
        type=turn.kind,
        connection=turn.connection.id,
        messages=1 + int(tells) if turn.kind == MESSAGE else 0,
        is_detailed=bool(turn.setting.detailed_metrics_enabled),
        status=outcome.status,
        error=error,
        integration_ms=-1 if is_mock else turn.integration_ms,
        asked=integration is not None and not turn.is_from_client,
    )
