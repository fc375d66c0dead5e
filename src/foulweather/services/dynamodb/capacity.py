"""What a request used, per table and index, counted in thousandths of units, and how ConsumedCapacity tells it.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.services.dynamodb import refusals
from foulweather.services.dynamodb.throughput import Direction

if TYPE_CHECKING:
    from foulweather.services.dynamodb.live import LiveTable

MODES = ("INDEXES", "TOTAL", "NONE")


def read_milli(size: int, *, is_consistent: bool) -> int:
    """Thousandths of read units for that many bytes: a unit for each 4 KB, half where it may be stale."""
    units = max(1, (size + 4095) >> 12)
    return units * 1000 if is_consistent else units * 500


def write_milli(size: int) -> int:
    """Thousandths of write units for that many bytes: a unit for each KB."""
    return max(1, (size + 1023) >> 10) * 1000


class Spent:
    """What one request used of one table."""

    __slots__ = ("direction", "globals", "live", "locals", "table_milli")

    def __init__(self, live: LiveTable, direction: Direction, milli: int = 0) -> None:
        self.live = live
        self.direction: Direction = direction
        self.table_milli = milli
        self.locals: dict[str, int] = {}
        self.globals: dict[str, int] = {}

    def add_index(self, name: str, milli: int, *, is_global: bool) -> None:
        """Count what an index used."""
        held = self.globals if is_global else self.locals
        held[name] = held.get(name, 0) + milli

    @property
    def total_milli(self) -> int:
        """All of it together."""
        total = self.table_milli
        if self.locals:
            total += sum(self.locals.values())
        if self.globals:
            total += sum(self.globals.values())
        return total

    def happened(self, call: Call, **facts: Any) -> None:
        """Put it in the journal, for the metrics of the table and of its indexes."""
        own = self.table_milli + sum(self.locals.values()) if self.locals else self.table_milli
        row = self.live.row
        facts["table"] = row.name
        facts["operation"] = call.operation
        facts["write_milli" if self.direction == "write" else "read_milli"] = own
        if self.globals:
            facts["indexes"] = dict(self.globals)
        if row.is_on_demand:
            facts["is_on_demand"] = True
            if row.table_class:
                facts["table_class"] = row.table_class
        if self.direction == "write":
            if row.replicas:
                facts["is_replicated"] = True
            if self.live.grown.is_untold:
                facts |= self.live.grown.taken()
        call.happened("dynamodb.Consumed", row.arn, **facts)


def consumed(mode: str | None, spent: Spent, *, in_transaction: bool = False) -> dict[str, Any] | None:
    """ConsumedCapacity as a request asked for it."""
    if mode is None or mode == "NONE":
        return None
    told: dict[str, Any] = {"TableName": spent.live.row.name, **_units(spent.total_milli, spent, in_transaction)}
    if mode == "INDEXES":
        told["Table"] = _units(spent.table_milli, spent, in_transaction)
        if spent.locals:
            told["LocalSecondaryIndexes"] = _each(spent.locals, spent, in_transaction)
        if spent.globals:
            told["GlobalSecondaryIndexes"] = _each(spent.globals, spent, in_transaction)
    return told


def consumed_list(
    mode: str | None, all_spent: Iterable[Spent], *, in_transaction: bool = False
) -> list[dict[str, Any]]:
    """ConsumedCapacity of each table that a batch or a transaction used."""
    told = (consumed(mode, spent, in_transaction=in_transaction) for spent in all_spent)
    return [each for each in told if each is not None]


def checked_mode(request: Mapping[str, Any]) -> str | None:
    """ReturnConsumedCapacity, refused when it is none of the three."""
    mode = request.get("ReturnConsumedCapacity")
    if mode is not None and mode not in MODES:
        raise bad_enum("returnConsumedCapacity", mode, MODES)
    return mode


def bad_enum(path: str, value: str, allowed: Iterable[str]) -> Exception:
    """A value that is none of those allowed."""
    words = f"Member must satisfy enum value set: [{', '.join(allowed)}]"
    return refusals.detected(refusals.constraint(path, value, words))


def _each(milli: dict[str, int], spent: Spent, in_transaction: bool) -> dict[str, Any]:
    return {name: _units(used, spent, in_transaction) for name, used in milli.items()}


def _units(milli: int, spent: Spent, in_transaction: bool) -> dict[str, float]:
    told = {"CapacityUnits": milli / 1000}
    if in_transaction:
        name = "WriteCapacityUnits" if spent.direction == "write" else "ReadCapacityUnits"
        told[name] = milli / 1000
    return told
