"""The tokens of identities, which STS takes for roles that trust `cognito-identity.amazonaws.com`.

https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from foulweather.kernel.call import Call
from foulweather.kernel.services import Services
from foulweather.services.cognito_identity.records import Identity, IdentityPool, TokenKey
from foulweather.services.cognito_identity.state import TokenKeys
from foulweather.world.world import World

ISSUER: Final = "cognito-identity.amazonaws.com"
# IAM User Guide, Pass session tags in AWS STS, "Passing session tags using AssumeRoleWithWebIdentity".
TAGS_CLAIM: Final = "https://aws.amazon.com/tags"
_KEY_BITS = 2048


def token(
    call: Call, pool: IdentityPool, identity: Identity, amr: Sequence[str], tags: Mapping[str, str], valid_ms: int
) -> str:
    """A token that says who an identity is, in which pool, and by which logins."""
    claims: dict[str, Any] = {
        "sub": identity.id,
        "aud": pool.id,
        "amr": list(amr),
        f"https://{ISSUER}/identity-pool-arn": pool.arn,
        "iss": f"https://{ISSUER}",
        "exp": (call.now + valid_ms) // 1000,
        "iat": call.now // 1000,
    }
    if tags:
        claims[TAGS_CLAIM] = {"principal_tags": {key: [value] for key, value in tags.items()}}
    key = _key(call.world, call.pipeline.services)
    head = _base64url(json.dumps({"kid": key.kid, "typ": "JWS", "alg": "RS512"}, separators=(",", ":")).encode())
    signed = f"{head}.{_base64url(json.dumps(claims, separators=(',', ':')).encode())}"
    return f"{signed}.{_base64url(_loaded(key).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA512()))}"


def is_signed(call: Call, given: str) -> bool:
    """Whether a token is one of this world's identities."""
    signed, _, signature = given.rpartition(".")
    key = _loaded(_key(call.world, call.pipeline.services)).public_key()
    try:
        data = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
        key.verify(data, signed.encode(), padding.PKCS1v15(), hashes.SHA512())
    except (InvalidSignature, ValueError):
        return False
    return True


def key_set(world: World, services: Services) -> dict[str, Any]:
    """The public key, as `/.well-known/jwks_uri` shows it."""
    key = _key(world, services)
    numbers = _loaded(key).public_key().public_numbers()
    shown = {
        "kty": "RSA",
        "alg": "RS512",
        "use": "sig",
        "kid": key.kid,
        "n": _base64url(numbers.n.to_bytes(_KEY_BITS // 8, "big")),
        "e": _base64url(numbers.e.to_bytes(3, "big")),
    }
    return {"keys": [shown]}


def configuration() -> dict[str, Any]:
    """The OpenID configuration of the issuer."""
    return {
        "issuer": f"https://{ISSUER}",
        "jwks_uri": f"https://{ISSUER}/.well-known/jwks_uri",
        "authorization_endpoint": "https://there.is.no.authorization.endpoint",
        "response_types_supported": ["none"],
        "id_token_signing_alg_values_supported": ["RS512"],
        "subject_types_supported": ["public"],
    }


def new_private_key() -> bytes:
    """A new key, of the machine's randomness and not the world's."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    return private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _key(world: World, services: Services) -> TokenKey:
    """The world's key; STS is told of it when it is made."""
    keys = world.state(TokenKeys).keys
    if "current" not in keys:
        keys.put("current", TokenKey(f"us-east-1{world.random.randrange(1, 10)}", new_private_key()))
        service = services.find("sts")
        if service is not None:
            shown = key_set(world, services)
            services.part(service, "web_identity").register_issuer_keys(world, f"https://{ISSUER}", shown)
    return keys["current"]


@lru_cache(maxsize=16)
def _loaded(key: TokenKey) -> rsa.RSAPrivateKey:
    return cast(rsa.RSAPrivateKey, serialization.load_der_private_key(key.private, None))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
