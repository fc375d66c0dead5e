"""What a table costs while nobody uses it, for the bill: what it is given, and what lies there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foulweather.kernel.call import Call
    from foulweather.services.dynamodb.indexes import Effect
    from foulweather.services.dynamodb.live import LiveTable

ITEM_BYTES: Final = 100
"""What an item is billed beside its bytes, in the table and in each index.

https://aws.amazon.com/dynamodb/pricing/on-demand/ ("a per-item storage overhead of 100 bytes")
"""


class Grown:
    """By how much a table has grown since the journal was told: with its local indexes, and in its global ones."""

    __slots__ = ("index_bytes", "table_bytes")

    def __init__(self) -> None:
        self.table_bytes = self.index_bytes = 0

    @property
    def is_untold(self) -> bool:
        """Whether there is something to tell."""
        return bool(self.table_bytes or self.index_bytes)

    def count(self, growth: int, items: int, effects: Sequence[Effect]) -> None:
        """Count a change of one item."""
        self.table_bytes += growth + items * ITEM_BYTES
        for effect in effects:
            more = effect.bytes_change + ((effect.added is not None) - (effect.removed is not None)) * ITEM_BYTES
            if effect.on.is_global:
                self.index_bytes += more
            else:
                self.table_bytes += more

    def taken(self) -> dict[str, int]:
        """What is to be told, as facts; from now on it is."""
        found: dict[str, int] = {}
        if self.table_bytes:
            found["grown_bytes"] = self.table_bytes
        if self.index_bytes:
            found["grown_index_bytes"] = self.index_bytes
        self.table_bytes = self.index_bytes = 0
        return found


def stands(call: Call, live: LiveTable) -> None:
    """Tell what a table is given and holds from now on; after what is no change of single items."""
    row = live.row
    held = {False: live.size_bytes + live.count * ITEM_BYTES, True: 0}
    index_units = [0, 0]
    for index in live.all_indexes:
        entries = live.entries(index)
        held[index.is_global] += index.size_bytes + len(entries) * ITEM_BYTES
        if index.is_global:
            index_units[0] += index.row.provisioned.read_units
            index_units[1] += index.row.provisioned.write_units
    live.grown.taken()
    facts: dict[str, Any] = {
        "read_units": row.provisioned.read_units + index_units[0],
        "write_units": row.provisioned.write_units,
        "index_write_units": index_units[1],
        "is_replicated": bool(row.replicas),
        "table_class": row.table_class or "STANDARD",
        "recovers": bool(row.recovery_since_ms),
        "table_bytes": held[False],
        "index_bytes": held[True],
    }
    call.happened("dynamodb.Standing", row.arn, **facts)
