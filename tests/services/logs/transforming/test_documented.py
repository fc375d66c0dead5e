"""Every example of the user guide's pages about processors, with what it says comes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.logs.transforming import InvalidTransformer, Transform, Untransformed

ORIGIN = {
    "@logGroupName": "myLogGroupName",
    "@logGroupStream": "myLogStreamName",
    "@accountId": "012345678912",
    "@regionName": "us-east-1",
}
INNER = {"outer_key": {"inner_key": "inner_value"}}
LISTED = [
    {"inner_key": "a", "inner_value": "val-a"},
    {"inner_key": "b", "inner_value": "val-b1"},
    {"inner_key": "b", "inner_value": "val-b2"},
    {"inner_key": "c", "inner_value": "val-c"},
]
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
CLOUDFRONT = (
    "2019-12-04  21:02:31   LAX1   392    192.0.2.24    GET    d111111abcdef8.cloudfront.net  /index.html    200    -  "
    "Mozilla/5.0%20(Windows%20NT%2010.0;%20Win64;%20x64)  -  -  Hit    "
    "SOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ==   d111111abcdef8.cloudfront.net  https  23 0.001  -  "
    "TLSv1.2    ECDHE-RSA-AES128-GCM-SHA256    Hit    HTTP/2.0   -  -  11040  0.001  Hit    text/html  78 -  -"
)


def made(config: list[dict[str, Any]], message: Any) -> Any:
    text = message if isinstance(message, str) else json.dumps(message)
    return json.loads(Transform(config).transformed(text, ORIGIN))


def of_json(processor: str, given: dict[str, Any], document: Any) -> Any:
    return made([{"parseJSON": {}}, {processor: given}], document)


GROK = [
    (
        "%{NUMBER:version} %{HOSTNAME:hostname} %{NOTSPACE:status} %{QUOTEDSTRING:logMsg}",
        '293750 server-01.internal-network.local OK "[Thread-000] token generated"',
        {
            "version": "293750",
            "hostname": "server-01.internal-network.local",
            "status": "OK",
            "logMsg": "[Thread-000] token generated",
        },
    ),
    (
        "%{HTTPDATE:timestamp} %{IPORHOST:clientip} %{NUMBER:response_status}",
        "23/Nov/2024:10:25:15 -0900 172.16.0.1 200",
        {"timestamp": "23/Nov/2024:10:25:15 -0900", "clientip": "172.16.0.1", "response_status": "200"},
    ),
    (
        "%{IP:client.ip} %{WORD:method} %{URIPATHPARAM:request.uri} %{NUMBER:response.status} %{NUMBER:response.bytes}",
        "192.168.1.1 GET /index.html?param=value 200 1234",
        {
            "client": {"ip": "192.168.1.1"},
            "method": "GET",
            "request": {"uri": "/index.html?param=value"},
            "response": {"status": "200", "bytes": "1234"},
        },
    ),
    (
        "%{NUMBER:timestamp} [%{NUMBER:db} %{IP:client_ip}:%{NUMBER:client_port}] %{GREEDYDATA:data}",
        '1629860738.123456 [0 127.0.0.1:6379] "SET" "key1" "value1"',
        {
            "timestamp": "1629860738.123456",
            "db": "0",
            "client_ip": "127.0.0.1",
            "client_port": "6379",
            "data": '"SET" "key1" "value1"',
        },
    ),
    ("%{DATA:x} %{DATA:y}", "abc def ghi", {"x": "abc", "y": "def ghi"}),
    ("%{GREEDYDATA:x} %{GREEDYDATA:y}", "abc def ghi", {"x": "abc def", "y": "ghi"}),
    ("%{HOSTPORT:ip}", "192.168.1.1:8080", {"ip": "192.168.1.1:8080", "PORT": "8080"}),
    (
        "%{URIHOST:host} %{URIHOST:ip}",
        "example.com:443 10.0.0.1",
        {"host": "example.com:443", "port": "443", "ip": "10.0.0.1"},
    ),
    (
        "%{SYSLOGPROG:programWithId}",
        "user.profile/settings-page[1234]",
        {
            "programWithId": "user.profile/settings-page[1234]",
            "program": "user.profile/settings-page",
            "pid": "1234",
        },
    ),
    ("%{SYSLOGFACILITY:syslog}", "<13.6>", {"syslog": "<13.6>", "facility": "13", "priority": "6"}),
    (
        "%{APACHE_ACCESS_LOG}",
        '127.0.0.1 - - [03/Aug/2023:12:34:56 +0000] "GET /page.html HTTP/1.1" 200 1234',
        {
            "request": "/page.html",
            "http_method": "GET",
            "status_code": 200,
            "http_version": "1.1",
            "response_size": 1234,
            "remote_host": "127.0.0.1",
            "timestamp": "2023-08-03T12:34:56Z",
        },
    ),
    (
        "%{NGINX_ACCESS_LOG}",
        '192.168.1.100 - Foo [03/Aug/2023:12:34:56 +0000] "GET /account/login.html HTTP/1.1" 200 42 '
        f'"https://www.amazon.com/" "{AGENT}"',
        {
            "request": "/account/login.html",
            "referrer": "https://www.amazon.com/",
            "agent": AGENT,
            "http_method": "GET",
            "status_code": 200,
            "auth_user": "Foo",
            "http_version": "1.1",
            "response_size": 42,
            "remote_host": "192.168.1.100",
            "timestamp": "2023-08-03T12:34:56Z",
        },
    ),
    (
        "%{SYSLOG5424}",
        '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" '
        'eventSource= "Application" eventID="1011"][examplePriority@32473 class="high"]',
        {
            "pri": 165,
            "version": 1,
            "timestamp": "2003-10-11T22:14:15.003Z",
            "hostname": "mymachine.example.com",
            "app": "evntslog",
            "msg_id": "ID47",
            "structured_data": 'exampleSDID@32473 iut="3" eventSource= "Application" eventID="1011"',
            "message": '[examplePriority@32473 class="high"]',
        },
    ),
]
# A pattern and its example; the whole of it is the value.
SINGLE = """
USERNAME user123.name-TEST|INT -456|BASE10NUM -0.67|BASE16NUM +0xA1B2|POSINT 123|NONNEGINT 007|WORD user_123
NOTSPACE hello_world123|UUID 550e8400-e29b-41d4-a716-446655440000|URN urn:isbn:0451450523
ARN arn:aws:iam:us-east-1:123456789012:user/johndoe|CISCOMAC 0123.4567.89AB|WINDOWSMAC 01-23-45-67-89-AB
COMMONMAC 01:23:45:67:89:AB|MAC 01:23:45:67:89:AB|IPV6 2001:db8:3333:4444:5555:6666:7777:8888|IPV4 192.168.0.1
IPV6 ::1|IPV6 fe80::1|IPV6 ::ffff:10.0.0.1|IP 192.168.0.1|HOST server-01.internal-network.local
IPORHOST 2001:db8:3333:4444:5555:6666:7777:8888|UNIXPATH /search?q=regex|WINPATH C:\\Users\\John\\Documents\\file.txt
PATH /search?q=regex|TTY /dev/tty1|URIPROTO web+transformer|URIPATH /category/sub-category/product_name
URIPARAM ?param1=value1&param2=value2|URIPATHPARAM /category/sub-category/product?id=12345&color=red
URI https://user:password@example.com/path/to/resource?param1=value1&param2=value2|MONTH Jan|MONTH January|MONTHNUM 5
MONTHNUM 05|MONTHNUM2 05|MONTHDAY 31|YEAR 2024|YEAR 24|DAY Tuesday|HOUR 22|MINUTE 59|SECOND 3|SECOND 30.5|SECOND 30:5
TIME 09:45:32|DATE_US 11/23/2024|DATE_US 1-01-24|DATE_EU 23/11/2024|DATE_EU 1.01.24|ISO8601_TIMEZONE +05:30
ISO8601_TIMEZONE -530|ISO8601_TIMEZONE Z|ISO8601_SECOND 60|TIMESTAMP_ISO8601 2023-05-15T14:30:00+05:30
TIMESTAMP_ISO8601 23-5-1T1:25+5:30|TIMESTAMP_ISO8601 23-5-1T1:25Z|DATE 11/29/2024|DATE 29.11.2024
DATESTAMP 29-11-2024 14:30:00|TZ PDT|DATESTAMP_RFC822 Monday Jan 5 23 1:30:00 CDT
DATESTAMP_RFC822 Mon January 15 2023 14:30:00 PST|DATESTAMP_RFC2822 Mon, 15 May 2023 14:30:00 +0530
DATESTAMP_RFC2822 Monday, 15 Jan 23 14:30:00 Z|DATESTAMP_OTHER Mon May 15 14:30:00 PST 2023
DATESTAMP_EVENTLOG 20230515143000|LOGLEVEL INFO|LOGLEVEL Warning|LOGLEVEL ERR|HTTPDATE 23/Nov/2024:14:30:00 +0640
SYSLOGTIMESTAMP Nov 29 14:30:00|PROG user.profile/settings-page|SYSLOGHOST 2001:db8:3333:4444:5555:6666:7777:8888
"""


@pytest.mark.parametrize(("match", "message", "expected"), GROK)
def test_grok_takes_out_what_the_guide_shows(match: str, message: str, expected: dict[str, Any]) -> None:
    assert made([{"grok": {"match": match}}], message) == expected


@pytest.mark.parametrize("example", SINGLE.strip().replace("\n", "|").split("|"))
def test_each_grok_pattern_matches_its_example_and_no_more(example: str) -> None:
    name, _, text = example.partition(" ")
    config = [{"grok": {"match": f"%{{{name}:found}}"}}]
    assert made(config, text) == {"found": text}
    with pytest.raises(Untransformed):
        made(config, f"{text}\n|{text}")


def test_grok_reads_lines_and_other_fields() -> None:
    assert made([{"grok": {"match": "%{GREEDYDATA_MULTILINE:data}"}}], "abc\ndef\nghi") == {"data": "abc\ndef\nghi"}
    document = {"timestamp": "2024-11-23T16:03:12Z", "level": "ERROR", "logMsg": "GET /page.html HTTP/1.1"}
    match = "%{WORD:http_method} %{NOTSPACE:request} HTTP/%{NUMBER:http_version}"
    found = of_json("grok", {"source": "logMsg", "match": match}, document)
    assert found == {**document, "http_method": "GET", "request": "/page.html", "http_version": "1.1"}


@pytest.mark.parametrize(
    ("match", "message"),
    [
        ("%{APACHE_ACCESS_LOG} %{SYSLOG5424}", "A common log pattern must be the first"),
        ("%{NGINX_ACCESS_LOG} %{NUMBER:num}", "A common log pattern must be the first"),
        ("%{GREEDYDATA:logMsg} %{SYSLOG5424}", "A common log pattern must be the first"),
        ("%{MINE:x}", "No definition for key 'MINE' found"),
        ("%{INT:x:int}", "type conversion is not supported"),
        ("%{INT:x} " * 21, "at most 20 grok patterns"),
        ("%{IP:x} " * 6, "IP can be used at most 5 times"),
        ("%{GREEDYDATA_MULTILINE:x} %{GREEDYDATA_MULTILINE:y}", "can be used at most 1 times"),
        ("%{DATA:x} %{GREEDYDATA:y} " * 3, "at most 5 times together"),
        ("plain", "at least one grok pattern"),
    ],
)
def test_grok_patterns_beyond_the_guides_limits_are_refused(match: str, message: str) -> None:
    with pytest.raises(InvalidTransformer, match=message):
        Transform([{"grok": {"match": match}}])


def test_the_configurable_parsers_do_what_the_guide_shows() -> None:
    assert made([{"parseJSON": {"destination": "new_key"}}], INNER) == {"new_key": INNER}
    line = "'Akua Mansa':28:'New York: USA'"
    colons = {"delimiter": ":", "quoteCharacter": "'"}
    assert made([{"csv": colons}], line) == {
        "column_1": "Akua Mansa",
        "column_2": "28",
        "column_3": "New York: USA",
    }
    document = {"timestamp": "2024-11-23T16:03:12Z", "type": "user_data", "logMsg": line}
    named = {**colons, "source": "logMsg", "columns": ["name", "age", "location"], "destination": "msg"}
    msg = {"name": "Akua Mansa", "age": "28", "location": "New York: USA"}
    assert of_json("csv", named, document) == {**document, "msg": msg}
    assert made([{"csv": {"delimiter": "\\t"}}], "a\tb") == {"column_1": "a", "column_2": "b"}
    pairs = {
        "destination": "new_key",
        "fieldDelimiter": "!",
        "keyValueDelimiter": ":",
        "nonMatchValue": "defaultValue",
        "keyPrefix": "parsed_",
    }
    assert made([{"parseKeyValue": pairs}], "key1:value1!key2:value2!key3:value3!key4") == {
        "new_key": {
            "parsed_key1": "value1",
            "parsed_key2": "value2",
            "parsed_key3": "value3",
            "parsed_key4": "defaultValue",
        }
    }


def test_the_parsers_of_vended_logs_do_what_the_guide_shows() -> None:
    flow = "2 123456789010 eni-abc123de 192.0.2.0 192.0.2.24 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"
    found = made([{"parseVPC": {}}], flow)
    assert (found["version"], found["accountId"], found["srcPort"], found["end"]) == (
        2,
        "123456789010",
        20641,
        1418530070,
    )
    dns = "1.0 2017-12-13T08:15:50.235Z Z123412341234 example.com AAAA NOERROR TCP IAD12 192.0.2.0 198.51.100.0/24"
    found = made([{"parseRoute53": {}}], dns)
    assert (found["version"], found["queryName"], found["ednsClientSubnet"]) == (1.0, "example.com", "198.51.100.0/24")
    found = made([{"parseCloudfront": {}}], CLOUDFRONT)
    assert (len(found), found["sc-bytes"], found["time-taken"], found["cs(Referer)"]) == (33, 392, 0.001, "-")
    assert found["cs(User-Agent)"] == "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
    line = '2019-03-10 03:54:59 UTC:10.0.0.123(52834):postgres@logtestdb:[20175]:ERROR: column "x" does not exist'
    assert made([{"parsePostgres": {}}], line) == {
        "logTime": "2019-03-10 03:54:59 UTC",
        "srcIp": "10.0.0.123(52834)",
        "userName": "postgres",
        "dbName": "logtestdb",
        "processId": "20175",
        "logLevel": "ERROR",
    }
    headers = [{"name": "Host", "value": "localhost:1989"}, {"name": "User-Agent", "value": "curl/7.61.1"}]
    waf = {"action": "BLOCK", "httpRequest": {"clientIp": "1.1.1.1", "headers": headers}, "labels": [{"name": "value"}]}
    assert made([{"parseWAF": {}}], waf) == {
        "action": "BLOCK",
        "httpRequest": {"clientIp": "1.1.1.1", "headers": {"Host": "localhost:1989", "User-Agent": "curl/7.61.1"}},
        "labels": {"name": "value"},
    }
    for parser in ("parseVPC", "parseRoute53", "parseCloudfront", "parsePostgres", "parseWAF"):
        with pytest.raises(Untransformed):
            made([{parser: {}}], "something else")


@pytest.mark.parametrize(
    ("processor", "given", "document", "expected"),
    [
        ("lowerCaseString", {"withKeys": ["a.b"]}, {"a": {"b": "INNER"}}, {"a": {"b": "inner"}}),
        ("upperCaseString", {"withKeys": ["a.b"]}, {"a": {"b": "inner"}}, {"a": {"b": "INNER"}}),
        ("trimString", {"withKeys": ["a.b"]}, {"a": {"b": "   inner  "}}, {"a": {"b": "inner"}}),
        (
            "splitString",
            {"entries": [{"source": "a.b", "delimiter": ", "}]},
            {"a": {"b": "item1, item2, item3"}},
            {"a": {"b": ["item1", "item2", "item3"]}},
        ),
        (
            "substituteString",
            {
                "entries": [
                    {"source": "k1", "from": "\\[\\]", "to": "value1"},
                    {"source": "k2", "from": "[0-9]{3}-[0-9]{3}-[0-9]{3}", "to": "xxx-xxx-xxx"},
                    {"source": "k3", "from": "cat", "to": "dog"},
                    {"source": "k4", "from": "(\\w+), (\\w+), and (\\w+)", "to": "$1 and $3"},
                    {
                        "source": "k5",
                        "from": "^arn:aws:sts::(?P<account>\\d{12}):assumed-role/(?P<role>[\\w+=,.@-]+)/.*$",
                        "to": "${account}:${role}",
                    },
                ]
            },
            {
                "k1": "[]",
                "k2": "123-345-567",
                "k3": "A cat takes a catnap.",
                "k4": "Tom, Dick, and Harry",
                "k5": "arn:aws:sts::123456789012:assumed-role/MyImportantRole/MySession",
            },
            {
                "k1": "value1",
                "k2": "xxx-xxx-xxx",
                "k3": "A dog takes a dognap.",
                "k4": "Tom and Harry",
                "k5": "123456789012:MyImportantRole",
            },
        ),
        (
            "addKeys",
            {"entries": [{"key": "outer_key.new_key", "value": "v"}, {"key": "outer_key.inner_key", "value": "kept"}]},
            INNER,
            {"outer_key": {"inner_key": "inner_value", "new_key": "v"}},
        ),
        ("deleteKeys", {"withKeys": ["outer_key.inner_key", "none.at.all"]}, INNER, {"outer_key": {}}),
        (
            "moveKeys",
            {"entries": [{"source": "o1.i1", "target": "o2"}]},
            {"o1": {"i1": "v1"}, "o2": {"i2": "v2"}},
            {"o1": {}, "o2": {"i2": "v2", "i1": "v1"}},
        ),
        (
            "renameKeys",
            {"entries": [{"key": "outer_key", "renameTo": "new_key"}]},
            INNER,
            {"new_key": {"inner_key": "inner_value"}},
        ),
        (
            "copyValue",
            {
                "entries": [
                    {"source": "outer_key.inner_key", "target": "new_key"},
                    {"source": "@logGroupName", "target": "log_group_name"},
                    {"source": "@logGroupStream", "target": "log_group_stream"},
                    {"source": "@accountId", "target": "account_id"},
                    {"source": "@regionName", "target": "region_name"},
                ]
            },
            INNER,
            {
                **INNER,
                "new_key": "inner_value",
                "log_group_name": "myLogGroupName",
                "log_group_stream": "myLogStreamName",
                "account_id": "012345678912",
                "region_name": "us-east-1",
            },
        ),
        (
            "listToMap",
            {"source": "k", "key": "inner_key", "valueKey": "inner_value", "flatten": False},
            {"k": LISTED},
            {"k": LISTED, "a": ["val-a"], "b": ["val-b1", "val-b2"], "c": ["val-c"]},
        ),
        (
            "listToMap",
            {
                "source": "k",
                "key": "inner_key",
                "valueKey": "inner_value",
                "flatten": True,
                "flattenedElement": "last",
            },
            {"k": LISTED},
            {"k": LISTED, "a": "val-a", "b": "val-b2", "c": "val-c"},
        ),
        (
            "typeConverter",
            {
                "entries": [
                    {"key": "status", "type": "integer"},
                    {"key": "took", "type": "double"},
                    {"key": "ok", "type": "boolean"},
                    {"key": "n", "type": "string"},
                    {"key": "name", "type": "integer"},
                ]
            },
            {"name": "value", "status": "200", "took": "1.5", "ok": "true", "n": 7},
            {"name": "value", "status": 200, "took": 1.5, "ok": True, "n": "7"},
        ),
    ],
)
def test_the_mutators_do_what_the_guide_shows(
    processor: str, given: dict[str, Any], document: Any, expected: Any
) -> None:
    assert of_json(processor, given, document) == expected


@pytest.mark.parametrize(
    ("patterns", "text", "more", "expected"),
    [
        (
            ["EEEE dd. MMMM yyyy HH:mm:ss"],
            "Saturday 05. December 1998 11:00:00",
            {
                "sourceTimezone": "Europe/Berlin",
                "targetTimezone": "America/New_York",
                "targetFormat": "yyyy-MM-dd'T'HH:mm:ss z",
            },
            "1998-12-05T05:00:00 EST",
        ),
        (["yyyy-MM-dd", "dd/MMM/yyyy:HH:mm:ss Z"], "23/Nov/2024:10:25:15 -0900", {}, "2024-11-23T19:25:15.000Z"),
        (["yyyy-MM-dd'T'HH:mm:ss.SSSXXX"], "2024-02-29T23:59:59.123Z", {"targetFormat": "D h a"}, "60 11 PM"),
        (["yyyy-MM-dd"], "2024-02-30", {}, None),
        (["HH:mm"], "later", {}, None),
    ],
)
def test_times_are_written_anew(patterns: list[str], text: str, more: dict[str, str], expected: str | None) -> None:
    found = of_json("dateTimeConverter", {"source": "d", "target": "t", "matchPatterns": patterns, **more}, {"d": text})
    assert found.get("t") == expected


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ([{"addKeys": {"entries": [{"key": "a", "value": "b"}]}}], "first processor in a transformer must be a parser"),
        ([{"parseJSON": {}}, {"parseVPC": {}}], "parseVPC must be the first processor"),
        ([{"parseJSON": {}}] * 6, "at most 5 parsers"),
        ([{"parseJSON": {}}, *[{"trimString": {"withKeys": ["a"]}}] * 20], "between 1 and 20 processors"),
        ([{"grok": {"match": "%{INT:a}"}}] * 2, "only one grok processor"),
        ([{"parseJSON": {}}, *[{"addKeys": {"entries": [{"key": "a", "value": "b"}]}}] * 2], "only one addKeys"),
        ([{"parseJSON": {}, "csv": {}}], "exactly one of the supported processors"),
        ([{"parseJSON": {"destination": "a.b.c.d"}}], "nested 3 deep at most"),
        ([{"parseWAF": {"source": "x"}}], "The source of parseWAF must be @message"),
        ([{"csv": {"delimiter": "::"}}], "delimiter must be a single character"),
        ([{"parseJSON": {}}, {"listToMap": {"source": "a", "key": "b", "flatten": True}}], "flattenedElement is"),
        (
            [{"parseJSON": {}}, {"substituteString": {"entries": [{"source": "a", "from": "(", "to": ""}]}}],
            "Invalid regular expression",
        ),
        (
            [{"parseJSON": {}}, {"substituteString": {"entries": [{"source": "a", "from": "(a)", "to": "$2"}]}}],
            "Invalid backreference",
        ),
        (
            [{"parseJSON": {}}, {"substituteString": {"entries": [{"source": "a", "from": "(a)", "to": "$1$1$1"}]}}],
            "same backreference at most 2 times",
        ),
    ],
)
def test_what_no_transformer_can_be_is_refused(config: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(InvalidTransformer, match=message):
        Transform(config)


@pytest.mark.parametrize(
    "config",
    [
        [{"parseToOCSF": {"eventSource": "VPCFlow", "ocsfVersion": "V1.1"}}],
        [
            {"parseJSON": {}},
            {"dateTimeConverter": {"source": "a", "target": "b", "matchPatterns": ["EEEE"], "locale": "de"}},
        ],
    ],
)
def test_what_is_not_built_says_so(config: list[dict[str, Any]]) -> None:
    with pytest.raises(AwsError) as caught:
        Transform(config)
    assert caught.value.status == 501
