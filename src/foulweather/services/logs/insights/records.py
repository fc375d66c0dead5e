"""What a query reads and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import msgspec

LIMIT_DEFAULT = 10_000  # CWL_QuerySyntax-Limit: without `limit`, up to 10,000 log events ...
LIMIT_MAX = 100_000  # ... and up to 100,000 with it.


Pointer = tuple[Callable[..., str], Any, Any, Any, Any]
"""What writes a @ptr, and what it needs for that: few events are shown."""


def pointer_text(pointer: str | Pointer) -> str:
    """A @ptr."""
    if isinstance(pointer, str):
        return pointer
    write, *needed = pointer
    return write(*needed)


class Record(msgspec.Struct, frozen=True, gc=False):
    """One log event as a query sees it.

    `entity` holds what PutLogEvents said of its entity, flattened; `unmasked` the message as it came, where a data
    protection policy masks `message`; `transformed` is what a transformer made of it, `error` why it could not.
    """

    log_group: str
    log_stream: str
    account: str
    timestamp_ms: int
    ingestion_ms: int
    message: str
    ptr: str | Pointer
    entity: Mapping[str, str] | None = None
    unmasked: str | None = None
    transformed: str | None = None
    error: str | None = None
    region: str = ""

    @property
    def text(self) -> str:
        """What fields are discovered in."""
        return self.transformed or self.message


class Statistics(msgspec.Struct, frozen=True):
    """AWS's QueryStatistics."""

    records_matched: int
    records_scanned: int
    bytes_scanned: int


class Outcome(msgspec.Struct, frozen=True):
    """The rows of a query: (field, value) pairs in the order of `fields`, without the fields that a row lacks."""

    rows: list[list[tuple[str, str]]]
    statistics: Statistics
    fields: list[str]


class Sources(msgspec.Struct, frozen=True):
    """What a SOURCE command selects; `start` and `end` are milliseconds relative to now, where it says them."""

    log_groups: tuple[str, ...] = ()
    every_group: bool = False
    name_prefixes: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    start_offset_ms: int | None = None
    end_offset_ms: int | None = None


class Reach(Protocol):
    """How a query gets at what lies outside its own records: other log groups, and lookup tables."""

    def records(self, sources: Sources) -> Iterable[Record]:
        """The log events of a subquery's or a join's SOURCE."""
        ...

    def lookup_table(self, name: str) -> Iterable[Mapping[str, str]]:
        """The rows of a lookup table, by column name."""
        ...
