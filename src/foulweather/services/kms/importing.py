"""Key material of one's own: parameters to wrap it, importing it, and taking it away again.

https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import keywrap

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.kms import asymmetric, limits, quotas, refusals
from foulweather.services.kms.expiring import forget, misses_material
from foulweather.services.kms.naming import require_by_id
from foulweather.services.kms.relatives import family, others, schedule
from foulweather.services.kms.specs import SPECS
from foulweather.services.kms.state import Key, KmsState, Material, Wrapping

if TYPE_CHECKING:
    from aws_types.kms import (
        DeleteImportedKeyMaterialRequest,
        DeleteImportedKeyMaterialResponse,
        GetParametersForImportRequest,
        GetParametersForImportResponse,
        ImportKeyMaterialRequest,
        ImportKeyMaterialResponse,
    )

PENDING_IMPORTS = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"


def get_parameters_for_import(call: Call, request: GetParametersForImportRequest) -> GetParametersForImportResponse:
    """A public key to wrap key material with, and a token that goes with it for 24 hours."""
    algorithm, spec = request["WrappingAlgorithm"], request["WrappingKeySpec"]
    if algorithm in ("RSAES_PKCS1_V1_5", "SM2PKE") or spec not in SPECS:
        raise refusals.unsupported(f"Wrapping algorithm {algorithm} with wrapping key spec {spec} is not supported.")
    state, key = require_by_id(call, request["KeyId"])
    _check_imports(call, key)
    if key.abilities.family == "rsa" and not algorithm.startswith("RSA_AES_KEY_WRAP"):
        raise refusals.unsupported(f"Wrapping algorithm {algorithm} is not supported for key spec {key.spec}.")
    quotas.check_import_parameters(call)
    for token in [token for token, held in state.wrappings.items() if held.valid_to_ms <= call.now - limits.DAY_MS]:
        state.wrappings.delete(token)
    token = call.world.random.randbytes(64)
    private = asymmetric.new_private_key(spec)
    valid_to_ms = call.now + limits.IMPORT_TOKEN_MS
    state.wrappings.put(token.hex(), Wrapping(key.id, algorithm, private, valid_to_ms))
    call.happened("kms.ImportParametersGiven", key.arn)
    return {
        "KeyId": key.arn,
        "ImportToken": token,
        "PublicKey": asymmetric.public_der(asymmetric.loaded(private)),
        "ParametersValidTo": valid_to_ms,
    }


def import_key_material(call: Call, request: ImportKeyMaterialRequest) -> ImportKeyMaterialResponse:
    """Import key material that was wrapped for a token, for good or until a time."""
    state, key = require_by_id(call, request["KeyId"])
    _check_imports(call, key)
    valid_to_ms = _checked_expiry(call, request)
    secret = _unwrapped(call, state, key, request)
    _check_material(key, secret)
    material_id = hashlib.sha256(b"\0".join((key.id.encode(), secret))).hexdigest()
    material = _place(call, state, key, material_id, request)
    material.secret = secret
    material.valid_to_ms = valid_to_ms
    if "KeyMaterialDescription" in request:
        material.description = request["KeyMaterialDescription"]
    state.material_changed(material)
    _settle_pending(call, key, material.id)
    if not key.material:
        key.material = material.id
    if key.state == "PendingImport" and not misses_material(state, key):
        key.state = "Enabled"
    state.changed(key)
    if valid_to_ms:
        schedule(call, key, valid_to_ms, "kms.expire_material", material=material.id)
    call.changed(
        "kms.KeyMaterialImported", key.arn, KeyState=key.state, KeyMaterialId=material.id, ValidTo=valid_to_ms or None
    )
    return {"KeyId": key.arn, "KeyMaterialId": material.id}


def delete_imported_key_material(
    call: Call, request: DeleteImportedKeyMaterialRequest
) -> DeleteImportedKeyMaterialResponse:
    """Take imported key material away; the key cannot be used until the same is imported again."""
    state, key = require_by_id(call, request["KeyId"])
    if key.origin != "EXTERNAL":
        raise _not_external(key)
    if key.state in ("Creating", "PendingReplicaDeletion"):
        raise refusals.invalid_state(call, key)
    material_id = request.get("KeyMaterialId", key.material)
    material = state.materials_of.get(key.id, {}).get(material_id)
    if material is None:
        if "KeyMaterialId" in request:
            raise refusals.not_found(
                f"Key material {material_id} of {key.arn} does not exist", Fact(key.arn, "KeyMaterialId", key.material)
            )
        return {"KeyId": key.arn}
    if material.stage in ("CURRENT", "NON_CURRENT"):
        forget(state, key, material)
    else:
        for place, relative in family(call, key):
            place.remove_material(relative, material_id)
    call.changed("kms.KeyMaterialDeleted", key.arn, KeyState=key.state, KeyMaterialId=material.id)
    return {"KeyId": key.arn, "KeyMaterialId": material.id}


def _check_imports(call: Call, key: Key) -> None:
    if key.origin != "EXTERNAL":
        raise _not_external(key)
    if key.state not in ("Enabled", "Disabled", "PendingImport"):
        raise refusals.invalid_state(call, key)


def _not_external(key: Key) -> AwsError:
    return refusals.unsupported(
        f"{key.arn} origin is {key.origin} which is not valid for this operation.", Fact(key.arn, "Origin", key.origin)
    )


def _checked_expiry(call: Call, request: Mapping[str, Any]) -> int:
    """When the material expires, 0 for never."""
    model = request.get("ExpirationModel", "KEY_MATERIAL_EXPIRES")
    valid_to_ms: int | None = request.get("ValidTo")
    if model == "KEY_MATERIAL_DOES_NOT_EXPIRE":
        if valid_to_ms is not None:
            raise refusals.invalid("ValidTo must not be set when ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE.")
        return 0
    if valid_to_ms is None:
        raise refusals.invalid("A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES.")
    if not call.now < valid_to_ms <= call.now + limits.VALID_TO_DAYS_MAX * limits.DAY_MS:
        raise refusals.invalid(
            "ValidTo must be in the future, and no more than 365 days from now.",
            Fact("request", "ValidTo", valid_to_ms),
        )
    return valid_to_ms


def _unwrapped(call: Call, state: KmsState, key: Key, request: Mapping[str, Any]) -> bytes:
    wrapping = state.wrappings.get(request["ImportToken"].hex())
    if wrapping is None or wrapping.key != key.id:
        raise AwsError(
            "InvalidImportTokenException",
            f"The import token is not valid for {key.arn}.",
            facts=(Fact(key.arn, "ImportToken", "another key's, or none"),),
        )
    if wrapping.valid_to_ms <= call.now:
        raise AwsError(
            "ExpiredImportTokenException",
            "The import token has expired.",
            facts=(Fact(key.arn, "ParametersValidTo", wrapping.valid_to_ms),),
            remedy=(f"aws kms get-parameters-for-import --key-id {key.id} …",),
        )
    secret = _opened(wrapping, request["EncryptedKeyMaterial"])
    if secret is None:
        raise refusals.invalid_ciphertext(
            f"The key material was not wrapped with the public key of the token and {wrapping.algorithm}."
        )
    return secret


def _opened(wrapping: Wrapping, blob: bytes) -> bytes | None:
    if not wrapping.algorithm.startswith("RSA_AES_KEY_WRAP"):
        return asymmetric.unwrapped(wrapping.private, wrapping.algorithm, blob)
    # An AES key by RSAES_OAEP, then the key material by AES key wrap with padding (RFC 5649).
    size = asymmetric.loaded(wrapping.private).key_size // 8
    oaep = wrapping.algorithm.replace("RSA_AES_KEY_WRAP", "RSAES_OAEP")
    outer = asymmetric.unwrapped(wrapping.private, oaep, blob[:size])
    if outer is None:
        return None
    try:
        return keywrap.aes_key_unwrap_with_padding(outer, blob[size:])
    except (keywrap.InvalidUnwrap, ValueError):
        return None


def _check_material(key: Key, secret: bytes) -> None:
    if key.abilities.family in ("symmetric", "hmac"):
        fits = len(secret) == key.abilities.size
    else:
        try:
            fits = asymmetric.matches(asymmetric.loaded(secret), key.spec)
        except (ValueError, TypeError):
            fits = False
    if not fits:
        raise AwsError(
            "IncorrectKeyMaterialException",
            f"The key material is not valid for key spec {key.spec}.",
            facts=(Fact(key.arn, "KeySpec", key.spec), Fact("request", "key material bytes", len(secret))),
        )


def _place(call: Call, state: KmsState, key: Key, material_id: str, request: Mapping[str, Any]) -> Material:
    """The row of the material: an earlier one's, or that of a successor or of the first."""
    held = state.materials_of.get(key.id, {})
    is_new = request.get("ImportType", "EXISTING_KEY_MATERIAL" if held else "NEW_KEY_MATERIAL") == "NEW_KEY_MATERIAL"
    if is_new and "KeyMaterialId" in request:
        raise refusals.invalid("KeyMaterialId cannot be specified when ImportType is NEW_KEY_MATERIAL.")
    wanted = request.get("KeyMaterialId", material_id)
    if wanted != material_id or is_new is (material_id in held):
        raise AwsError(
            "IncorrectKeyMaterialException",
            "The key material in the request is not the key material that was previously imported into the KMS key."
            if not is_new
            else "The key material in the request was imported into the KMS key before.",
            facts=(Fact(key.arn, "KeyMaterialId", list(held)), Fact("request", "KeyMaterialId", material_id)),
        )
    if material_id in held:
        return held[material_id]
    if not held:
        stage = "CURRENT"
    elif key.abilities.family != "symmetric" or key.region_type == "REPLICA":
        raise refusals.unsupported(f"New key material cannot be imported into {key.arn}.")
    elif any(one.stage not in ("CURRENT", "NON_CURRENT") for one in held.values()):
        raise refusals.invalid_state(call, key, f"{key.arn} has key material that is pending rotation already.")
    else:
        stage = PENDING_IMPORTS if others(call, key) else "PENDING_ROTATION"
    made = Material(material_id, key.id, b"", call.now, stage)
    state.add_material(made)
    for there, relative in others(call, key):
        there.add_material(Material(material_id, relative.id, b"", call.now, stage))
    return made


def _settle_pending(call: Call, key: Key, material_id: str) -> None:
    """Material that every Region has may be rotated to."""
    held = [(state, state.materials_of[one.id][material_id]) for state, one in family(call, key)]
    if all(material.secret and material.stage == PENDING_IMPORTS for _, material in held):
        for state, material in held:
            material.stage = "PENDING_ROTATION"
            state.material_changed(material)
