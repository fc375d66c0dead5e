"""A pool's two signing keys, one for id tokens and one for access tokens, and the JSON Web Key Set of both.

The private keys are of the machine's randomness, not the world's; they are drawn once, with the pool.
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Any, cast

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from foulweather.services.cognito_idp.records import Pool, SigningKey
from foulweather.world.world import World

KEY_BITS = 2048


def new_key(world: World) -> SigningKey:
    """A new signing key."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    der = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningKey(world.ids.token(32), der)


@lru_cache(maxsize=256)
def loaded(key: SigningKey) -> rsa.RSAPrivateKey:
    """The private key, ready to sign."""
    return cast(rsa.RSAPrivateKey, serialization.load_der_private_key(key.private, None))


def signature(key: SigningKey, data: bytes) -> bytes:
    """RS256's signature."""
    return loaded(key).sign(data, padding.PKCS1v15(), hashes.SHA256())


def key_set(pool: Pool) -> dict[str, Any]:
    """The pool's public keys, as `jwks.json` shows them."""
    return {"keys": [_shown(key) for key in (pool.id_key, pool.access_key)]}


def base64url(data: bytes) -> str:
    """Base64 as in a JSON Web Token."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _shown(key: SigningKey) -> dict[str, str]:
    numbers = loaded(key).public_key().public_numbers()
    return {
        "alg": "RS256",
        "e": base64url(numbers.e.to_bytes(3, "big")),
        "kid": key.kid,
        "kty": "RSA",
        "n": base64url(numbers.n.to_bytes(KEY_BITS // 8, "big")),
        "use": "sig",
    }
