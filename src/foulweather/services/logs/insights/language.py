"""CloudWatch Logs Insights QL: a query's text becomes something to run over log events."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any, cast

from foulweather.services.logs.insights.command_parser import parsed
from foulweather.services.logs.insights.errors import MalformedQuery, NotBuilt
from foulweather.services.logs.insights.fields import found_in
from foulweather.services.logs.insights.planning import Planner
from foulweather.services.logs.insights.records import LIMIT_DEFAULT, Outcome, Reach, Record, Sources, Statistics
from foulweather.services.logs.insights.running import Run, Step, indexed
from foulweather.services.logs.insights.syntax import (
    Display,
    Fields,
    Join,
    Limit,
    Lookup,
    Parse,
    Pattern,
    QueryText,
    Stats,
)
from foulweather.services.logs.insights.values import canonical

__all__ = ["Query", "Record", "compiled"]

Groups = dict[Any, list[Mapping[str, Any]]]
_SHOWING = (Display, Fields, Parse, Pattern, Stats)  # the commands that choose columns


class Query:
    """A compiled query; it holds no state of its runs.

    `sources` is what its SOURCE selects, `indexed_fields` what its `filterIndex` names, `lookup_tables` the tables that
    it looks things up in, `reaches_out` whether a run needs a `reach`, `unmasks` whether it needs logs:Unmask.
    """

    def __init__(self, text: str, query: QueryText, whole: bool = False) -> None:
        planner = Planner(text)
        for command in query.commands:
            planner.take(command)
        self.sources: Sources | None = query.sources
        # The right side of a join that chooses no columns gives its events whole.
        self.whole: bool = whole and not any(isinstance(command, _SHOWING) for command in query.commands)
        self.fields: list[str] = [] if self.whole else planner.finish()
        if self.whole:
            planner.finish_whole()
        self.aggregates: bool = any(isinstance(command, Stats) for command in query.commands)
        self.unmasks: bool = "unmask(" in "".join(text.split()).lower()
        self.indexed_fields: tuple[str, ...] = tuple(planner.indexed_fields)
        self.lookup_tables: tuple[str, ...] = tuple(lookup.table for lookup in planner.lookups)
        self._steps: list[Step] = planner.steps
        self._lookups: list[Lookup] = planner.lookups
        self._joins: list[tuple[Join, Query]] = [(join, _within(text, join.query, True)) for join in planner.joins]
        self._subqueries = [_within(text, subquery, False) for subquery in planner.subqueries]
        self.reaches_out: bool = bool(self._lookups or self._joins or self._subqueries)
        self.inner_sources: tuple[Sources, ...] = tuple(
            inner.sources for inner in (*(inner for _, inner in self._joins), *self._subqueries) if inner.sources
        )
        self._limit = next((c.count for c in reversed(query.commands) if isinstance(c, Limit)), None)

    def run(
        self,
        records: Iterable[Record],
        start_ms: int,
        end_ms: int,
        limit: int | None = None,
        *,
        now_ms: int | None = None,
        reach: Reach | None = None,
    ) -> Outcome:
        """The rows that the records from start to end, both included, give.

        `limit` is StartQuery's; the query's own counts too, and without either it is AWS's 10,000. `now_ms` is what
        `now()` tells, the end of the window by default.
        """
        most = limit if limit is not None else self._limit if self._limit is not None else LIMIT_DEFAULT
        run = Run(start_ms, end_ms, end_ms if now_ms is None else now_ms, most)
        if self.reaches_out:
            self._reach_out(run, reach)
        rows: Any = records
        for step in self._steps:
            rows = step(rows, run)
        statistics = Statistics(run.matched, run.scanned, run.size)
        return Outcome(cast("list[list[tuple[str, str]]]", rows), statistics, list(self.fields))

    def _reach_out(self, run: Run, reach: Reach | None) -> None:
        if reach is None:
            raise NotBuilt("queries over other log groups and lookup tables")
        for lookup in self._lookups:
            columns = tuple(column for column, _ in lookup.matches)
            run.tables.append(indexed(reach.lookup_table(lookup.table), columns))
        for subquery in self._subqueries:
            rows = subquery._inner_rows(run, reach)
            run.sets.append({canonical(value) for row in rows for name, value in row[:1] if name != "@ptr"})
        for join, right in self._joins:
            run.joins.append(right._by_key(join.right_key, run, reach))

    def _inner_rows(self, run: Run, reach: Reach) -> list[Any]:
        most = self._limit if self._limit is not None else LIMIT_DEFAULT
        sources = self.sources or Sources()
        start_ms = run.start_ms if sources.start_offset_ms is None else run.now_ms + sources.start_offset_ms
        end_ms = run.end_ms if sources.end_offset_ms is None else run.now_ms + sources.end_offset_ms
        inner = Run(start_ms, end_ms, run.now_ms, most)
        rows: Any = reach.records(sources)
        for step in self._steps:
            rows = step(rows, inner)
        return rows

    def _by_key(self, key: str, run: Run, reach: Reach) -> Groups:
        """The rows of a join's right side by their key: whole events, or what the right side's commands show."""
        found: Groups = {}
        for row in self._inner_rows(run, reach):
            columns = _whole(row[0]) if self.whole else dict(row)
            value = canonical(columns.get(key))
            if value is not None:
                found.setdefault(value, []).append(columns)
        return found


def _within(text: str, query: QueryText, whole: bool) -> Query:
    inner = Query(text, query, whole)
    if inner.reaches_out:
        raise MalformedQuery("Nested subqueries are not supported", 0, len(text))
    return inner


def _whole(record: Record) -> dict[str, Any]:
    return {
        "@timestamp": record.timestamp_ms,
        "@message": record.message,
        "@logStream": record.log_stream,
        "@log": f"{record.account}:{record.log_group}",
        "@ingestionTime": record.ingestion_ms,
        **found_in(record.text, record.log_group),
        **({"@transformationError": record.error} if record.error else {}),
    }


@functools.lru_cache(maxsize=256)
def compiled(text: str, language: str = "CWLI") -> Query:
    """A query's text, compiled; refused as malformed, or as not built: OpenSearch's PPL and SQL are not."""
    if language != "CWLI":
        raise NotBuilt(f"queryLanguage {language}")
    query = parsed(text)
    try:
        return Query(text, query)
    except RecursionError:
        raise MalformedQuery("the query nests too deeply", 0, len(text)) from None
