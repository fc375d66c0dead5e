"""Runs a query of CloudTrail Lake: SQLite evaluates it over the events of its stores, and may do nothing else.

The SQL is made by `lake_language`, never taken from a client; all the same SQLite may read its tables and call the
known functions only.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from foulweather.services.cloudtrail.lake_functions import FUNCTIONS
from foulweather.services.cloudtrail.lake_language import Statement, invalid
from foulweather.services.cloudtrail.lake_schema import COLUMNS, MAPS, NESTED
from foulweather.services.cloudtrail.times import with_fraction

_ALLOWED: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION})
_STEPS_MAX: Final = 50_000_000
_CALLS_MAX: Final = 500_000
_CALL_CHARACTERS: Final = 256
"""How much text a call of a function may read before it counts for two."""
_TEXT_BYTES_MAX: Final = 16 << 20
_RESULT_CHARACTERS_MAX: Final = 16 << 20
_TRUTHS: Final = frozenset({"readonly", "managementevent"})


class Found(NamedTuple):
    """The result of a query: names of columns, and rows of texts."""

    names: list[str]
    rows: list[list[str | None]]


def run(statement: Statement, tables: Mapping[str, Sequence[Sequence[Any]]], now_ms: int) -> Found:
    """Evaluate a statement over the rows of each store."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    try:
        _prepare(database, statement, tables, now_ms)
        cursor = database.execute(statement.sql)
        rows = _rows(cursor)
        names = statement.names
        if len(names) != len(cursor.description):
            names = [str(each[0]) for each in cursor.description]
        return Found(names, [_spelt(names, row) for row in rows])
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise invalid(f"The query statement is not valid: {error}") from error
    finally:
        database.close()


def _rows(cursor: sqlite3.Cursor) -> list[list[str | None]]:
    """All that is found, unless a query multiplies events with themselves beyond what can be kept."""
    rows: list[list[str | None]] = []
    size = 0
    for values in cursor:
        row = [_text(value) for value in values]
        size += sum([16 + len(text or "") for text in row])
        if size > _RESULT_CHARACTERS_MAX:
            raise invalid("Query exhausted resources at this scale factor: its result is too large.")
        rows.append(row)
    return rows


class _Calls:
    """How much the functions of one query have done."""

    def __init__(self) -> None:
        self._done = 0

    def counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function that fails where all together have done too much."""

        def call(*values: Any) -> Any:
            read = sum([len(value) for value in values if isinstance(value, str)])
            self._done += 1 + read // _CALL_CHARACTERS
            if self._done > _CALLS_MAX:
                raise OverflowError("the query calls functions too often")
            return function(*values)

        return call


def _prepare(
    database: sqlite3.Connection, statement: Statement, tables: Mapping[str, Sequence[Sequence[Any]]], now_ms: int
) -> None:
    database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _TEXT_BYTES_MAX)
    database.execute("PRAGMA case_sensitive_like = ON")
    calls = _Calls()
    for name, (arguments, function) in FUNCTIONS.items():
        database.create_function(name, arguments, calls.counted(function), deterministic=True)
    now = with_fraction(now_ms)
    database.create_function("now", 0, lambda: now, deterministic=True)
    marks = ", ".join(["?"] * len(COLUMNS))
    for number, store in enumerate(statement.stores):
        database.execute(f"CREATE TABLE t{number} ({', '.join(COLUMNS)})")
        database.executemany(f"INSERT INTO t{number} VALUES ({marks})", tables[store])
    database.set_progress_handler(lambda: 1, _STEPS_MAX)
    database.set_authorizer(_authorize)


def _authorize(action: int, *_: Any) -> int:
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _spelt(names: Sequence[str], row: list[str | None]) -> list[str | None]:
    """Truths, maps and structures as results show them: `true`, `{bucketName=shop}`."""
    shown: list[str | None] = []
    for name, value in zip(names, row, strict=True):
        lower = name.lower()
        if value is not None and lower in _TRUTHS and value in ("0", "1"):
            shown.append("true" if value == "1" else "false")
        elif value is not None and (lower in MAPS or lower in NESTED) and value[:1] in "{[":
            shown.append(_braced(value))
        else:
            shown.append(value)
    return shown


def _braced(text: str) -> str:
    return _told(json.loads(text))


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join([f"{key}={_told(each)}" for key, each in cast("dict[str, Any]", value).items()]) + "}"
    if isinstance(value, list):
        return "[" + ", ".join([_told(each) for each in cast("list[Any]", value)]) + "]"
    return "null" if value is None else str(value)
