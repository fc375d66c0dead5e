"""The tables of an account in a region, with all their items."""

from __future__ import annotations

from collections import defaultdict

from foulweather.kernel.call import Call
from foulweather.services.dynamodb import encryption, limits, packing, refusals
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.records import Backup, Layout, Past, Remembered, Stamp, TableRow, Transfer
from foulweather.services.dynamodb.streams_state import StreamState
from foulweather.world.store import State, table

NUMBER_DIGITS = 5
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class DynamoState(State):
    """One account's tables in one region. `items` and `backup_items` are packed, keyed by a table's number."""

    tables = table(TableRow)
    items = table(bytes)
    layouts = table(Layout)
    history = table(Past)
    backups = table(Backup)
    backup_items = table(bytes)
    remembered = table(Remembered)
    stamps = table(Stamp)
    numbers = table(Layout)
    exports = table(Transfer)
    imports = table(Transfer)

    def opened(self) -> None:
        """Count every table's items; their order and the indexes are derived when first needed."""
        counts: dict[str, int] = defaultdict(int)
        sizes: dict[str, int] = defaultdict(int)
        size_of = packing.size_of
        for key, row in self.items.items():
            number = key[:NUMBER_DIGITS]
            counts[number] += 1
            sizes[number] += size_of(row)
        self._counts, self._sizes = counts, sizes
        self.live: dict[str, LiveTable] = {}
        self.dropping: dict[str, list[str]] = {}
        self.streams = self.store.state(StreamState, self.account, self.region)
        self.history_seq = max((int(key.partition("/")[2]) for key in self.history), default=0)
        self.history_keys: dict[str, list[str]] = defaultdict(list)
        for key in sorted(self.history):
            self.history_keys[key.partition("/")[0]].append(key)

    def table(self, name: str, now_ms: int) -> LiveTable | None:
        """A table at work."""
        found = self.live.get(name)
        if found is None:
            row = self.tables.get(name)
            if row is None:
                return None
            number = row.number
            found = LiveTable(self, row, now_ms, self._counts.get(number, 0), self._sizes.get(number, 0))
            self.live[name] = found
        return found

    def next_number(self) -> str:
        """A number that no table or backup had before."""
        held = self.numbers.get("next")
        number = held.lows[0] if held is not None else 0
        self.numbers.put("next", Layout([number + 1]))
        text = ""
        for _ in range(NUMBER_DIGITS):
            number, digit = divmod(number, len(_DIGITS))
            text = _DIGITS[digit] + text
        return text

    def add(self, row: TableRow, now_ms: int) -> LiveTable:
        """Add a table without items."""
        self.tables.put(row.name, row)
        live = self.live[row.name] = LiveTable(self, row, now_ms)
        return live

    def configured(self, live: LiveTable, now_ms: int) -> None:
        """Have a table's changed row written down and heeded."""
        self.tables.touch(live.row.name)
        live.configured(now_ms)

    def forget(self, live: LiveTable) -> None:
        """Remove a table; its items go afterwards, in parts."""
        self.tables.delete(live.row.name)
        self.live.pop(live.row.name, None)
        self._counts.pop(live.prefix, None)
        for name in [name for name in self.layouts if name.partition("/")[0] == live.prefix]:
            self.layouts.delete(name)

    # --- partitions

    def layout(self, name: str) -> list[int]:
        """Where the partitions begin, when they were ever split."""
        found = self.layouts.get(name)
        return found.lows if found is not None else []

    def laid_out(self, live: LiveTable, name: str, lows: list[int]) -> None:
        """Partitions were split: remember it, and split the stream's shards with those of the table."""
        self.layouts.put(name, Layout(lows))
        if name == live.prefix and live.row.stream_view:
            self.streams.split(live.row.stream_arn, lows, live.meter.read.at_ms)


def named(call: Call, name: str | None) -> tuple[DynamoState, str, str]:
    """The state that holds a table named by name or ARN, the table's name, and its ARN."""
    name = limits.checked_table_name(name)
    place = limits.place_of(name) if name.startswith("arn:") else None
    if place is None:
        return call.state(DynamoState), name, f"arn:aws:dynamodb:{call.region}:{call.account}:table/{name}"
    region, account, table_name = place
    return (
        call.state(DynamoState, account, region),
        table_name,
        f"arn:aws:dynamodb:{region}:{account}:table/{table_name}",
    )


def found(call: Call, name: str | None) -> LiveTable:
    """A table for operations on tables, whatever its status."""
    state, table_name, arn = named(call, name)
    live = state.table(table_name, call.now)
    if live is None:
        raise refusals.no_table(arn)
    return live


def located(call: Call, name: str | None) -> LiveTable:
    """A table for operations on items: it must be there and ready."""
    live = None if name is None else call.state(DynamoState).live.get(name)
    if live is None:
        state, table_name, arn = named(call, name)
        live = state.table(table_name, call.now)
        if live is None:
            raise refusals.no_table(arn, named=False)
    status = live.row.status
    if status != "ACTIVE" and status != "UPDATING" and status != encryption.LOST:
        raise refusals.not_ready(live.arn, status)
    if live.row.sse_data_key:
        encryption.check_access(call, live)
    return live
