"""Digest files and the keys that sign them: a chain by which a deleted or changed file is found.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final, NamedTuple, cast

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from foulweather.services.cloudtrail.records import Chain, SigningKey, Trail
from foulweather.services.cloudtrail.state import Trails
from foulweather.services.cloudtrail.times import compact, day, iso
from foulweather.world.world import Stream, World

VALID_MS: Final = 365 * 86_400_000
PRIME_BITS: Final = 1024
EXPONENT: Final = 65537
ROUNDS: Final = 24
_SMALL: Final = [n for n in range(3, 2000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2))]


class Digest(NamedTuple):
    """A digest file, not compressed yet."""

    key: str
    data: bytes
    signature: str


class Digests:
    """Makes and signs the digests of a world; the keys come from its seed, so that one seed signs the same."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._state = world.state(Trails)
        self._loaded: dict[str, rsa.RSAPrivateKey] = {}

    @classmethod
    def of(cls, world: World) -> Digests:
        """The one of a world."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls(world)
        return cast("Digests", found)

    def made(self, trail: Trail, chain: Chain, folder: str, name: str, end_ms: int) -> Digest:
        """The digest of a chain that ends now, with its signature."""
        key = f"{folder}/{chain.region}/{day(end_ms)}/{name}_{compact(end_ms)}.json.gz"
        signing = self._key(chain.region, end_ms)
        newest = max((each["newestEventTime"] for each in chain.files), default=None)
        oldest = min((each["oldestEventTime"] for each in chain.files), default=None)
        content: dict[str, Any] = {
            "awsAccountId": chain.account,
            "digestStartTime": iso(chain.start_ms),
            "digestEndTime": iso(end_ms),
            "digestS3Bucket": trail.bucket,
            "digestS3Object": key,
            "digestPublicKeyFingerprint": signing.fingerprint,
            "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": newest,
            "oldestEventTime": oldest,
            "previousDigestS3Bucket": chain.bucket or None,
            "previousDigestS3Object": chain.key or None,
            "previousDigestHashValue": chain.digest_hash or None,
            "previousDigestHashAlgorithm": "SHA-256" if chain.key else None,
            "previousDigestSignature": chain.signature or None,
            "logFiles": chain.files,
        }
        data = json.dumps(content, separators=(",", ":")).encode()
        digest_hash = hashlib.sha256(data).hexdigest()
        text = f"{iso(end_ms)}\n{trail.bucket}/{key}\n{digest_hash}\n{chain.signature or 'null'}"
        return Digest(key, data, self.signed(chain.region, text, end_ms)[0])

    def signed(self, region: str, text: str, now_ms: int) -> tuple[str, str]:
        """The signature of a text by a Region's key, and the key's fingerprint."""
        key = self._key(region, now_ms)
        signature = self._private(key).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return signature.hex(), key.fingerprint

    def _key(self, region: str, now_ms: int) -> SigningKey:
        """A Region's key, made when there is none that is valid."""
        for key in self._state.keys.values():
            if key.region == region and key.made_ms <= now_ms < key.made_ms + VALID_MS:
                return key
        private = _generated(self._world.stream(f"cloudtrail/{region}/{now_ms}"))
        public = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
        der = private.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        fingerprint = hashlib.md5(public, usedforsecurity=False).hexdigest()
        made = SigningKey(region, der, public, fingerprint, now_ms // 86_400_000 * 86_400_000)
        self._state.keys.put(fingerprint, made)
        self._loaded[fingerprint] = private
        return made

    def _private(self, key: SigningKey) -> rsa.RSAPrivateKey:
        found = self._loaded.get(key.fingerprint)
        if found is None:
            read = serialization.load_der_private_key(key.private, None)
            assert isinstance(read, rsa.RSAPrivateKey)
            found = self._loaded[key.fingerprint] = read
        return found


def _generated(stream: Stream) -> rsa.RSAPrivateKey:
    """A key of 2,048 bits out of a stream of draws: it signs a simulated log, and nothing relies on it."""
    p, q = _prime(stream), _prime(stream)
    phi = (p - 1) * (q - 1)
    d = pow(EXPONENT, -1, phi)
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(EXPONENT, p * q)
    )
    return numbers.private_key()


def _prime(stream: Stream) -> int:
    while True:
        found = stream.getrandbits(PRIME_BITS) | 3 << (PRIME_BITS - 2) | 1
        if found % EXPONENT != 1 and all(found % small for small in _SMALL) and _is_prime(found, stream):
            return found


def _is_prime(number: int, stream: Stream) -> bool:
    """Miller and Rabin's test; a number that fails has a factor, one that passes has none, almost surely."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd //= 2
        twos += 1
    for _ in range(ROUNDS):
        power = pow(stream.randrange(2, number - 1), odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True
