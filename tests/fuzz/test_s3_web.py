"""Forms and queries of S3 Select made of rubbish: refused in S3's words, or served, and never a mistake of ours."""

from __future__ import annotations

import base64
import random

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.s3 import post_policies, select_input
from foulweather.services.s3.select_engine import Engine
from foulweather.services.s3.select_language import parsed
from foulweather.services.s3.select_output import writer
from foulweather.wire.multipart_forms import read_form

PIECES = [
    b"--B",
    b"--",
    b"\r\n",
    b"\r\n\r\n",
    b"Content-Disposition: form-data",
    b'; name="key"',
    b'; name="file"',
    b"x",
]
PIECES += [b'; filename="a"', b"\x00", b"\xff", b'"', b";", b": ", b" "]
WORDS = [
    *(
        "SELECT",
        "FROM",
        "WHERE",
        "LIMIT",
        "S3Object",
        "s",
        "s._1",
        "s.a",
        "_2",
        "*",
        ",",
        "(",
        ")",
        "=",
        "<",
        ">=",
        "<>",
    ),
    *("+", "-", "/", "%", "||", ".", "[", "]", "0", "1", "2.5", "'x'", "'%'", '"a"', "AND", "OR", "NOT", "IN", "LIKE"),
    *(
        "ESCAPE",
        "BETWEEN",
        "IS",
        "NULL",
        "MISSING",
        "TRUE",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "CAST(",
        "AS",
        "INT",
    ),
    *("STRING", "COUNT(*)", "SUM(", "EXTRACT(", "YEAR", "TRIM(", "BOTH", "SUBSTRING(", "DATE_ADD(", "UTCNOW()"),
]
LEAVES = [
    "s._1",
    "s.a",
    "s._1[1].b",
    's."a"',
    "0",
    "7",
    "2.5",
    "'2017T'",
    "'x'",
    "'%a_'",
    "''",
    "NULL",
    "TRUE",
    "s",
    "1e300",
]
SHAPES = [
    *("({} + {})", "({} - {})", "{} * {}", "{} / {}", "({} % {})", "({} || {})", "({} = {})", "({} < {})", "NOT ({})"),
    *("({} AND {})", "({} OR {})", "({} BETWEEN {} AND {})", "({} IN ({}, {}))", "({} LIKE {})", "({} IS NULL)"),
    *("(s.a IS MISSING)", "CAST({} AS INT)", "CAST({} AS STRING)", "CAST({} AS TIMESTAMP)", "CAST({} AS BOOL)"),
    *(
        "CAST({} AS FLOAT)",
        "CAST({} AS DECIMAL(5))",
        "COALESCE({}, {})",
        "NULLIF({}, {})",
        "LOWER({})",
        "CHAR_LENGTH({})",
    ),
    *("TRIM(BOTH {} FROM {})", "SUBSTRING({}, {}, {})", "EXTRACT(DAY FROM {})", "DATE_ADD(month, {}, {})"),
    *(
        "DATE_DIFF(year, {}, {})",
        "TO_STRING({}, {})",
        "CASE WHEN {} THEN {} ELSE {} END",
        "CASE {} WHEN {} THEN {} END",
    ),
    *("COUNT({})", "SUM({})", "AVG({})", "MIN({})", "MAX({})", "-{}", "UTCNOW()"),
]
CSV = b'1,a,"b"\n,,\n2017T,%,x\n'
LINES = b'{"a":1,"_1":[1,{"b":null}]}\n{"a":"2017T"}\n[]\n1\n"x"\n'


@pytest.mark.parametrize("seed", range(4))
def test_forms(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(3000):
        body = b"--B\r\n" * draw.randrange(2) + b"".join(draw.choices(PIECES, k=draw.randrange(24)))
        try:
            form = read_form("multipart/form-data; boundary=B", body)
            code = ""
            assert form.file is None or form.file in body
        except AwsError as error:
            code = error.code
        assert code in ("", "MalformedPOSTRequest", "MaxPostPreDataLengthExceeded")


@pytest.mark.parametrize("seed", range(2))
def test_policies(seed: int) -> None:
    draw = random.Random(seed)
    pieces = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"conditions"',
        '"expiration"',
        '"2026-01-01T00:00:00Z"',
        '"eq"',
        '"$key"',
        "1",
    ]
    pieces += ["null", '"\\$"', "\\", '"', "-1", '"content-length-range"', "{}", "[]"]
    for _ in range(3000):
        text = "".join(draw.choices(pieces, k=draw.randrange(16)))
        encoded = base64.b64encode(text.encode()).decode() if draw.random() < 0.9 else text
        try:
            post_policies.check(post_policies.parsed(encoded), {"key": "a"}, 3, 0)
            code = ""
        except AwsError as error:
            code = error.code
        assert code in ("", "InvalidPolicyDocument", "AccessDenied", "EntityTooSmall", "EntityTooLarge")


@pytest.mark.parametrize("seed", range(4))
def test_queries(seed: int) -> None:
    draw = random.Random(seed)
    ran = 0
    refused: set[str] = set()
    for number in range(1500):
        middle, end = _expression(draw, 3), _expression(draw, 3)
        if number % 5 == 0:
            middle = " ".join(draw.choices(WORDS, k=draw.randrange(1, 9)))
        sql = f"SELECT {middle} FROM S3Object s" + draw.choice(["", f" WHERE {end}", f" {end}"])
        options = {"CSV": {}} if number % 2 else {"JSON": {"Type": "LINES"}}
        try:
            query = parsed(sql)
            reader = select_input.source_of(options, query.source, None, 0).reader
            engine = Engine(query, [reader.getter(path) for path in query.paths], 0)
            try:
                write = writer({"CSV": {}} if number % 3 else {"JSON": {}})
                records = [*reader.feed(CSV if number % 2 else LINES), *reader.finish()]
                for row in [*engine.run(records), *engine.finish()]:
                    write(reader.row(row) if engine.is_all else row)
                ran += 1
            finally:
                engine.close()
        except AwsError as error:
            refused.add(error.code)
            if error.code == "UnsupportedSqlOperation":
                print(sql, error.why.facts)
    assert ran > 50
    assert "UnsupportedSqlOperation" not in refused  # what SQLite itself would not take


def _expression(draw: random.Random, depth: int) -> str:
    if depth == 0 or draw.random() < 0.2:
        return draw.choice(LEAVES)
    shape = draw.choice(SHAPES)
    return shape.format(*[_expression(draw, depth - 1) for _ in range(shape.count("{}"))])


def test_csv_of_rubbish_comes_in_any_pieces() -> None:
    draw = random.Random(1)
    for number in range(1500):
        data = "".join(draw.choices(['"', ",", "\n", "\r\n", "a", "é", "#", "\\", '""'], k=30)).encode()
        options = {
            "AllowQuotedRecordDelimiter": bool(number % 2),
            "QuoteEscapeCharacter": draw.choice(['"', "\\"]),
            "FileHeaderInfo": draw.choice(["NONE", "USE", "IGNORE"]),
            "Comments": draw.choice(["", "#"]),
        }
        assert _records(data, options, len(data)) == _records(data, options, draw.randrange(1, 5))


def _records(data: bytes, options: dict[str, object], size: int) -> list[list[str]] | str:
    reader = select_input.source_of({"CSV": options}, (), None, 0).reader
    found: list[list[str]] = []
    try:
        for place in range(0, len(data), size):
            found += reader.feed(data[place : place + size])
        found += reader.finish()
    except AwsError as error:
        return error.code
    return found
