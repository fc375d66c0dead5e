"""Documents that are small and mean a lot of work: models, definitions, truststores, queries, patterns."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.linear_patterns import Expression, InvalidExpression
from foulweather.services.apigateway import truststores
from foulweather.services.apigateway.openapi import documents
from foulweather.services.apigateway.rest import schemas
from foulweather.services.cloudtrail import lake_engine, lake_language
from foulweather.services.cloudtrail.lake_schema import COLUMNS
from foulweather.services.ssm.documents import texts

STORE = "12345678-1234-1234-1234-123456789012"


def violations(schema: Any, document: Any) -> list[str]:
    return schemas.validator("m", {"m": {"schema": json.dumps(schema)}})(document)


def test_a_model_that_refers_to_itself_ever_again_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "RULES_MAX", 10_000)
    twice = {f"a{i}": {"allOf": [{"$ref": f"#/definitions/a{i + 1}"}] * 2} for i in range(20)}
    with pytest.raises(schemas.TooMuchToCheck):
        violations({"definitions": {**twice, "a20": {}}, "$ref": "#/definitions/a0"}, 1)
    either: dict[str, Any] = {
        "properties": {"a": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}},
        "not": {"required": ["z"]},
    }
    deep: dict[str, Any] = {"z": 1}
    for _ in range(20):
        deep = {"a": deep}
    with pytest.raises(schemas.TooMuchToCheck):
        violations(either, deep)


@pytest.mark.parametrize(
    ("items", "differ"),
    [
        ([1, 2, 3], True),
        ([1, 1.0], False),
        ([1, True], True),
        ([0, False, "", None], True),
        ([[1, 2], [2, 1]], True),
        ([{"a": 1, "b": [2]}, {"b": [2], "a": 1}], False),
        ([{"a": 1}, {"a": True}], True),
        (["a", ["a"], {"a": "a"}], True),
        ([[], {}, [[]]], True),
    ],
)
def test_equal_items_are_found_by_what_they_are(items: list[Any], differ: bool) -> None:
    assert (violations({"uniqueItems": True}, items) == []) is differ
    assert violations({"uniqueItems": False}, items) == []


def test_many_items_are_compared_once_each() -> None:
    assert violations({"uniqueItems": True}, [{"a": i} for i in range(30_000)]) == []


@pytest.mark.parametrize("number", ["1" + ":1" * 100_000, "1" + ":1" * 100_000 + ".5", "9" * 2_000])
def test_numbers_of_any_length_are_refused(number: str) -> None:
    with pytest.raises(AwsError):
        documents.read(f"openapi: 3.0.1\na: {number}\n".encode())
    with pytest.raises(AwsError):
        texts.parsed(f"schemaVersion: '0.3'\na: {number}\n", "YAML")
    assert documents.read(b"a: 1:30\nb: 12\n")["b"] == 12


def test_a_truststore_is_read_once() -> None:
    begin, end = truststores._BEGIN, truststores._END
    assert truststores._blocks(begin * 38_000) == []
    assert truststores._blocks(b"x" + begin + b"1" + end + begin + begin + b"2" + end + end) == [
        begin + b"1" + end,
        begin + begin + b"2" + end,
    ]


def found(sql: str, rows: int) -> int:
    statement = lake_language.translated(sql.replace("@", STORE))
    row = tuple("a" * 40 + "!" for _ in COLUMNS)
    return len(lake_engine.run(statement, {name: [row] * rows for name in statement.stores}, 0).rows)


def test_a_query_of_the_lake_has_regular_expressions_of_bounded_time() -> None:
    assert found("SELECT eventName FROM @ WHERE regexp_like(eventName, '(a+)+$')", 10) == 0
    assert found("SELECT regexp_extract(eventName, '(a|a)*b') AS found FROM @", 10) == 10
    for call in ("regexp_like(eventName, '(')", "regexp_like(eventName, '(?=a)')"):
        with pytest.raises(AwsError) as caught:
            found(f"SELECT eventName FROM @ WHERE {call}", 1)
        assert caught.value.code == "InvalidQueryStatementException"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a.eventName FROM @ a, @ b",
        "SELECT count(*) AS n FROM @ a, @ b WHERE regexp_like(a.eventName, b.eventName)",
    ],
)
def test_a_query_of_the_lake_that_multiplies_its_events_is_ended(sql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lake_engine, "_CALLS_MAX", 20_000)
    monkeypatch.setattr(lake_engine, "_RESULT_CHARACTERS_MAX", 1 << 20)
    with pytest.raises(AwsError) as caught:
        found(sql, 300)
    assert caught.value.code == "InvalidQueryStatementException"


@pytest.mark.parametrize("pattern", ["(a)" * 1_000, "a" * 20_000])
def test_a_regular_expression_that_would_take_much_memory_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidExpression):
        Expression(pattern)
