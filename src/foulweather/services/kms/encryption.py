"""Encrypting, decrypting, and encrypting anew under another key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.kms import asymmetric, quotas, refusals, sealing
from foulweather.services.kms.naming import named, require
from foulweather.services.kms.state import Key, KmsState
from foulweather.services.kms.using import check_algorithm, check_tokens, check_usable, finish, key_for, note_use

if TYPE_CHECKING:
    from aws_types.kms import (
        DecryptRequest,
        DecryptResponse,
        EncryptRequest,
        EncryptResponse,
        ReEncryptRequest,
        ReEncryptResponse,
    )

SYMMETRIC = "SYMMETRIC_DEFAULT"
USAGE = "ENCRYPT_DECRYPT"
Context = Mapping[str, str]


def encrypt(call: Call, request: EncryptRequest) -> EncryptResponse:
    """Encrypt up to 4 KB under a key."""
    state, key = key_for(call, request, "KeyId", USAGE)
    algorithm = request.get("EncryptionAlgorithm", SYMMETRIC)
    plaintext = request["Plaintext"]
    context = request.get("EncryptionContext")
    _check_fits(key, algorithm, context, plaintext)
    finish(call, request)
    blob = _encrypted(call, state, key, algorithm, plaintext, context)
    note_use(call, state, key, "Encrypt")
    return {"CiphertextBlob": blob, "KeyId": key.arn, "EncryptionAlgorithm": algorithm}


def decrypt(call: Call, request: DecryptRequest) -> DecryptResponse:
    """Decrypt what was encrypted under a key, with the same encryption context."""
    if "Recipient" in request:
        raise not_implemented("kms", "Decrypt.Recipient")
    algorithm = request.get("EncryptionAlgorithm", SYMMETRIC)
    context = request.get("EncryptionContext")
    blob = _ciphertext(request)
    state, key = _source(call, blob, request.get("KeyId"), algorithm, request)
    if blob is None:
        raise refusals.dry_run()
    plaintext, material = _decrypted(state, key, algorithm, blob, context)
    finish(call, request)
    note_use(call, state, key, "Decrypt")
    found: DecryptResponse = {"KeyId": key.arn, "Plaintext": plaintext, "EncryptionAlgorithm": algorithm}
    if material:
        found["KeyMaterialId"] = material
    return found


def re_encrypt(call: Call, request: ReEncryptRequest) -> ReEncryptResponse:
    """Decrypt and encrypt anew under another key or context, without showing the plaintext."""
    source_algorithm = request.get("SourceEncryptionAlgorithm", SYMMETRIC)
    algorithm = request.get("DestinationEncryptionAlgorithm", SYMMETRIC)
    blob = _ciphertext(request)
    source_state, source = _source(call, blob, request.get("SourceKeyId"), source_algorithm, request)
    state, key = require(call, request["DestinationKeyId"])
    check_usable(call, key, USAGE)
    context = request.get("DestinationEncryptionContext")
    _check_fits(key, algorithm, context, b"")
    if blob is None:
        raise refusals.dry_run()
    plaintext, material = _decrypted(
        source_state, source, source_algorithm, blob, request.get("SourceEncryptionContext")
    )
    _check_fits(key, algorithm, context, plaintext)
    finish(call, request)
    made = _encrypted(call, state, key, algorithm, plaintext, context)
    note_use(call, source_state, source, "ReEncrypt")
    note_use(call, state, key, "ReEncrypt")
    found: ReEncryptResponse = {
        "CiphertextBlob": made,
        "SourceKeyId": source.arn,
        "KeyId": key.arn,
        "SourceEncryptionAlgorithm": source_algorithm,
        "DestinationEncryptionAlgorithm": algorithm,
    }
    if material:
        found["SourceKeyMaterialId"] = material
    if key.material and algorithm == SYMMETRIC:
        found["DestinationKeyMaterialId"] = key.material
    return found


def _ciphertext(request: Mapping[str, Any]) -> bytes | None:
    """The ciphertext; a dry run may leave it out if it says so."""
    blob: bytes | None = request.get("CiphertextBlob")
    ignored = "IGNORE_CIPHERTEXT" in (request.get("DryRunModifiers") or ())
    if ignored:
        if not request.get("DryRun"):
            raise refusals.invalid("DryRunModifiers can only be specified with DryRun.")
        return None
    if blob is None:
        raise refusals.invalid(
            "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: "
            "Member must not be null"
        )
    return blob


def _source(
    call: Call, blob: bytes | None, asked: str | None, algorithm: str, request: Mapping[str, Any]
) -> tuple[KmsState, Key]:
    """The key that a ciphertext was made with, usable; `asked` must name it if it is given."""
    made_with = sealing.named(blob) if blob is not None and algorithm == SYMMETRIC else None
    if asked is not None:
        state, key = require(call, asked)
    else:
        if made_with is None:
            if blob is not None and algorithm == SYMMETRIC:
                raise refusals.invalid_ciphertext("The ciphertext has no form that KMS gives to its ciphertexts.")
            raise refusals.invalid("KeyId is required with an asymmetric KMS key, and without a ciphertext.")
        arn = f"arn:aws:kms:{call.region}:{made_with.account}:key/{made_with.key_id}"
        place = named(call, arn)
        if place.key is None:
            raise refusals.ciphertext_refers(arn)
        state, key = call.state(KmsState, place.account), place.key
    check_usable(call, key, USAGE)
    quotas.check(call, key.abilities.family)
    check_tokens(call, request.get("GrantTokens"))
    check_algorithm(key, algorithm, key.abilities.encryption)
    if made_with is not None and asked is not None and (made_with.key_id, made_with.account) != (key.id, key.account):
        raise refusals.incorrect_key(key.arn, f"arn:aws:kms:{call.region}:{made_with.account}:key/{made_with.key_id}")
    return state, key


def _check_fits(key: Key, algorithm: str, context: Context | None, plaintext: bytes) -> None:
    check_algorithm(key, algorithm, key.abilities.encryption)
    if algorithm == SYMMETRIC:
        return
    if context:
        raise refusals.invalid("EncryptionContext is not supported with an asymmetric KMS key.")
    most = asymmetric.plaintext_bytes_max(key.spec, algorithm)
    if len(plaintext) > most:
        raise refusals.invalid(
            f"Algorithm {algorithm} and key spec {key.spec} cannot encrypt data larger than {most} bytes.",
            Fact("request", "Plaintext bytes", len(plaintext)),
        )


def _encrypted(
    call: Call, state: KmsState, key: Key, algorithm: str, plaintext: bytes, context: Context | None
) -> bytes:
    if algorithm == SYMMETRIC:
        nonce = call.world.random.randbytes(sealing.NONCE_BYTES)
        return sealing.sealed(state.current_lock(key), nonce, plaintext, context)
    return asymmetric.encrypted(state, key, algorithm, plaintext)


def _decrypted(state: KmsState, key: Key, algorithm: str, blob: bytes, context: Context | None) -> tuple[bytes, str]:
    """The plaintext, and the id of the key material that a symmetric key made the ciphertext with."""
    if algorithm != SYMMETRIC:
        plaintext = asymmetric.decrypted(state, key, algorithm, blob)
        if plaintext is None:
            raise refusals.invalid_ciphertext(f"The ciphertext was not made with {key.arn} and {algorithm}.")
        return plaintext, ""
    made_with = sealing.named(blob)
    if made_with is None:
        raise refusals.invalid_ciphertext("The ciphertext has no form that KMS gives to its ciphertexts.")
    lock = state.lock_at(made_with.at, key, made_with.material_id)
    if lock is None:
        raise refusals.invalid_ciphertext(
            f"{key.arn} has no key material {made_with.material_id}, which the ciphertext was made with.",
            Fact(key.arn, "KeyMaterialId", key.material),
        )
    opened = sealing.opened(lock, blob, context)
    if opened is None:
        raise refusals.invalid_ciphertext(
            "The ciphertext was changed, or it was encrypted with another encryption context.",
            Fact("request", "EncryptionContext", dict(context or {})),
        )
    return opened, lock.material_id
