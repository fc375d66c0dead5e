"""Scheduling the deletion of a key, and calling it off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.services.kms import limits, refusals
from foulweather.services.kms.naming import require_by_id
from foulweather.services.kms.relatives import others, start_waiting

if TYPE_CHECKING:
    from aws_types.kms import (
        CancelKeyDeletionRequest,
        CancelKeyDeletionResponse,
        ScheduleKeyDeletionRequest,
        ScheduleKeyDeletionResponse,
    )


def schedule_key_deletion(call: Call, request: ScheduleKeyDeletionRequest) -> ScheduleKeyDeletionResponse:
    """Have a key deleted after 7 to 30 days; nobody can use it from now on.

    A primary key with replicas waits for its replicas to be deleted; its days begin to count then.
    """
    least, most = limits.DELETION_DAYS
    days = limits.checked_days(request.get("PendingWindowInDays", most), least, most, "PendingWindowInDays")
    state, key = require_by_id(call, request["KeyId"])
    if key.state in ("PendingDeletion", "PendingReplicaDeletion", "Creating", "Updating"):
        raise refusals.invalid_state(call, key)
    key.deletion_days = days
    if key.region_type == "PRIMARY" and others(call, key):
        key.state = "PendingReplicaDeletion"
        state.changed(key)
    else:
        start_waiting(call, state, key)
    call.changed("kms.KeyDeletionScheduled", key.arn, KeyState=key.state, PendingWindowInDays=days)
    found: ScheduleKeyDeletionResponse = {"KeyId": key.arn, "KeyState": key.state, "PendingWindowInDays": days}
    if key.state == "PendingDeletion":
        found["DeletionDate"] = key.deletion_ms
    return found


def cancel_key_deletion(call: Call, request: CancelKeyDeletionRequest) -> CancelKeyDeletionResponse:
    """Call a deletion off; the key is disabled then."""
    state, key = require_by_id(call, request["KeyId"])
    if key.state not in ("PendingDeletion", "PendingReplicaDeletion"):
        raise refusals.invalid_state(call, key, f"{key.arn} is not pending deletion.")
    has_material = bool(key.material) and bool(state.materials_of[key.id][key.material].secret)
    key.state = "Disabled" if has_material else "PendingImport"
    key.deletion_ms = 0
    state.changed(key)
    call.changed("kms.KeyDeletionCancelled", key.arn, KeyState=key.state)
    return {"KeyId": key.arn}
