"""The checksums of `x-amz-checksum-*`, computed piece by piece.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

Update = Callable[[bytes, int], int]
Combine = Callable[[int, int, int], int]


class Checksum(Protocol):
    """A checksum under way."""

    def update(self, data: bytes, /) -> None:
        """Take in the next piece."""
        ...

    def digest(self) -> bytes:
        """The checksum of all pieces so far, big-endian."""
        ...


class Crc:
    """A cyclic redundancy check, by a function that continues one over further bytes."""

    __slots__ = ("_bytes", "_update", "value")

    def __init__(self, update: Update, bits: int) -> None:
        self._update = update
        self._bytes = bits // 8
        self.value = 0

    def update(self, data: bytes, /) -> None:
        """Take in the next piece."""
        self.value = self._update(data, self.value)

    def digest(self) -> bytes:
        """The check value, big-endian."""
        return self.value.to_bytes(self._bytes, "big")


class XxHash:
    """An xxHash; its digest is final, and made once."""

    __slots__ = ("_done", "_hash")

    def __init__(self, made: Any) -> None:
        self._hash = made
        self._done: bytes | None = None

    def update(self, data: bytes, /) -> None:
        """Take in the next piece."""
        self._hash.update(data)

    def digest(self) -> bytes:
        """The hash, big-endian as xxHash's canonical form is."""
        done = self._done
        if done is None:
            done = self._done = bytes(self._hash.finalize())
        return done


@cache
def _awscrt() -> Any:
    # Loaded by the first checksum that needs it: most servers never see one.
    from awscrt import checksums

    return checksums


_MAKERS: dict[str, Callable[[], Checksum]] = {
    "CRC32": lambda: Crc(zlib.crc32, 32),
    "CRC32C": lambda: Crc(_awscrt().crc32c, 32),
    "CRC64NVME": lambda: Crc(_awscrt().crc64nvme, 64),
    "SHA1": lambda: hashlib.sha1(usedforsecurity=False),
    "SHA256": hashlib.sha256,
    "SHA512": hashlib.sha512,
    "MD5": lambda: hashlib.md5(usedforsecurity=False),
    "XXHASH64": lambda: XxHash(_awscrt().XXHash.new_xxhash64()),
    "XXHASH3": lambda: XxHash(_awscrt().XXHash.new_xxhash3_64()),
    "XXHASH128": lambda: XxHash(_awscrt().XXHash.new_xxhash3_128()),
}

LENGTHS_BYTES = {
    "CRC32": 4,
    "CRC32C": 4,
    "CRC64NVME": 8,
    "SHA1": 20,
    "SHA256": 32,
    "SHA512": 64,
    "MD5": 16,
    "XXHASH64": 8,
    "XXHASH3": 8,
    "XXHASH128": 16,
}
ALGORITHMS = tuple(LENGTHS_BYTES)
HEADERS = {f"x-amz-checksum-{algorithm.lower()}": algorithm for algorithm in ALGORITHMS}


def checksum(algorithm: str) -> Checksum:
    """A fresh checksum by S3's name for its algorithm."""
    return _MAKERS[algorithm]()


def digest(algorithm: str, data: bytes) -> bytes:
    """The checksum of bytes that are there as a whole, big-endian."""
    if algorithm == "CRC64NVME":  # what S3 sums by itself: most objects are small, and there is nothing to continue
        return _awscrt().crc64nvme(data).to_bytes(8, "big")
    if algorithm == "CRC32":
        return zlib.crc32(data).to_bytes(4, "big")
    made = checksum(algorithm)
    made.update(data)
    return made.digest()


def encoded(algorithm: str, data: bytes) -> str:
    """The checksum of these bytes, in base64 as headers carry it."""
    return base64.b64encode(digest(algorithm, data)).decode()


def combined(algorithm: str, first: bytes, second: bytes, second_bytes: int) -> bytes:
    """The CRC of two pieces in a row, from theirs and the second's length (a full-object checksum of parts)."""
    combine: Combine = getattr(_awscrt(), f"combine_{algorithm.lower()}")
    value = combine(int.from_bytes(first, "big"), int.from_bytes(second, "big"), second_bytes)
    return value.to_bytes(LENGTHS_BYTES[algorithm], "big")
