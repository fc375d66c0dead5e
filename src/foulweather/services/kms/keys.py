"""Making, describing, enabling and disabling keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.kms import asymmetric, limits, refusals
from foulweather.services.kms.documents import checked_policy, default_policy
from foulweather.services.kms.metadata import described
from foulweather.services.kms.naming import require, require_by_id
from foulweather.services.kms.relatives import schedule
from foulweather.services.kms.specs import SPECS
from foulweather.services.kms.state import Key, KmsState, Material
from foulweather.services.kms.using import check_tokens

if TYPE_CHECKING:
    from aws_types.kms import (
        CreateKeyRequest,
        CreateKeyResponse,
        DescribeKeyRequest,
        DescribeKeyResponse,
        DisableKeyRequest,
        EnableKeyRequest,
        GetKeyLastUsageRequest,
        GetKeyLastUsageResponse,
        ListKeysRequest,
        ListKeysResponse,
        UpdateKeyDescriptionRequest,
    )


def create_key(call: Call, request: CreateKeyRequest) -> CreateKeyResponse:
    """Make a key, with material of its own or ready to import some."""
    spec = _spec(request)
    usage = _usage(request, spec)
    origin = request.get("Origin", "AWS_KMS")
    if origin not in ("AWS_KMS", "EXTERNAL"):
        raise not_implemented("kms", f"CreateKey.Origin={origin}")
    for parameter in ("CustomKeyStoreId", "XksKeyId"):
        if parameter in request:
            raise not_implemented("kms", f"CreateKey.{parameter}")
    if origin == "EXTERNAL" and SPECS[spec].family in ("ml-dsa", "edwards"):
        raise refusals.unsupported(f"Key spec {spec} does not support imported key material.")
    state = call.state(KmsState)
    key_id = call.world.ids.uuid()
    is_multi_region = request.get("MultiRegion", False)
    if is_multi_region:
        key_id = f"mrk-{key_id.replace('-', '')}"
    tags = limits.checked_tags(request.get("Tags", []))
    arn = call.arn("kms", f"key/{key_id}")
    policy = default_policy(call.account)
    if "Policy" in request:
        bypasses = request.get("BypassPolicyLockoutSafetyCheck", False)
        policy = checked_policy(call, request["Policy"], arn, call.account, bypasses_check=bypasses)
    limits.check_room(state)
    key = Key(
        key_id,
        call.account,
        call.region,
        call.now,
        policy,
        usage,
        spec,
        origin,
        state="Enabled" if origin == "AWS_KMS" else "PendingImport",
        description=request.get("Description", ""),
        tags=tags,
    )
    if is_multi_region:
        key.region_type, key.primary_region = "PRIMARY", call.region
    if origin == "AWS_KMS":
        key.material = call.world.ids.hex(64)
        state.add(key, Material(key.material, key.id, _secret(call, spec), call.now))
    else:
        state.add(key)
    call.changed(
        "kms.KeyCreated",
        key.arn,
        KeyState=key.state,
        KeySpec=spec,
        KeyUsage=usage,
        Origin=origin,
        Policy=policy,
        Description=key.description,
        MultiRegion=is_multi_region,
        Tags=tags,
    )
    return {"KeyMetadata": described(state, key)}


def _spec(request: Mapping[str, Any]) -> str:
    if "KeySpec" in request and "CustomerMasterKeySpec" in request:
        raise refusals.invalid("You cannot specify KeySpec and CustomerMasterKeySpec in the same request.")
    spec: str = request.get("KeySpec") or request.get("CustomerMasterKeySpec") or "SYMMETRIC_DEFAULT"
    if spec not in SPECS:
        raise refusals.unsupported(f"KeySpec {spec} is not supported in this region.", Fact("request", "KeySpec", spec))
    return spec


def _usage(request: Mapping[str, Any], spec: str) -> str:
    """The key's usage: what its spec is good for, which must be named where it is not ENCRYPT_DECRYPT."""
    usage: str = request.get("KeyUsage", "ENCRYPT_DECRYPT")
    known = SPECS[spec].usages
    if usage not in known or ("KeyUsage" not in request and spec != "SYMMETRIC_DEFAULT"):
        if "KeyUsage" not in request:
            message = f"You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys. {spec}"
        else:
            message = f"KeyUsage {usage} is not compatible with KeySpec {spec}"
        raise refusals.invalid(message, Fact("request", "KeyUsage", usage), Fact(spec, "KeyUsage", list(known)))
    return usage


def _secret(call: Call, spec: str) -> bytes:
    abilities = SPECS[spec]
    if abilities.family in ("symmetric", "hmac"):
        return call.world.random.randbytes(abilities.size)
    return asymmetric.new_private_key(spec)


def describe_key(call: Call, request: DescribeKeyRequest) -> DescribeKeyResponse:
    """What a key is, and how it is."""
    state, key = require(call, request["KeyId"])
    check_tokens(call, request.get("GrantTokens"))
    return {"KeyMetadata": described(state, key)}


def list_keys(call: Call, request: ListKeysRequest) -> ListKeysResponse:
    """Every key of the account in the Region."""
    keys = list(call.state(KmsState).keys.values())
    found, more = limits.page(keys, request, limits.PAGE)
    return more | {"Keys": [{"KeyId": key.id, "KeyArn": key.arn} for key in found]}


def enable_key(call: Call, request: EnableKeyRequest) -> None:
    """Let a disabled key be used again."""
    _set_enabled(call, request["KeyId"], "Enabled")


def disable_key(call: Call, request: DisableKeyRequest) -> None:
    """Let nobody use a key."""
    _set_enabled(call, request["KeyId"], "Disabled")


def _set_enabled(call: Call, key_id: str, to: str) -> None:
    state, key = require_by_id(call, key_id)
    if key.state not in ("Enabled", "Disabled"):
        raise refusals.invalid_state(call, key)
    if key.state != to:
        key.state = to
        if to == "Enabled" and 0 < key.rotation_ms <= call.now:
            # It was to be rotated while it was disabled: Developer Guide, Rotate keys, "Disabled KMS keys".
            key.rotation_ms = call.now
            schedule(call, key, call.now, "kms.rotate_key")
        state.changed(key)
    call.changed("kms.KeyStateChanged", key.arn, KeyState=to)


def update_key_description(call: Call, request: UpdateKeyDescriptionRequest) -> None:
    """Describe a key anew."""
    state, key = require_by_id(call, request["KeyId"])
    if key.state in ("PendingDeletion", "PendingReplicaDeletion", "Creating"):
        raise refusals.invalid_state(call, key)
    key.description = request["Description"]
    state.changed(key)
    call.changed("kms.KeyDescribed", key.arn, Description=key.description)


def get_key_last_usage(call: Call, request: GetKeyLastUsageRequest) -> GetKeyLastUsageResponse:
    """When and for what a key was used last."""
    state, key = require_by_id(call, request["KeyId"])
    found: GetKeyLastUsageResponse = {
        "KeyId": key.arn,
        "TrackingStartDate": key.created_ms,
        "KeyCreationDate": key.created_ms,
    }
    use = state.latest_use.get(key.id) or state.usages.get(key.id)
    if use is not None:
        found["KeyLastUsage"] = {
            "Operation": use.operation,
            "Timestamp": use.at_ms,
            "KmsRequestId": use.request_id,
        }
    return found
