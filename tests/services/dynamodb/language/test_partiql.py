from __future__ import annotations

from contextlib import suppress
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foulweather.services.dynamodb.language.keys import KeySchema
from foulweather.services.dynamodb.language.partiql import Delete, Exists, Insert, Select, UpdateStatement, statement
from foulweather.services.dynamodb.language.partiql_keys import key_plan, single_key
from foulweather.services.dynamodb.language.refusals import LanguageError

TABLE = KeySchema(("pk",), ("sk",), {"pk": "N", "sk": "S"})
T = TypeVar("T")


def read(kind: type[T], text: str, *parameters: dict[str, Any]) -> T:
    found = statement(text, list(parameters))
    assert isinstance(found, kind)
    return found


def test_select() -> None:
    found = read(
        Select,
        """select OrderID, "Ship To".Lines[0] -- a comment
           from "Orders"."byDate" WHERE pk = 100 and "status" = 'it''s' ORDER BY sk DESC, pk""",
    )
    assert (found.table, found.index) == ("Orders", "byDate")
    assert found.order == (("sk", True), ("pk", False))
    assert found.projection is not None
    assert found.projection.paths == (("OrderID",), ("Ship To", "Lines", 0))
    assert found.where is not None
    assert found.where.holds({"pk": {"N": "100"}, "status": {"S": "it's"}})
    assert not found.where.holds({"pk": {"N": "100"}, "status": {"S": "its"}})


ITEM: dict[str, Any] = {
    "a": {"N": "5"}, "s": {"S": "7834 24th"}, "l": {"L": [{"S": "x"}]}, "m": {"M": {"k": {"BOOL": True}}},
    "nil": {"NULL": True},
    "ss": {"SS": ["p", "q"]},
}  # fmt: skip


@pytest.mark.parametrize(
    ("where", "answer"),
    [
        ("a = 5", True), ("a = 5.0", True), ("5 = a", True), ("a <> 5", False), ("a != 6", True),
        ("a > 4 AND a <= 5", True),
        ("a BETWEEN 5 AND 6", True), ("a NOT BETWEEN 5 AND 6", False), ("a IN [4, 5]", True), ("a IN (4, 6)", False),
        ("a NOT IN [4]", True), ("NOT a = 5", False), ("not (a = 5 or a = 6)", False), ("a = -5", False),
        ("begins_with(s, '7834')", True), ("CONTAINS(s, '24')", True), ("contains(ss, 'p')", True),
        ("size(s) > 3", True), ("attribute_type(s, 'S')", True), ("z IS MISSING", True), ("a is not missing", True),
        ("a IS MISSING", False), ("nil IS NULL", True), ("a IS NULL", False), ("a IS NOT NULL", True),
        ("m.k = true", True), ("m['k'] = TRUE", True), ("l[0] = 'x'", True), ("l = ['x']", True),
        ("ss = <<'q', 'p'>>", True),
        ("m = {'k': true}", True), ("a = 1e0 OR a = 5 AND s > '6'", True), ("z < 5", False), ("a < l", False),
    ],
)  # fmt: skip
def test_where(where: str, answer: bool) -> None:
    found = read(Select, f"SELECT * FROM T WHERE {where}").where
    assert found is not None
    assert found.holds(ITEM) is answer
    assert found.explain(ITEM)


def test_parameters_are_taken_in_order() -> None:
    found = read(Select, "SELECT * FROM T WHERE a = ? AND s IN [?, ?]", {"N": "5.0"}, {"S": "x"}, {"S": "7834 24th"})
    assert found.where is not None
    assert found.where.holds(ITEM)


@pytest.mark.parametrize("given", [[], [{"N": "1"}], [{"N": "1"}] * 3])
def test_parameters_are_as_many_as_the_statement_takes(given: list[dict[str, Any]]) -> None:
    with pytest.raises(LanguageError, match=r"^Number of parameters in request and statement don't match\.$"):
        statement("SELECT * FROM T WHERE a = ? AND b = ?", given)


def test_insert() -> None:
    found = read(
        Insert,
        "INSERT INTO TypesTable value {'pk':'1', 'n':1.50, 'm': {'e': 'v', 'f': -4}, 'l': [1,'s'], 'ns': <<1,34,4.5>>, "
        "'ss':<<'a','b'>>, 'p': ?}",
        {"B": b"x"},
    )
    assert found.table == "TypesTable"
    assert found.item == {
        "pk": {"S": "1"}, "n": {"N": "1.5"}, "m": {"M": {"e": {"S": "v"}, "f": {"N": "-4"}}},
        "l": {"L": [{"N": "1"}, {"S": "s"}]}, "ns": {"NS": ["1", "34", "4.5"]}, "ss": {"SS": ["a", "b"]},
        "p": {"B": b"x"},
    }  # fmt: skip


def test_update() -> None:
    found = read(
        UpdateStatement,
        """UPDATE "Music" SET n = n + 100 SET m.e = [2020, 's'] SET l = LIST_APPEND(l, [4, <<'a'>>])
           SET ns = SET_ADD(ns, <<345, 48.4>>) SET ss = set_delete(ss, <<'x'>>) REMOVE old, l2[0]
           WHERE pk = 1 AND sk = 'a' AND n < 9 RETURNING MODIFIED NEW *""",
    )
    item: dict[str, Any] = {
        "pk": {"N": "1"}, "sk": {"S": "a"}, "n": {"N": "1"}, "m": {"M": {}}, "l": {"L": []}, "ns": {"NS": ["1"]},
        "ss": {"SS": ["x"]}, "old": {"S": "o"}, "l2": {"L": [{"N": "1"}, {"N": "2"}]},
    }  # fmt: skip
    assert found.where.holds(item)
    assert found.update.apply(item).item == {
        "pk": {"N": "1"}, "sk": {"S": "a"}, "n": {"N": "101"}, "m": {"M": {"e": {"L": [{"N": "2020"}, {"S": "s"}]}}},
        "l": {"L": [{"N": "4"}, {"SS": ["a"]}]}, "ns": {"NS": ["1", "345", "48.4"]}, "l2": {"L": [{"N": "2"}]},
    }  # fmt: skip
    assert single_key(found.where, TABLE) == {"pk": {"N": "1"}, "sk": {"S": "a"}}
    assert (found.table, found.returning) == ("Music", "UPDATED_NEW")


def test_delete() -> None:
    found = read(Delete, """DELETE FROM "Music" WHERE pk = ? AND sk = 'x' RETURNING ALL OLD *""", {"N": "1"})
    assert (found.table, found.returning) == ("Music", "ALL_OLD")
    assert single_key(found.where, TABLE) == {"pk": {"N": "1"}, "sk": {"S": "x"}}


def test_exists() -> None:
    found = read(Exists, "EXISTS(SELECT * FROM \"Music\" WHERE pk = 1 AND sk = 'a' AND n = 2)")
    assert found.select.table == "Music"


@pytest.mark.parametrize("where", ["pk = 1", "pk = 1 OR sk = 'a'", "pk = 1 AND sk > 'a'", "NOT (pk = 1 AND sk = 'a')"])
def test_a_write_names_the_whole_key(where: str) -> None:
    with pytest.raises(
        LanguageError, match=r"^Where clause does not contain a mandatory equality on all key attributes$"
    ):
        single_key(read(Delete, f"DELETE FROM T WHERE {where}").where, TABLE)


def plan(where: str | None) -> list[tuple[str, str | None]] | None:
    found = key_plan(read(Select, "SELECT * FROM T" + (f" WHERE {where}" if where else "")).where, TABLE)
    return found and [(part.hash_value["N"], part.sort_operator) for part in found]  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (None, None), ("pk > 1", None), ("a = 1", None), ("pk = 1 OR a = 2", None), ("NOT pk = 1", None),
        ("pk = 1", [("1", None)]), ("1 = pk AND a = 2", [("1", None)]), ("pk = 1 OR pk = 2", [("1", None),
        ("2", None)]),
        ("pk IN [1, 2, 1]", [("1", None), ("2", None)]), ("pk = 1 AND sk > 'a'", [("1", ">")]),
        ("pk = 1 AND begins_with(sk, 'a') AND a = 3", [("1", "begins_with")]),
        ("pk IN [1, 2] AND sk BETWEEN 'a' AND 'b'", [("1", "BETWEEN"), ("2", "BETWEEN")]),
        ("pk = 1 AND sk < 'a' OR pk = 1 AND sk > 'b'", [("1", None)]),
        ("(pk = 1 OR pk = 2) AND a = 3", [("1", None), ("2", None)]), ("pk = 1 AND sk = 5", [("1", None)]),
        ("pk = 1 AND sk BETWEEN 'b' AND 'c' AND sk = 'b'", [("1", "=")]),
    ],
)  # fmt: skip
def test_a_select_queries_the_partitions_that_it_names(where: str | None, found: Any) -> None:
    assert plan(where) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("UPSERT INTO x", "Expected data manipulation"),
        ("UPDATE Payment-x SET active=1 WHERE pk=1", "Unexpected term: -"),
        ("INSERT INTO urls VALUES (1)", "Unexpected keyword"),
        ("SELECT * FROM T WHERE", "Unexpected end of statement"),
        ("SELECT FROM T", "Unexpected keyword"),
        ("SELECT * FROM T GROUP BY a", "Unexpected keyword"),
        ("SELECT * FROM T WHERE a = 'open", "Unexpected term: '"),
        ("INSERT INTO T VALUE {'a': <<1, 'x'>>}", "a set has elements of one type: strings, numbers or binaries"),
        ("SELECT * FROM T, U", "Only select from a single table or index is supported."),
        ("UPDATE T WHERE pk = 1", "Unexpected keyword"),
        ("DELETE FROM T", "Unexpected end of statement"),
    ],
)
def test_what_is_no_statement(text: str, words: str) -> None:
    with pytest.raises(LanguageError) as refused:
        statement(text)
    assert refused.value.message == f"Statement wasn't well formed, can't be processed: {words}"


def test_values_in_statements_are_checked_as_everywhere() -> None:
    with pytest.raises(LanguageError, match="38 significant digits"):
        statement("INSERT INTO T VALUE {'a': 1234567890123456789012345678901234567891}")
    with pytest.raises(LanguageError, match="operand type: M"):
        statement("SELECT * FROM T WHERE a < {'x': 1}")


PIECES = st.sampled_from(
    ["SELECT", "*", "FROM", "T", '"T"', "WHERE", "INSERT", "INTO", "VALUE", "UPDATE", "SET", "REMOVE", "DELETE",
    "EXISTS",
     "(", ")", "[", "]", "{", "}", "<<", ">>", ",", ".", ":", "?", "=", "<", "<>", "AND", "OR", "NOT", "IN", "BETWEEN",
     "IS", "MISSING", "NULL", "true", "1", "-", "'x'", "a", "begins_with", "size", "RETURNING", "ALL", "OLD", "ORDER",
     "BY", "DESC", ";", "--", "é", '"']
)  # fmt: skip
STARTS = st.sampled_from(
    ["", "SELECT * FROM T WHERE ", "INSERT INTO T VALUE ", "UPDATE T SET a = ", "DELETE FROM T WHERE "]
)


@settings(max_examples=500)
@given(STARTS, st.one_of(st.lists(PIECES, max_size=12).map(" ".join), st.text(max_size=20)))
def test_whatever_is_sent_is_answered_or_refused(start: str, rest: str) -> None:
    with suppress(LanguageError):
        found = statement(start + rest, [])
        if isinstance(found, Select):
            key_plan(found.where, TABLE)
            if found.where is not None:
                found.where.holds(ITEM)


@pytest.mark.parametrize("text", ["SELECT * FROM T WHERE " + "(" * 4000, "INSERT INTO T VALUE {'a': " + "[" * 4000])
def test_absurd_nesting_is_refused_not_crashed_on(text: str) -> None:
    with pytest.raises(LanguageError):
        statement(text)
