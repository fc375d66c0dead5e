"""What Kinesis keeps: streams with their shards, and registered consumers; the records themselves are packed rows."""

from __future__ import annotations

import msgspec

PROVISIONED = "PROVISIONED"
ON_DEMAND = "ON_DEMAND"


class Shard(msgspec.Struct):
    """A range of the hash keys for a while; hash keys have 128 bits, so they are kept as their decimal digits."""

    number: int
    low: str
    high: str
    opened_ms: int
    parent: int = -1
    adjacent: int = -1
    closed_ms: int = 0
    last: str = ""
    """The ending sequence number, once it is closed."""

    @property
    def id(self) -> str:
        """The shard's id."""
        return shard_id(self.number)


class Stream(msgspec.Struct):
    """A stream's configuration and its shards, open and closed, in order of their numbers."""

    id: str
    name: str
    account: str
    region: str
    created_ms: int
    mode: str = PROVISIONED
    status: str = "CREATING"
    retention_h: int = 24
    horizon_ms: int = 0
    """Nothing older can be read, however long the retention has become since."""
    shards: list[Shard] = []
    tags: dict[str, str] = {}
    policy: str = ""
    key_id: str = ""
    data_keys: list[bytes] = []
    """Every data key that records are sealed with, as KMS gave them; records name theirs by its place."""
    metrics: list[str] = []
    record_kib_max: int = 1024
    counted: list[int] = []
    """When UpdateShardCount was called."""
    sealed: list[int] = []
    """When a key was set."""
    switched: list[int] = []
    """When the capacity mode was changed."""
    peaks: list[tuple[int, int]] = []
    """On demand: for each of the last thirty days its number and the highest rate of a minute, in shards' worth."""
    scaled_ms: int = 0
    scaled_from: int = 0
    """How many shards there were when the last fifteen minutes began in which they may double."""

    @property
    def arn(self) -> str:
        """The stream's ARN."""
        return f"arn:aws:kinesis:{self.region}:{self.account}:stream/{self.name}"

    @property
    def open_shards(self) -> list[Shard]:
        """The shards that take records."""
        return [shard for shard in self.shards if not shard.closed_ms]

    def visible_shards(self, now_ms: int) -> list[Shard]:
        """The shards that have not expired: the open, and those closed within the retention period."""
        horizon_ms = now_ms - self.retention_h * 3_600_000
        return [shard for shard in self.shards if not shard.closed_ms or shard.closed_ms >= horizon_ms]


class Put(msgspec.Struct, array_like=True, gc=False):
    """Records of one PutRecords call, whichever shards they went to: one row, for a call writes hundreds of them."""

    number: int
    came_ms: int
    sealed: int
    """Which data key they are sealed with; 0 for none."""
    shards: list[int]
    places: list[int]
    keys: list[str]
    data: list[bytes]
    left: int = 0
    """How many of them are not trimmed yet; counted anew when the server starts."""


Entry = bytes | tuple[Put, int]
"""A record in its lane: a packed row of its own, or a place in a Put."""
HEADER_BYTES = 12


def came_ms(entry: Entry) -> int:
    """When a record came."""
    return int.from_bytes(entry[:8], "big") if isinstance(entry, bytes) else entry[0].came_ms


def unpacked(entry: Entry) -> tuple[int, int, str, bytes]:
    """When a record came, the number of its data key, its partition key, its data."""
    if not isinstance(entry, bytes):
        put, at = entry
        return put.came_ms, put.sealed, put.keys[at], put.data[at]
    header = int.from_bytes(entry[:HEADER_BYTES], "big")
    data = HEADER_BYTES + (header & 0xFFFF)
    return header >> 32, header >> 16 & 0xFFFF, entry[HEADER_BYTES:data].decode(), entry[data:]


def packed(came: int, sealed: int, key: str, data: bytes) -> bytes:
    """A record as a row of its own."""
    encoded = key.encode()
    return (came << 32 | sealed << 16 | len(encoded)).to_bytes(HEADER_BYTES, "big") + encoded + data


class Consumer(msgspec.Struct):
    """A registered consumer of a stream, with throughput of its own."""

    name: str
    stream: str
    stream_arn: str
    created_ms: int
    status: str = "CREATING"
    tags: dict[str, str] = {}
    policy: str = ""

    @property
    def arn(self) -> str:
        """The consumer's ARN."""
        return f"{self.stream_arn}/consumer/{self.name}:{self.created_ms // 1000}"


def shard_id(number: int) -> str:
    """The id of a shard by its number."""
    return f"shardId-{number:012d}"
