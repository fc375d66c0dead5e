"""Secrets as DescribeSecret and ListSecrets show them."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.secretsmanager.state import Rotation, Secret, SecretsState


def described(secret: Secret) -> dict[str, Any]:
    """What both listings and descriptions tell."""
    found: dict[str, Any] = {
        "ARN": secret.arn,
        "Name": secret.name,
        "CreatedDate": secret.created_ms,
        "LastChangedDate": secret.changed_ms,
    }
    told = {
        "Description": secret.description,
        "KmsKeyId": secret.key,
        "LastAccessedDate": secret.accessed_ms,
        "DeletedDate": secret.deletion_ms,
        "OwningService": secret.owner,
        "PrimaryRegion": secret.primary_region,
        "Tags": [{"Key": key, "Value": value} for key, value in secret.tags.items()],
    }
    found |= {name: value for name, value in told.items() if value}
    if secret.rotation is not None:
        found |= _rotation(secret.rotation)
    return found


def stages(state: SecretsState, secret: Secret) -> dict[str, list[str]]:
    """The labels of each version that has any."""
    return {version.id: version.stages for version in state.versions_of(secret) if version.stages}


def replicas(call: Call, secret: Secret) -> list[dict[str, Any]]:
    """How the replication to each region stands."""
    shown: list[dict[str, Any]] = []
    for replica in secret.replicas.values():
        one: dict[str, Any] = {
            "Region": replica.region,
            "KmsKeyId": replica.key or "alias/aws/secretsmanager",
            "Status": replica.status,
        }
        if replica.message:
            one["StatusMessage"] = replica.message
        held = call.state(SecretsState, secret.account, replica.region).secrets.get(secret.name)
        if held is not None and held.suffix == secret.suffix and held.accessed_ms:
            one["LastAccessedDate"] = held.accessed_ms
        shown.append(one)
    return shown


def _rotation(rotation: Rotation) -> dict[str, Any]:
    found: dict[str, Any] = {"RotationEnabled": rotation.is_enabled, "RotationLambdaARN": rotation.function}
    rules = {
        "AutomaticallyAfterDays": rotation.days,
        "Duration": rotation.duration,
        "ScheduleExpression": rotation.expression,
    }
    if rules := {name: value for name, value in rules.items() if value}:
        found["RotationRules"] = rules
    if rotation.last_ms:
        found["LastRotatedDate"] = rotation.last_ms
    if rotation.is_enabled and rotation.ends_ms:
        found["NextRotationDate"] = rotation.ends_ms
    return found
