"""The file that makes a world durable: an append log of batches over keyed rows, in SQLite."""

from __future__ import annotations

import os
import sqlite3
import zlib
from pathlib import Path

import msgspec

from foulweather.world.journal import Event

FORMAT = "3"
# Every older format whose rows this version reads as they are: what was added since has defaults, which
# tests/world/test_stored_shapes.py sees to. A format that needs more than its new number takes a step of its own here.
READABLE = frozenset({"2", FORMAT})
FILE_NAME = "world.sqlite"
LOCK_WAIT_S = 0.2

_encode = msgspec.msgpack.Encoder().encode


class CorruptStore(Exception):
    """A data directory that this project will neither use nor erase."""


class Batch(msgspec.Struct, array_like=True):
    """What one tick wrote: new table ids, rows (None: deleted), journal events, and meta values."""

    tables: dict[int, str]
    rows: list[tuple[int, str, bytes | None]]
    events: list[Event]
    meta: dict[str, str]


class Content(msgspec.Struct):
    """Everything in the file: meta values, table ids by path, rows by table id, kept events."""

    meta: dict[str, str]
    tables: dict[str, int]
    rows: dict[int, dict[str, bytes]]
    events: list[Event]


_decode_batch = msgspec.msgpack.Decoder(Batch).decode
_decode_event = msgspec.msgpack.Decoder(Event).decode


class Log:
    """One open file; `bytes` is how much of the log is not folded yet."""

    def __init__(self, directory: Path, *, fsync: bool) -> None:
        self.bytes = 0
        self._directory = directory
        self._database = _opened(directory, fsync)

    def append(self, batch: Batch) -> None:
        """Write one batch and commit it."""
        packed = _encode(batch)
        self._database.execute("INSERT INTO log (crc, batch) VALUES (?, ?)", (zlib.crc32(packed), packed))
        self.bytes += len(packed)

    def read(self) -> Content:
        """Everything in the file; refuses a damaged one and lets go of it."""
        try:
            found = self._read()
            if found.meta["format"] != FORMAT:  # from now on no older version can read all that is written
                self._database.execute("UPDATE meta SET value = ? WHERE key = 'format'", (FORMAT,))
                found.meta["format"] = FORMAT
            return found
        except (sqlite3.DatabaseError, msgspec.DecodeError, CorruptStore) as error:
            self._database.close()
            raise CorruptStore(_refusal(self._directory, str(error))) from error

    def _read(self) -> Content:
        database = self._database
        found = Content(dict(database.execute("SELECT key, value FROM meta")), {}, {}, [])
        names: dict[int, str] = dict(database.execute("SELECT tid, path FROM tables"))
        for tid, key, value in database.execute("SELECT tid, key, value FROM rows ORDER BY rowid"):
            found.rows.setdefault(tid, {})[key] = value
        found.events = [_decode_event(row[0]) for row in database.execute("SELECT data FROM events ORDER BY seq")]
        for seq, crc, blob in database.execute("SELECT seq, crc, batch FROM log ORDER BY seq"):
            batch = _checked(seq, crc, blob)
            self.bytes += len(blob)
            names.update(batch.tables)
            found.events.extend(batch.events)
            found.meta.update(batch.meta)
            for tid, key, value in batch.rows:
                rows = found.rows.setdefault(tid, {})
                if value is None:
                    rows.pop(key, None)
                else:
                    rows[key] = value
        found.tables = {path: tid for tid, path in names.items()}
        return found

    def fold(self, bytes_max: int | None = None) -> None:
        """Merge the oldest part of the log (all of it by default) into the keyed rows."""
        database = self._database
        rows: dict[tuple[int, str], bytes] = {}
        gone: set[tuple[int, str]] = set()
        whole = Batch({}, [], [], {})
        size = last = 0
        for seq, crc, blob in database.execute("SELECT seq, crc, batch FROM log ORDER BY seq"):
            batch = _checked(seq, crc, blob)
            for tid, key, value in batch.rows:
                if value is None:
                    rows.pop((tid, key), None)
                    gone.add((tid, key))
                else:
                    rows[tid, key] = value
            whole.tables.update(batch.tables)
            whole.events.extend(batch.events)
            whole.meta.update(batch.meta)
            size, last = size + len(blob), seq
            if bytes_max is not None and size >= bytes_max:
                break
        if not last:
            return
        kept = ((tid, key, value) for (tid, key), value in rows.items())
        events = ((event.seq, _encode(event)) for event in whole.events)
        with database:  # all of it or nothing
            database.execute("BEGIN")
            database.executemany("INSERT OR REPLACE INTO tables VALUES (?, ?)", whole.tables.items())
            database.executemany("DELETE FROM rows WHERE tid = ? AND key = ?", gone)
            # Rows keep the order of their insertion, which tables promise, by their rowid.
            database.executemany(
                "INSERT INTO rows VALUES (?, ?, ?) ON CONFLICT (tid, key) DO UPDATE SET value = excluded.value", kept
            )
            database.executemany("INSERT OR REPLACE INTO events VALUES (?, ?)", events)
            database.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", whole.meta.items())
            database.execute("DELETE FROM log WHERE seq <= ?", (last,))
        self.bytes = max(0, self.bytes - size)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()


def _checked(seq: int, crc: int, blob: bytes) -> Batch:
    if zlib.crc32(blob) != crc:
        raise CorruptStore(f"log entry {seq} does not match its checksum")
    return _decode_batch(blob)


def _refusal(directory: Path, reason: str) -> str:
    return (
        f"The data directory {directory} cannot be used: {reason}. Nothing was changed. "
        "Move it away, or start with another --data-dir, or with --in-memory."
    )


def _check_whole(directory: Path) -> None:
    """Refuse a directory that holds files of a world, but nothing that says what they are: they would be swept."""
    path, files = directory / FILE_NAME, directory / "files"
    if (not path.exists() or not path.stat().st_size) and any(each.is_file() for each in files.rglob("*")):
        raise CorruptStore(_refusal(directory, f"it has files, but {FILE_NAME}, which says what they are, is empty"))


def _opened(directory: Path, fsync: bool) -> sqlite3.Connection:
    """Open or create the file; refuse, without touching it, what is not a store of this format.

    `synchronous=NORMAL` survives the death of the process (the write-ahead log is in the kernel's
    hands at commit); surviving the machine's power failure takes `fsync`. Nobody else on the machine may read it:
    secrets and private keys are in there.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_whole(directory)
    path = directory / FILE_NAME
    if not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))  # SQLite gives its other files the same mode
    database = sqlite3.connect(path, LOCK_WAIT_S, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA locking_mode=EXCLUSIVE")
        # A start that was cut short leaves a database without a table.
        is_new = not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not is_new and database.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise CorruptStore("its database is damaged")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute(f"PRAGMA synchronous={'FULL' if fsync else 'NORMAL'}")
        database.execute("PRAGMA wal_autocheckpoint=8000")
        if is_new:
            database.executescript(
                "BEGIN IMMEDIATE;"
                "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
                "CREATE TABLE tables (tid INTEGER PRIMARY KEY, path TEXT NOT NULL);"
                "CREATE TABLE rows (tid INTEGER, key TEXT, value BLOB NOT NULL, PRIMARY KEY (tid, key));"
                "CREATE TABLE events (seq INTEGER PRIMARY KEY, data BLOB NOT NULL);"
                "CREATE TABLE log (seq INTEGER PRIMARY KEY AUTOINCREMENT, crc INTEGER NOT NULL, batch BLOB NOT NULL);"
                f"INSERT INTO meta VALUES ('format', '{FORMAT}');"
                "COMMIT;"
            )
        found = database.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
        if found is None or found[0] not in READABLE:
            raise CorruptStore(
                f"its format is {found and found[0]!r}, this version reads {' and '.join(sorted(READABLE))}"
            )
    except (sqlite3.DatabaseError, CorruptStore) as error:
        database.close()
        reason = "another foulweather is using it" if "locked" in str(error) else str(error)
        raise CorruptStore(_refusal(directory, reason)) from error
    return database
