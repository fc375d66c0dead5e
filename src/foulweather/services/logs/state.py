"""Log groups with all that belongs to them, of one account and region."""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.policy.evaluate import Held
from foulweather.services.logs.storage import Storage
from foulweather.world.store import State, table

DAY_MS = 86_400_000
STANDARD = "STANDARD"
INFREQUENT = "INFREQUENT_ACCESS"
DELIVERY = "DELIVERY"
# "Log events in log groups in the Delivery class are kept in CloudWatch Logs for only one day."
DELIVERY_DAYS = 1


class LogGroup(msgspec.Struct):
    """A log group; `data_key` is what KMS made for it under `key`, `expiry_ms` when events next expire."""

    name: str
    account: str
    region: str
    created_ms: int
    log_class: str = STANDARD
    retention_days: int = 0
    key: str = ""
    data_key: bytes = b""
    tags: dict[str, str] = {}
    is_protected: bool = False
    data_protection: str = ""
    data_protection_ms: int = 0
    data_protection_deleted: bool = False
    index_policy: str = ""
    index_policy_ms: int = 0
    policy: str = ""
    policy_ms: int = 0
    policy_revision: str = ""
    expiry_ms: int = 0

    @property
    def arn(self) -> str:
        """The group's ARN, without the star that DescribeLogGroups puts behind it."""
        return f"arn:aws:logs:{self.region}:{self.account}:log-group:{self.name}"

    @property
    def retention_ms(self) -> int:
        """How long events are kept; 0 for ever."""
        return (DELIVERY_DAYS if self.log_class == DELIVERY else self.retention_days) * DAY_MS


class LogStream(msgspec.Struct):
    """A log stream; `seq` is what its events are numbered from, the times are of events that are gone."""

    group: str
    name: str
    number: int
    created_ms: int
    seq: int = 0
    first_ms: int = 0
    last_ms: int = 0
    ingested_ms: int = 0

    @property
    def row(self) -> str:
        """The key of the stream's row."""
        return f"{self.group}:{self.name}"


class MetricFilter(msgspec.Struct):
    """A metric filter; `transformation` is as the request has it."""

    group: str
    name: str
    pattern: str
    transformation: dict[str, Any]
    created_ms: int
    of_transformed: bool = False
    selection: str = ""
    system_fields: list[str] = []

    @property
    def row(self) -> str:
        """The key of the filter's row."""
        return f"{self.group}:{self.name}"


class SubscriptionFilter(msgspec.Struct):
    """A subscription filter."""

    group: str
    name: str
    pattern: str
    destination: str
    created_ms: int
    role: str = ""
    distribution: str = "ByLogStream"
    of_transformed: bool = False
    selection: str = ""

    @property
    def row(self) -> str:
        """The key of the filter's row."""
        return f"{self.group}:{self.name}"


class Transformer(msgspec.Struct):
    """A group's own transformer: its processors, as the request has them."""

    group: str
    config: list[dict[str, Any]]
    created_ms: int
    changed_ms: int


class ResourcePolicy(msgspec.Struct):
    """A policy of the account for the services that write logs."""

    name: str
    document: str
    updated_ms: int


class Destination(msgspec.Struct):
    """Where other accounts may send their logs."""

    name: str
    account: str
    region: str
    target: str
    role: str
    created_ms: int
    policy: str = ""
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """The destination's ARN."""
        return f"arn:aws:logs:{self.region}:{self.account}:destination:{self.name}"


class AccountPolicy(msgspec.Struct):
    """A policy for the groups of the account."""

    name: str
    kind: str
    document: str
    updated_ms: int
    selection: str = ""

    @property
    def row(self) -> str:
        """The key of the policy's row."""
        return f"{self.kind}:{self.name}"


class QueryDefinition(msgspec.Struct):
    """A query that somebody saved."""

    id: str
    name: str
    query: str
    changed_ms: int
    groups: list[str] = []
    language: str = "CWLI"
    parameters: list[dict[str, str]] = []


class ExportTask(msgspec.Struct):
    """An export of a group's events to S3, in its creator's name."""

    id: str
    name: str
    group: str
    prefix: str
    from_ms: int
    to_ms: int
    bucket: str
    key_prefix: str
    created_ms: int
    status: str = "PENDING"
    message: str = ""
    completed_ms: int = 0


class Query(msgspec.Struct):
    """A query that was started, and its answer once it is complete; times are in milliseconds."""

    id: str
    text: str
    groups: list[str]
    started_by: str
    start_ms: int
    end_ms: int
    created_ms: int
    limit: int = 0
    status: str = "Scheduled"
    ended_ms: int = 0
    rows: list[list[tuple[str, str]]] = []
    matched: int = 0
    scanned: int = 0
    bytes: int = 0


class ScheduledQuery(msgspec.Struct):
    """A query that runs by the clock; `settings` are as the request has them, `due` is the next run's action."""

    id: str
    name: str
    arn: str
    settings: dict[str, Any]
    created_ms: int
    changed_ms: int
    is_enabled: bool = True
    ran_ms: int = 0
    last_status: str = ""
    due: int = 0
    tags: dict[str, str] = {}


class ScheduledRun(msgspec.Struct):
    """One run of a scheduled query, and what became of its results."""

    id: str
    scheduled: str
    at_ms: int
    status: str = "Running"
    query: str = ""
    error: str = ""
    destination: dict[str, str] = {}


class LookupTable(msgspec.Struct):
    """A table of reference data for queries; `body` is its CSV."""

    name: str
    arn: str
    body: str
    updated_ms: int
    description: str = ""


class Number(msgspec.Struct):
    """The next number that no stream had."""

    next: int


class LogsState(State):
    """Everything of CloudWatch Logs in an account and region; events are packed, keyed by their stream's number."""

    groups = table(LogGroup)
    streams = table(LogStream)
    events = table(bytes)
    metric_filters = table(MetricFilter)
    subscription_filters = table(SubscriptionFilter)
    resource_policies = table(ResourcePolicy)
    destinations = table(Destination)
    account_policies = table(AccountPolicy)
    query_definitions = table(QueryDefinition)
    exports = table(ExportTask)
    queries = table(Query)
    lookup_tables = table(LookupTable)
    transformers = table(Transformer)
    scheduled_queries = table(ScheduledQuery)
    scheduled_runs = table(ScheduledRun)
    numbers = table(Number)

    def opened(self) -> None:
        """Index streams by group and events by stream; filters and policies are compiled when first used."""
        self.streams_of: dict[str, dict[str, LogStream]] = {name: {} for name in self.groups}
        self.storages: dict[int, Storage] = {}
        self.held: dict[str, Held | None] = {}
        self.compiled: dict[str, Any] = {}
        self.key_checked_ms: dict[str, int] = {}
        self.starting: set[str] = set()
        self.forwarded: dict[str, tuple[int, int]] = {}  # when each group's last payload was made, how many then
        for stream in self.streams.values():
            self._index(stream)
        for key, row in self.events.items():
            self.storages[int(key.partition("/")[0])].take(key, row)

    def _index(self, stream: LogStream) -> None:
        self.streams_of.setdefault(stream.group, {})[stream.name] = stream
        self.storages[stream.number] = Storage(self.events, stream.number, stream.seq)

    # --- groups

    def put(self, group: LogGroup) -> None:
        """Take in a new or a changed group."""
        self.streams_of.setdefault(group.name, {})
        self.groups.put(group.name, group)
        self.changed(group.name)

    def changed(self, group: str) -> None:
        """Forget what was compiled for a group: its filters, its policies."""
        self.compiled.pop(group, None)
        self.held.pop(group, None)

    def changed_account(self) -> None:
        """Forget what was compiled for every group."""
        self.compiled.clear()
        self.held.clear()

    def remove(self, group: LogGroup) -> None:
        """Forget a group, its streams, events and filters."""
        name = group.name
        for stream in list(self.streams_of.pop(name, {}).values()):
            self._forget(stream)
        for filters in (self.metric_filters, self.subscription_filters):
            for key in [key for key, each in filters.items() if each.group == name]:
                filters.delete(key)
        if name in self.transformers:
            self.transformers.delete(name)
        self.groups.delete(name)
        self.key_checked_ms.pop(name, None)
        self.changed(name)

    def stored_bytes(self, group: LogGroup) -> int:
        """What a group's events count for."""
        return sum([self.storages[stream.number].bytes for stream in self.streams_of[group.name].values()])

    # --- streams

    def add_stream(self, group: LogGroup, name: str, now_ms: int) -> LogStream:
        """Add a stream without events."""
        held = self.numbers.get("stream")
        number = held.next if held is not None else 1
        self.numbers.put("stream", Number(number + 1))
        stream = LogStream(group.name, name, number, now_ms)
        self.streams.put(stream.row, stream)
        self._index(stream)
        return stream

    def remove_stream(self, stream: LogStream) -> None:
        """Forget a stream and its events."""
        self.streams_of[stream.group].pop(stream.name)
        self._forget(stream)

    def _forget(self, stream: LogStream) -> None:
        self.storages.pop(stream.number).clear()
        self.streams.delete(stream.row)

    def storage(self, stream: LogStream) -> Storage:
        """Where a stream's events are."""
        return self.storages[stream.number]

    def expire(self, group: LogGroup, now_ms: int) -> int:
        """Drop what the group's retention does not keep; how many bytes that was."""
        keep_ms, gone_bytes = group.retention_ms, 0
        if not keep_ms:
            return 0
        for stream in self.streams_of[group.name].values():
            storage = self.storages[stream.number]
            if not storage.pieces:
                continue
            times = storage.first_ms or 0, storage.last_ms or 0, storage.ingested_ms or 0
            held_bytes = storage.bytes
            if storage.expire(now_ms - keep_ms):
                stream.seq = storage.next_seq
                stream.first_ms, stream.last_ms, stream.ingested_ms = times
                self.streams.touch(stream.row)
                gone_bytes += held_bytes - storage.bytes
        return gone_bytes

    # --- what belongs to a group

    def metric_filters_of(self, group: str) -> list[MetricFilter]:
        """A group's metric filters, in order of name."""
        found = [each for each in self.metric_filters.values() if each.group == group]
        return sorted(found, key=lambda each: each.name)

    def subscription_filters_of(self, group: str) -> list[SubscriptionFilter]:
        """A group's subscription filters, in order of name."""
        found = [each for each in self.subscription_filters.values() if each.group == group]
        return sorted(found, key=lambda each: each.name)
