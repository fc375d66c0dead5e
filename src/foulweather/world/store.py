"""Typed rows in memory; every write is seen here and group-committed to one SQLite file.

A tick of the event loop gathers what its operations wrote and appends it as one row of the `log`
table: one insert and one commit serve every request of the tick. The log is folded into `rows`
(last write wins) at start, at the end, and piece by piece when it has grown long.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar, cast, overload

import msgspec

from foulweather.world.journal import Event
from foulweather.world.log import Batch, CorruptStore, Log

R = TypeVar("R", bound="msgspec.Struct | bytes")
S = TypeVar("S", bound="State")

Dirty = dict[tuple[int, str], Any]
"""What is to be written, by table and key; None is a deletion."""

LOG_BYTES_MAX = 64 << 20

_encode = msgspec.msgpack.Encoder().encode


class Table(Generic[R]):
    """Rows of one type by key. `put`, `touch` (after changing a row in place) and `delete` are the writes.

    `put_later` and `touch_later` are for what may be lost: they make nobody wait for a commit, and are written with
    the next.
    Rows are structs, or bytes where a service packs them itself (a million items of a table).
    """

    __slots__ = ("_dirty", "_id", "_later", "_note", "_rows", "get")

    get: Callable[[str], R | None]
    """The row of a key, or None: the dict's own method, for it is asked several times in every call."""

    def __init__(self, table_id: int, rows: dict[str, R], dirty: Dirty, later: Dirty, note: Callable[[], None]):
        self._id = table_id
        self._rows = rows
        self._dirty = dirty
        self._later = later
        self._note = note
        self.get = rows.get

    def put(self, key: str, row: R) -> None:
        """Insert or replace a row."""
        self._rows[key] = row
        if not self._dirty:
            self._note()
        self._dirty[self._id, key] = row

    def touch(self, key: str) -> None:
        """Have a row that was changed in place written."""
        if not self._dirty:
            self._note()
        self._dirty[self._id, key] = self._rows[key]

    def put_later(self, key: str, row: R) -> None:
        """Insert or replace a row, written with whatever is written next."""
        self._rows[key] = row
        self._later[self._id, key] = row

    def touch_later(self, key: str) -> None:
        """Have a row that was changed in place written with whatever is written next."""
        self._later[self._id, key] = self._rows[key]

    def delete(self, key: str) -> R:
        """Remove a row and return it."""
        row = self._rows.pop(key)
        if not self._dirty:
            self._note()
        self._dirty[self._id, key] = None
        return row

    def __getitem__(self, key: str) -> R:
        return self._rows[key]

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def keys(self) -> KeysView[str]:
        """The keys, in order of insertion."""
        return self._rows.keys()

    def values(self) -> ValuesView[R]:
        """The rows, in order of insertion."""
        return self._rows.values()

    def items(self) -> ItemsView[str, R]:
        """Keys and rows, in order of insertion."""
        return self._rows.items()


class TableField(Generic[R]):
    """Declares a table on a `State`."""

    def __init__(self, row: type[R]) -> None:
        self.row = row
        self.name = ""

    def __set_name__(self, owner: type[State], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, state: None, owner: type[State]) -> Self: ...
    @overload
    def __get__(self, state: State, owner: type[State]) -> Table[R]: ...
    def __get__(self, state: State | None, owner: type[State]) -> Self | Table[R]:
        if state is None:
            return self
        opened = state.store.open_table(f"{state.path}/{self.name}", self.row)
        state.__dict__[self.name] = opened
        return opened


def table(row: type[R]) -> TableField[R]:
    """Declare a table of `row`s: `queues = table(Queue)`, `items = table(bytes)`."""
    return TableField(row)


class State:
    """The tables of one service in one account and region (or in one account, or in the world).

    `opened` runs once when the rows are there: rebuild indexes in it.
    """

    scope: ClassVar[Literal["region", "account", "world"]] = "region"

    def __init__(self, store: Store, path: str, account: str, region: str) -> None:
        self.store = store
        self.path = path
        self.account = account
        self.region = region
        self.opened()

    def opened(self) -> None:
        """Rebuild what is derived from the rows."""

    @classmethod
    def key(cls, account: str, region: str) -> tuple[str, str]:
        """Which state serves an account and region."""
        if cls.scope == "region":
            return account, region
        return (account, "") if cls.scope == "account" else ("", "")


class Store:
    """All states of a world, in memory, and on disk when it has a directory."""

    def __init__(self, directory: Path | None = None, *, fsync: bool = False) -> None:
        self.meta: dict[str, str] = {}
        self.kept_events: list[Event] = []
        self.unsaved_events: list[Event] = []
        self.wake: Callable[[], None] = lambda: None
        self.asked: dict[tuple[type[State], str, str], State] = {}
        self._states: dict[tuple[type[State], str, str], State] = {}
        self._paths: dict[str, tuple[type[State], str, str]] = {}
        self._ids: dict[str, int] = {}
        self._tables: dict[int, Table[Any]] = {}
        self._unread: dict[int, dict[str, bytes]] = {}
        self._dirty: Dirty = {}
        self._later: Dirty = {}
        self._new_tables: dict[int, str] = {}
        self._new_meta: dict[str, str] = {}
        self._after: list[Callable[[], None]] = []
        self._asked = False
        self._log = Log(directory, fsync=fsync) if directory is not None else None
        if self._log is not None:
            content = self._log.read()
            self.meta = content.meta
            self.kept_events = content.events
            self._ids = content.tables
            self._unread = content.rows

    # --- states and tables

    def state(self, cls: type[S], account: str, region: str) -> S:
        """The one state of a class that serves an account and region."""
        asked = (cls, account, region)
        account, region = cls.key(account, region)
        found = self._states.get((cls, account, region))
        if found is None:
            path = f"{cls.__module__.removeprefix('foulweather.')}/{account}/{region}"
            found = self._states[cls, account, region] = cls(self, path, account, region)
        self.asked[asked] = found
        return found  # type: ignore[return-value]

    def states(self, cls: type[S]) -> list[S]:
        """Every state of a class that has rows, opened, in order of account and region."""
        module = cls.__module__.removeprefix("foulweather.")
        for path in list(self._ids):
            if path.startswith(f"{module}/"):
                _, account, region, _ = path.rsplit("/", 3)
                self.state(cls, account, region)
        return [state for key, state in sorted(self._states.items(), key=_by_place) if key[0] is cls]  # type: ignore[misc]

    def open_table(self, path: str, row: type[R]) -> Table[R]:
        """The table at a path, its rows decoded on first use."""
        table_id = self._ids.get(path)
        if table_id is None:
            table_id = self._ids[path] = len(self._ids) + 1
            self._new_tables[table_id] = path
        found = self._tables.get(table_id)
        if found is None:
            rows = _decoded(path, row, self._unread.get(table_id, {}))
            self._unread.pop(table_id, None)  # not before: rows that cannot be read are not as none
            found = self._tables[table_id] = Table(table_id, rows, self._dirty, self._later, self.ask)
        return found

    def set_meta(self, key: str, value: str) -> None:
        """Keep a value that belongs to the world itself."""
        self.meta[key] = value
        self._new_meta[key] = value
        self.ask()

    # --- commits

    @property
    def is_dirty(self) -> bool:
        """Whether there are writes that are not committed."""
        return self._asked

    def ask(self) -> None:
        """Note that there is something to commit; `wake` is called once until it is."""
        if not self._asked:
            self._asked = True
            self.wake()

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Have `callback` called when everything written so far is committed."""
        if self._asked:
            self._after.append(callback)
        else:
            callback()

    def commit(self) -> None:
        """Write what is dirty as one batch, then call whoever waits for it."""
        if not self._asked:
            return
        if self._log is not None and (self._dirty or self.unsaved_events or self._new_meta):
            rows = [
                (tid, key, row if row is None or isinstance(row, bytes) else _encode(row))
                for (tid, key), row in (self._later | self._dirty if self._later else self._dirty).items()
            ]
            self._log.append(Batch(self._new_tables, rows, self.unsaved_events, self._new_meta))
            self._new_tables.clear()
        self._asked = False  # not before: while the disk is full, nothing counts as committed
        self._dirty.clear()
        self._later.clear()
        self.unsaved_events.clear()
        self._new_meta.clear()
        after, self._after = self._after, []
        told = 0
        try:
            for callback in after:
                told += 1
                callback()
        finally:
            if told < len(after):  # one that fails must not take the others with it
                self._after[:0] = after[told:]
                self._asked = True

    @property
    def log_bytes(self) -> int:
        """How much of the log is not folded into keyed rows yet."""
        return self._log.bytes if self._log is not None else 0

    def fold(self, bytes_max: int | None = None) -> None:
        """Merge the oldest part of the log (all of it by default) into the keyed rows."""
        if self._log is not None:
            self._log.fold(bytes_max)

    def close(self) -> None:
        """Commit, fold, and let go of the file."""
        if self._later:
            self._dirty.update({key: row for key, row in self._later.items() if key not in self._dirty})
            self.ask()
        self.commit()
        if self._log is not None:
            self._log.fold()
            self._log.close()
            self._log = None

    # --- the whole, for snapshots and forks

    def dump(self) -> dict[str, dict[str, bytes]]:
        """Every row of every table, encoded."""
        whole: dict[str, dict[str, bytes]] = {}
        for path, tid in self._ids.items():
            opened = self._tables.get(tid)
            if opened is not None:
                whole[path] = {key: row if isinstance(row, bytes) else _encode(row) for key, row in opened.items()}
            else:
                whole[path] = dict(self._unread.get(tid, {}))
        return {path: rows for path, rows in whole.items() if rows}

    def load_dump(self, whole: dict[str, dict[str, bytes]]) -> None:
        """Fill an empty store; rows are decoded when first used."""
        for path, rows in whole.items():
            tid = self._ids[path] = len(self._ids) + 1
            self._new_tables[tid] = path
            self._unread[tid] = rows
        if self._log is not None:
            encoded: list[tuple[int, str, bytes | None]] = [
                (self._ids[path], key, value) for path, rows in whole.items() for key, value in rows.items()
            ]
            self._log.append(Batch(self._new_tables, encoded, [], {}))
            self._new_tables.clear()
            self._log.fold()


def _decoded(path: str, row: type[R], packed: dict[str, bytes]) -> dict[str, R]:
    if row is bytes:
        return cast("dict[str, R]", packed)
    decode = msgspec.msgpack.Decoder(row).decode
    try:
        return {key: decode(value) for key, value in packed.items()}
    except msgspec.DecodeError as error:
        raise CorruptStore(f"The rows of {path} cannot be read: {error}. Nothing was changed.") from error


def _by_place(item: tuple[tuple[type[State], str, str], State]) -> tuple[str, str]:
    return item[0][1], item[0][2]
