"""What a stage writes to CloudWatch Logs, as the account's role: each event's steps, and a line in a form of one's own.

https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html
"""

from __future__ import annotations

import re
from typing import Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway.rest import roles
from foulweather.services.apigateway.rest.java_values import shown
from foulweather.services.apigateway.rest.logging import cut, delivered, put, stream_of
from foulweather.services.apigateway.sockets import context
from foulweather.services.apigateway.sockets.turns import Turn
from foulweather.services.apigateway.state import RestState

_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_:-]+)*)")


async def write(turn: Turn) -> None:
    """Write an event's steps and its line; without a role nothing is written, as on AWS."""
    settings = turn.stage.access_log_settings
    destination, form = settings.get("DestinationArn"), settings.get("Format")
    account = turn.call.state(RestState).settings.get("account")
    role = account.cloudwatch_role_arn if account is not None else None
    if not role or not (turn.lines or (destination and form)):
        return
    place = f"{turn.connection.api}/{turn.connection.stage}"
    try:
        principal = await roles.assumed(turn.call, role, turn.stage_arn, "BackplaneAssumeRoleSession")
        ports = turn.call.acting_as(principal)
        if turn.lines:
            events = [{"timestamp": at_ms, "message": cut(text)} for at_ms, text in turn.lines]
            await put(ports, f"/aws/apigateway/{place}", stream_of(place), events, makes_group=True)
        if destination and form:
            await delivered(turn.call, ports, destination, place, line(turn, form))
    except AwsError as error:
        why = Why(
            "dropped",
            "API Gateway could not write its logs.",
            (
                Fact(f"arn:aws:apigateway:{turn.call.region}::/account", "cloudwatchRoleArn", role),
                turn.call.fact(turn.stage_arn, "AccessLogSettings", destination),
            ),
            error.why.first_cause().remedy,
            because=(error.why,),
        )
        turn.call.explain("Logging", turn.stage_arn, why)


def line(turn: Turn, form: str) -> str:
    """An event's line; what a variable has no value for is a dash."""
    held: dict[str, Any] = dict(context.template_context(turn))
    latency = None if turn.integration_ms < 0 else turn.integration_ms
    status = turn.integration_status or None
    told = turn.integration_error or None
    held.update(
        integrationLatency=latency,
        integrationStatus=status,
        integrationErrorMessage=told,
        integration={"latency": latency, "status": status, "error": told},
    )

    def value(found: re.Match[str]) -> str:
        at: Any = held
        for part in found[1].split("."):
            at = at.get(part) if isinstance(at, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return "-" if at is None or at == "" else shown(at)

    return _VARIABLE.sub(value, form)
