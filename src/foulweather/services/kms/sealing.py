"""Ciphertexts of symmetric keys: AES-256-GCM, bound to the key, its material and the encryption context.

A ciphertext is a header (version, account, key id, material id), a nonce, and what AES-GCM made of the
plaintext. The header and the encryption context are its additional authenticated data. AWS's own format
is not documented; a ciphertext is opaque to its holder there as here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = 1
MULTI_REGION = 0x80
NONCE_BYTES = 12
TAG_BYTES = 16
HEADER_BYTES = 1 + 6 + 16 + 32
OVERHEAD_BYTES = HEADER_BYTES + NONCE_BYTES + TAG_BYTES


class Lock(NamedTuple):
    """A cipher with one generation of a key's material."""

    at: bytes
    key_id: str
    material_id: str
    cipher: AESGCM


class Named(NamedTuple):
    """What a ciphertext's header says it was made with."""

    at: bytes
    account: str
    key_id: str
    material_id: str


def lock(at: bytes, key_id: str, material_id: str, secret: bytes) -> Lock:
    """The cipher of a secret of 32 bytes."""
    return Lock(at, key_id, material_id, AESGCM(secret))


def header(account: str, key_id: str, material_id: str) -> bytes:
    """The header of every ciphertext made with that material."""
    version = VERSION
    if key_id.startswith("mrk-"):
        version |= MULTI_REGION
        key_id = key_id[4:]
    return b"".join(
        (
            bytes((version,)),
            int(account).to_bytes(6, "big"),
            bytes.fromhex(key_id.replace("-", "")),
            bytes.fromhex(material_id),
        )
    )


def named(blob: bytes) -> Named | None:
    """What a ciphertext was made with, or None where it is no ciphertext of ours."""
    if len(blob) < OVERHEAD_BYTES or blob[0] & ~MULTI_REGION != VERSION:
        return None
    at = blob[:HEADER_BYTES]
    account = f"{int.from_bytes(at[1:7], 'big'):012d}"
    if len(account) != 12:
        return None
    digits = at[7:23].hex()
    if blob[0] & MULTI_REGION:
        key_id = f"mrk-{digits}"
    else:
        key_id = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    return Named(at, account, key_id, at[23:].hex())


def _bound(context: Mapping[str, str] | None) -> bytes:
    """An encryption context as bytes that no other context has; the order of its pairs does not matter."""
    if not context:
        return b""
    parts: list[bytes] = []
    for name, value in sorted(context.items()):
        for text in (name.encode(), value.encode()):
            parts.append(len(text).to_bytes(4, "big"))
            parts.append(text)
    return b"".join(parts)


def sealed(with_: Lock, nonce: bytes, plaintext: bytes, context: Mapping[str, str] | None) -> bytes:
    """The ciphertext of a plaintext, which opens with the same context only."""
    return with_.at + nonce + with_.cipher.encrypt(nonce, plaintext, with_.at + _bound(context))


def opened(with_: Lock, blob: bytes, context: Mapping[str, str] | None) -> bytes | None:
    """The plaintext of a ciphertext, or None where it or its context is not what was encrypted."""
    nonce = blob[HEADER_BYTES : HEADER_BYTES + NONCE_BYTES]
    try:
        return with_.cipher.decrypt(nonce, blob[HEADER_BYTES + NONCE_BYTES :], with_.at + _bound(context))
    except InvalidTag:
        return None
