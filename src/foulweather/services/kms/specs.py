"""What each key spec is good for: usages and algorithms.

https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Family = Literal["symmetric", "rsa", "ecc", "edwards", "hmac", "ml-dsa"]

OAEP = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
RSA_SIGNING = tuple(
    f"RSASSA_{padding}_SHA_{size}" for padding in ("PKCS1_V1_5", "PSS") for size in ("256", "384", "512")
)


class Spec(msgspec.Struct, frozen=True):
    """A key spec; `size` is in bits of the modulus, bytes of the secret, or empty where the name says all."""

    family: Family
    usages: tuple[str, ...]
    size: int = 0
    encryption: tuple[str, ...] = ()
    signing: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    agreement: tuple[str, ...] = ()


def _rsa(size: int) -> Spec:
    return Spec("rsa", ("ENCRYPT_DECRYPT", "SIGN_VERIFY"), size, encryption=OAEP, signing=RSA_SIGNING)


def _ecc(hash_bits: int, *, agrees: bool = True) -> Spec:
    usages = ("SIGN_VERIFY", "KEY_AGREEMENT") if agrees else ("SIGN_VERIFY",)
    agreement = ("ECDH",) if agrees else ()
    return Spec("ecc", usages, signing=(f"ECDSA_SHA_{hash_bits}",), agreement=agreement)


def _hmac(bits: int) -> Spec:
    return Spec("hmac", ("GENERATE_VERIFY_MAC",), bits // 8, macs=(f"HMAC_SHA_{bits}",))


def _ml_dsa() -> Spec:
    return Spec("ml-dsa", ("SIGN_VERIFY",), signing=("ML_DSA_SHAKE_256",))


SPECS: Mapping[str, Spec] = {
    "SYMMETRIC_DEFAULT": Spec("symmetric", ("ENCRYPT_DECRYPT",), 32, encryption=("SYMMETRIC_DEFAULT",)),
    "RSA_2048": _rsa(2048),
    "RSA_3072": _rsa(3072),
    "RSA_4096": _rsa(4096),
    "ECC_NIST_P256": _ecc(256),
    "ECC_NIST_P384": _ecc(384),
    "ECC_NIST_P521": _ecc(512),
    "ECC_SECG_P256K1": _ecc(256, agrees=False),
    "ECC_NIST_EDWARDS25519": Spec("edwards", ("SIGN_VERIFY",), signing=("ED25519_SHA_512", "ED25519_PH_SHA_512")),
    "HMAC_224": _hmac(224),
    "HMAC_256": _hmac(256),
    "HMAC_384": _hmac(384),
    "HMAC_512": _hmac(512),
    "ML_DSA_44": _ml_dsa(),
    "ML_DSA_65": _ml_dsa(),
    "ML_DSA_87": _ml_dsa(),
}
"""SM2 is missing: AWS has it in its China Regions only."""
