"""Rotation: set up, begun, called off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.secretsmanager import limits, naming, refusals, rotating, schedules, staging
from foulweather.services.secretsmanager.state import CURRENT, PENDING, Rotation

Request = Mapping[str, Any]


async def rotate_secret(call: Call, request: Request) -> dict[str, Any]:
    """Set up a secret's rotation, and rotate it now unless told otherwise."""
    if "ExternalSecretRotationMetadata" in request or "ExternalSecretRotationRoleArn" in request:
        raise not_implemented("secretsmanager", "RotateSecret.ExternalSecretRotationMetadata")
    token = limits.checked_token(request)
    rules: Mapping[str, Any] | None = request.get("RotationRules")
    days, expression, duration = schedules.checked_rules(rules) if rules is not None else (0, "", "")
    state, secret = naming.require_primary(call, request["SecretId"])
    before = secret.rotation
    function: str = request.get("RotationLambdaARN") or (before.function if before is not None else "")
    if not function:
        raise refusals.invalid_request(
            "No Lambda rotation function ARN is associated with this secret.",
            Fact(secret.arn, "RotationLambdaARN", None),
            remedy=(f"aws secretsmanager rotate-secret --secret-id {secret.arn} --rotation-lambda-arn FUNCTION_ARN",),
        )
    pending = state.staged(secret, PENDING)
    if pending is not None and CURRENT not in pending.stages:
        raise refusals.invalid_request(
            "A previous rotation isn't complete. That rotation will be reattempted.",
            Fact(secret.arn, f"VersionStages of {pending.id}", pending.stages),
            remedy=(f"aws secretsmanager cancel-rotate-secret --secret-id {secret.arn}",),
        )
    await rotating.check_function(call, secret, function)
    state, secret = naming.require_primary(call, request["SecretId"])
    rotation = Rotation(function, last_ms=before.last_ms if before is not None else 0)
    if rules is not None:
        rotation.days, rotation.expression, rotation.duration = days, expression, duration
    elif before is not None:
        rotation.days, rotation.expression, rotation.duration = before.days, before.expression, before.duration
    rotating.replace(call, state, secret, rotation)
    facts = {"RotationLambdaARN": function, "RotationRules": rules, "RotationEnabled": True}
    call.changed("secretsmanager.RotationSet", secret.arn, **facts)
    answer = {"ARN": secret.arn, "Name": secret.name}
    if not request.get("RotateImmediately", True):
        return answer
    rotation.pending = token
    state.touch(secret)
    call.later(call.now, "secretsmanager.rotate", name=secret.name, token=token)
    return answer | {"VersionId": token}


def cancel_rotate_secret(call: Call, request: Request) -> dict[str, Any]:
    """Turn a secret's rotation off; a version that was being made stays as AWSPENDING left it."""
    state, secret = naming.require_primary(call, request["SecretId"])
    answer = {"ARN": secret.arn, "Name": secret.name}
    rotation = secret.rotation
    if rotation is None:
        return answer
    rotation.is_enabled, rotation.pending, rotation.due_ms, rotation.ends_ms = False, "", 0, 0
    pending = state.staged(secret, PENDING)
    if pending is not None and CURRENT not in pending.stages:
        answer["VersionId"] = pending.id
        staging.detach(state, PENDING, pending)
    state.touch(secret)
    call.changed("secretsmanager.RotationCancelled", secret.arn, RotationEnabled=False)
    return answer
