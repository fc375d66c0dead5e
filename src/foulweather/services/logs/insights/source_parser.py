"""The grammar of SOURCE (CWL_QuerySyntax-Source)."""

from __future__ import annotations

from foulweather.services.logs.insights.cursor import Cursor
from foulweather.services.logs.insights.errors import MalformedQuery, NotBuilt
from foulweather.services.logs.insights.periods import PeriodError, period_ms
from foulweather.services.logs.insights.records import Sources

_PREFIXES_MAX = 5  # As many as five prefixes in the list ...
_ACCOUNTS_MAX = 20  # ... and 20 account identifiers.
_LISTS = {
    "nameprefix": "prefixes",
    "accountidentifier": "accounts",
    "accountidentifiers": "accounts",
    "class": "classes",
    "loggroupclass": "classes",
}
_CLASSES = ("STANDARD", "INFREQUENT_ACCESS", "DELIVERY")


def read_sources(cursor: Cursor) -> Sources:
    """One SOURCE command or several, as far as they go."""
    groups: list[str] = []
    lists: dict[str, tuple[str, ...]] = {}
    every = False
    offsets: dict[str, int] = {}
    while cursor.take_word("source"):
        if cursor.at_word("loggroups") and cursor.following.text == "(":
            cursor.advance()
            every = True
            _read_selection(cursor, lists)
        else:
            groups.append(_read_group(cursor))
            while cursor.take_op(","):
                groups.append(_read_group(cursor))
        while cursor.at_word("start", "end") and cursor.following.text == "=":
            side = cursor.advance().text.lower()
            cursor.advance()
            offsets[side] = _read_offset(cursor)
        if cursor.at_op("|") and cursor.following.text.lower() == "source":
            cursor.advance()
    return Sources(
        tuple(groups),
        every,
        lists.get("prefixes", ()),
        lists.get("accounts", ()),
        lists.get("classes", ()),
        offsets.get("start"),
        offsets.get("end"),
    )


def _read_group(cursor: Cursor) -> str:
    if cursor.token.kind not in ("string", "name", "quoted"):
        cursor.refuse()
    return cursor.advance().value


def _read_selection(cursor: Cursor, lists: dict[str, tuple[str, ...]]) -> None:
    cursor.expect_op("(")
    while not cursor.at_op(")"):
        keyword = cursor.expect_name()
        kind = _LISTS.get(keyword.text.lower())
        if kind is None:
            if keyword.text.lower() in ("datasource", "datasources", "tags", "loggrouptags", "tag"):
                raise NotBuilt(f"SOURCE logGroups({keyword.text})")
            cursor.refuse(keyword)
        cursor.expect_op(":")
        values = _read_strings(cursor)
        most = {"prefixes": _PREFIXES_MAX, "accounts": _ACCOUNTS_MAX}.get(kind)
        if most is not None and len(values) > most:
            raise MalformedQuery(f"{keyword.text} can list at most {most} values", keyword.start, keyword.end)
        if kind == "classes" and any(value not in _CLASSES for value in values):
            cursor.refuse(keyword)
        lists[kind] = values
        if not cursor.take_op(","):
            break
    cursor.expect_op(")")


def _read_strings(cursor: Cursor) -> tuple[str, ...]:
    if cursor.token.kind == "string":
        return (cursor.advance().value,)
    cursor.expect_op("[")
    found: list[str] = []
    while not cursor.take_op("]"):
        found.append(cursor.expect_string())
        if not cursor.at_op("]"):
            cursor.expect_op(",")
    return tuple(found)


def _read_offset(cursor: Cursor) -> int:
    if cursor.take_word("now"):
        return 0
    negative = cursor.take_op("-")
    token = cursor.advance()
    if token.kind != "period" or len(token.text) > 12:
        cursor.refuse(token)
    digits = "".join(character for character in token.text if character.isdigit())
    try:
        length_ms = period_ms(int(digits), token.text[len(digits) :].lower())
    except PeriodError:
        cursor.refuse(token)
    return -length_ms if negative else length_ms
