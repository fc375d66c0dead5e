"""Data keys and data key pairs, and random bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.kms import asymmetric, quotas, refusals, sealing
from foulweather.services.kms.encryption import USAGE
from foulweather.services.kms.specs import SPECS
from foulweather.services.kms.state import Key, KmsState
from foulweather.services.kms.using import finish, key_for, note_use

if TYPE_CHECKING:
    from aws_types.kms import (
        GenerateDataKeyPairRequest,
        GenerateDataKeyPairResponse,
        GenerateDataKeyPairWithoutPlaintextRequest,
        GenerateDataKeyPairWithoutPlaintextResponse,
        GenerateDataKeyRequest,
        GenerateDataKeyResponse,
        GenerateDataKeyWithoutPlaintextRequest,
        GenerateDataKeyWithoutPlaintextResponse,
        GenerateRandomRequest,
        GenerateRandomResponse,
    )

_SIZES = {"AES_256": 32, "AES_128": 16}


def generate_data_key(call: Call, request: GenerateDataKeyRequest) -> GenerateDataKeyResponse:
    """Make a data key: in the clear, and encrypted under a symmetric key."""
    state, key = _symmetric(call, request)
    size = _size(request)
    finish(call, request)
    plaintext = call.world.random.randbytes(size)
    blob = _sealed(call, state, key, plaintext, request)
    note_use(call, state, key, "GenerateDataKey")
    return {"CiphertextBlob": blob, "Plaintext": plaintext, "KeyId": key.arn, "KeyMaterialId": key.material}


def generate_data_key_without_plaintext(
    call: Call, request: GenerateDataKeyWithoutPlaintextRequest
) -> GenerateDataKeyWithoutPlaintextResponse:
    """Make a data key that only its holder's Decrypt shows."""
    state, key = _symmetric(call, request)
    size = _size(request)
    finish(call, request)
    blob = _sealed(call, state, key, call.world.random.randbytes(size), request)
    note_use(call, state, key, "GenerateDataKeyWithoutPlaintext")
    return {"CiphertextBlob": blob, "KeyId": key.arn, "KeyMaterialId": key.material}


def generate_data_key_pair(call: Call, request: GenerateDataKeyPairRequest) -> GenerateDataKeyPairResponse:
    """Make a key pair: its private key in the clear and encrypted, its public key."""
    private, made = _pair(call, request, "GenerateDataKeyPair")
    made["PrivateKeyPlaintext"] = private
    return made


def generate_data_key_pair_without_plaintext(
    call: Call, request: GenerateDataKeyPairWithoutPlaintextRequest
) -> GenerateDataKeyPairWithoutPlaintextResponse:
    """Make a key pair whose private key only Decrypt shows."""
    return _pair(call, request, "GenerateDataKeyPairWithoutPlaintext")[1]


def generate_random(call: Call, request: GenerateRandomRequest) -> GenerateRandomResponse:
    """Random bytes."""
    for parameter in ("CustomKeyStoreId", "Recipient"):
        if parameter in request:
            raise not_implemented("kms", f"GenerateRandom.{parameter}")
    count = request.get("NumberOfBytes")
    if count is None:
        raise refusals.invalid("Please specify the NumberOfBytes.", Fact("request", "NumberOfBytes", None))
    quotas.check(call, "symmetric")
    return {"Plaintext": call.world.random.randbytes(count)}


def _symmetric(call: Call, request: Mapping[str, Any]) -> tuple[KmsState, Key]:
    state, key = key_for(call, request, "KeyId", USAGE)
    if key.abilities.family != "symmetric":
        raise refusals.wrong_usage(key, call.operation)
    return state, key


def _size(request: Mapping[str, Any]) -> int:
    spec: Any = request.get("KeySpec")
    count: Any = request.get("NumberOfBytes")
    if (spec is None) is (count is None):
        words = "Please specify either number of bytes or key spec."
        raise refusals.invalid(words, Fact("request", "KeySpec", spec), Fact("request", "NumberOfBytes", count))
    return count if spec is None else _SIZES[spec]


def _sealed(call: Call, state: KmsState, key: Key, plaintext: bytes, request: Mapping[str, Any]) -> bytes:
    nonce = call.world.random.randbytes(sealing.NONCE_BYTES)
    return sealing.sealed(state.current_lock(key), nonce, plaintext, request.get("EncryptionContext"))


def _pair(call: Call, request: Mapping[str, Any], operation: str) -> tuple[bytes, Any]:
    spec = request["KeyPairSpec"]
    if spec not in SPECS:
        raise refusals.unsupported(f"Key pair spec {spec} is not supported in this region.")
    state, key = _symmetric(call, request)
    quotas.check_key_pair(call, spec)
    finish(call, request)
    private = asymmetric.new_private_key(spec)
    blob = _sealed(call, state, key, private, request)
    note_use(call, state, key, operation)
    return private, {
        "PrivateKeyCiphertextBlob": blob,
        "PublicKey": asymmetric.public_der(asymmetric.loaded(private)),
        "KeyId": key.arn,
        "KeyPairSpec": spec,
        "KeyMaterialId": key.material,
    }
