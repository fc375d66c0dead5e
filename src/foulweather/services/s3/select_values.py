"""Expressions of S3 Select's SQL as SQL for SQLite, and what is known of their values."""

from __future__ import annotations

from typing import Literal, NamedTuple

Type = Literal["any", "number", "string", "bool", "timestamp"]


class Step(NamedTuple):
    """One step of a path: a name (quoted ones keep their case), a place in a list, or every place of it."""

    name: str = ""
    is_exact: bool = False
    place: int | None = None
    is_every: bool = False


Path = tuple[Step, ...]


class Expression(NamedTuple):
    """SQL for SQLite, and what is known of its values; `path` is set where it is a value of the record itself."""

    sql: str
    type: Type
    path: Path | None = None
    aggregates: bool = False
    reads: bool = False


def made(sql: str, kind: Type, *parts: Expression) -> Expression:
    """An expression made of others."""
    aggregates = any(part.aggregates for part in parts)
    return Expression(sql, kind, None, aggregates, any(part.reads for part in parts))


def truth(value: Expression) -> str:
    """SQL for whether a value is true."""
    return value.sql if value.type == "bool" else f"to_bool({value.sql})"


def compared(left: Expression, right: Expression, sign: str) -> str:
    """A comparison; where one side is a number or a time, the other is read as one."""
    types = {left.type, right.type}
    sign = "<>" if sign == "!=" else sign
    if "timestamp" in types:
        return f"time_key({left.sql}) {sign} time_key({right.sql})"
    if "number" in types:
        first = left.sql if left.type == "number" else f"as_number({left.sql})"
        second = right.sql if right.type == "number" else f"as_number({right.sql})"
        return f"{first} {sign} {second}"
    if "bool" in types and left.type != right.type:
        first = left.sql if left.type == "bool" else f"as_bool({left.sql})"
        second = right.sql if right.type == "bool" else f"as_bool({right.sql})"
        return f"{first} {sign} {second}"
    return f"{left.sql} {sign} {right.sql}"
