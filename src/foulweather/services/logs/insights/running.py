"""What a query knows while it runs, and the steps between its loops."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any

import msgspec

from foulweather.services.logs.insights import patterns


class Run(msgspec.Struct):
    """One run of a query: its window, its clock, what it counted, and what it took from elsewhere."""

    start_ms: int
    end_ms: int
    now_ms: int
    limit: int
    scanned: int = 0
    size: int = 0
    matched: int = 0
    sets: list[set[Any]] = []
    tables: list[dict[tuple[str | None, ...], Mapping[str, str]]] = []
    joins: list[dict[Any, list[Mapping[str, Any]]]] = []

    def count(self, scanned: int, size: int, matched: int) -> None:
        """Notes what a loop over log events saw."""
        self.scanned += scanned
        self.size += size
        self.matched += matched


Rows = list[Any]
Step = Callable[[Any, Run], Any]


class Sorting:
    """Puts rows in order; a loop has put the keys in front of each. Keeps only `most`, if that is known."""

    def __init__(self, descending: list[bool]) -> None:
        self.descending = descending
        self.most: int | None = None
        self.limits = False  # whether the run's own limit is all that anybody will see

    def __call__(self, rows: list[tuple[tuple[Any, ...], Any]], run: Run) -> Rows:
        """The rows in order, without their keys."""
        most = run.limit if self.limits and self.most is None else self.most
        if len(self.descending) == 1:
            key: Callable[[Any], Any] = _first_key
            if most is not None and len(rows) > 2 * most:
                pick = heapq.nlargest if self.descending[0] else heapq.nsmallest
                return [row[1] for row in pick(most, rows, key=key)]
        for index in range(len(self.descending) - 1, -1, -1):
            rows.sort(key=_nth_key(index), reverse=self.descending[index])
        return [row[1] for row in (rows if most is None else rows[:most])]


def _first_key(row: tuple[tuple[Any, ...], Any]) -> Any:
    return row[0][0]


def _nth_key(index: int) -> Callable[[tuple[tuple[Any, ...], Any]], Any]:
    return lambda row: row[0][index]


def latest_first(column: int) -> Step:
    """Puts groups with the latest timestamp in a column first, those without last."""
    key = itemgetter(column)

    def ordered(rows: Rows, run: Run) -> Rows:
        rows.sort(key=lambda row: (key(row) is not None, key(row) or 0), reverse=True)
        return rows

    return ordered


def first(count: int) -> Step:
    """Keeps the first rows."""
    return lambda rows, run: rows[:count]


def with_patterns(texts: list[str], run: Run) -> Rows:
    """The patterns of texts, as rows."""
    return [
        (found.pattern, f"{found.events / len(texts):.2f}", found.events, found.severity)
        for found in patterns.clustered(texts)
    ]


def indexed(rows: Iterable[Mapping[str, str]], columns: tuple[str, ...]) -> dict[tuple[str | None, ...], Any]:
    """A lookup table by the columns that are matched; the first row of several wins."""
    found: dict[tuple[str | None, ...], Mapping[str, str]] = {}
    for row in rows:
        found.setdefault(tuple(row.get(column) for column in columns), row)
    return found
