"""Functions behind routes and authorizers of WebSocket APIs: invoked, and what it means when they are not.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.apigateway.rest import refusals, roles
from foulweather.services.apigateway.rest.functions import Function, Invoked
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.waiting import OutOfTime, answered, within
from foulweather.services.apigateway.sockets.turns import Turn


async def invoke(
    turn: Turn, function: Function, credentials: str, source_arn: str, payload: bytes, timeout_ms: int
) -> Invoked:
    """Invoke a function within a time; refused as the client hears of it where it does not come to an answer."""
    try:
        return await within(turn.call, timeout_ms, _invoked(turn, function, credentials, source_arn, payload))
    except OutOfTime:
        why = refusals.failed(
            f"The function {function.name} did not answer within {timeout_ms} ms; it goes on by itself.",
            turn.integration_fact("TimeoutInMillis", timeout_ms),
            remedy=(f"aws lambda get-function-configuration --function-name {function.arn} --query Timeout",),
        )
        raise Refusal("INTEGRATION_TIMEOUT", refusals.TIMED_OUT, why) from None
    except AwsError as error:
        raise _not_invoked(turn, function, source_arn, credentials, error) from None


async def _invoked(turn: Turn, function: Function, credentials: str, source_arn: str, payload: bytes) -> Invoked:
    ports = await roles.ports(
        turn.call,
        credentials,
        source_arn,
        "BackplaneAssumeRoleSession",
        account=function.account,
        region=function.region,
    )
    request: dict[str, Any] = {"FunctionName": function.arn, "Payload": payload}
    response: dict[str, Any] = await answered(ports.lambda_.invoke(request))
    return Invoked(response.get("Payload") or b"", response.get("FunctionError", ""))


def _not_invoked(turn: Turn, function: Function, source_arn: str, credentials: str, error: AwsError) -> Refusal:
    """API Gateway passes nothing of Lambda's refusal on but that something is wrong."""
    turn.integration_status = error.status
    remedy = error.why.first_cause().remedy or error.why.remedy
    if error.code not in ("AccessDeniedException", "AccessDenied", "ResourceNotFoundException"):
        cause = f"Lambda does not run {function.name}: {error.message}"
        if error.status == 429:
            cause = f"Lambda does not run {function.name} now: it is throttled; API Gateway does not pass its 429 on."
        facts = (Fact(turn.arn, "Lambda's answer", f"{error.status} {error.code}"),)
    elif credentials:
        cause = f"The role {credentials} cannot be assumed by API Gateway, or may not invoke {function.name}."
        facts = (Fact(credentials, f"may invoke {function.arn}", False),)
    else:
        cause = f"There is no function {function.name}, or its policy does not let API Gateway invoke it."
        facts = (
            Fact(function.arn, "lets apigateway.amazonaws.com invoke it", False),
            Fact(function.arn, "aws:SourceArn", source_arn),
        )
        remedy = (
            f"aws lambda add-permission --function-name {function.arn} --statement-id apigateway-websocket "
            f"--action lambda:InvokeFunction --principal apigateway.amazonaws.com --source-arn '{source_arn}'",
        )
    why = refusals.failed(cause, *facts, remedy=remedy, because=(error.why,))
    return refusals.misconfigured(why, "Invalid permissions on Lambda function")
