"""The fields that commands other than `fields` make."""

from __future__ import annotations

from foulweather.services.logs.insights.scopes import Carried, Compiler, Names, Whole
from foulweather.services.logs.insights.structures import csv_values, json_path, logfmt
from foulweather.services.logs.insights.syntax import Name, Node
from foulweather.services.logs.insights.writing import Code


class Matched(Whole):
    """The match of a `parse`'s pattern, or None."""

    def __init__(self, search: object, subject: Node, names: Names) -> None:
        self._search = search
        self._subject = subject
        self._names = names

    def code(self, compiler: Compiler) -> Code:
        """Writes the search."""
        subject = text_of(compiler, self._subject, self._names)
        search = compiler.writer.hold(self._search, "search")
        return Code(f"{search}({subject}) if {subject} is not None else None", "any", 1)


class Captured(Whole):
    """One group of a match."""

    def __init__(self, match: Matched | Carried, index: int) -> None:
        self._match = match
        self._index = index

    def code(self, compiler: Compiler) -> Code:
        """Writes the taking of the group."""
        match = compiler.value(self._match).text
        return Code(f"{match}[{self._index}] if {match} is not None else None", "any", 1)


class Row(Whole):
    """The values of a line in CSV."""

    def __init__(self, subject: Node, names: Names, count: int) -> None:
        self._subject = subject
        self._names = names
        self._count = count

    def code(self, compiler: Compiler) -> Code:
        """Writes the reading of the line."""
        subject = compiler.compiled(self._subject, self._names)
        function = compiler.writer.hold(csv_values, "csv_values")
        return Code(f"{function}({subject.text}, {self._count})", "any", subject.depth + 1)


class Element(Whole):
    """One of those values."""

    def __init__(self, row: Row, index: int) -> None:
        self._row = row
        self._index = index

    def code(self, compiler: Compiler) -> Code:
        """Writes the taking of the value."""
        return Code(f"{compiler.value(self._row).text}[{self._index}]", "any")


class Pairs(Whole):
    """The map of a line in logfmt."""

    def __init__(self, subject: Node, names: Names) -> None:
        self._subject = subject
        self._names = names

    def code(self, compiler: Compiler) -> Code:
        """Writes the reading of the line."""
        subject = compiler.compiled(self._subject, self._names)
        return compiler.writer.call(compiler.writer.hold(logfmt, "logfmt"), "structure", subject)


class JsonPart(Whole):
    """What `json field=... "path"` takes out."""

    def __init__(self, subject: Node, names: Names, path: str) -> None:
        self._subject = subject
        self._names = names
        self._path = tuple(path.split("."))

    def code(self, compiler: Compiler) -> Code:
        """Writes the walk."""
        subject = compiler.compiled(self._subject, self._names)
        function = compiler.writer.hold(json_path, "json_path")
        return Code(f"{function}({subject.text}, {self._path!r})", "structure", subject.depth + 1)


class Column(Whole):
    """A column of the row that a `lookup` or a `join` found, or None."""

    def __init__(self, row: Carried, name: str) -> None:
        self._row = row
        self._name = name

    def code(self, compiler: Compiler) -> Code:
        """Writes the taking of the column."""
        row = compiler.value(self._row).text
        return Code(f"{row}.get({self._name!r}) if {row} is not None else None", "any", 1)


class RightSide(Whole):
    """The alias of a join's right side: its parts are the columns of the row that matched."""

    def __init__(self, row: Carried) -> None:
        self._row = row

    def code(self, compiler: Compiler) -> Code:
        """The alias alone is no field."""
        return Code("None", "any")

    def member(self, compiler: Compiler, keys: tuple[str | int, ...]) -> Code:
        """A column of the right side."""
        return compiler.writer.assign(Column(self._row, ".".join(map(str, keys))).code(compiler))


class LeftSide(Whole):
    """The alias of a join's left side: its parts are the fields of the event itself."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def code(self, compiler: Compiler) -> Code:
        """The alias alone is no field."""
        return Code("None", "any")

    def member(self, compiler: Compiler, keys: tuple[str | int, ...]) -> Code:
        """A field of the left side."""
        return compiler.compiled(Name(0, 0, ".".join(map(str, keys))), self._names)


def text_of(compiler: Compiler, node: Node, names: Names) -> str:
    """The name of an expression's text."""
    subject = compiler.writer.assign(compiler.compiled(node, names))
    if subject.kind == "text":
        return subject.text
    name = subject.text
    return compiler.writer.assign(Code(f"{name} if {name}.__class__ is str else text({name})", "text", 1)).text
