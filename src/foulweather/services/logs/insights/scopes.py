"""What the names in a query stand for, and where a loop finds them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol, cast

from foulweather.services.logs.insights.errors import MalformedQuery
from foulweather.services.logs.insights.fields import SYSTEM_FIELDS
from foulweather.services.logs.insights.syntax import FunctionCall, Node
from foulweather.services.logs.insights.writing import Code, FieldsUsed, Kind, Writer


class Compiler(Protocol):
    """What turns expressions into code; `expressions.ExpressionCompiler` is the one."""

    writer: Writer
    source: Source

    def compiled(self, node: Node, names: Names) -> Code:
        """The code of an expression."""
        ...

    def value(self, made: Made) -> Code:
        """The code of a field that the query made."""
        ...


class Made(Protocol):
    """A field that a command of the query made (AWS: an ephemeral, or extracted, field)."""

    def code(self, compiler: Compiler) -> Code:
        """Writes what computes it."""
        ...

    def member(self, compiler: Compiler, keys: tuple[str | int, ...]) -> Code:
        """The code of a part of it."""
        ...


Names = Mapping[str, Made]
_FUNCTION = re.compile(r"\w+\(")


class Whole:
    """A made field whose parts are those of the map or list that it holds."""

    def member(self, compiler: Compiler, keys: tuple[str | int, ...]) -> Code:
        """The code of a part of it."""
        whole = compiler.value(cast(Made, self))
        return Code(f"at({whole.text}, {keys!r})", "structure", 1)

    def code(self, compiler: Compiler) -> Code:
        """Writes what computes it."""
        raise NotImplementedError


class Deferred(Whole):
    """`expression as name`: computed where it is first used, with the names of the place where it was written."""

    def __init__(self, node: Node, names: Names) -> None:
        self._node = node
        self._names = names

    def code(self, compiler: Compiler) -> Code:
        """Writes what computes it."""
        return compiler.compiled(self._node, self._names)


class Carried(Whole):
    """A value that a loop variable holds: an item of `unnest`, a match of `parse multi`, a column of earlier rows."""

    def __init__(self, local: str, kind: Kind) -> None:
        self.local = local
        self.kind: Kind = kind

    def code(self, compiler: Compiler) -> Code:
        """Writes nothing: it is there."""
        return Code(self.local, self.kind)


class Source(Protocol):
    """Where a loop's fields come from."""

    def field(self, name: str, node: Node) -> Code:
        """A field that the query did not make."""
        ...

    def column(self, written: str) -> Code | None:
        """A column of earlier rows by the text that named it, such as `count(*)`."""
        ...

    def aggregate(self, call: FunctionCall, names: Names) -> Code | None:
        """The result of an aggregation, where `stats` finishes its groups."""
        ...

    def time(self, node: Node) -> Code:
        """The timestamp that `bin` means."""
        ...


class RecordSource:
    """A loop over log events: `r` is the record, `t` its time, `m` its message."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._fields = FieldsUsed(writer)
        self._cached: dict[str, Code] = {}

    def field(self, name: str, node: Node) -> Code:
        """A system field, or one that Insights discovers in the message."""
        if name in SYSTEM_FIELDS or name.startswith("@entity."):
            if name not in self._cached:
                self._cached[name] = self._system(name)
            return self._cached[name]
        return Code(self._fields.local(name), "any")

    def _system(self, name: str) -> Code:
        match name:
            case "@timestamp":
                return Code("t", "time")
            case "@message":
                return Code("m", "text")
            case "@ingestionTime":
                return Code("r.ingestion_ms", "time")
            case "@logStream":
                return Code("r.log_stream", "text")
            case "@log":
                return Code('f"{r.account}:{r.log_group}"', "text")
            case "@ptr":
                return Code("pointer_text(r.ptr)", "text", 1)
            case "@transformationError":
                return Code("r.error", "any")
            case "@aws.account":
                return Code("r.account", "text")
            case "@aws.region":
                return Code("r.region", "text")
            case _:
                key = name.removeprefix("@entity").removeprefix(".")
                return self._writer.assign(Code(f"(r.entity or {{}}).get({key!r})", "any", 1))

    def column(self, written: str) -> Code | None:
        """None: log events have no columns."""
        return None

    def aggregate(self, call: FunctionCall, names: Names) -> Code | None:
        """None: nothing is grouped here."""
        return None

    def time(self, node: Node) -> Code:
        """The event's own."""
        return Code("t", "time")

    def close(self) -> None:
        """Writes the reading of the discovered fields."""
        self._fields.write()


def squeezed(written: str) -> str:
    """A column's text without white space, functions in lower case, to compare by."""
    return _FUNCTION.sub(lambda match: match[0].lower(), "".join(written.split()))


class RowSource:
    """A loop over rows that an earlier `stats` or `pattern` made: only their columns are left."""

    def __init__(self, columns: Mapping[str, Code]) -> None:
        self._columns = columns
        self._by_text = {squeezed(name): code for name, code in columns.items()}

    def field(self, name: str, node: Node) -> Code:
        """A column; CWL_QuerySyntax-Stats: after `stats`, only what it defines can be referred to."""
        if name in self._columns:
            return self._columns[name]
        raise unknown_symbol(name, node)

    def column(self, written: str) -> Code | None:
        """A column by its text."""
        return self._by_text.get(squeezed(written))

    def aggregate(self, call: FunctionCall, names: Names) -> Code | None:
        """None: nothing is grouped here."""
        return None

    def time(self, node: Node) -> Code:
        """`bin` "always implicitly uses the @timestamp field", which is gone after `stats`."""
        return self.field("@timestamp", node)

    def close(self) -> None:
        """Nothing is left to write."""


def unknown_symbol(name: str, node: Node) -> MalformedQuery:
    """The refusal of a field that is gone after `stats`, in AWS's words."""
    return MalformedQuery(f"Unknown symbols found in or after stats: {name}", node.start, node.end)
