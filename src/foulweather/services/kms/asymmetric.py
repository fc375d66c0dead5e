"""Key pairs: making, loading and using them. Their private keys are of the machine's randomness, not the world's."""

from __future__ import annotations

from typing import Any, cast

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from foulweather.services.kms.specs import SPECS
from foulweather.services.kms.state import Key, KmsState

PrivateKey = Any
"""A private key of any family; the library has no common type that signs."""

_CURVES: dict[str, ec.EllipticCurve] = {
    "ECC_NIST_P256": ec.SECP256R1(),
    "ECC_NIST_P384": ec.SECP384R1(),
    "ECC_NIST_P521": ec.SECP521R1(),
    "ECC_SECG_P256K1": ec.SECP256K1(),
}
HASHES: dict[str, hashes.HashAlgorithm] = {
    "SHA_1": hashes.SHA1(),
    "SHA_256": hashes.SHA256(),
    "SHA_384": hashes.SHA384(),
    "SHA_512": hashes.SHA512(),
}


def new_private_key(spec: str) -> bytes:
    """A new private key of a spec, as PKCS #8 in DER."""
    family = SPECS[spec].family
    made: PrivateKey
    if family == "rsa":
        made = rsa.generate_private_key(public_exponent=65537, key_size=SPECS[spec].size)
    elif family == "ecc":
        made = ec.generate_private_key(_CURVES[spec])
    elif family == "edwards":
        made = ed25519.Ed25519PrivateKey.generate()
    else:
        made = _ml_dsa_class(spec).generate()
    return _der(made)


def _ml_dsa_class(spec: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric import mldsa

    return getattr(mldsa, f"MLDSA{spec.rpartition('_')[2]}PrivateKey")


def _der(private: PrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_der(private: PrivateKey) -> bytes:
    """The public key, as SubjectPublicKeyInfo in DER."""
    return private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def loaded(der: bytes) -> PrivateKey:
    """A private key out of its DER; `ValueError` where it is none."""
    return serialization.load_der_private_key(der, None)


def matches(private: PrivateKey, spec: str) -> bool:
    """Whether a private key is of a spec."""
    family = SPECS[spec].family
    if family == "rsa":
        return isinstance(private, rsa.RSAPrivateKey) and private.key_size == SPECS[spec].size
    if family == "ecc":
        return isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name == _CURVES[spec].name
    if family == "edwards":
        return isinstance(private, ed25519.Ed25519PrivateKey)
    return family == "ml-dsa" and isinstance(private, _ml_dsa_class(spec))


def private_key(state: KmsState, key: Key) -> PrivateKey:
    """The private key of a KMS key, loaded once."""
    found = state.loaded.get(key.id)
    if found is None:
        material = state.current(key)
        assert material is not None
        found = state.loaded[key.id] = loaded(material.secret)
    return found


# --- encryption


def _oaep(algorithm: str) -> padding.OAEP:
    digest = HASHES[algorithm.removeprefix("RSAES_OAEP_")]
    return padding.OAEP(mgf=padding.MGF1(algorithm=digest), algorithm=digest, label=None)


def plaintext_bytes_max(spec: str, algorithm: str) -> int:
    """How much a key can encrypt at once: the modulus less OAEP's two hashes and two bytes."""
    return SPECS[spec].size // 8 - 2 * HASHES[algorithm.removeprefix("RSAES_OAEP_")].digest_size - 2


def encrypted(state: KmsState, key: Key, algorithm: str, plaintext: bytes) -> bytes:
    """An RSA ciphertext."""
    return private_key(state, key).public_key().encrypt(plaintext, _oaep(algorithm))


def decrypted(state: KmsState, key: Key, algorithm: str, blob: bytes) -> bytes | None:
    """The plaintext of an RSA ciphertext, or None where it is none of the key's."""
    try:
        return private_key(state, key).decrypt(blob, _oaep(algorithm))
    except ValueError:
        return None


def unwrapped(private: bytes, algorithm: str, blob: bytes) -> bytes | None:
    """RSAES_OAEP by a wrapping key that is given as DER."""
    try:
        return cast(rsa.RSAPrivateKey, loaded(private)).decrypt(blob, _oaep(algorithm))
    except ValueError:
        return None


# --- signatures


def digest_bytes(algorithm: str) -> int:
    """How long a digest is that an algorithm signs."""
    return HASHES["SHA_" + algorithm.rpartition("_")[2]].digest_size


def _signing_arguments(algorithm: str, is_digest: bool) -> tuple[Any, ...]:
    digest = HASHES["SHA_" + algorithm.rpartition("_")[2]]
    hashed = utils.Prehashed(digest) if is_digest else digest
    if algorithm.startswith("ECDSA"):
        return (ec.ECDSA(hashed),)
    if "PSS" in algorithm:
        # The salt is as long as the digest: Developer Guide, RSASSA-PSS.
        return padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size), hashed
    return padding.PKCS1v15(), hashed


def signature(private: PrivateKey, algorithm: str, message: bytes, message_type: str) -> bytes:
    """A signature of a message (RAW), of its digest, or of an ML-DSA message representative (EXTERNAL_MU)."""
    if algorithm == "ML_DSA_SHAKE_256":
        return private.sign_mu(message) if message_type == "EXTERNAL_MU" else private.sign(message)
    if algorithm == "ED25519_SHA_512":
        return private.sign(message)
    return private.sign(message, *_signing_arguments(algorithm, message_type == "DIGEST"))


def check_signature(private: PrivateKey, algorithm: str, message: bytes, message_type: str, signed: bytes) -> None:
    """Raise `InvalidSignature` where a signature is not of the message."""
    public = private.public_key()
    if algorithm == "ML_DSA_SHAKE_256":
        (public.verify_mu if message_type == "EXTERNAL_MU" else public.verify)(signed, message)
    elif algorithm == "ED25519_SHA_512":
        public.verify(signed, message)
    else:
        public.verify(signed, message, *_signing_arguments(algorithm, message_type == "DIGEST"))


# --- agreement


def shared_secret(private: PrivateKey, peer_der: bytes) -> bytes | None:
    """The ECDH shared secret with a peer's public key in DER, or None where that is no point of the same curve."""
    try:
        peer = serialization.load_der_public_key(peer_der)
        if not isinstance(peer, ec.EllipticCurvePublicKey) or peer.curve.name != private.curve.name:
            return None
        return private.exchange(ec.ECDH(), peer)
    except ValueError:
        return None
