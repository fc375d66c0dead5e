"""Deletion with a recovery window, and back.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.secretsmanager import limits, naming, refusals
from foulweather.services.secretsmanager.state import Secret, SecretsState


def delete_secret(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Mark a secret for deletion after its recovery window, or delete it at once."""
    forced = request.get("ForceDeleteWithoutRecovery", False)
    days = request.get("RecoveryWindowInDays")
    if forced and days is not None:
        raise refusals.invalid_parameter(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
        )
    least, most = limits.RECOVERY_DAYS
    if days is not None and not least <= days <= most:
        raise refusals.invalid_parameter(
            f"The RecoveryWindowInDays value must be between {least} and {most} days (inclusive).",
            RecoveryWindowInDays=days,
        )
    place = naming.named(call, request["SecretId"])
    secret = place.secret
    if secret is None:
        if not forced:
            raise refusals.no_such_secret(request["SecretId"])
        # "If you forcibly delete an already deleted or nonexistent secret, the operation does not return
        # ResourceNotFoundException": API_DeleteSecret.
        name = request["SecretId"].rpartition(":secret:")[2]
        return {"ARN": place.arn, "Name": name, "DeletionDate": call.now}
    state = call.state(SecretsState, secret.account)
    if secret.deletion_ms and not forced:
        raise refusals.marked_for_deletion(call, secret)
    if secret.is_replica:
        raise refusals.is_replica(secret)
    naming.check_owner(call, secret)
    if secret.replicas:
        raise refusals.invalid_request(
            f"You can't delete secret {secret.name} that still has regional replicas.",
            Fact(secret.arn, "replica regions", list(secret.replicas)),
            remedy=(
                f"aws secretsmanager remove-regions-from-replication --secret-id {secret.arn} "
                f"--remove-replica-regions {' '.join(secret.replicas)}",
            ),
        )
    when_ms = call.now if forced else call.now + (days or limits.RECOVERY_DAYS_DEFAULT) * limits.DAY_MS
    _stop(call, secret)
    if forced:
        state.remove(secret)
        call.changed("secretsmanager.SecretDeleted", secret.arn, DeletedDate=when_ms)
    else:
        secret.deletion_ms = when_ms
        secret.deletion_seq = call.later(when_ms, "secretsmanager.end_recovery", name=secret.name, arn=secret.arn)
        state.touch(secret)
        call.changed("secretsmanager.SecretMarkedForDeletion", secret.arn, DeletedDate=when_ms)
    return {"ARN": secret.arn, "Name": secret.name, "DeletionDate": when_ms}


def restore_secret(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Take back the deletion of a secret within its recovery window."""
    state, secret = naming.require(call, request["SecretId"])
    if secret.is_replica:
        raise refusals.is_replica(secret)
    if secret.deletion_ms:
        _stop(call, secret)
        secret.deletion_ms = 0
        state.touch(secret)
        call.changed("secretsmanager.SecretRestored", secret.arn, DeletedDate=None)
    return {"ARN": secret.arn, "Name": secret.name}


def _stop(call: Call, secret: Secret) -> None:
    if secret.deletion_seq:
        call.world.agenda.cancel(secret.deletion_seq)
        secret.deletion_seq = 0
