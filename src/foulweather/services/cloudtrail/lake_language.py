"""The SQL of CloudTrail Lake, put into SQLite's: tables by store, nested fields, and the functions that are known.

Lake speaks Trino's SQL. Whatever of it has another meaning in SQLite is rewritten here or refused, never passed on.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-limitations.html
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.cloudtrail.lake_functions import AGGREGATES, BUILT_IN, FUNCTIONS
from foulweather.services.cloudtrail.lake_schema import COLUMNS, NESTED
from foulweather.services.cloudtrail.refusals import refused

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*)|(?P<text>'(?:[^']|'')*')|(?P<quoted>"(?:[^"]|"")+")"""
    r"""|(?P<store>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"""
    r"""|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<sign><>|!=|<=|>=|\|\||[-+*/%<>=(),.;\[\]])""",
    re.IGNORECASE,
)
_WORDS: Final = (
    "select distinct from where group by having order asc desc nulls first last limit and or not in is null like "
    "between case when then else end as on left right inner outer join cross union all except intersect escape "
    "exists with true false offset"
)
_WRITING_WORDS: Final = (
    "insert update delete create drop alter grant revoke truncate merge attach pragma vacuum call set"
)
_KEYWORDS: Final = frozenset(_WORDS.split())
_WRITING: Final = frozenset(_WRITING_WORDS.split())
_TYPES: Final = {"varchar": "TEXT", "bigint": "INTEGER", "integer": "INTEGER", "double": "REAL", "boolean": "INTEGER"}
_CLOCKS: Final = {"current_timestamp": "now()", "current_date": "date(now())"}
_UNKNOWN_WORDS: Final = frozenset({"interval", "unnest", "lateral", "over", "partition", "tablesample", "array", "map"})


class Token(NamedTuple):
    """A piece of a statement."""

    kind: str
    text: str

    @property
    def lower(self) -> str:
        """A name in lower case, for names are told apart without regard to it."""
        return self.text.lower()


class Statement(NamedTuple):
    """A statement for SQLite: the stores in it, in order of their tables `t0`, `t1`; the names of its columns."""

    sql: str
    stores: list[str]
    names: list[str]


def invalid(message: str) -> AwsError:
    """A statement that is not one."""
    return refused("InvalidQueryStatement", message, Fact("request", "QueryStatement", message))


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    position = 0
    while position < len(text):
        matched = _TOKEN.match(text, position)
        if matched is None:
            raise invalid(f"line 1:{position + 1}: mismatched input '{text[position]}'")
        kind = matched.lastgroup or ""
        if kind != "space":
            found.append(Token(kind, matched[0]))
        position = matched.end()
    while found and found[-1].text == ";":
        found.pop()
    if any(token.text == ";" for token in found):
        raise invalid("mismatched input ';'. Expecting: <EOF>")
    return found


def translated(text: str) -> Statement:
    """A statement of Lake in SQLite's SQL; raises the refusal of what is no query, and of what is not built."""
    tokens = _tokens(text)
    if not tokens or (tokens[0].lower not in ("select", "with") and tokens[0].text != "("):
        raise invalid("Only SELECT statements are allowed.")
    for token in tokens:
        if token.kind == "name" and token.lower in _WRITING:
            raise invalid("Only SELECT statements are allowed.")
    return _Translation(tokens).statement()


class _Translation:
    """One statement on its way."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._stores: list[str] = []
        self._aliases = self._found_aliases()

    def _found_aliases(self) -> set[str]:
        """The names that tables are given: what follows a store, with AS or without."""
        found: set[str] = set()
        for place, token in enumerate(self._tokens):
            if token.kind != "store":
                continue
            rest = self._tokens[place + 1 : place + 3]
            if rest and rest[0].lower == "as":
                rest = rest[1:]
            if rest and rest[0].kind == "name" and rest[0].lower not in _KEYWORDS:
                found.add(rest[0].lower)
        return found

    def statement(self) -> Statement:
        """The whole."""
        sql = self._part(0, len(self._tokens))
        if not self._stores:
            raise invalid("The query must have a FROM clause with the ID of an event data store.")
        return Statement(sql, self._stores, self._names())

    # --- expressions

    def _part(self, start: int, end: int) -> str:
        pieces: list[str] = []
        place = start
        while place < end:
            piece, place = self._piece(place, end)
            pieces.append(piece)
        return " ".join(pieces)

    def _piece(self, place: int, end: int) -> tuple[str, int]:
        token = self._tokens[place]
        following = self._tokens[place + 1].text if place + 1 < end else ""
        if token.kind == "store":
            return self._store(place, end, following)
        if token.kind == "name":
            return self._name(place, end, following)
        if token.kind == "quoted":
            return self._column(place, end, token.text[1:-1].replace('""', '"'))
        return token.text, place + 1

    def _store(self, place: int, end: int, following: str) -> tuple[str, int]:
        store = self._tokens[place].text.lower()
        if store not in self._stores:
            self._stores.append(store)
        table = f"t{self._stores.index(store)}"
        if following == ".":
            return self._path(place + 2, end, f"{table}.")
        return table, place + 1

    def _name(self, place: int, end: int, following: str) -> tuple[str, int]:
        token = self._tokens[place]
        word = token.lower
        if following == "(" and word not in (
            "in",
            "and",
            "or",
            "not",
            "as",
            "on",
            "from",
            "select",
            "when",
            "then",
            "exists",
        ):
            return self._function(word, place, end)
        if word == "timestamp" and place + 1 < end and self._tokens[place + 1].kind == "text":
            return self._tokens[place + 1].text, place + 2
        if word in _CLOCKS:
            return _CLOCKS[word], place + 1
        if word in _UNKNOWN_WORDS:
            raise not_implemented("cloudtrail", f"StartQuery.{word}")
        if word in _KEYWORDS or word in _TYPES:
            return _TYPES.get(word, word), place + 1
        if word in self._aliases:
            if following == ".":
                return self._path(place + 2, end, f"{word}.")
            return word, place + 1
        return self._column(place, end, token.text)

    def _column(self, place: int, end: int, name: str) -> tuple[str, int]:
        if name.lower() in COLUMNS:
            return self._path(place, end, "")
        if "]" in name:
            raise invalid(f"Column '{name}' cannot be resolved")
        # An alias of the SELECT list. In brackets, since SQLite takes an unknown name in double quotes for a text.
        return f"[{name.lower()}]", place + 1

    def _path(self, place: int, end: int, table: str) -> tuple[str, int]:
        """A column, and what follows it by `.name` and `[…]`."""
        name = self._tokens[place].lower.strip('"') if place < end else ""
        if self._tokens[place].text == "*":
            return f"{table}*", place + 1
        if name not in COLUMNS:
            raise invalid(f"Column '{name}' cannot be resolved")
        expression = f"{table}{name}"
        place += 1
        while place < end and self._tokens[place].text in (".", "["):
            if self._tokens[place].text == ".":
                if name not in NESTED:
                    raise invalid(f"Expression {name} is not of type ROW")
                member = self._tokens[place + 1].text if place + 1 < end else ""
                expression, place = f"field({expression}, '{member.lower()}')", place + 2
            else:
                close = self._closing(place, end, "[", "]")
                expression = f"element_at({expression}, {self._part(place + 1, close)})"
                place = close + 1
        return expression, place

    def _function(self, name: str, place: int, end: int) -> tuple[str, int]:
        if name not in AGGREGATES and name not in BUILT_IN and name not in FUNCTIONS:
            if name == "cast":
                close = self._closing(place + 1, end, "(", ")")
                return f"CAST({self._part(place + 2, close)})", close + 1
            if name == "approx_distinct":
                close = self._closing(place + 1, end, "(", ")")
                return f"count(DISTINCT {self._part(place + 2, close)})", close + 1
            raise not_implemented("cloudtrail", f"StartQuery.{name}")
        close = self._closing(place + 1, end, "(", ")")
        return f"{BUILT_IN.get(name, name)}({self._part(place + 2, close)})", close + 1

    def _closing(self, place: int, end: int, opens: str, closes: str) -> int:
        depth = 0
        for each in range(place, end):
            if self._tokens[each].text == opens:
                depth += 1
            elif self._tokens[each].text == closes:
                depth -= 1
                if depth == 0:
                    return each
        raise invalid(f"mismatched input '<EOF>'. Expecting: '{closes}'")

    # --- the names of the result's columns

    def _names(self) -> list[str]:
        items: list[list[Token]] = [[]]
        depth, has_begun = 0, False
        for token in self._tokens:
            if token.text in "([":
                depth += 1
            elif token.text in ")]":
                depth -= 1
            if not has_begun:
                has_begun = token.lower == "select" and depth == 0
                continue
            if depth == 0 and token.lower == "from":
                break
            if depth == 0 and token.text == ",":
                items.append([])
            elif not (token.lower in ("distinct", "all") and not items[-1]):
                items[-1].append(token)
        names: list[str] = []
        for number, item in enumerate(items):
            names += _name_of(item, number)
        return names


def _name_of(item: list[Token], number: int) -> list[str]:
    """How Trino names a column: by its alias, by the last part of a path, or `_col0`."""
    if item and item[-1].text == "*":
        return list(COLUMNS.values())
    if len(item) > 1 and item[-1].kind in ("name", "quoted") and (item[-2].text != "."):
        return [item[-1].text.strip('"')]
    if (
        item
        and item[-1].kind in ("name", "quoted")
        and all(token.text == "." or token.kind != "sign" for token in item)
    ):
        return [item[-1].text.strip('"')]
    return [f"_col{number}"]
