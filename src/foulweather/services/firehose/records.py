"""What Firehose keeps: delivery streams, and what waits in their buffers as packed rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

DIRECT_PUT = "DirectPut"
FROM_KINESIS = "KinesisStreamAsSource"


class Delivery(msgspec.Struct):
    """A delivery stream; its destination is kept as DescribeDeliveryStream shows it."""

    id: str
    name: str
    account: str
    region: str
    created_ms: int
    kind: str
    destination: dict[str, Any]
    is_extended: bool = True
    status: str = "CREATING"
    version: int = 1
    updated_ms: int = 0
    source_arn: str = ""
    source_role: str = ""
    start_ms: int = 0
    positions: dict[str, str] = {}
    """Of each shard of the source the last sequence number that was read, or what says that it ended."""
    key_type: str = ""
    key_arn: str = ""
    key_status: str = "DISABLED"
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """The delivery stream's ARN."""
        return f"arn:aws:firehose:{self.region}:{self.account}:deliverystream/{self.name}"


class Row(NamedTuple):
    """A record in a buffer: when it came, what it is, what is wrong with it, and its partition."""

    at_ms: int
    data: bytes
    error: str = ""
    keys: dict[str, str] = {}


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[int, bytes, str, dict[str, str]]).decode


def packed(row: Row) -> bytes:
    """A record as the bytes of a row."""
    return _encode(row)


def unpacked(data: bytes) -> Row:
    """The record of a row."""
    return Row(*_decode(data))
