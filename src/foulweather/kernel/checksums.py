"""The checksums of `x-amz-checksum-*`, computed piece by piece.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import sys
import zlib
from array import array
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol, cast

from foulweather.kernel.errors import not_implemented

Update = Callable[[bytes, int], int]

_CRC32_POLYNOMIAL = 0xEDB88320
_CRC32C_POLYNOMIAL = 0x82F63B78
_CRC64NVME_POLYNOMIAL = 0x9A6C9329AC4BC9B5


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


def _sliced_by_8(polynomial: int, bits: int) -> Update:
    """Eight bytes at a time in plain Python, for where no compiled implementation is installed."""
    tables = _tables(polynomial)
    t0, t1, t2, t3, t4, t5, t6, t7 = tables
    mask = (1 << bits) - 1

    def update(data: bytes, value: int) -> int:
        value ^= mask
        whole = len(data) & ~7
        words = array("Q")
        words.frombytes(data[:whole])
        if sys.byteorder == "big":
            words.byteswap()
        for word in words:
            word ^= value
            value = (
                t7[word & 255]
                ^ t6[word >> 8 & 255]
                ^ t5[word >> 16 & 255]
                ^ t4[word >> 24 & 255]
                ^ t3[word >> 32 & 255]
                ^ t2[word >> 40 & 255]
                ^ t1[word >> 48 & 255]
                ^ t0[word >> 56]
            )
        for byte in data[whole:]:
            value = t0[(value ^ byte) & 255] ^ (value >> 8)
        return value ^ mask

    return update


@cache
def _tables(polynomial: int) -> tuple[list[int], ...]:
    first: list[int] = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (polynomial if value & 1 else 0)
        first.append(value)
    tables = [first]
    for _ in range(7):
        tables.append([first[value & 255] ^ (value >> 8) for value in tables[-1]])
    return tuple(tables)


def _installed(module: str, name: str) -> Any:
    """A function of an optional package, None where it is not installed."""
    try:
        return getattr(importlib.import_module(module), name, None)
    except ImportError:
        return None


@cache
def _crc32c() -> Update:
    compiled = _installed("awscrt.checksums", "crc32c")
    if compiled is not None:
        return cast(Update, compiled)
    extend = _installed("google_crc32c", "extend")
    if extend is not None:
        return lambda data, value: extend(value, data)
    return _sliced_by_8(_CRC32C_POLYNOMIAL, 32)


@cache
def _crc64nvme() -> Update:
    compiled = _installed("awscrt.checksums", "crc64nvme")
    return cast(Update, compiled) if compiled is not None else _sliced_by_8(_CRC64NVME_POLYNOMIAL, 64)


_MAKERS: dict[str, Callable[[], Checksum]] = {
    "CRC32": lambda: Crc(zlib.crc32, 32),
    "CRC32C": lambda: Crc(_crc32c(), 32),
    "CRC64NVME": lambda: Crc(_crc64nvme(), 64),
    "SHA1": lambda: hashlib.sha1(usedforsecurity=False),
    "SHA256": hashlib.sha256,
    "SHA512": hashlib.sha512,
    "MD5": lambda: hashlib.md5(usedforsecurity=False),
}

# These need the package `xxhash`; without it they are refused as not implemented.
_XXHASH = {"XXHASH64": "xxh64", "XXHASH3": "xxh3_64", "XXHASH128": "xxh3_128"}

LENGTHS_BYTES = {algorithm: len(maker().digest()) for algorithm, maker in _MAKERS.items()} | {
    "XXHASH64": 8,
    "XXHASH3": 8,
    "XXHASH128": 16,
}
ALGORITHMS = tuple(LENGTHS_BYTES)
HEADERS = {f"x-amz-checksum-{algorithm.lower()}": algorithm for algorithm in ALGORITHMS}


def checksum(algorithm: str) -> Checksum:
    """A fresh checksum by S3's name for its algorithm."""
    maker = _MAKERS.get(algorithm) or _installed("xxhash", _XXHASH[algorithm])
    if maker is None:
        raise not_implemented("s3", f"checksums by {algorithm}")
    return cast(Checksum, maker())


def encoded(algorithm: str, data: bytes) -> str:
    """The checksum of these bytes, in base64 as headers carry it."""
    made = checksum(algorithm)
    made.update(data)
    return base64.b64encode(made.digest()).decode()


_WIDTHS = {
    "CRC32": (_CRC32_POLYNOMIAL, 32),
    "CRC32C": (_CRC32C_POLYNOMIAL, 32),
    "CRC64NVME": (_CRC64NVME_POLYNOMIAL, 64),
}


def combined(algorithm: str, first: bytes, second: bytes, second_bytes: int) -> bytes:
    """The CRC of two pieces in a row, from theirs and the second's length (a full-object checksum of parts)."""
    polynomial, bits = _WIDTHS[algorithm]
    value = int.from_bytes(first, "big")
    # `square` advances a CRC over 2^k zero bits; the bits of the length say which powers are wanted.
    square = [polynomial] + [1 << bit for bit in range(bits - 1)]
    count = second_bytes * 8
    while count:
        if count & 1:
            value = _times(square, value)
        square = [_times(square, column) for column in square]
        count >>= 1
    return (value ^ int.from_bytes(second, "big")).to_bytes(bits // 8, "big")


def _times(matrix: list[int], vector: int) -> int:
    """A matrix over GF(2), as its columns, times a vector."""
    total = 0
    index = 0
    while vector:
        if vector & 1:
            total ^= matrix[index]
        vector >>= 1
        index += 1
    return total
