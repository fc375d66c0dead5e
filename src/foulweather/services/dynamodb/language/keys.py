"""Keys as bytes: equal bytes are the same partition key, and the byte order of sort keys is DynamoDB's order.

A table has one partition key and at most one sort key; a global secondary index may have up to four of each:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.DesignPattern.MultiAttributeKeys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from foulweather.services.dynamodb.language import numerals
from foulweather.services.dynamodb.language.values import AttributeValue

_ZERO = b"\x01"
_ENDED = b"\x00\x01"
_BEYOND = b"\x00\x02"


class KeySchema(msgspec.Struct, frozen=True):
    """The key attributes of a table or an index, and their types."""

    hash_names: tuple[str, ...]
    sort_names: tuple[str, ...]
    types: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """All key attributes, partition key first."""
        return self.hash_names + self.sort_names


def hash_key(*values: AttributeValue) -> bytes:
    """A partition key as bytes that begin with its type."""
    if len(values) == 1:
        return _hashed(values[0])
    return b"".join(map(_hashed, values))


def sort_key(*values: AttributeValue) -> bytes:
    """A sort key as bytes in DynamoDB's order."""
    if len(values) == 1:
        return encoded(values[0])
    return prefix(*values[:-1]) + encoded(values[-1]) if values else b""


def encoded(value: AttributeValue) -> bytes:
    """One key attribute as bytes in DynamoDB's order."""
    ((kind, content),) = value.items()
    if kind == "S":
        return content.encode("utf-8", "surrogatepass")
    if kind == "B":
        return content
    return _numeral(content)


def prefix(*values: AttributeValue) -> bytes:
    """Leading attributes of a sort key, each ended so that what follows cannot reorder them."""
    return b"".join(_closed(encoded(value)) for value in values)


def successor(key: bytes) -> bytes | None:
    """The first bytes after everything that begins with these; None when there are none."""
    stem = key.rstrip(b"\xff")
    return stem[:-1] + bytes((stem[-1] + 1,)) if stem else None


def bounds(
    before: bytes, operator: str | None, operands: tuple[AttributeValue, ...], is_last: bool
) -> tuple[bytes, bytes | None]:
    """The half-open range of sort keys that a condition selects behind an exact `before`.

    `is_last`: no attribute of the sort key follows the one that the condition is about.
    """
    if operator is None:
        return before, successor(before) if before else None
    keys = [before + (encoded(value) if is_last else _escaped(encoded(value))) for value in operands]
    at = b"" if is_last else _ENDED
    past = b"\x00" if is_last else _BEYOND
    end = successor(before) if before else None
    if operator == "=":
        return keys[0] + at, keys[0] + past
    if operator == "<":
        return before, keys[0] + at
    if operator == "<=":
        return before, keys[0] + past
    if operator == ">":
        return keys[0] + past, end
    if operator == ">=":
        return keys[0] + at, end
    if operator == "BETWEEN":
        return keys[0] + at, keys[1] + past
    return keys[0], successor(keys[0]) if keys[0] else None


def _hashed(value: AttributeValue) -> bytes:
    ((kind, content),) = value.items()
    key = content.encode("utf-8", "surrogatepass") if kind == "S" else content if kind == "B" else _numeral(content)
    if b"\x00" in key:
        key = _escaped(key)
    return kind.encode() + key + _ENDED


def _escaped(key: bytes) -> bytes:
    return key.replace(b"\x00", b"\x00\xff")


def _closed(key: bytes) -> bytes:
    return _escaped(key) + _ENDED


@lru_cache(maxsize=16_384)
def _numeral(text: str) -> bytes:
    """Sign, exponent, then two digits a byte; negatives complemented and ended by the highest byte."""
    number = numerals.decimal(text)
    sign, digits, _ = number.as_tuple()
    if not number:
        return _ZERO
    exponent = number.adjusted() - numerals.EXPONENT_MIN
    significant = "".join(map(str, digits)).rstrip("0")
    pairs = [int(significant[i : i + 2].ljust(2, "0")) for i in range(0, len(significant), 2)]
    if sign:
        return bytes((0, 255 - exponent, *(100 - pair for pair in pairs), 255))
    return bytes((2, exponent, *(pair + 1 for pair in pairs)))
