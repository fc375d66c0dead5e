"""Carrying a rotation out: the four steps of its function, and when the next is due.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

from __future__ import annotations

import inspect
import json
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Why
from foulweather.services.secretsmanager import schedules
from foulweather.services.secretsmanager.state import CURRENT, PENDING, Rotation, Secret, SecretsState

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
_REFUSED = frozenset({"AccessDenied", "AccessDeniedException", "ResourceNotFoundException"})


async def check_function(call: Call, secret: Secret, function: str) -> None:
    """Refuse a function that is not there, or whose policy does not let Secrets Manager invoke it."""
    try:
        await _invoke(call, secret, {"FunctionName": function, "InvocationType": "DryRun"})
    except AwsError as error:
        if error.code not in _REFUSED:
            raise
        cause = f"{secret.name} is to be rotated by {function}."
        why = Why("denied", cause, (call.fact(secret.arn, "RotationLambdaARN", function),), because=(error.why,))
        raise AwsError(
            "AccessDeniedException",
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants "
            "access to the principal secretsmanager.amazonaws.com.",
            400,
            why=why,
        ) from error


def replace(call: Call, state: SecretsState, secret: Secret, rotation: Rotation) -> None:
    """Give a secret another rotation, and put its next one on the agenda."""
    secret.rotation = rotation
    plan(call, state, secret, call.now)


def plan(call: Call, state: SecretsState, secret: Secret, after_ms: int) -> None:
    """Put the next rotation on the agenda: at any time during the next window."""
    rotation = secret.rotation
    if rotation is not None and (rotation.days or rotation.expression):
        window = schedules.next_window(rotation.days, rotation.expression, rotation.duration, after_ms)
        rotation.ends_ms = window.ends_ms
        rotation.due_ms = window.opens_ms + call.world.random.randrange(window.ends_ms - window.opens_ms)
        due = {"name": secret.name, "due_ms": rotation.due_ms}
        call.later(rotation.due_ms, "secretsmanager.rotate_on_schedule", **due)
    state.touch(secret)


async def carry_out(call: Call, state: SecretsState, secret: Secret, rotation: Rotation, token: str) -> None:
    """Have the function make, set, test and finish a new version; tell what came of it."""
    for step in STEPS:
        event = {"Step": step, "SecretId": secret.arn, "ClientRequestToken": token}
        asked = {"FunctionName": rotation.function, "Payload": json.dumps(event).encode()}
        try:
            answer = await _invoke(call, secret, asked)
        except AwsError as error:
            _failed(call, secret, step, Why("failed", f"{step} could not be invoked.", because=(error.why,)))
            return
        if answer.get("FunctionError"):
            said = (call.fact(secret.arn, "RotationLambdaARN", rotation.function),)
            _failed(call, secret, step, Why("failed", f"{rotation.function} failed at {step}.", said))
            return
    version = state.version(secret, token)
    if version is None or CURRENT not in version.stages:
        facts = (call.fact(secret.arn, f"VersionStages of {token}", version.stages if version else None),)
        _failed(call, secret, "finishSecret", Why("failed", "The new version did not become AWSCURRENT.", facts))
        return
    rotation.last_ms, rotation.pending = call.now, ""
    state.touch(secret)
    call.happened("secretsmanager.RotationSucceeded", secret.arn, version=token, label=PENDING in version.stages)


def _failed(call: Call, secret: Secret, step: str, why: Why) -> None:
    call.happened("secretsmanager.RotationFailed", secret.arn, step=step)
    call.explain("RotateSecret", secret.arn, why)


async def _invoke(call: Call, secret: Secret, request: dict[str, Any]) -> dict[str, Any]:
    ports = call.acting_as("secretsmanager.amazonaws.com", source_arn=secret.arn, account=secret.account)
    try:
        answer = ports.lambda_.invoke(request)
        return await answer if inspect.isawaitable(answer) else answer
    finally:
        call.reread_clock()
