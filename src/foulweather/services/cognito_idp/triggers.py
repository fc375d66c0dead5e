"""The functions that a pool asks in the course of sign-up and sign-in.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-identity-pools-working-with-aws-lambda-triggers.html
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Mapping
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.parking import Parking
from foulweather.kernel.why import Why
from foulweather.services.cognito_idp import refusals
from foulweather.services.cognito_idp.attributes import of_user
from foulweather.services.cognito_idp.limits import TRIGGER_MS, TRIGGER_TRIES
from foulweather.services.cognito_idp.records import Pool, User
from foulweather.services.cognito_idp.state import CognitoState

PRINCIPAL = "cognito-idp.amazonaws.com"


def attributes_told(user: User) -> dict[str, str]:
    """A user's attributes as functions are told of them."""
    return {**of_user(user), "cognito:user_status": user.status}


async def ask(
    call: Call,
    pool: Pool,
    trigger: str,
    source: str,
    request: Mapping[str, Any],
    response: Mapping[str, Any],
    *,
    user: str,
    client: str = "",
    version: str = "1",
) -> dict[str, Any] | None:
    """What a trigger's function makes of its response; None where the pool has no such trigger.

    The function must answer within five seconds; it is asked up to three times.
    """
    arn = pool.trigger(trigger)
    if not arn:
        return None
    event = {
        "version": version,
        "triggerSource": source,
        "region": pool.region,
        "userPoolId": pool.id,
        "userName": user,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client or "CLIENT_ID_NOT_APPLICABLE"},
        "request": dict(request),
        "response": dict(response),
    }
    asked = {"FunctionName": arn, "Payload": json.dumps(event, separators=(",", ":")).encode()}
    answer = None
    for _ in range(TRIGGER_TRIES):
        answer = await _answered(call, pool, trigger, arn, asked)
        if answer is not None:
            break
    if answer is None:
        raise _unexpected(call, pool, trigger, arn, "Socket timeout while invoking Lambda function.")
    if call.state(CognitoState, pool.account, pool.region).pools.get(pool.id) is not pool:
        raise refusals.no_pool(pool.id)  # it was deleted meanwhile
    return _read(call, pool, trigger, arn, answer)


async def _answered(call: Call, pool: Pool, trigger: str, arn: str, asked: dict[str, Any]) -> Mapping[str, Any] | None:
    """What the function answers within the time that it has; None if it does not."""
    ports = call.acting_as(PRINCIPAL, source_arn=pool.arn, account=pool.account, region=pool.region)
    parking = Parking()
    try:
        answer = ports.lambda_.invoke(asked)
        if not inspect.isawaitable(answer):
            return cast("Mapping[str, Any]", answer)
        task = asyncio.ensure_future(answer)
        task.add_done_callback(lambda _: parking.wake())
        task.add_done_callback(_heard)
        if not await parking.wait(call, call.world.clock.now_ms + TRIGGER_MS):
            return None
        return cast("Mapping[str, Any]", task.result())
    except AwsError as error:
        if not error.senders_fault:
            return None
        raise _unexpected(call, pool, trigger, arn, f"{error.code}.", error) from None
    finally:
        call.reread_clock()


def _heard(task: asyncio.Future[Any]) -> None:
    """A function that answers too late may have failed; nobody asks."""
    if not task.cancelled():
        task.exception()


def _read(call: Call, pool: Pool, trigger: str, arn: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    payload: bytes = answer.get("Payload") or b""
    fact = call.fact(pool.arn, "LambdaConfig", {trigger: arn})
    try:
        told = json.loads(payload) if payload else None
    except ValueError:
        told = None
    if answer.get("FunctionError"):
        said = cast("dict[str, Any]", told).get("errorMessage") if isinstance(told, dict) else None
        raise AwsError(
            "UserLambdaValidationException",
            f"{trigger} failed with error {said if said is not None else 'Unknown error'}.",
            why=Why("refused", f"{arn} failed, and {trigger} with it.", (fact,)),
        )
    response = cast("dict[str, Any]", told).get("response") if isinstance(told, dict) else None
    if not isinstance(response, dict):
        raise AwsError(
            "InvalidLambdaResponseException",
            "Unrecognizable lambda output",
            why=Why("refused", f"{arn} did not return the event that it was given, with its response.", (fact,)),
        )
    return cast("dict[str, Any]", response)


def _unexpected(call: Call, pool: Pool, trigger: str, arn: str, reason: str, error: AwsError | None = None) -> AwsError:
    fact = call.fact(pool.arn, "LambdaConfig", {trigger: arn})
    cause = f"{PRINCIPAL} could not have {arn} run for {trigger}."
    remedy = (
        f"aws lambda add-permission --function-name {arn} --statement-id cognito --action lambda:InvokeFunction "
        f"--principal {PRINCIPAL} --source-arn {pool.arn}",
    )
    why = Why("refused", cause, (fact,), remedy, because=(error.why,) if error is not None else ())
    return AwsError("UnexpectedLambdaException", f"{trigger} invocation failed due to error {reason}", why=why)
