"""Runs a query of S3 Select over records: SQLite evaluates its expressions, some hundred records at a time.

The SQL is made by `select_language`, never taken from a client; all the same SQLite may read its one
table and call these functions, and nothing else.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Final

from foulweather.kernel.errors import AwsError
from foulweather.services.s3 import select_times
from foulweather.services.s3.select_functions import FUNCTIONS, Aggregate, fitting
from foulweather.services.s3.select_language import Query
from foulweather.services.s3.select_output import MISSING, Row, as_json
from foulweather.services.s3.select_refusals import refused
from foulweather.services.s3.select_values import Expression

RECORDS_AT_ONCE: Final = 256
_ALLOWED: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION})
_ALLOWED_ON_TABLE: Final = frozenset({sqlite3.SQLITE_INSERT, sqlite3.SQLITE_DELETE})
_STEPS_MAX: Final = 50_000_000
Getter = Callable[[Any], Any]


class Engine:
    """One query under way. `getters` take the values of the query's paths out of a record."""

    def __init__(self, query: Query, getters: Sequence[Getter], now_ms: int) -> None:
        self._query = query
        self._getters = getters
        self._getters_by_path = dict(zip(query.paths, getters, strict=True))
        self._aggregates = [Aggregate(name) for name, _ in query.arguments]
        self._refusal: AwsError | None = None
        self._constants = {f"p{number}": _held(value) for number, value in enumerate(query.constants)}
        self._computed = [item.value for item in query.items or () if item.value.path is None]
        self._left = query.limit
        self._database = sqlite3.connect(":memory:", isolation_level=None)
        self._prepare(now_ms)

    @property
    def is_all(self) -> bool:
        """Whether whole records are selected."""
        return self._query.items is None

    @property
    def is_done(self) -> bool:
        """Whether no further record can matter."""
        return self._left == 0 and not self._aggregates

    def run(self, records: Sequence[Any]) -> list[Any]:
        """The results of some records: records themselves for `SELECT *`, else rows of names and values."""
        rows = [(number, *self._row(record)) for number, record in enumerate(records)]
        self._execute("DELETE FROM t", {})
        self._database.executemany(self._insert, rows)
        found = self._execute(self._select, self._constants)
        if self._aggregates:
            return []
        if self._left is not None:
            found = found[: self._left]
            self._left -= len(found)
        return [self._result(records[values[0]], values[1:]) for values in found]

    def finish(self) -> list[Row]:
        """What the aggregates have come to."""
        query = self._query
        if not self._aggregates or query.items is None or query.limit == 0:
            return []
        sql = ", ".join([item.value.sql for item in query.items])
        (values,) = self._execute(f"SELECT {sql}", self._constants)
        pairs = zip(query.items, values, strict=True)
        return [[(item.name, _told(item.value, value)) for item, value in pairs]]

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _prepare(self, now_ms: int) -> None:
        database, query = self._database, self._query
        count = len(query.paths)
        database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 64 << 20)
        database.setlimit(sqlite3.SQLITE_LIMIT_COLUMN, 32_767)
        for name, (arguments, function) in FUNCTIONS.items():
            database.create_function(name, arguments, self._guarded(function), deterministic=True)
        database.create_function("utc_now", 0, lambda: select_times.now(now_ms))
        database.create_function("aggregate", 1, self._value)
        database.create_function("step", 2, self._guarded(self._step))
        columns = "".join([f", c{number}, m{number}" for number in range(count)])
        try:
            database.execute(f"CREATE TABLE t (record{columns})")
        except sqlite3.Error as error:
            raise refused("UnsupportedSqlStructure", "columns", count) from error
        self._insert = f"INSERT INTO t VALUES ({', '.join(['?'] * (1 + 2 * count))})"
        if self._aggregates:
            wanted = [f"step({number}, {sql})" for number, (_, sql) in enumerate(query.arguments)]
        else:
            wanted = ["record", *[each.sql for each in self._computed]]
        where = ""
        if query.where is not None:
            truth = query.where
            where = f" WHERE {truth.sql if truth.type == 'bool' else f'to_bool({truth.sql})'}"
        self._select = f"SELECT {', '.join(wanted)} FROM t{where}"
        database.set_progress_handler(lambda: 1, _STEPS_MAX)
        database.set_authorizer(_authorize)
        self._execute(f"EXPLAIN {self._select}", self._constants)

    def _value(self, number: int) -> Any:
        return self._aggregates[number].value()

    def _step(self, number: int, value: Any) -> None:
        self._aggregates[number].step(value)

    def _guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function whose refusals are kept, since SQLite does not pass them on."""

        def call(*values: Any) -> Any:
            try:
                return function(*values)
            except AwsError as refusal:
                self._refusal = refusal
                raise

        return call

    def _execute(self, sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        try:
            return self._database.execute(sql, values).fetchall()
        except (sqlite3.Error, OverflowError, RecursionError) as error:
            if self._refusal is not None:
                raise self._refusal from error
            raise refused("UnsupportedSqlOperation", "SQLite", str(error)) from error

    def _row(self, record: Any) -> list[Any]:
        row: list[Any] = []
        for get in self._getters:
            value = get(record)
            row += (None, 1) if value is MISSING else (_held(value), 0)
        return row

    def _result(self, record: Any, computed: Sequence[Any]) -> Any:
        items = self._query.items
        if items is None:
            return record
        rest = iter(computed)
        row: Row = []
        for item in items:
            path = item.value.path
            if path is None:
                row.append((item.name, _told(item.value, next(rest))))
            else:
                row.append((item.name, self._getters_by_path[path](record)))
        return row


def _authorize(action: int, first: str | None, *_: Any) -> int:
    is_allowed = action in _ALLOWED or (action in _ALLOWED_ON_TABLE and first == "t")
    return sqlite3.SQLITE_OK if is_allowed else sqlite3.SQLITE_DENY


def _held(value: Any) -> Any:
    """A value as SQLite holds it: truth as a number, lists and objects as their JSON."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return fitting(value)
    if isinstance(value, float) or value is None:
        return value
    # Half a surrogate pair, which JSON can escape, is no text.
    return (value if isinstance(value, str) else as_json(value)).encode("utf-8", "replace").decode()


def _told(expression: Expression, value: Any) -> Any:
    return bool(value) if expression.type == "bool" and value is not None else value
