"""What AWS refuses to decode, and in which words."""

from __future__ import annotations

import cbor2
import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest
from foulweather.wire.codec import operation_codec

AT_MS = 1_795_219_200_000  # 2026-11-21T00:00:00Z


def query(body: str) -> HttpRequest:
    return HttpRequest("POST", "/", "", [], body.encode())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"MessageBody": 3}', "NUMBER_VALUE can not be converted to a String"),
        (b'{"MessageBody": true}', "TRUE_VALUE can not be converted to a String"),
        (b'{"MessageBody": {}}', "Start of structure or map found where not expected."),
        (b'{"MessageBody": []}', "Start of list found where not expected"),
        (b'{"DelaySeconds": "5"}', "STRING_VALUE can not be converted to an Integer"),
        (b'{"DelaySeconds": 1.5}', "DECIMAL_VALUE can not be converted to an Integer"),
        (b'{"DelaySeconds": 99999999999999999999999}', "NUMBER_VALUE can not be converted to an Integer"),
        (b'{"MessageAttributes": "x"}', "Unexpected field type"),
        (b'{"MessageAttributes": {"a": {"BinaryValue": "x"}}}', "multiple of 4 bytes but found: 1"),
        (b"{", "Unable to parse the request body as JSON"),
        (b"[]", "Start of list found where not expected"),
        (b"3", "Unexpected value type in payload"),
        (b'{"MessageBody": "\xff"}', "Unable to parse"),
        (b'{"MessageBody": "\\ud800"}', "Unable to parse"),
        (b'{"x": ' + b"[" * 100_000, "Unable to parse"),
        (b'{"DelaySeconds": ' + b"9" * 100_000 + b"}", ""),
    ],
)
def test_json_of_the_wrong_form_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        operation_codec("sqs", "json", "SendMessage").decode(HttpRequest("POST", "/", "", [], body), {})
    assert (caught.value.code, caught.value.status) == ("SerializationException", 400)
    assert message in caught.value.message


def test_dynamodb_words_it_without_articles() -> None:
    request = HttpRequest("POST", "/", "", [], b'{"Item": {"a": {"S": 1}}}')
    with pytest.raises(AwsError, match="NUMBER_VALUE cannot be converted to String"):
        operation_codec("dynamodb", "json", "PutItem").decode(request, {})


def test_what_json_allows() -> None:
    codec = operation_codec("sqs", "json", "SendMessage")
    body = b'{"MessageBody": "a", "DelaySeconds": null, "Unknown": {"x": [1]}, "MessageAttributes": {"n": null}}'
    assert codec.decode(HttpRequest("POST", "/", "", [], body), {}) == {"MessageBody": "a", "MessageAttributes": {}}
    assert codec.decode(HttpRequest("POST", "/", "", [], b""), {}) == {}
    body = b'{"DelaySeconds": 5.0}'
    assert codec.decode(HttpRequest("POST", "/", "", [], body), {}) == {"DelaySeconds": 5}


@pytest.mark.parametrize(
    ("service", "operation", "body", "message"),
    [
        ("iam", "ListUsers", "MaxItems=ten", "is not a valid integer"),
        ("iam", "ListUsers", "MaxItems=99999999999", "is not a valid integer"),
        ("sns", "Publish", "MessageAttributes.entry.1=x", "Unexpected map element termination"),
        ("iam", "CreateRole", "Tags.member.1=x", "Unexpected complex element termination"),
        ("iam", "CreateRole", "Tags=x", "Unexpected list element termination"),
        ("iam", "CreateRole", "RoleName.1=x", "Start of list found where not expected"),
        ("iam", "CreateRole", "RoleName.a=x", "Start of structure or map found where not expected."),
        ("iam", "CreateRole", "Tags.member.x.Key=x", "is not a valid list index"),
        ("cloudformation", "CreateStack", "DisableRollback=maybe", "boolean must follow xsd1.1 definition"),
        ("cloudwatch", "PutMetricData", "MetricData.member.1.Timestamp=soon", "timestamp must follow ISO8601"),
        ("iam", "CreateRole", "RoleName=%ff", "not valid UTF-8"),
        ("iam", "CreateRole", "a" + ".a" * 100_000 + "=x", "nested too deeply"),
    ],
)
def test_a_form_of_the_wrong_form_is_refused(service: str, operation: str, body: str, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        operation_codec(service, "query", operation).decode(query(body), {})
    assert (caught.value.code, caught.value.status) == ("MalformedInput", 400)
    assert message in caught.value.message


def test_what_forms_allow() -> None:
    codec = operation_codec("iam", "query", "CreateRole")
    assert codec.decode(query("Tags.member.10.Key=b&Tags.member.2.Key=a&Nimbus=1"), {}) == {
        "Tags": [{"Key": "a"}, {"Key": "b"}]
    }
    assert codec.decode(query("Tags=&RoleName=a+b%2B"), {}) == {"Tags": [], "RoleName": "a b+"}
    request = HttpRequest("GET", "/", "Action=CreateRole&RoleName=x", [])
    assert codec.decode(request, {}) == {"RoleName": "x"}


@pytest.mark.parametrize(
    "body",
    [
        b"<Delete>",
        b"",
        b"<Other/>",
        b"<Delete><Object><Key><a/></Key></Object></Delete>",
        b"\xff\xfe<\x00",
        b'<!DOCTYPE x [<!ENTITY a "b">]><Delete>&a;</Delete>',
        b"<Delete><Quiet>maybe</Quiet></Delete>",
    ],
)
def test_xml_of_the_wrong_form_is_refused(body: bytes) -> None:
    codec = operation_codec("s3", "rest-xml", "DeleteObjects")
    request = HttpRequest("POST", "/b", "delete", [], body)
    if not body:
        assert codec.decode(request, {"Bucket": "b"}) == {"Bucket": "b"}
        return
    with pytest.raises(AwsError, match="MalformedXML"):
        codec.decode(request, {"Bucket": "b"})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"\xff", "Unable to parse"),
        (b"\x81" * 10_000, "Unable to parse"),
        (b"\xbf", "Unable to parse"),
        (cbor2.dumps({"Namespace": 1}), "NUMBER_VALUE can not be converted to a String"),
        (cbor2.dumps({"MetricData": [{"Timestamp": 5}]}), "can not be converted to a Date"),
        (b"\xa1\x69Namespace\xd8\x23\x61a", "Unable to parse"),
        (b"\xd8\x1c\x81\xd8\x1d\x00", "Unable to parse"),
        (b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "Unable to parse"),
    ],
)
def test_cbor_of_the_wrong_form_is_refused(value: bytes, message: str) -> None:
    codec = operation_codec("cloudwatch", "smithy-rpc-v2-cbor", "PutMetricData")
    with pytest.raises(AwsError, match="SerializationException") as caught:
        codec.decode(HttpRequest("POST", "/", "", [], value), {})
    assert message in caught.value.message


def test_cbor_of_indefinite_length_is_accepted() -> None:
    body = b"\xbf\x69Namespace\x7f\x61a\x61b\xff\xff"
    codec = operation_codec("cloudwatch", "smithy-rpc-v2-cbor", "PutMetricData")
    assert codec.decode(HttpRequest("POST", "/", "", [], body), {}) == {"Namespace": "ab"}


def test_a_parameter_that_is_no_number_is_refused() -> None:
    codec = operation_codec("s3", "rest-xml", "ListObjectsV2")
    with pytest.raises(AwsError, match="InvalidArgument: Provided max-keys not an integer"):
        codec.decode(HttpRequest("GET", "/b", "list-type=2&max-keys=x", []), {"Bucket": "b"})
    codec_ = operation_codec("lambda", "rest-json", "ListFunctions")
    with pytest.raises(AwsError, match="SerializationException: STRING_VALUE can not be converted to an Integer"):
        codec_.decode(HttpRequest("GET", "/", "MaxItems=x", []), {})
