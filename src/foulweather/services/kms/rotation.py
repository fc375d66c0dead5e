"""Rotation: by itself after a period, and on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.kms import limits, refusals
from foulweather.services.kms.naming import require_by_id
from foulweather.services.kms.relatives import schedule
from foulweather.services.kms.state import Key, KmsState, Material
from foulweather.services.kms.turning import pending_material
from foulweather.services.kms.using import check_enabled

if TYPE_CHECKING:
    from aws_types.kms import (
        DisableKeyRotationRequest,
        EnableKeyRotationRequest,
        GetKeyRotationStatusRequest,
        GetKeyRotationStatusResponse,
        ListKeyRotationsRequest,
        ListKeyRotationsResponse,
        RotateKeyOnDemandRequest,
        RotateKeyOnDemandResponse,
    )


def enable_key_rotation(call: Call, request: EnableKeyRotationRequest) -> None:
    """Have a key rotated by itself, a period from now and then again and again."""
    state, key = require_by_id(call, request["KeyId"])
    _check_rotates(key, is_automatic=True)
    check_enabled(call, key)
    days = request.get("RotationPeriodInDays") or key.rotation_days or limits.ROTATION_DAYS_DEFAULT
    if days != key.rotation_days:
        key.rotation_days = days
        key.rotation_ms = call.now + days * limits.DAY_MS
        state.changed(key)
        schedule(call, key, key.rotation_ms, "kms.rotate_key")
    call.changed("kms.KeyRotationSet", key.arn, KeyRotationEnabled=True, RotationPeriodInDays=days)


def disable_key_rotation(call: Call, request: DisableKeyRotationRequest) -> None:
    """Have a key no longer rotated by itself."""
    state, key = require_by_id(call, request["KeyId"])
    _check_rotates(key, is_automatic=True)
    check_enabled(call, key)
    key.rotation_days = key.rotation_ms = 0
    state.changed(key)
    call.changed("kms.KeyRotationSet", key.arn, KeyRotationEnabled=False)


def get_key_rotation_status(call: Call, request: GetKeyRotationStatusRequest) -> GetKeyRotationStatusResponse:
    """Whether and when a key is rotated by itself; of keys that never are, the status is always false."""
    state, key = require_by_id(call, request["KeyId"])
    primary = _primary(call, state, key)
    found: GetKeyRotationStatusResponse = {
        # A key that is to be deleted is not rotated: API_GetKeyRotationStatus.
        "KeyRotationEnabled": primary.is_rotated_automatically and key.state != "PendingDeletion",
        "KeyId": key.arn,
    }
    if found["KeyRotationEnabled"]:
        found["RotationPeriodInDays"] = primary.rotation_days
        found["NextRotationDate"] = primary.rotation_ms
    if primary.rotating_ms:
        found["OnDemandRotationStartDate"] = primary.rotating_ms
    return found


def rotate_key_on_demand(call: Call, request: RotateKeyOnDemandRequest) -> RotateKeyOnDemandResponse:
    """Have a key rotated now; it is done a little later."""
    state, key = require_by_id(call, request["KeyId"])
    _check_rotates(key, is_automatic=False)
    check_enabled(call, key)
    if key.rotating_ms:
        raise AwsError(
            "ConflictException",
            f"On-demand rotation of {key.arn} is already in progress.",
            facts=(call.fact(key.arn, "OnDemandRotationStartDate", key.rotating_ms),),
        )
    if key.rotations_on_demand >= limits.ROTATIONS_ON_DEMAND_MAX:
        raise refusals.over_limit(
            f"The request was rejected because {key.arn} has the maximum number of on-demand rotations.",
            Fact(key.arn, "on-demand rotations", key.rotations_on_demand),
            Fact("quota", "on-demand rotations per KMS key", limits.ROTATIONS_ON_DEMAND_MAX),
        )
    if key.origin == "EXTERNAL" and pending_material(state, key) is None:
        raise refusals.invalid_state(
            call,
            key,
            f"No available key material pending rotation for the key: {key.arn}.",
            remedy=("aws kms import-key-material --import-type NEW_KEY_MATERIAL …",),
        )
    key.rotating_ms = call.now
    key.rotations_on_demand += 1
    state.changed(key)
    schedule(call, key, call.now + limits.ROTATION_ON_DEMAND_MS, "kms.finish_rotation")
    call.changed("kms.KeyRotationStarted", key.arn, OnDemandRotationStartDate=call.now)
    return {"KeyId": key.arn}


def list_key_rotations(call: Call, request: ListKeyRotationsRequest) -> ListKeyRotationsResponse:
    """The rotations of a key, or all of its key material."""
    state, key = require_by_id(call, request["KeyId"])
    if key.abilities.family != "symmetric":
        raise _does_not_rotate(key)
    materials = sorted(state.materials_of.get(key.id, {}).values(), key=lambda material: material.number)
    if request.get("IncludeKeyMaterial", "ROTATIONS_ONLY") == "ROTATIONS_ONLY":
        materials = [material for material in materials if material.rotated_ms]
    found, more = limits.page(materials, request, limits.PAGE)
    return more | {"Rotations": [_shown(key, material) for material in found]}


def _shown(key: Key, material: Material) -> Any:
    shown: dict[str, Any] = {
        "KeyId": key.arn,
        "KeyMaterialId": material.id,
        "KeyMaterialState": material.stage,
    }
    if material.rotated_ms:
        shown["RotationDate"] = material.rotated_ms
        shown["RotationType"] = material.rotation_type
    if key.origin == "EXTERNAL":
        shown["ImportState"] = "IMPORTED" if material.secret else "PENDING_IMPORT"
        if material.secret:
            expires = bool(material.valid_to_ms)
            shown["ExpirationModel"] = "KEY_MATERIAL_EXPIRES" if expires else "KEY_MATERIAL_DOES_NOT_EXPIRE"
            if expires:
                shown["ValidTo"] = material.valid_to_ms
        if material.description:
            shown["KeyMaterialDescription"] = material.description
    return shown


def _check_rotates(key: Key, *, is_automatic: bool) -> None:
    if key.abilities.family != "symmetric" or (is_automatic and key.origin != "AWS_KMS"):
        raise _does_not_rotate(key)
    if key.region_type == "REPLICA":
        primary = f"arn:aws:kms:{key.primary_region}:{key.account}:key/{key.id}"
        raise refusals.unsupported(
            f"{key.arn} is a multi-Region replica key; its rotation is that of its primary key {primary}.",
            Fact(key.arn, "MultiRegionKeyType", "REPLICA"),
        )


def _does_not_rotate(key: Key) -> AwsError:
    return refusals.unsupported(
        f"The operation is not supported for {key.arn}.",
        Fact(key.arn, "KeySpec", key.spec),
        Fact(key.arn, "Origin", key.origin),
    )


def _primary(call: Call, state: KmsState, key: Key) -> Key:
    if key.region_type != "REPLICA":
        return key
    return call.state(KmsState, key.account, key.primary_region).keys[key.id]
