"""A key as DescribeKey tells of it."""

from __future__ import annotations

from typing import Any

from foulweather.services.kms.state import Key, KmsState


def described(state: KmsState, key: Key) -> Any:
    """The KeyMetadata of a key."""
    abilities = key.abilities
    told: dict[str, Any] = {
        "AWSAccountId": key.account,
        "KeyId": key.id,
        "Arn": key.arn,
        "CreationDate": key.created_ms,
        "Enabled": key.state in ("Enabled", "Updating"),
        "Description": key.description,
        "KeyUsage": key.usage,
        "KeyState": key.state,
        "Origin": key.origin,
        "KeyManager": key.manager,
        "CustomerMasterKeySpec": key.spec,
        "KeySpec": key.spec,
        "MultiRegion": bool(key.region_type),
    }
    if key.usage == "ENCRYPT_DECRYPT":
        told["EncryptionAlgorithms"] = list(abilities.encryption)
    elif key.usage == "SIGN_VERIFY":
        told["SigningAlgorithms"] = list(abilities.signing)
    elif key.usage == "KEY_AGREEMENT":
        told["KeyAgreementAlgorithms"] = list(abilities.agreement)
    else:
        told["MacAlgorithms"] = list(abilities.macs)
    if key.state == "PendingDeletion":
        told["DeletionDate"] = key.deletion_ms
    elif key.state == "PendingReplicaDeletion":
        told["PendingDeletionWindowInDays"] = key.deletion_days
    if key.region_type:
        told["MultiRegionConfiguration"] = _relatives(key)
    material = state.current(key)
    if material is not None and abilities.family == "symmetric":
        told["CurrentKeyMaterialId"] = material.id
    if key.origin == "EXTERNAL" and material is not None and material.secret:
        told["ExpirationModel"] = _expiration(material.valid_to_ms)
        if material.valid_to_ms:
            told["ValidTo"] = material.valid_to_ms
    return told


def _expiration(valid_to_ms: int) -> str:
    return "KEY_MATERIAL_EXPIRES" if valid_to_ms else "KEY_MATERIAL_DOES_NOT_EXPIRE"


def _relatives(key: Key) -> dict[str, Any]:
    def one(region: str) -> dict[str, str]:
        return {"Arn": f"arn:aws:kms:{region}:{key.account}:key/{key.id}", "Region": region}

    return {
        "MultiRegionKeyType": key.region_type,
        "PrimaryKey": one(key.primary_region),
        "ReplicaKeys": [one(region) for region in key.replica_regions],
    }
