"""What CloudTrail keeps: events as they were recorded, trails, chains of digests, event data stores, queries."""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.kernel.credentials import Session


class Recorded(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One call as it was packed; `recorder` packs the very same fields in this order.

    `account` is the recipient. `shared_with` is the other account that has a copy, and `is_copy` marks the one of the
    resource's owner. `owner` owns the resource where that was found out.
    """

    at_ms: int
    service: str
    operation: str
    account: str
    region: str
    request_id: str
    error: str
    flags: int
    kind: str
    arn: str
    principal_account: str
    user_id: str
    role_arn: str
    access_key_id: str
    session: Session | None
    ip: str
    user_agent: str
    host: str
    vpc_endpoint: str
    via: tuple[str, ...]
    resource: str
    owner: str
    shared_with: str
    message: str
    traits: dict[str, str]
    request: msgspec.Raw
    response: msgspec.Raw

    @property
    def is_read(self) -> bool:
        """Whether CloudTrail calls it read-only."""
        return bool(self.flags & READ)

    @property
    def is_data(self) -> bool:
        """Whether it is a data event."""
        return bool(self.flags & DATA)

    @property
    def is_of_service(self) -> bool:
        """Whether no call asked for it; `operation` is its name then, and `request` its details."""
        return bool(self.flags & SERVICE_EVENT)

    @property
    def is_copy(self) -> bool:
        """Whether it is the copy of the resource's owner, who is not the caller's account."""
        return bool(self.flags & COPY)


READ, DATA, COPY, SECURE, SERVICE_EVENT = 1, 2, 4, 8, 16


class Trail(msgspec.Struct):
    """A trail. `cursors` say up to which event of each account and region it has looked, `status` what came of it.

    `streams` are the log streams that it has made, each after its log group.
    """

    name: str
    account: str
    region: str
    bucket: str
    prefix: str = ""
    topic: str = ""
    has_global_events: bool = True
    is_multi_region: bool = False
    validates: bool = False
    log_group: str = ""
    log_role: str = ""
    kms_key: str = ""
    is_organization: bool = False
    selectors: list[dict[str, Any]] = []
    advanced: list[dict[str, Any]] = []
    insights: list[dict[str, Any]] = []
    insights_since_ms: int = 0
    tags: dict[str, str] = {}
    is_logging: bool = False
    last_request: str = ""
    cursors: dict[str, int] = {}
    status: dict[str, Any] = {}
    streams: list[str] = []

    @property
    def arn(self) -> str:
        """The trail's ARN."""
        return f"arn:aws:cloudtrail:{self.region}:{self.account}:trail/{self.name}"

    @property
    def topic_arn(self) -> str:
        """The ARN of its topic, or empty."""
        if not self.topic or self.topic.startswith("arn:"):
            return self.topic
        return f"arn:aws:sns:{self.region}:{self.account}:{self.topic}"


class Chain(msgspec.Struct):
    """The digests of a trail for one account and region: the last of them, and the log files since."""

    trail: str
    account: str
    region: str
    start_ms: int
    bucket: str = ""
    key: str = ""
    digest_hash: str = ""
    signature: str = ""
    files: list[dict[str, Any]] = []


class SigningKey(msgspec.Struct):
    """A Region's key that signs digests, in DER; valid from then on."""

    region: str
    private: bytes
    public: bytes
    fingerprint: str
    made_ms: int


class EventDataStore(msgspec.Struct):
    """An event data store of CloudTrail Lake."""

    id: str
    name: str
    account: str
    region: str
    created_ms: int
    updated_ms: int
    selectors: list[dict[str, Any]]
    is_multi_region: bool = True
    is_organization: bool = False
    retention_days: int = 366
    is_protected: bool = True
    kms_key: str = ""
    billing_mode: str = "EXTENDABLE_RETENTION_PRICING"
    status: str = "ENABLED"
    deleted_ms: int = 0
    tags: dict[str, str] = {}
    policy: str = ""
    cursors: dict[str, int] = {}

    @property
    def arn(self) -> str:
        """The store's ARN."""
        return f"arn:aws:cloudtrail:{self.region}:{self.account}:eventdatastore/{self.id}"


class Query(msgspec.Struct):
    """A query of CloudTrail Lake; its results are kept for seven days."""

    id: str
    store: str
    account: str
    region: str
    statement: str
    created_ms: int
    done_ms: int
    status: str = "QUEUED"
    alias: str = ""
    delivery_uri: str = ""
    delivery_status: str = ""
    columns: list[str] = []
    rows: list[list[str | None]] = []
    scanned: int = 0
    matched: int = 0
    scanned_bytes: int = 0
    error: str = ""


class Insight(msgspec.Struct):
    """Unusual activity that has begun and not ended: `key` is its account, Region, kind, source, name and error."""

    key: str
    shared_id: str
    start_ms: int
    baseline: float
    calls: int = 0


class Imported(msgspec.Struct, gc=False):
    """An event out of a trail's file, as a store keeps it: as JSON, with its time before it."""

    at_ms: int
    record: msgspec.Raw


class Failure(msgspec.Struct):
    """A file that could not be imported."""

    status: str
    kind: str
    message: str
    updated_ms: int


class Import(msgspec.Struct, kw_only=True):
    """An import of a trail's files: `left` are the keys of those that it has yet to read."""

    id: str
    account: str
    region: str
    store: str
    source: dict[str, str]
    created_ms: int
    updated_ms: int
    start_ms: int = 0
    end_ms: int = 0
    status: str = "INITIALIZING"
    is_listed: bool = False
    left: list[str] = []
    prefixes: dict[str, int] = {}
    files: int = 0
    events: int = 0
    failures: dict[str, Failure] = {}
