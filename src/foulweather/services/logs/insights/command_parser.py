"""The grammar of commands (CWL_QuerySyntax and the page of each command)."""

from __future__ import annotations

from collections.abc import Callable

from foulweather.services.logs.insights.closing import LAGS_MAX
from foulweather.services.logs.insights.errors import MalformedQuery, NotBuilt
from foulweather.services.logs.insights.expression_parser import ExpressionParser
from foulweather.services.logs.insights.lexer import Token
from foulweather.services.logs.insights.records import LIMIT_MAX
from foulweather.services.logs.insights.source_parser import read_sources
from foulweather.services.logs.insights.syntax import (
    Accum,
    AddTotals,
    Alias,
    Autoregress,
    Command,
    CountFrequent,
    Dedup,
    Display,
    Fields,
    FillDown,
    Filter,
    Join,
    JsonField,
    Limit,
    Lookup,
    Name,
    Node,
    Parse,
    Pattern,
    QueryText,
    Sort,
    SortKey,
    Stats,
    Unnest,
)

# The words of the grammar that this package does not build: known, so refused by name and not as malformed.
NOT_BUILT = frozenset({
    "anomaly", "appendcols", "cidrlookup", "diff", "expand", "fillmissing", "head", "logcompare", "order",
    "outlier", "relevantfields", "search", "sessionize", "tail", "unmask",
})  # fmt: skip


def parsed(text: str) -> QueryText:
    """A query's text, read."""
    parser = CommandParser(text)
    query = parser.query(nested=False)
    if parser.token.kind != "end":
        parser.refuse()
    return query


class CommandParser(ExpressionParser):
    """Reads the commands of a query."""

    nested = False

    def query(self, nested: bool) -> QueryText:
        """Sources, then commands, with pipes between."""
        sources = read_sources(self) if self.at_word("source") else None
        commands: list[Command] = []
        if sources is None or self.take_op("|"):
            commands.append(self._command())
            while self.take_op("|"):
                commands.append(self._command())
        if not (self.token.kind == "end" or (nested and self.at_op(")"))):
            self.refuse()
        return QueryText(sources, tuple(commands))

    def subquery(self) -> QueryText:
        """A query within a query; CWL_QuerySyntax-Subqueries: no nesting of these."""
        if self.nested:
            self.refuse()
        self.nested = True
        query = self.query(nested=True)
        self.nested = False
        return query

    def _command(self) -> Command:
        token = self.token
        if token.kind != "name":
            self.refuse()
        word = token.text.lower()
        reader = _COMMANDS.get(word)
        if reader is None:
            if word in NOT_BUILT:
                raise NotBuilt(word)
            self.refuse()
        self.advance()
        return reader(self)

    def fields(self) -> Fields:
        """`fields a, b as c`."""
        return Fields(self.items())

    def display(self) -> Display:
        """`display a, b`."""
        return Display(self.items())

    def filter(self) -> Filter:
        """`filter condition`."""
        return Filter(self.expression())

    def filter_index(self) -> Filter:
        """`filterIndex field = value`."""
        return Filter(self.expression(), indexed=True)

    def sort(self) -> Sort:
        """`sort a desc, b`."""
        start = self.tokens[self.index - 1].start
        keys = [self._sort_key()]
        while self.take_op(","):
            keys.append(self._sort_key())
        return Sort(tuple(keys), start, self.tokens[self.index - 1].end)

    def _sort_key(self) -> SortKey:
        node = self.expression()
        descending = self.at_word("desc")
        if descending or self.at_word("asc"):
            self.advance()
        return SortKey(node, descending)

    def limit(self) -> Limit:
        """`limit n`, `limit any n`."""
        start = self.tokens[self.index - 1].start
        stops_early = self.take_word("any")
        token = self.token
        if token.kind != "number" or not token.text.isdigit():
            self.refuse()
        self.advance()
        if len(token.text) > 9 or not 1 <= int(token.text) <= LIMIT_MAX:
            raise MalformedQuery(f"limit must be between 1 and {LIMIT_MAX}", token.start, token.end)
        return Limit(int(token.text), stops_early, start, token.end)

    def stats(self) -> Stats:
        """`stats count(*) as n by a, bin(5m)`."""
        start = self.tokens[self.index - 1].start
        items = self.items()
        by = self.items() if self.take_word("by") else ()
        if self.at_word("offset"):
            raise NotBuilt("stats offset")
        return Stats(items, by, start, self.tokens[self.index - 1].end)

    def dedup(self) -> Dedup:
        """`dedup a, b`."""
        start = self.tokens[self.index - 1].start
        fields = [self.expression()]
        while self.take_op(","):
            fields.append(self.expression())
        return Dedup(tuple(fields), start, self.tokens[self.index - 1].end)

    def pattern(self) -> Pattern:
        """`pattern @message`."""
        return Pattern(self.expression())

    def unnest(self) -> Unnest:
        """`unnest list into item`."""
        subject = self.expression()
        self.expect_word("into")
        return Unnest(subject, self.expect_alias())

    def parse(self) -> Parse:
        """`parse field "glob" as a, b`; the field is @message where it is left out (CWL_QuerySyntax-Parse)."""
        start = self.tokens[self.index - 1].start
        subject: Node = Name(start, start, "@message")
        if self.token.kind not in ("string", "regex") and not self._at_parse_mode():
            subject = self.expression()
        token = self.token
        multi = False
        if token.kind == "string":
            self.advance()
            aliases = self._aliases()
            if token.value.count("*") != len(aliases):
                raise MalformedQuery(
                    "The number of wildcards in the glob expression must match the number of aliases",
                    token.start,
                    token.end,
                )
            return Parse("glob", subject, token.value, aliases, False, start, self.tokens[self.index - 1].end)
        if token.kind == "regex":
            self.advance()
            aliases = self._aliases() if self.at_word("as") else ()
            multi = self.take_word("multi")
            return Parse("regex", subject, token.value, aliases, multi, start, self.tokens[self.index - 1].end)
        if not self._at_parse_mode():
            self.refuse()
        mode = "logfmt" if self.advance().text.lower() == "logfmt" else "csv"
        aliases = self._aliases()
        if mode == "logfmt" and len(aliases) != 1:
            self.refuse()
        return Parse(mode, subject, "", aliases, False, start, self.tokens[self.index - 1].end)

    def _at_parse_mode(self) -> bool:
        return self.at_word("logfmt", "csv") and self.following.text.lower() == "as"

    def _aliases(self) -> tuple[Alias, ...]:
        self.expect_word("as")
        found = [self.expect_alias()]
        while self.take_op(","):
            found.append(self.expect_alias())
        return tuple(found)

    def json(self) -> JsonField:
        """`json field=payload "user.name" as username`."""
        self.expect_word("field")
        self.expect_op("=")
        subject = self._postfix()
        path = self.expect_string()
        self.expect_word("as")
        return JsonField(subject, path, self.expect_alias())

    def lookup(self) -> Lookup:
        """`lookup table column as field OUTPUT column, ...`."""
        table = self.expect_name().value
        matches = [self._lookup_match()]
        while self.take_op(","):
            matches.append(self._lookup_match())
        self.expect_word("output")
        outputs = [self.expect_name().value]
        while self.take_op(","):
            outputs.append(self.expect_name().value)
        return Lookup(table, tuple(matches), tuple(outputs))

    def _lookup_match(self) -> tuple[str, Node]:
        column = self.expect_name()
        if not self.take_word("as"):
            return column.value, Name(column.start, column.end, column.value)
        return column.value, self._postfix()

    def join(self) -> Join:
        """`join type=inner left=a right=b where a.x=b.y (SOURCE 'group')`."""
        given: dict[str, str] = {}
        while not self.at_word("where"):
            option = self.expect_name()
            key = option.text.lower()
            if key not in ("type", "left", "right") or key in given:
                self.refuse(option)
            self.expect_op("=")
            given[key] = self.expect_name().value
        if given.get("type", "inner") not in ("inner", "left") or not {"left", "right"} <= given.keys():
            self.refuse()
        self.expect_word("where")
        left, right = given["left"], given["right"]
        first, first_end = self._join_key(left, right)
        self.expect_op("=")
        second, second_end = self._join_key(left, right)
        if first[0] == second[0]:
            self.refuse(second_end)
        if first[0] == right:
            first, second, first_end = second, first, second_end
        self.expect_op("(")
        query = self.subquery()
        self.expect_op(")")
        key = Name(first_end.start, first_end.end, first[1], quoted=True)
        return Join("left" if given.get("type") == "left" else "inner", left, right, key, second[1], query)

    def _join_key(self, left: str, right: str) -> tuple[tuple[str, str], Token]:
        token = self.expect_name()
        side, _, field = token.value.partition(".")
        if not field and self.take_op("."):
            field = self.expect_name().value
        if side not in (left, right) or not field:
            self.refuse(token)
        return (side, field), token

    def add_totals(self) -> AddTotals:
        """`addtotals fieldname=Total row=true col=false a, b` (CWL_QuerySyntax-Addtotals)."""
        fieldname, switches = "Total", {"row": True, "col": False}
        while self.at_word("fieldname", "row", "col") and self.following.text == "=":
            option = self.advance().text.lower()
            self.advance()
            value = self.expect_name()
            if option == "fieldname":
                fieldname = value.value
            elif value.text.lower() in ("true", "false"):
                switches[option] = value.text.lower() == "true"
            else:
                self.refuse(value)
        fields: list[str] = []
        if self.token.kind in ("name", "quoted"):
            fields.append(self.advance().value)
            while self.take_op(","):
                fields.append(self.expect_name().value)
        return AddTotals(fieldname, switches["row"], switches["col"], tuple(fields))

    def accum(self) -> Accum:
        """`accum bytes as total` (CWL_QuerySyntax-Accum)."""
        field = self.expect_name().value
        if not self.take_word("as"):
            raise NotBuilt("accum without a name for its result")
        return Accum(field, self.expect_alias().name)

    def autoregress(self) -> Autoregress:
        """`autoregress bytes p=1-4` (CWL_QuerySyntax-Autoregress)."""
        field = self.expect_name().value
        alias = self.expect_alias().name if self.take_word("as") else ""
        first = last = 1
        if self.take_word("p"):
            self.expect_op("=")
            first = last = self._lag()
            if self.take_op("-"):
                last = self._lag()
        if first > last:
            self.refuse()
        if alias and first != last:
            raise NotBuilt("autoregress of several lags with a name")
        return Autoregress(field, tuple((lag, alias or f"{field}_p{lag}") for lag in range(first, last + 1)))

    def _lag(self) -> int:
        token = self.token
        if token.kind != "number" or not token.text.isdigit() or not 1 <= int(token.text[:9]) <= LAGS_MAX:
            self.refuse()
        return int(self.advance().text)

    def fill_down(self) -> FillDown:
        """`filldown host cpu*` (CWL_QuerySyntax-Filldown)."""
        fields: list[str] = []
        while self.token.kind in ("name", "quoted") or self.at_op("*"):
            start = self.token.start
            while self.token.kind in ("name", "quoted") or self.at_op("*"):
                end = self.advance().end
                if self.token.start != end:
                    break
            fields.append(self.written(start).replace("`", ""))
        return FillDown(tuple(fields))

    def count_frequent(self) -> CountFrequent:
        """`countFrequent method, status` (CWL_QuerySyntax-CountFrequent)."""
        start = self.tokens[self.index - 1].start
        return CountFrequent(self.items(), start, self.tokens[self.index - 1].end)


_COMMANDS: dict[str, Callable[[CommandParser], Command]] = {
    "fields": CommandParser.fields,
    "display": CommandParser.display,
    "filter": CommandParser.filter,
    "where": CommandParser.filter,
    "filterindex": CommandParser.filter_index,
    "sort": CommandParser.sort,
    "limit": CommandParser.limit,
    "stats": CommandParser.stats,
    "dedup": CommandParser.dedup,
    "pattern": CommandParser.pattern,
    "unnest": CommandParser.unnest,
    "parse": CommandParser.parse,
    "json": CommandParser.json,
    "lookup": CommandParser.lookup,
    "join": CommandParser.join,
    "addtotals": CommandParser.add_totals,
    "accum": CommandParser.accum,
    "autoregress": CommandParser.autoregress,
    "filldown": CommandParser.fill_down,
    "countfrequent": CommandParser.count_frequent,
    "count_frequent": CommandParser.count_frequent,
}
