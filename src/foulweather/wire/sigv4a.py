"""SigV4A: requests signed with an ECDSA P-256 key that both sides derive from the secret access key.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#derive-signing-key
"""

from __future__ import annotations

import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

ALGORITHM = "AWS4-ECDSA-P256-SHA256"

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_BITS = (256).to_bytes(4, "big")
_KEYS_MAX = 1024
_keys: dict[tuple[str, str], ec.EllipticCurvePrivateKey] = {}


def signing_key(access_key_id: str, secret: str) -> ec.EllipticCurvePrivateKey:
    """The key pair of this access key: NIST SP 800-108 in counter mode, until the candidate fits P-256."""
    key = _keys.get((access_key_id, secret))
    if key is not None:
        return key
    for counter in range(1, 255):
        context = access_key_id.encode() + bytes([counter])
        fixed = b"\x00\x00\x00\x01" + ALGORITHM.encode() + b"\x00" + context + _BITS
        candidate = int.from_bytes(hmac.digest(b"AWS4A" + secret.encode(), fixed, "sha256"), "big")
        if candidate <= _ORDER - 2:
            if len(_keys) >= _KEYS_MAX:
                _keys.clear()
            key = _keys[(access_key_id, secret)] = ec.derive_private_key(candidate + 1, ec.SECP256R1())
            return key
    raise ValueError("no P-256 key can be derived from this access key")


def verifies(access_key_id: str, secret: str, signature: str, string_to_sign: bytes) -> bool:
    """Whether the hex, DER-encoded signature was made with this access key's derived key."""
    try:
        raw = bytes.fromhex(signature)
        public = signing_key(access_key_id, secret).public_key()
        public.verify(raw, string_to_sign, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True
