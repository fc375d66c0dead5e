"""Rotation: set up, begun, called off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.secretsmanager import limits, naming, refusals, rotating, schedules, staging
from foulweather.services.secretsmanager.state import PENDING, Rotation, Secret

Request = Mapping[str, Any]


async def rotate_secret(call: Call, request: Request) -> dict[str, Any]:
    """Set up a secret's rotation, and rotate it now unless told otherwise."""
    if "ExternalSecretRotationMetadata" in request or "ExternalSecretRotationRoleArn" in request:
        raise not_implemented("secretsmanager", "RotateSecret.ExternalSecretRotationMetadata")
    token = limits.checked_token(request)
    rules: Mapping[str, Any] | None = request.get("RotationRules")
    days, expression, duration = schedules.checked_rules(rules) if rules is not None else (0, "", "")
    state, secret = naming.require_primary(call, request["SecretId"])
    if secret.owner:
        raise not_implemented("secretsmanager", f"RotateSecret (managed rotation by {secret.owner})")
    before = secret.rotation
    function: str = request.get("RotationLambdaARN") or (before.function if before is not None else "")
    if not function:
        raise refusals.invalid_request(
            "No Lambda rotation function ARN is associated with this secret.",
            Fact(secret.arn, "RotationLambdaARN", None),
            remedy=(f"aws secretsmanager rotate-secret --secret-id {secret.arn} --rotation-lambda-arn FUNCTION_ARN",),
        )
    pending = rotating.incomplete(state, secret)
    if pending is not None:
        raise refusals.invalid_request(
            "A previous rotation isn't complete. That rotation will be reattempted.",
            Fact(secret.arn, f"VersionStages of {pending.id}", pending.stages),
            remedy=(
                f"aws secretsmanager update-secret-version-stage --secret-id {secret.arn} --version-stage {PENDING} "
                f"--remove-from-version-id {pending.id}",
            ),
        )
    immediately = request.get("RotateImmediately", True)
    if state.version(secret, token) is None:
        staging.check_room(state, secret, call.now)
    elif immediately:
        raise _token_used(secret, token)
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
    if not immediately:
        call.later(call.now, "secretsmanager.try_rotation", name=secret.name, token=token)
        return answer
    rotating.begin(call, state, secret, rotation, token)
    call.later(call.now, "secretsmanager.rotate", name=secret.name, token=token)
    return answer | {"VersionId": token}


def cancel_rotate_secret(call: Call, request: Request) -> dict[str, Any]:
    """Turn a secret's rotation off; a version that was being made stays, and stays AWSPENDING.

    "We recommend that you remove the VersionStage value AWSPENDING from this version ... Failing to clean up a
    cancelled rotation can block you from starting future rotations": API_CancelRotateSecret.
    """
    state, secret = naming.require_own(call, request["SecretId"])
    answer = {"ARN": secret.arn, "Name": secret.name}
    rotation = secret.rotation
    if rotation is None:
        return answer
    rotation.is_enabled, rotation.pending, rotation.due_ms, rotation.ends_ms = False, "", 0, 0
    pending = rotating.incomplete(state, secret)
    if pending is not None:
        answer["VersionId"] = pending.id
        call.happened("secretsmanager.RotationAbandoned", secret.arn, version=pending.id)
    state.touch(secret)
    call.changed("secretsmanager.RotationCancelled", secret.arn, RotationEnabled=False)
    return answer


def _token_used(secret: Secret, token: str) -> AwsError:
    return AwsError(
        "ResourceExistsException",
        "A resource with the ID you requested already exists.",
        facts=(Fact(secret.arn, "VersionId", token),),
    )
