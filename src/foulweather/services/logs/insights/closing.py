"""The commands that work on rows that are ready to show, one after the other in their order."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import cast

from foulweather.services.logs.insights.errors import NotBuilt
from foulweather.services.logs.insights.running import Run, Step
from foulweather.services.logs.insights.syntax import Accum, AddTotals, Autoregress, Closing, FillDown
from foulweather.services.logs.insights.values import number, text

LAGS_MAX = 1_000

Shown = list[tuple[str, str]]


def with_totals(fieldname: str, row: bool, col: bool, fields: tuple[str, ...]) -> Step:
    """What `addtotals` adds."""

    def totalled(rows: list[Shown], run: Run) -> list[Shown]:
        columns: dict[str, int | float] = {}
        for shown in rows:
            total: int | float = 0
            for name, value in shown:
                if name == "@ptr" or (fields and name not in fields):
                    continue
                amount = number(value)
                if amount is not None:
                    total += amount
                    columns[name] = columns.get(name, 0) + amount
            if row:
                at = len(shown) - 1 if shown and shown[-1][0] == "@ptr" else len(shown)
                shown.insert(at, (fieldname, _total_text(total)))
        if col and columns:
            rows.append([(name, _total_text(amount)) for name, amount in columns.items()])
        return rows

    return totalled


def _total_text(total: int | float) -> str:
    return cast(str, text(round(total, 4)))


def step(command: Closing, columns: list[str]) -> Step:
    """What a command does to rows; `columns` are theirs, and get those that it adds."""
    match command:
        case AddTotals():
            return with_totals(command.fieldname, command.row, command.col, command.fields)
        case Accum():
            _need(command.field, "accum", columns)
            columns.append(command.alias)
            return _accumulated(command.field, command.alias)
        case Autoregress():
            _need(command.field, "autoregress", columns)
            columns.extend(name for _, name in command.lags)
            return _lagging(command.field, command.lags)
        case FillDown():
            return _filled(command.fields, list(columns))


def _need(field: str, command: str, columns: list[str]) -> None:
    if field not in columns:
        raise NotBuilt(f"{command} of a field that is not shown")


def _put(shown: Shown, name: str, value: str) -> None:
    """Adds a column, before the @ptr if there is one."""
    shown.insert(len(shown) - 1 if shown and shown[-1][0] == "@ptr" else len(shown), (name, value))


def _accumulated(field: str, alias: str) -> Step:
    """CWL_QuerySyntax-Accum: "a running cumulative sum of a numeric field"; a row without the number has none."""

    def accumulated(rows: list[Shown], run: Run) -> list[Shown]:
        total: int | float = 0
        for shown in rows:
            amount = number(dict(shown).get(field))
            if amount is not None:
                total += amount
                _put(shown, alias, _total_text(total))
        return rows

    return accumulated


def _lagging(field: str, lags: tuple[tuple[int, str], ...]) -> Step:
    """CWL_QuerySyntax-Autoregress: "lagged (previous-row) copies of a field's values"."""

    def lagging(rows: list[Shown], run: Run) -> list[Shown]:
        values = [dict(shown).get(field) for shown in rows]
        for place, shown in enumerate(rows):
            for lag, name in lags:
                value = values[place - lag] if lag <= place else None
                if value is not None:
                    _put(shown, name, value)
        return rows

    return lagging


def _filled(fields: tuple[str, ...], columns: list[str]) -> Step:
    """CWL_QuerySyntax-Filldown: "carry the last non-null value forward to fill gaps"."""
    wanted = [name for name in columns if not fields or any(fnmatchcase(name, field) for field in fields)]

    def filled(rows: list[Shown], run: Run) -> list[Shown]:
        last: dict[str, str] = {}
        found: list[Shown] = []
        for shown in rows:
            values = dict(shown)
            for name in wanted:
                if name in values:
                    last[name] = values[name]
                elif name in last:
                    values[name] = last[name]
            rest = [(name, value) for name, value in shown if name not in columns]
            found.append([(name, values[name]) for name in columns if name in values] + rest)
        return found

    return filled
