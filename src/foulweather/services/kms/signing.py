"""Signatures, public keys and shared secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.kms import asymmetric, refusals
from foulweather.services.kms.naming import require
from foulweather.services.kms.state import Key, KmsState
from foulweather.services.kms.using import check_algorithm, check_tokens, check_usable, finish, key_for, note_use

if TYPE_CHECKING:
    from aws_types.kms import (
        DeriveSharedSecretRequest,
        DeriveSharedSecretResponse,
        GetPublicKeyRequest,
        GetPublicKeyResponse,
        SignRequest,
        SignResponse,
        VerifyRequest,
        VerifyResponse,
    )

MU_BYTES = 64


def sign(call: Call, request: SignRequest) -> SignResponse:
    """Sign a message or its digest with a private key that never leaves KMS."""
    state, key, message_type = _signing(call, request)
    finish(call, request)
    algorithm = request["SigningAlgorithm"]
    signed = asymmetric.signature(asymmetric.private_key(state, key), algorithm, request["Message"], message_type)
    note_use(call, state, key, "Sign")
    return {"KeyId": key.arn, "Signature": signed, "SigningAlgorithm": algorithm}


def verify(call: Call, request: VerifyRequest) -> VerifyResponse:
    """Verify a signature; one that is not right is a refusal."""
    state, key, message_type = _signing(call, request)
    algorithm = request["SigningAlgorithm"]
    private = asymmetric.private_key(state, key)
    finish(call, request)
    try:
        asymmetric.check_signature(private, algorithm, request["Message"], message_type, request["Signature"])
    except InvalidSignature:
        facts = (Fact(key.arn, "SigningAlgorithm", algorithm), Fact("request", "MessageType", message_type))
        raise AwsError("KMSInvalidSignatureException", "", facts=facts) from None
    note_use(call, state, key, "Verify")
    return {"KeyId": key.arn, "SignatureValid": True, "SigningAlgorithm": algorithm}


def get_public_key(call: Call, request: GetPublicKeyRequest) -> GetPublicKeyResponse:
    """The public key of an asymmetric key."""
    state, key = require(call, request["KeyId"])
    abilities = key.abilities
    if abilities.family in ("symmetric", "hmac"):
        raise refusals.unsupported(
            f"{key.arn} is not an asymmetric key, GetPublicKey is not supported.", Fact(key.arn, "KeySpec", key.spec)
        )
    check_usable(call, key)
    check_tokens(call, request.get("GrantTokens"))
    found: dict[str, Any] = {
        "KeyId": key.arn,
        "PublicKey": asymmetric.public_der(asymmetric.private_key(state, key)),
        "CustomerMasterKeySpec": key.spec,
        "KeySpec": key.spec,
        "KeyUsage": key.usage,
    }
    if key.usage == "ENCRYPT_DECRYPT":
        found["EncryptionAlgorithms"] = list(abilities.encryption)
    elif key.usage == "SIGN_VERIFY":
        found["SigningAlgorithms"] = list(abilities.signing)
    else:
        found["KeyAgreementAlgorithms"] = list(abilities.agreement)
    return found  # type: ignore[return-value]


def derive_shared_secret(call: Call, request: DeriveSharedSecretRequest) -> DeriveSharedSecretResponse:
    """The raw ECDH secret that a key shares with the owner of a public key."""
    state, key = key_for(call, request, "KeyId", "KEY_AGREEMENT")
    check_algorithm(key, request["KeyAgreementAlgorithm"], key.abilities.agreement)
    secret = asymmetric.shared_secret(asymmetric.private_key(state, key), request["PublicKey"])
    if secret is None:
        raise refusals.invalid(
            f"The public key is not a valid public key on the curve of {key.spec}.", Fact(key.arn, "KeySpec", key.spec)
        )
    finish(call, request)
    note_use(call, state, key, "DeriveSharedSecret")
    return {
        "KeyId": key.arn,
        "SharedSecret": secret,
        "KeyAgreementAlgorithm": request["KeyAgreementAlgorithm"],
        "KeyOrigin": key.origin,
    }


def _signing(call: Call, request: Mapping[str, Any]) -> tuple[KmsState, Key, str]:
    """The key of a signature, and how the message is given."""
    state, key = key_for(call, request, "KeyId", "SIGN_VERIFY")
    algorithm: str = request["SigningAlgorithm"]
    check_algorithm(key, algorithm, key.abilities.signing)
    message_type: str = request.get("MessageType", "RAW")
    length = len(request["Message"])
    if algorithm == "ED25519_PH_SHA_512":
        # Pre-hashed Ed25519 is in no library that we keep.
        raise not_implemented("kms", f"{call.operation}.SigningAlgorithm=ED25519_PH_SHA_512")
    if algorithm == "ML_DSA_SHAKE_256":
        fits = message_type == "RAW" or (message_type == "EXTERNAL_MU" and length == MU_BYTES)
    elif message_type == "DIGEST":
        fits = algorithm != "ED25519_SHA_512" and length == asymmetric.digest_bytes(algorithm)
    else:
        fits = message_type == "RAW"
    if not fits:
        words = "Digest is invalid length for algorithm" if message_type == "DIGEST" else "Message type is invalid for"
        raise refusals.invalid(
            f"{words} {algorithm}.",
            Fact("request", "MessageType", message_type),
            Fact("request", "Message bytes", length),
        )
    return state, key, message_type
