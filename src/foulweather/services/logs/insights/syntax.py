"""The parts of a parsed query."""

from __future__ import annotations

from typing import Literal

import msgspec

from foulweather.services.logs.insights.records import Sources


class Node(msgspec.Struct, frozen=True):
    """An expression, with its place in the text."""

    start: int
    end: int


class Constant(Node, frozen=True):
    """A string, a number, `true` or `false`."""

    value: str | int | float | bool


class Period(Node, frozen=True):
    """A span of time such as `5m`."""

    amount: int
    unit: str


class Name(Node, frozen=True):
    """A field, dots and all; `quoted` when it was written in backticks."""

    path: str
    quoted: bool = False


class Member(Node, frozen=True):
    """A part of a map or a list: `of.key` or `of[3]`."""

    of: Node
    key: str | int


class Star(Node, frozen=True):
    """The `*` of `count(*)`."""


class Regex(Node, frozen=True):
    """A regular expression between slashes."""

    pattern: str


class FunctionCall(Node, frozen=True):
    """A function with its arguments; `name` in lower case."""

    name: str
    arguments: tuple[Node, ...]


class Negative(Node, frozen=True):
    """`-operand`."""

    operand: Node


class Not(Node, frozen=True):
    """`not operand`."""

    operand: Node


class Arithmetic(Node, frozen=True):
    """`left op right` for `+ - * / % ^`."""

    op: str
    left: Node
    right: Node


class Comparison(Node, frozen=True):
    """`left op right` for `= != < <= > >=`."""

    op: str
    left: Node
    right: Node


class Every(Node, frozen=True):
    """Conditions joined by `and`."""

    conditions: tuple[Node, ...]


class Either(Node, frozen=True):
    """Conditions joined by `or`."""

    conditions: tuple[Node, ...]


class Like(Node, frozen=True):
    """`subject like pattern`, `=~`, and their negation."""

    subject: Node
    pattern: Node
    negated: bool


class Among(Node, frozen=True):
    """`subject in [...]`, or `in (subquery)`."""

    subject: Node
    members: tuple[Node, ...]
    negated: bool
    subquery: QueryText | None = None


class Item(msgspec.Struct, frozen=True):
    """An expression and the name of its column: the alias, else the text as written."""

    expression: Node
    name: str
    alias: bool


class Fields(msgspec.Struct, frozen=True):
    """`fields`."""

    items: tuple[Item, ...]


class Display(msgspec.Struct, frozen=True):
    """`display`."""

    items: tuple[Item, ...]


class Filter(msgspec.Struct, frozen=True):
    """`filter`, `where` and `filterIndex`."""

    condition: Node
    indexed: bool = False


class Alias(msgspec.Struct, frozen=True):
    """A name that a command makes, with its place."""

    name: str
    start: int
    end: int


class Parse(msgspec.Struct, frozen=True):
    """`parse`, in one of its modes; `pattern` is the glob or the regular expression."""

    mode: Literal["glob", "regex", "logfmt", "csv"]
    subject: Node
    pattern: str
    aliases: tuple[Alias, ...]
    multi: bool
    start: int
    end: int


class JsonField(msgspec.Struct, frozen=True):
    """`json field=subject "path" as alias`."""

    subject: Node
    path: str
    alias: Alias


class SortKey(msgspec.Struct, frozen=True):
    """One key of `sort`."""

    expression: Node
    descending: bool


class Sort(msgspec.Struct, frozen=True):
    """`sort`."""

    keys: tuple[SortKey, ...]
    start: int
    end: int


class Limit(msgspec.Struct, frozen=True):
    """`limit n` and `limit any n`."""

    count: int
    any: bool
    start: int
    end: int


class Stats(msgspec.Struct, frozen=True):
    """`stats ... by ...`."""

    items: tuple[Item, ...]
    by: tuple[Item, ...]
    start: int
    end: int


class Dedup(msgspec.Struct, frozen=True):
    """`dedup`."""

    fields: tuple[Node, ...]
    start: int
    end: int


class Pattern(msgspec.Struct, frozen=True):
    """`pattern`."""

    subject: Node


class Unnest(msgspec.Struct, frozen=True):
    """`unnest subject into alias`."""

    subject: Node
    alias: Alias


class Lookup(msgspec.Struct, frozen=True):
    """`lookup table column as field, ... OUTPUT columns`."""

    table: str
    matches: tuple[tuple[str, Node], ...]
    outputs: tuple[str, ...]


class Join(msgspec.Struct, frozen=True):
    """`join type=... left=... right=... where left.a=right.b (SOURCE ...)`."""

    kind: Literal["inner", "left"]
    left: str
    right: str
    left_key: Node
    right_key: str
    query: QueryText


class AddTotals(msgspec.Struct, frozen=True):
    """`addtotals`."""

    fieldname: str
    row: bool
    col: bool
    fields: tuple[str, ...]


class Accum(msgspec.Struct, frozen=True):
    """`accum field as alias`."""

    field: str
    alias: str


class Autoregress(msgspec.Struct, frozen=True):
    """`autoregress field p=1-4`: a name for each lag."""

    field: str
    lags: tuple[tuple[int, str], ...]


class FillDown(msgspec.Struct, frozen=True):
    """`filldown a b*`; without fields, all."""

    fields: tuple[str, ...]


class CountFrequent(msgspec.Struct, frozen=True):
    """`countFrequent a, b`."""

    items: tuple[Item, ...]
    start: int
    end: int


Closing = AddTotals | Accum | Autoregress | FillDown
"""What works on rows that are ready to show."""
Command = (
    Fields
    | Display
    | Filter
    | Parse
    | JsonField
    | Sort
    | Limit
    | Stats
    | Dedup
    | Pattern
    | Unnest
    | Lookup
    | Join
    | CountFrequent
    | Closing
)


class QueryText(msgspec.Struct, frozen=True):
    """A parsed query: its sources and its commands."""

    sources: Sources | None
    commands: tuple[Command, ...]
