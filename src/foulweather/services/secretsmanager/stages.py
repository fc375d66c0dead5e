"""Moving staging labels between versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.secretsmanager import naming, refusals, replication, staging
from foulweather.services.secretsmanager.state import CURRENT, Secret, SecretsState, Version


def update_secret_version_stage(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Move a label from one version to another, put it on one, or take it off."""
    label: str = request["VersionStage"]
    to_id, from_id = request.get("MoveToVersionId"), request.get("RemoveFromVersionId")
    state, secret = naming.require_own(call, request["SecretId"])
    target = _named(state, secret, to_id)
    source = _named(state, secret, from_id)
    if target is None and source is None:
        raise refusals.invalid_parameter(
            "You must specify at least one of MoveToVersionId and RemoveFromVersionId.", VersionStage=label
        )
    holder = state.staged(secret, label)
    if target is not None and holder is not None and holder is not target and source is None:
        raise refusals.invalid_parameter(
            f"The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently attached to "
            f"version {holder.id}, so you must explicitly reference that version in RemoveFromVersionId.",
            VersionStage=label,
            attached_to=holder.id,
        )
    if source is not None and holder is not source:
        raise refusals.invalid_parameter(
            f"The staging label {label} isn't attached to version {source.id}, which RemoveFromVersionId names.",
            VersionStage=label,
            attached_to=holder.id if holder is not None else None,
        )
    if target is None and label == CURRENT:
        raise refusals.invalid_parameter(
            f"You can only move staging label {CURRENT} to a different secret version. It can't be completely removed.",
            VersionStage=label,
        )
    if target is not None:
        staging.check_labels(state, secret, [label])
        staging.attach(state, secret, label, target)
    elif source is not None:
        staging.detach(state, label, source)
    secret.changed_ms = call.now
    state.touch(secret)
    replication.spread(call, secret)
    facts = {f"version with {label}": to_id or ""}
    call.changed("secretsmanager.VersionStageMoved", secret.arn, VersionStage=label, **facts)
    return {"ARN": secret.arn, "Name": secret.name}


def _named(state: SecretsState, secret: Secret, version_id: str | None) -> Version | None:
    if version_id is None:
        return None
    version = state.version(secret, version_id)
    if version is None:
        raise refusals.no_such_version(secret, "VersionId", version_id)
    return version
