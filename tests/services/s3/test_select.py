from __future__ import annotations

import asyncio
import bz2
import gzip
import json
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer

from foulweather.kernel.errors import AwsError
from foulweather.kernel.trace import Traces
from harness import Aws
from services.s3.s3_calls import count_requests
from services.s3.s3_pages import Web, public_bucket

PEOPLE = "name,age,city\nann,41,Oslo\nbob,7,Rome\ncid,33,\n"
LINES = '{"n":1,"a":{"b":[1,2,{"c":"x"}]},"ok":true}\n{"n":2.5,"a":null}\n{"n":3,"s":"é"}\n'
CSV = {"CSV": {}}
USE = {"CSV": {"FileHeaderInfo": "USE"}}
JSON_LINES = {"JSON": {"Type": "LINES"}}
DOCUMENT = {"JSON": {"Type": "DOCUMENT"}}


def events(aws: Aws, sql: str, body: str | bytes, source: Any, target: Any = CSV, **more: Any) -> list[Any]:
    if "o" not in [bucket["Name"][:1] for bucket in aws.s3.list_buckets()["Buckets"]]:
        aws.s3.create_bucket({"Bucket": "objects"})
    data = body.encode() if isinstance(body, str) else body
    aws.s3.put_object({"Bucket": "objects", "Key": "k", "Body": data})
    request = {
        "Bucket": "objects",
        "Key": "k",
        "Expression": sql,
        "ExpressionType": "SQL",
        "InputSerialization": source,
        "OutputSerialization": target,
        **more,
    }
    stream = aws.s3.select_object_content(request)["Payload"]

    async def collect() -> list[Any]:
        return [event async for event in stream]

    return asyncio.run(collect())


def select(aws: Aws, sql: str, body: str | bytes = PEOPLE, source: Any = USE, target: Any = CSV, **more: Any) -> str:
    found = events(aws, sql, body, source, target, **more)
    return b"".join([event["Payload"] for name, event in found if name == "Records"]).decode()


def computed(aws: Aws, expression: str) -> str:
    return select(aws, f"SELECT {expression} FROM S3Object s", "x,5,true\n", CSV).removesuffix("\n")


@pytest.mark.parametrize(
    ("sql", "result"),
    [
        ("SELECT * FROM S3Object", "ann,41,Oslo\nbob,7,Rome\ncid,33,\n"),
        ("SELECT s.* FROM S3Object s LIMIT 1", "ann,41,Oslo\n"),
        ("SELECT s.name FROM S3Object s WHERE s.age > 10", "ann\ncid\n"),
        ("select NAME, s._3 from s3object as s where CAST(s.age AS INT) between 7 and 33", "bob,Rome\ncid,\n"),
        ("SELECT s.\"name\" FROM S3Object s WHERE s.city = ''", "cid\n"),
        ("SELECT s.name FROM S3Object s WHERE s.name IN ('ann', 'cid') AND NOT s.age = 41", "cid\n"),
        ("SELECT s.name FROM S3Object s WHERE s.name LIKE '_o%' OR s.city LIKE 'O%'", "ann\nbob\n"),
        ("SELECT COUNT(*) FROM S3Object", "3\n"),
        (
            "SELECT COUNT(*), SUM(CAST(age AS INT)), AVG(s.age), MIN(s.age), MAX(s.name) FROM S3Object s",
            "3,81,27,7,cid\n",
        ),
        ("SELECT SUM(CAST(age AS INT)) / COUNT(*) FROM S3Object s WHERE s.name <> 'ann'", "20\n"),
        ("SELECT COUNT(*), SUM(CAST(age AS INT)) FROM S3Object s WHERE s.name = 'nobody'", "0,\n"),
        ("SELECT s.name FROM S3Object s LIMIT 0", ""),
        ("SELECT s._9 FROM S3Object s WHERE s._9 IS MISSING LIMIT 1;", "\n"),
    ],
)
def test_queries_over_csv(aws: Aws, sql: str, result: str):
    assert select(aws, sql) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("-s._2 + 10", "5"),
        ("7 / 2", "3"),
        ("7.0 / 2", "3.5"),
        ("-7 % 3", "-1"),
        ("0.1 + 0.2", "0.3"),
        ("'a' || s._1 || 1", "ax1"),
        ("s._2 = 5.0", "true"),
        ("s._3 = TRUE", "true"),
        ("s._1 = 'x' AND NOT s._2 < 3", "true"),
        ("CAST('5' AS INT) + 1", "6"),
        ("CAST('1.5' AS DECIMAL(10, 2))", "1.5"),
        ("CAST('true' AS BOOL)", "true"),
        ("CAST(3 AS STRING)", "3"),
        ("CHAR_LENGTH('日本')", "2"),
        ("UPPER(s._1) || LOWER('ABC')", "Xabc"),
        ("SUBSTRING('123456789', 0)", "123456789"),
        ("SUBSTRING('123456789' FROM 2 FOR 4)", "2345"),
        ("SUBSTRING('123456789', -4, 6)", "1"),
        ("TRIM('  a ')", "a"),
        ("TRIM(LEADING FROM '  a ') || '|'", "a |"),
        ("TRIM(BOTH '12' FROM '1112211foobar22211122')", "foobar"),
        ("COALESCE(NULL, s._9, 'z')", "z"),
        ("NULLIF(1, 1) IS NULL", "true"),
        ("CASE WHEN s._2 > 3 THEN 'big' ELSE 'small' END", "big"),
        ("CASE s._2 WHEN 5 THEN 'five' END", "five"),
        ("'50%' LIKE '50\\%' ESCAPE '\\'", "true"),
        ("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab' LIKE '%a%a%a%a%a%a%a%a%c'", "false"),
        ("EXTRACT(YEAR FROM TO_TIMESTAMP('2010-01-02T'))", "2010"),
        ("EXTRACT(TIMEZONE_HOUR FROM CAST('2017-01-01T10:00-07:00' AS TIMESTAMP))", "-7"),
        ("DATE_ADD(year, 5, CAST('2010-01-01T' AS TIMESTAMP))", "2015-01-01T"),
        ("DATE_ADD(month, 1, TO_TIMESTAMP('2010-01-31T'))", "2010-02-28T"),
        ("DATE_ADD(hour, 1, TO_TIMESTAMP('2017T'))", "2017-01-01T01:00Z"),
        ("DATE_DIFF(year, TO_TIMESTAMP('2010-12-31T'), TO_TIMESTAMP('2011-01-01T'))", "0"),
        ("DATE_DIFF(month, TO_TIMESTAMP('2010T'), TO_TIMESTAMP('2010-05T'))", "4"),
        ("TO_STRING(TO_TIMESTAMP('1969-07-20T20:18Z'), 'MMMM d, y h:mm a')", '"July 20, 1969 8:18 PM"'),
        (
            "TO_STRING(TO_TIMESTAMP('1969-07-20T20:18:03.25+01:00'), 'y-MM-dd''T''HH:mm:ss.SSX')",
            "1969-07-20T20:18:03.25+01",
        ),
        ("TO_TIMESTAMP('2007-02-23T12:14:33.079-08:00') < TO_TIMESTAMP('2007-02-23T20:14:34Z')", "true"),
        ("UTCNOW()", "2026-01-01T00:00:00.000Z"),
        ("'it''s'", "it's"),
    ],
)
def test_expressions(aws: Aws, expression: str, result: str):
    assert computed(aws, expression) == result


@pytest.mark.parametrize(
    ("sql", "source", "result"),
    [
        ("SELECT s.n FROM S3Object s", JSON_LINES, '{"n":1}\n{"n":2.5}\n{"n":3}\n'),
        ("SELECT * FROM S3Object s WHERE s.n = 3", JSON_LINES, '{"n":3,"s":"é"}\n'),
        ("SELECT s.a.b[2].c AS d, s.ok FROM S3Object[*] s", JSON_LINES, '{"d":"x","ok":true}\n{}\n{}\n'),
        ("SELECT s.a FROM S3Object s WHERE s.a IS NULL AND s.a IS NOT MISSING", JSON_LINES, '{"a":null}\n'),
        (
            "SELECT s.N + 1, s.n > 2 AS big FROM S3Object s LIMIT 2",
            JSON_LINES,
            '{"_1":2,"big":false}\n{"_1":3.5,"big":true}\n',
        ),
        ("SELECT * FROM S3Object[*].a.b[*]", JSON_LINES, '{"_1":1}\n{"_1":2}\n{"c":"x"}\n'),
        ("SELECT COUNT(s.s) FROM S3Object s", DOCUMENT, '{"_1":1}\n'),
        ("SELECT s.n FROM S3Object s WHERE s.ok", DOCUMENT, '{"n":1}\n'),
    ],
)
def test_queries_over_json(aws: Aws, sql: str, source: Any, result: str):
    assert select(aws, sql, LINES, source, {"JSON": {}}) == result


def test_documents_of_any_layout(aws: Aws):
    body = json.dumps({"Rules": [{"id": "a"}, {"id": "b", "x": [1]}, {}]}, indent=2)
    assert (
        select(aws, "SELECT r.id FROM S3Object[*].Rules[*] r", body, DOCUMENT, {"JSON": {}})
        == '{"id":"a"}\n{"id":"b"}\n{}\n'
    )
    assert select(aws, "SELECT * FROM S3Object[*].Rules[1]", body, DOCUMENT) == "b,[1]\n"


@pytest.mark.parametrize(
    ("options", "body", "result"),
    [
        ({"FieldDelimiter": "|", "RecordDelimiter": "@@"}, "a|b@@c|d@@", "a,b\nc,d\n"),
        ({}, '"a,""b""",c\r\nd,e', '"a,""b""",c\nd,e\n'),
        ({"QuoteCharacter": "'", "QuoteEscapeCharacter": "\\"}, "'a\\'b,',c\n", '"a\'b,",c\n'),
        ({"Comments": "#", "FileHeaderInfo": "IGNORE"}, "#x\nh\n1\n#2\n3\n", "1\n3\n"),
        ({"AllowQuotedRecordDelimiter": True}, '"a\nb",c\n', '"a\nb",c\n'),
        ({}, "a,\n\nb\n", "a,\nb\n"),
    ],
)
def test_csv_of_any_kind(aws: Aws, options: dict[str, Any], body: str, result: str):
    assert select(aws, "SELECT * FROM S3Object", body, {"CSV": options}) == result


def test_csv_output_of_any_kind(aws: Aws):
    options = {"QuoteFields": "ALWAYS", "FieldDelimiter": ";", "QuoteCharacter": "'", "QuoteEscapeCharacter": "\\"}
    target = {"CSV": {**options, "RecordDelimiter": "|"}}
    assert select(aws, "SELECT * FROM S3Object", "a'b,c\n", CSV, target) == "'a\\'b';'c'|"
    assert (
        select(aws, "SELECT * FROM S3Object", "a,b\n", CSV, {"JSON": {"RecordDelimiter": ","}})
        == '{"_1":"a","_2":"b"},'
    )
    assert (
        select(aws, "SELECT * FROM S3Object LIMIT 1", target={"JSON": {}})
        == '{"name":"ann","age":"41","city":"Oslo"}\n'
    )


@pytest.mark.parametrize("kind", ["GZIP", "BZIP2"])
def test_compressed_objects(aws: Aws, kind: str):
    pack = gzip.compress if kind == "GZIP" else bz2.compress
    body = pack(b"a,1\n" * 40_000) + pack(b"b,2\n")
    source = {"CSV": {}, "CompressionType": kind}
    assert select(aws, "SELECT COUNT(*), MAX(s._1) FROM S3Object s", body, source) == "40001,b\n"
    stats = dict(events(aws, "SELECT COUNT(*) FROM S3Object s", body, source))["Stats"]["Details"]
    assert (stats["BytesScanned"], stats["BytesProcessed"], stats["BytesReturned"]) == (len(body), 160_004, 6)
    with pytest.raises(AwsError, match="TruncatedInput"):
        select(aws, "SELECT * FROM S3Object", body[:-5], source)
    with pytest.raises(AwsError, match="TruncatedInput"):
        select(aws, "SELECT * FROM S3Object", b"plain", source)


def test_large_objects_come_in_several_events(aws: Aws):
    body = b"x" * 99 + b"\n"
    aws.s3.create_bucket({"Bucket": "objects"})
    count_requests(aws, "objects")
    found = events(aws, "SELECT * FROM S3Object", body * 6000, CSV, RequestProgress={"Enabled": True})
    names = [name for name, _ in found]
    assert names.count("Records") > 2
    assert names[-3:] == ["Progress", "Stats", "End"]
    assert sum([len(event["Payload"]) for name, event in found if name == "Records"]) == 600_000
    (event,) = aws.events("s3.Request")[-1:]
    assert (event.facts["kind"], event.facts["bytes_in"], event.facts["bytes_out"]) == ("select", 600_000, 600_000)


def test_a_limit_stops_the_scan(aws: Aws):
    stats = dict(events(aws, "SELECT * FROM S3Object LIMIT 1", b"x\n" * 500_000, CSV))["Stats"]["Details"]
    assert stats["BytesScanned"] < 100_000


def test_scan_ranges_take_the_records_that_begin_in_them(aws: Aws):
    body = "aaa\nbbb\nccc\nddd\n"

    def scan(**span: int) -> str:
        return select(aws, "SELECT * FROM S3Object", body, CSV, ScanRange=span)

    assert scan(Start=0, End=3) == "aaa\n"
    assert scan(Start=1, End=4) == "bbb\n"
    assert scan(Start=4) == "bbb\nccc\nddd\n"
    assert scan(End=5) == "ddd\n"
    parts = [scan(Start=place, End=place + 2) for place in range(0, 16, 3)]
    assert "".join(parts) == body
    lines = select(aws, "SELECT s.n FROM S3Object s", LINES, JSON_LINES, ScanRange={"Start": 3, "End": 60})
    assert lines == "2.5\n"
    with pytest.raises(AwsError, match="InvalidScanRange"):
        scan(Start=9, End=1)
    with pytest.raises(AwsError, match="UnsupportedScanRangeInput"):
        select(aws, "SELECT * FROM S3Object", "{}", DOCUMENT, ScanRange={"Start": 0})


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELEC * FROM S3Object", "ParseExpectedKeyword"),
        ("SELECT *", "ParseSelectMissingFrom"),
        ("SELECT FROM S3Object", "ParseEmptySelect"),
        ("SELECT * FROM table", "InvalidDataSource"),
        ("SELECT *, s.a FROM S3Object s", "ParseAsteriskIsNotAloneInSelectList"),
        ("SELECT s.a FROM S3Object s ORDER BY s.a", "UnsupportedSqlStructure"),
        ("SELECT s._1, COUNT(*) FROM S3Object s", "UnsupportedSqlStructure"),
        ("SELECT DISTINCT s._1 FROM S3Object s", "UnsupportedSqlStructure"),
        ("SELECT s._1 FROM S3Object s WHERE", "ParseExpectedExpression"),
        ("SELECT s._1 FROM S3Object s WHERE COUNT(*) > 1", "UnsupportedSyntax"),
        ("SELECT s._1 FROM S3Object s LIMIT x", "ParseExpectedNumber"),
        ("SELECT load_extension('x') FROM S3Object s", "UnsupportedFunction"),
        ("SELECT CAST(s._1 AS BLOB) FROM S3Object s", "ParseExpectedTypeName"),
        ("SELECT UPPER(s._1, 2) FROM S3Object s", "EvaluatorInvalidArguments"),
        ("SELECT s._0 FROM S3Object s", "InvalidColumnIndex"),
        ("SELECT s._1 FROM S3Object s WHERE s._1 = 'x", "LexerInvalidLiteral"),
        ("SELECT s._1 ? FROM S3Object s", "LexerInvalidChar"),
        ("SELECT `2017T` FROM S3Object s", "LexerInvalidIONLiteral"),
        ("SELECT s._1.a FROM S3Object s", "InvalidKeyPath"),
        ("SELECT s.name FROM S3Object s", "MissingHeaders"),
        ("SELECT " + "(" * 500 + "1" + ")" * 500 + " FROM S3Object s", "UnsupportedSyntax"),
        ("SELECT '" + "x" * 270_000 + "' FROM S3Object s", "ExpressionTooLong"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_at_once(aws: Aws, sql: str, code: str):
    with pytest.raises(AwsError) as caught:
        select(aws, sql, "a,b\n", CSV)
    assert (caught.value.code, caught.value.status) == (code, 400)
    assert caught.value.why.facts
    trace = aws.world.state(Traces).last_wrong()
    assert trace is not None
    assert trace.hops[0].code == code


@pytest.mark.parametrize(
    ("sql", "body", "source", "code"),
    [
        ("SELECT CAST(s._1 AS INT) FROM S3Object s", "a\n", CSV, "CastFailed"),
        ("SELECT s._1 + 1 FROM S3Object s", "a\n", CSV, "IncorrectSqlFunctionArgumentType"),
        ("SELECT 1 / 0 FROM S3Object s", "a\n", CSV, "DivisionByZero"),
        ("SELECT s.x FROM S3Object s", "a,b\n1,2\n", USE, "MissingHeaders"),
        ("SELECT s.a FROM S3Object s", "a,A\n1,2\n", USE, None),
        ("SELECT s.Aa FROM S3Object s", "aA,AA\n1,2\n", USE, "AmbiguousFieldName"),
        ("SELECT * FROM S3Object s", b"\xff\n", CSV, "InvalidTextEncoding"),
        ("SELECT * FROM S3Object s", '"a\n', CSV, "CSVUnescapedQuote"),
        ("SELECT * FROM S3Object s", "{", JSON_LINES, "JSONParsingError"),
        ("SELECT * FROM S3Object s", "[" * 200_000, JSON_LINES, "JSONParsingError"),
        ("SELECT * FROM S3Object s", "x" * 1_100_000, CSV, "OverMaxRecordSize"),
        ("SELECT SUM(s._1) FROM S3Object s", "a\n", CSV, "IncorrectSqlFunctionArgumentType"),
    ],
)
def test_an_object_that_does_not_fit_the_query_ends_the_stream(aws: Aws, sql: str, body: Any, source: Any, code: str):
    if code is None:
        assert select(aws, sql, body, source) == "1\n"
        return
    with pytest.raises(AwsError) as caught:
        select(aws, sql, body, source)
    assert caught.value.code == code
    trace = aws.world.state(Traces).last_wrong()
    assert trace is not None
    assert trace.hops[-1].code == code


@pytest.mark.parametrize(
    ("source", "target", "code"),
    [
        ({}, CSV, "InvalidDataSource"),
        ({"CSV": {}, "JSON": {"Type": "LINES"}}, CSV, "ObjectSerializationConflict"),
        (CSV, {}, "MissingRequiredParameter"),
        (CSV, {"CSV": {}, "JSON": {}}, "ObjectSerializationConflict"),
        ({"CSV": {}, "CompressionType": "ZIP"}, CSV, "InvalidCompressionFormat"),
        ({"CSV": {"FileHeaderInfo": "MAYBE"}}, CSV, "InvalidFileHeaderInfo"),
        ({"JSON": {"Type": "X"}}, CSV, "InvalidJsonType"),
        (CSV, {"CSV": {"QuoteFields": "NEVER"}}, "InvalidQuoteFields"),
        ({"CSV": {"QuoteCharacter": "''"}}, CSV, "InvalidRequestParameter"),
        ({"Parquet": {}}, CSV, "NotImplemented"),
    ],
)
def test_serializations_that_make_no_sense(aws: Aws, source: Any, target: Any, code: str):
    with pytest.raises(AwsError) as caught:
        select(aws, "SELECT * FROM S3Object", "a\n", source, target)
    assert caught.value.code == code


def test_the_stream_on_the_wire_is_one_that_clients_read():
    web = Web()
    public_bucket(web.aws)
    web.aws.s3.put_object({"Bucket": "site", "Key": "k", "Body": PEOPLE.encode()})

    def asked(sql: str) -> list[Any]:
        body = (
            f"<SelectObjectContentRequest><Expression>{sql}</Expression><ExpressionType>SQL</ExpressionType>"
            "<InputSerialization><CSV><FileHeaderInfo>USE</FileHeaderInfo></CSV></InputSerialization>"
            "<OutputSerialization><CSV/></OutputSerialization></SelectObjectContentRequest>"
        )
        response = web.ask("POST", "/site/k?select&select-type=2", {}, body.encode())
        assert response.status == 200
        assert response.stream is not None

        async def collect(stream: Any) -> bytes:
            return b"".join([piece async for piece in stream])

        buffer = EventStreamBuffer()
        buffer.add_data(asyncio.run(collect(response.stream)))
        return list(buffer)

    messages = asked("SELECT s.name FROM S3Object s WHERE s.age = 7")
    assert [message.headers[":event-type"] for message in messages] == ["Records", "Stats", "End"]
    assert messages[0].payload == b"bob\n"
    assert b"<BytesReturned>4</BytesReturned>" in messages[1].payload
    (message,) = asked("SELECT CAST(s.name AS INT) FROM S3Object s")
    assert (message.headers[":message-type"], message.headers[":error-code"]) == ("error", "CastFailed")


def test_what_is_not_there_and_what_is_not_allowed(aws: Aws):
    aws.s3.create_bucket({"Bucket": "objects"})
    request = {
        "Bucket": "objects",
        "Key": "none",
        "Expression": "SELECT * FROM S3Object",
        "ExpressionType": "SQL",
        "InputSerialization": CSV,
        "OutputSerialization": CSV,
    }
    with pytest.raises(AwsError, match="NoSuchKey"):
        aws.s3.select_object_content(request)
    aws.s3.put_object({"Bucket": "objects", "Key": "none", "Body": b"a"})
    with pytest.raises(AwsError, match="InvalidExpressionType"):
        aws.s3.select_object_content({**request, "ExpressionType": "GRAPHQL"})
    with pytest.raises(AwsError, match="AccessDenied"):
        aws.in_account("999988887777").s3.select_object_content(request)
