"""What KMS does by itself when a time has come."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.services.kms.expiring import forget
from foulweather.services.kms.limits import DAY_MS
from foulweather.services.kms.relatives import family, schedule, set_regions, start_waiting
from foulweather.services.kms.state import Key, KmsState
from foulweather.services.kms.turning import turn


def delete_key(call: Call, key: str, at_ms: int) -> None:
    """Delete a key whose waiting period is over, unless it was called off."""
    state = call.state(KmsState)
    found = state.keys.get(key)
    if found is None or found.state != "PendingDeletion" or found.deletion_ms != at_ms:
        return
    state.remove(found)
    call.changed("kms.KeyDeleted", found.arn, KeyState=None)
    call.explain(
        "KeyDeleted",
        found.arn,
        Why(
            "dropped",
            f"{found.arn} was pending deletion for {found.deletion_days} days; what it encrypted is lost.",
            (call.fact(found.arn, "PendingWindowInDays", found.deletion_days), Fact(found.arn, "DeletionDate", at_ms)),
        ),
    )
    if found.region_type:
        _leave_family(call, found)


def _leave_family(call: Call, gone: Key) -> None:
    """A primary key that waited for its last replica begins its own waiting period."""
    replicas = [region for region in gone.replica_regions if region != gone.region]
    for state, relative in family(call, gone):
        if relative.region == gone.primary_region:
            set_regions(call, relative, gone.primary_region, replicas)
            if relative.state == "PendingReplicaDeletion" and not replicas:
                start_waiting(call, state, relative)
            return


def rotate_key(call: Call, key: str, at_ms: int) -> None:
    """Rotate a key whose period is over; one that is disabled is rotated when it is enabled again."""
    state = call.state(KmsState)
    found = state.keys.get(key)
    if found is None or found.rotation_ms != at_ms or found.state not in ("Enabled", "Updating"):
        return
    turn(call, state, found, "AUTOMATIC")
    found.rotation_ms = call.now + found.rotation_days * DAY_MS
    state.changed(found)
    schedule(call, found, found.rotation_ms, "kms.rotate_key")


def finish_rotation(call: Call, key: str, at_ms: int) -> None:
    """End a rotation on demand."""
    state = call.state(KmsState)
    found = state.keys.get(key)
    if found is None or not found.rotating_ms:
        return
    found.rotating_ms = 0
    state.changed(found)
    if found.state in ("Enabled", "Disabled", "Updating"):
        turn(call, state, found, "ON_DEMAND")


def expire_material(call: Call, key: str, at_ms: int, material: str) -> None:
    """Take imported key material away whose time is over, unless it was imported anew for longer."""
    state = call.state(KmsState)
    found = state.keys.get(key)
    held = state.materials_of.get(key, {}).get(material)
    if found is None or held is None or held.valid_to_ms != at_ms or not held.secret:
        return
    forget(state, found, held)
    call.changed("kms.ImportedKeyMaterialExpired", found.arn, KeyState=found.state, KeyMaterialId=material)


def finish_creation(call: Call, key: str, at_ms: int) -> None:
    """A replica is there."""
    state = call.state(KmsState)
    found = state.keys.get(key)
    if found is None or found.state != "Creating":
        return
    found.state = "Enabled" if found.origin == "AWS_KMS" else "PendingImport"
    state.changed(found)
    call.changed("kms.KeyStateChanged", found.arn, KeyState=found.state)


def finish_primary_update(call: Call, key: str, at_ms: int, region: str) -> None:
    """A replica is the primary key now, and the primary a replica."""
    state = call.state(KmsState)
    found = state.keys.get(key)
    if found is None or found.state != "Updating":
        return
    replicas = [found.region if one == region else one for one in found.replica_regions]
    days, at = found.rotation_days, max(found.rotation_ms, call.now)
    set_regions(call, found, region, replicas)
    for place, relative in family(call, found):
        if relative.state == "Updating":
            relative.state = "Enabled"
        # Rotation is the primary key's affair.
        is_primary = relative.region == region
        relative.rotation_days, relative.rotation_ms = (days, at) if is_primary else (0, 0)
        place.changed(relative)
        if is_primary and days:
            schedule(call, relative, at, "kms.rotate_key")
        call.changed(
            "kms.PrimaryRegionUpdated", relative.arn, PrimaryRegion=region, MultiRegionKeyType=relative.region_type
        )
