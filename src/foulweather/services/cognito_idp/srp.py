"""The Secure Remote Password protocol (SRP-6a, RFC 5054) as Cognito speaks it: 3072 bits, SHA-256.

RFC 5054's 3072-bit group with the generator 2; the session key is HKDF of the shared secret with the words
"Caldera Derived Key"; the client proves it with an HMAC over pool, user, secret block and time:
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from functools import cache
from typing import Final

from foulweather.services.cognito_idp.records import Verifier

N: Final = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
G: Final = 2
INFO: Final = b"Caldera Derived Key"


def padded(number: int) -> bytes:
    """A number in bytes, with a zero in front where the highest bit is set: as Java writes it."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


K: Final = int.from_bytes(hashlib.sha256(padded(N) + bytes([G])).digest(), "big")


def verifier(pool: str, user: str, password: str, drawn: Callable[[int], int]) -> Verifier:
    """What is kept of a password; `drawn` gives that many random bits."""
    salt = drawn(128)
    return Verifier(f"{salt:x}", f"{_power(_x(pool, user, password, salt)):x}")


def matches(kept: Verifier, pool: str, user: str, password: str) -> bool:
    """Whether a password is the one that is kept."""
    found = _power(_x(pool, user, password, int(kept.salt, 16)))
    return hmac.compare_digest(f"{found:x}", kept.value)


def offer(kept: Verifier, drawn: Callable[[int], int]) -> tuple[int, int]:
    """The server's secret b, and the public B that the client is told."""
    secret = drawn(256)
    return secret, (K * int(kept.value, 16) + _power(secret)) % N


def session_key(kept: Verifier, client_public: int, secret: int, public: int) -> bytes:
    """The key that both sides come to, if the client's password is the one that is kept."""
    u = int.from_bytes(hashlib.sha256(padded(client_public) + padded(public)).digest(), "big")
    shared = pow(client_public * pow(int(kept.value, 16), u, N), secret, N)
    return derived(shared, u)


def derived(shared: int, u: int) -> bytes:
    """HKDF of the shared secret, sixteen bytes of it."""
    root = hmac.new(padded(u), padded(shared), hashlib.sha256).digest()
    return hmac.new(root, INFO + b"\x01", hashlib.sha256).digest()[:16]


def claim(key: bytes, pool: str, user: str, secret_block: bytes, timestamp: str) -> bytes:
    """The signature by which a client shows that it has the key."""
    return hmac.new(key, pool.encode() + user.encode() + secret_block + timestamp.encode(), hashlib.sha256).digest()


@cache
def _powers() -> list[list[int]]:
    """G to each power that has one hexadecimal digit alone: sixty-four places, sixteen digits."""
    rows: list[list[int]] = []
    step = G
    for _ in range(64):
        row = [1]
        for _ in range(15):
            row.append(row[-1] * step % N)
        rows.append(row)
        step = row[-1] * step % N
    return rows


def _power(exponent: int) -> int:
    """G to a power of 256 bits: one multiplication for each hexadecimal digit, a quarter of pow's time."""
    found = 1
    for row in _powers():
        found = found * row[exponent & 15] % N
        exponent >>= 4
    return found


def _x(pool: str, user: str, password: str, salt: int) -> int:
    identity = hashlib.sha256(f"{pool}{user}:{password}".encode()).digest()
    return int.from_bytes(hashlib.sha256(padded(salt) + identity).digest(), "big")
