"""S3 Select's SQL, translated into expressions of SQLite over the values that a query needs.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-select-sql-reference-select.html
"""

from __future__ import annotations

from typing import Final, NamedTuple

from foulweather.services.s3.select_expressions import RESERVED, Expressions
from foulweather.services.s3.select_refusals import refused
from foulweather.services.s3.select_tokens import tokens
from foulweather.services.s3.select_values import Expression, Path

_UNSUPPORTED: Final = ("GROUP", "ORDER", "HAVING", "JOIN", "UNION")


class Item(NamedTuple):
    """One item of the SELECT list, under its name in the output."""

    name: str
    value: Expression


class Query(NamedTuple):
    """A query: `items` None is `SELECT *`. `paths` are the values that expressions need as `c0`, `c1` …;

    `arguments` those of the aggregates, in order (name, SQL of the argument).
    """

    source: Path
    items: list[Item] | None
    where: Expression | None
    limit: int | None
    paths: list[Path]
    constants: list[str | int | float]
    arguments: list[tuple[str, str]]


def parsed(expression: str) -> Query:
    """The query that an expression means; refuses what S3 Select does not understand."""
    return _Parser(tokens(expression)).query()


class _Parser(Expressions):
    def query(self) -> Query:
        """The whole of it; what it selects from is read first, for the alias."""
        self.need_word("SELECT")
        begin = self.place
        self.place = self._from()
        if self.place == begin:
            raise self.unexpected("ParseEmptySelect")
        self.need_word("FROM")
        source = self._source()
        after = self.place
        self.place = begin
        items = self._items()
        if not self.next.is_word("FROM"):
            raise self.unexpected()
        self.place = after
        where = self.expression() if self.takes_word("WHERE") else None
        if where is not None and where.aggregates:
            raise refused("UnsupportedSyntax", "WHERE", "an aggregate")
        limit = self._limit() if self.takes_word("LIMIT") else None
        if self.next.is_word(*_UNSUPPORTED):
            raise self.unexpected("UnsupportedSqlStructure")
        if self.next.kind != "end":
            raise self.unexpected()
        if items is not None and any(item.value.aggregates for item in items):
            loose = [item.name for item in items if item.value.reads]
            if loose:
                raise refused("UnsupportedSqlStructure", "SELECT", f"{loose[0]} beside an aggregate")
        return Query(source, items, where, limit, list(self.paths), self.constants, self.arguments)

    def _from(self) -> int:
        depth = 0
        for place in range(self.place, len(self.words)):
            token = self.words[place]
            depth += token.is_sign("(") - token.is_sign(")")
            if depth == 0 and token.is_word("FROM"):
                return place
        self.place = len(self.words) - 1
        raise self.unexpected("ParseSelectMissingFrom")

    def _source(self) -> Path:
        if not self.takes_word("S3OBJECT"):
            raise self.unexpected("InvalidDataSource")
        steps = self.steps(may_be_every=True)
        has_as = self.takes_word("AS")
        token = self.next
        if token.kind == "quoted" or (token.kind == "name" and token.text.upper() not in (*RESERVED, *_UNSUPPORTED)):
            self.alias = self.take().text
        elif has_as:
            raise self.unexpected("InvalidTableAlias")
        if self.takes_sign(","):
            raise self.unexpected("UnsupportedSqlStructure")
        return steps

    def _limit(self) -> int:
        token = self.take()
        if token.kind != "number" or not token.text.isdigit() or len(token.text) > 18:
            raise refused("ParseExpectedNumber", "LIMIT", token.text)
        return int(token.text)

    def _items(self) -> list[Item] | None:
        if self.next.is_word("DISTINCT", "ALL", "TOP"):
            raise self.unexpected("UnsupportedSqlStructure")
        if self.takes_sign("*"):
            if self.next.is_sign(","):
                raise self.unexpected("ParseAsteriskIsNotAloneInSelectList")
            return None
        following = self.words[self.place + 1 : self.place + 3]
        if self.is_alias(self.next) and following[0].is_sign(".") and following[1].is_sign("*"):
            self.place += 3
            return None
        items: list[Item] = []
        while True:
            value = self.expression()
            name = self._name_of(value, len(items) + 1)
            if self.takes_word("AS") or (self.next.kind in ("name", "quoted") and not self.next.is_word(*RESERVED)):
                token = self.take()
                if token.kind not in ("name", "quoted"):
                    raise refused("ParseUnexpectedToken", f"character {token.place}", token.text)
                name = token.text
            items.append(Item(name, value))
            if not self.takes_sign(","):
                return items

    def _name_of(self, value: Expression, number: int) -> str:
        if value.path:
            last = value.path[-1]
            if last.name:
                return last.name
        return f"_{number}"
