"""The rows of DynamoDB: tables and their indexes, backups, remembered transactions."""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.policy.principal import Principal
from foulweather.services.dynamodb.language.keys import KeySchema


class Provisioned(msgspec.Struct):
    """The capacity units that are provisioned for a table or an index, and when they were changed."""

    read_units: int = 0
    write_units: int = 0
    increased_ms: int = 0
    decreased_ms: int = 0
    decreases_today: int = 0
    day: int = 0


class Most(msgspec.Struct):
    """The most request units a second that on-demand mode may use; 0 where no maximum is set."""

    read_units: int = 0
    write_units: int = 0


class Warm(msgspec.Struct):
    """The throughput that somebody had warmed; 0 where nobody did."""

    read_units: int = 0
    write_units: int = 0


class Index(msgspec.Struct):
    """A secondary index of a table."""

    name: str
    is_global: bool
    hash_names: tuple[str, ...]
    sort_names: tuple[str, ...]
    projection: str
    attributes: tuple[str, ...] = ()
    status: str = "ACTIVE"
    is_backfilling: bool = False
    provisioned: Provisioned = msgspec.field(default_factory=Provisioned)
    most: Most = msgspec.field(default_factory=Most)
    warm: Warm = msgspec.field(default_factory=Warm)
    counted_items: int = 0
    counted_bytes: int = 0
    insights: str = ""

    @property
    def key_names(self) -> tuple[str, ...]:
        """All key attributes of the index, its partition key first."""
        return self.hash_names + self.sort_names


class Replica(msgspec.Struct):
    """Another region's copy of a global table."""

    region: str
    status: str = "CREATING"
    created_ms: int = 0
    table_class: str = ""
    read_units: int = 0


class KinesisDestination(msgspec.Struct):
    """A Kinesis stream that a table's changes are sent to."""

    stream_arn: str
    status: str
    precision: str = "MILLISECOND"


class TableRow(msgspec.Struct):
    """A table as it is configured; `number` begins the keys of its items."""

    name: str
    id: str
    number: str
    account: str
    region: str
    created_ms: int
    types: dict[str, str]
    hash_name: str
    sort_name: str = ""
    status: str = "CREATING"
    is_on_demand: bool = False
    mode_changes_ms: list[int] = []
    on_demand_since_ms: int = 0
    provisioned: Provisioned = msgspec.field(default_factory=Provisioned)
    most: Most = msgspec.field(default_factory=Most)
    warm: Warm = msgspec.field(default_factory=Warm)
    indexes: list[Index] = []
    is_protected: bool = False
    table_class: str = ""
    table_class_ms: int = 0
    sse_type: str = ""
    sse_key_arn: str = ""
    sse_data_key: bytes = b""
    sse_grant: str = ""
    key_lost_ms: int = 0
    stream_view: str = ""
    stream_label: str = ""
    ttl_attribute: str = ""
    ttl_status: str = "DISABLED"
    ttl_changed_ms: int = 0
    tags: dict[str, str] = {}
    policy: str = ""
    policy_revision: str = ""
    recovery_days: int = 0
    recovery_since_ms: int = 0
    insights: str = ""
    insights_mode: str = ""
    insights_ms: int = 0
    restored_from: str = ""
    restored_backup: str = ""
    restored_ms: int = 0
    replicas: list[Replica] = []
    kinesis: list[KinesisDestination] = []
    counted_ms: int = 0
    counted_items: int = 0
    counted_bytes: int = 0

    @property
    def arn(self) -> str:
        """The table's ARN."""
        return f"arn:aws:dynamodb:{self.region}:{self.account}:table/{self.name}"

    @property
    def stream_arn(self) -> str:
        """The ARN of the table's latest stream."""
        return f"{self.arn}/stream/{self.stream_label}"

    @property
    def schema(self) -> KeySchema:
        """The table's primary key."""
        return KeySchema((self.hash_name,), (self.sort_name,) if self.sort_name else (), self.types)

    @property
    def key_names(self) -> tuple[str, ...]:
        """The attributes of the primary key, the partition key first."""
        return (self.hash_name, self.sort_name) if self.sort_name else (self.hash_name,)

    def schema_of(self, index: Index) -> KeySchema:
        """An index's key."""
        return KeySchema(index.hash_names, index.sort_names, self.types)

    def index(self, name: str) -> Index | None:
        """An index by its name."""
        return next((index for index in self.indexes if index.name == name), None)

    def index_arn(self, name: str) -> str:
        """An index's ARN."""
        return f"{self.arn}/index/{name}"


class Backup(msgspec.Struct):
    """An on-demand backup: a table as it was; its items are rows of their own under `number`."""

    arn: str
    name: str
    number: str
    table: TableRow
    created_ms: int
    size_bytes: int
    items: int
    status: str = "CREATING"
    uses: int = 0


class Transfer(msgspec.Struct):
    """An export to S3 or an import from there: as it is described, in whose name it runs, and what asked for it."""

    arn: str
    told: dict[str, Any]
    principal: Principal
    digest: bytes


class Remembered(msgspec.Struct):
    """A transaction that was made under a client request token, for ten minutes."""

    at_ms: int
    digest: bytes


class Layout(msgspec.Struct):
    """Where the partitions of a table or an index begin."""

    lows: list[int]


class Past(msgspec.Struct):
    """What an item was before a change, for point-in-time recovery; empty when there was none."""

    at_ms: int
    key: str
    row: bytes


class Stamp(msgspec.Struct):
    """When and where an item of a global table was last written."""

    at_ms: int
    region: str
