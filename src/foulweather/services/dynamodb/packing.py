"""An item as the bytes of a row: its size in DynamoDB's terms, then its wire form in MessagePack."""

from __future__ import annotations

from hashlib import md5
from typing import Any

import msgspec

from foulweather.services.dynamodb.language.values import Item

HEADER_BYTES = 3

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, dict[str, Any]]).decode


def packed(item: Item, size_bytes: int) -> bytes:
    """An item and its size as a row."""
    return size_bytes.to_bytes(HEADER_BYTES, "big") + _encode(item)


def unpacked(row: bytes) -> Item:
    """The item of a row."""
    return _decode(row[HEADER_BYTES:])


def size_of(row: bytes) -> int:
    """The bytes that an item counts, without unpacking it."""
    return int.from_bytes(row[:HEADER_BYTES], "big")


def spread(hash_key: bytes) -> str:
    """Where a partition key lies in the key space: eight characters, evenly spread."""
    return md5(hash_key, usedforsecurity=False).digest()[:8].decode("latin-1")


def group(hash_key: bytes) -> str:
    """A partition key with its place in the key space before it."""
    return (md5(hash_key, usedforsecurity=False).digest()[:8] + hash_key).decode("latin-1")


def text(key: bytes) -> str:
    """Bytes as a string in the same order."""
    return key.decode("latin-1")
