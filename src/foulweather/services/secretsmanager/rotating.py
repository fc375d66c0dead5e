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
from foulweather.services.secretsmanager import schedules, staging
from foulweather.services.secretsmanager.limits import ROTATION_RETRIES_MS
from foulweather.services.secretsmanager.state import CURRENT, EMPTY, PENDING, Rotation, Secret, SecretsState, Version

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


def incomplete(state: SecretsState, secret: Secret) -> Version | None:
    """The version of a rotation that has not come to its end: AWSPENDING, and not AWSCURRENT too."""
    pending = state.staged(secret, PENDING)
    return pending if pending is not None and CURRENT not in pending.stages else None


def begin(call: Call, state: SecretsState, secret: Secret, rotation: Rotation, token: str) -> None:
    """Make the new version, empty and AWSPENDING: rotation functions look for their token among the versions."""
    if state.version(secret, token) is None:
        state.put_version(Version(token, secret.name, call.now, EMPTY))
    version = state.version(secret, token)
    if version is not None:
        staging.attach(state, secret, PENDING, version)
    rotation.pending, rotation.failures = token, 0
    state.touch(secret)
    call.happened("secretsmanager.RotationStarted", secret.arn, version=token)


async def carry_out(call: Call, state: SecretsState, secret: Secret, rotation: Rotation, token: str) -> None:
    """Have the function make, set, test and finish a new version; tell what came of it, and try again if it failed."""
    for step in STEPS:
        why = await _step(call, secret, rotation.function, step, token)
        if why is not None:
            _failed(call, state, secret, rotation, step, why)
            return
    version = state.version(secret, token)
    if version is None or CURRENT not in version.stages:
        facts = (call.fact(secret.arn, f"VersionStages of {token}", version.stages if version else None),)
        why = Why("failed", "The new version did not become AWSCURRENT.", facts)
        _failed(call, state, secret, rotation, "finishSecret", why)
        return
    rotation.last_ms, rotation.pending, rotation.failures = call.now, "", 0
    state.touch(secret)
    call.happened("secretsmanager.RotationSucceeded", secret.arn, version=token, label=PENDING in version.stages)


async def try_out(call: Call, state: SecretsState, secret: Secret, rotation: Rotation, token: str) -> None:
    """Have the function's testSecret tried with the current value, as AWSPENDING for that time.

    "Secrets Manager tests the rotation configuration by running the testSecret step of the Lambda rotation function.
    The test creates an AWSPENDING version of the secret and then removes it": API_RotateSecret, RotateImmediately.
    """
    current = state.staged(secret, CURRENT)
    if current is None or current.is_empty:
        version = Version(token, secret.name, call.now, EMPTY)
    else:
        origin = current.value_of or current.id
        version = Version(token, secret.name, call.now, current.sealed, current.is_binary, value_of=origin)
    state.put_version(version)
    staging.attach(state, secret, PENDING, version)
    call.happened("secretsmanager.TestRotationStarted", secret.arn)
    why = await _step(call, secret, rotation.function, "testSecret", token)
    held = state.version(secret, token)
    if held is not None and CURRENT not in held.stages:
        state.remove_version(held)
    if why is None:
        call.happened("secretsmanager.TestRotationSucceeded", secret.arn)
    else:
        call.happened("secretsmanager.TestRotationFailed", secret.arn)
        call.explain("RotateSecret", secret.arn, why)


async def _step(call: Call, secret: Secret, function: str, step: str, token: str) -> Why | None:
    """Why one step of a rotation failed; None when it did not."""
    event = {"Step": step, "SecretId": secret.arn, "ClientRequestToken": token}
    try:
        answer = await _invoke(call, secret, {"FunctionName": function, "Payload": json.dumps(event).encode()})
    except AwsError as error:
        return Why("failed", f"{step} could not be invoked.", because=(error.why,))
    if answer.get("FunctionError"):
        said = (call.fact(secret.arn, "RotationLambdaARN", function),)
        return Why("failed", f"{function} failed at {step}.", said)
    return None


def _failed(call: Call, state: SecretsState, secret: Secret, rotation: Rotation, step: str, why: Why) -> None:
    call.happened("secretsmanager.RotationFailed", secret.arn, step=step)
    call.explain("RotateSecret", secret.arn, why)
    if secret.rotation is not rotation or not rotation.is_enabled:
        return
    if rotation.failures < len(ROTATION_RETRIES_MS):
        due_ms = call.now + ROTATION_RETRIES_MS[rotation.failures]
        call.later(due_ms, "secretsmanager.rotate", name=secret.name, token=rotation.pending)
    rotation.failures += 1
    state.touch(secret)


async def _invoke(call: Call, secret: Secret, request: dict[str, Any]) -> dict[str, Any]:
    ports = call.acting_as("secretsmanager.amazonaws.com", source_arn=secret.arn, account=secret.account)
    try:
        answer = ports.lambda_.invoke(request)
        return await answer if inspect.isawaitable(answer) else answer
    finally:
        call.reread_clock()
