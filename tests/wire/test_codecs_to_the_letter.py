"""What responses hold, to the letter."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from botocore_peer import sent
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.codec import error_codec, operation_codec
from foulweather.wire.codecs.refusals import NotAMember

AT_MS = 1_795_219_200_000  # 2026-11-21T00:00:00Z


def headers_of(response: HttpResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers}


def test_a_query_response_to_the_letter() -> None:
    response = operation_codec("sts", "query", "GetCallerIdentity").encode({"Account": "1"}, "rid")
    assert response.status == 200
    assert headers_of(response) == {"content-type": "text/xml", "x-amzn-requestid": "rid"}
    assert response.body == (
        b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
        b"<Account>1</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>rid</RequestId>"
        b"</ResponseMetadata></GetCallerIdentityResponse>\n"
    )


def test_an_operation_without_a_result_has_no_wrapper() -> None:
    response = operation_codec("iam", "query", "DeleteUser").encode({}, "rid")
    assert b"Result>" not in response.body
    assert b"<RequestId>rid</RequestId>" in response.body


def test_timestamps_have_each_protocols_form() -> None:
    body = operation_codec("iam", "query", "GetUser").encode({"User": {"CreateDate": AT_MS}}, "r").body
    assert b"<CreateDate>2026-11-21T00:00:00Z</CreateDate>" in body
    body = operation_codec("s3", "rest-xml", "ListBuckets").encode({"Buckets": [{"CreationDate": AT_MS}]}, "r").body
    assert b"<CreationDate>2026-11-21T00:00:00.000Z</CreationDate>" in body
    response = operation_codec("s3", "rest-xml", "HeadObject").encode({"LastModified": AT_MS}, "r")
    assert headers_of(response)["last-modified"] == "Sat, 21 Nov 2026 00:00:00 GMT"
    result = {"Table": {"CreationDateTime": AT_MS + 5}}
    assert b"1795219200.005" in operation_codec("dynamodb", "json", "DescribeTable").encode(result, "r").body
    result = {"Table": {"CreationDateTime": AT_MS}}
    assert b"1795219200}" in operation_codec("dynamodb", "json", "DescribeTable").encode(result, "r").body
    body = (
        operation_codec("cloudwatch", "smithy-rpc-v2-cbor", "GetMetricStatistics")
        .encode({"Datapoints": [{"Timestamp": AT_MS}]}, "r")
        .body
    )
    assert b"\xc1\x1a" + (AT_MS // 1000).to_bytes(4, "big") in body


def test_content_types() -> None:
    wanted = {
        ("sqs", "json", "SendMessage"): "application/x-amz-json-1.0",
        ("kinesis", "json", "ListStreams"): "application/x-amz-json-1.1",
        ("lambda", "rest-json", "GetFunction"): "application/json",
        ("ec2", "ec2", "DescribeVpcs"): "text/xml;charset=UTF-8",
        ("s3", "rest-xml", "ListBuckets"): "application/xml",
        ("route53", "rest-xml", "ListHostedZones"): "text/xml",
        ("cloudwatch", "smithy-rpc-v2-cbor", "ListMetrics"): "application/cbor",
    }
    for (service, protocol, operation), content_type in wanted.items():
        response = operation_codec(service, protocol, operation).encode({}, "r")
        assert headers_of(response)["content-type"] == content_type
        refusal = error_codec(service, protocol).encode(AwsError("AccessDenied", "no"), "r")
        assert headers_of(refusal)["content-type"] == content_type
    cbor = operation_codec("cloudwatch", "smithy-rpc-v2-cbor", "ListMetrics").encode({}, "r")
    assert headers_of(cbor)["smithy-protocol"] == "rpc-v2-cbor"


def test_a_bucket_location_is_the_root_itself() -> None:
    codec = operation_codec("s3", "rest-xml", "GetBucketLocation")
    assert codec.encode({"LocationConstraint": "eu-west-1"}, "r").body.endswith(b">eu-west-1</LocationConstraint>")
    assert b"<LocationConstraint xmlns" in codec.encode({}, "r").body


def test_a_blob_payload_passes_as_it_is() -> None:
    codec = operation_codec("s3", "rest-xml", "GetObject")
    response = codec.encode(
        {"Body": b"\x00\xff", "ContentType": "image/png", "ETag": '"e"', "Metadata": {"a": "b"}}, "r"
    )
    assert response.body == b"\x00\xff"
    headers = headers_of(response)
    assert (headers["content-type"], headers["etag"], headers["x-amz-meta-a"]) == ("image/png", '"e"', "b")
    codec = operation_codec("lambda", "rest-json", "Invoke")
    response = codec.encode({"StatusCode": 202, "FunctionError": "Unhandled", "Payload": b"{}"}, "r")
    assert response.status == 202
    assert headers_of(response)["x-amz-function-error"] == "Unhandled"


async def chunks() -> Any:
    yield b"a"
    yield b"b"


async def test_streams_pass_both_ways() -> None:
    stream = chunks()
    request = HttpRequest("PUT", "/b/k", "", [], stream=stream)
    codec = operation_codec("s3", "rest-xml", "PutObject")
    assert codec.streams_request
    assert codec.decode(request, {"Bucket": "b", "Key": "k"})["Body"] is stream
    response = operation_codec("s3", "rest-xml", "GetObject").encode({"Body": stream}, "r")
    assert response.stream is not None
    assert [chunk async for chunk in response.stream] == [b"a", b"b"]
    assert not operation_codec("s3", "rest-xml", "DeleteObjects").streams_request


def test_line_breaks_do_not_get_into_headers() -> None:
    response = operation_codec("s3", "rest-xml", "GetObject").encode(
        {"ContentDisposition": "a\r\nset-cookie: b", "Body": b""}, "r"
    )
    assert headers_of(response)["content-disposition"] == "a  set-cookie: b"


def test_members_that_are_none_are_left_out() -> None:
    assert operation_codec("sqs", "json", "SendMessage").encode({"MessageId": None}, "r").body == b"{}"
    assert b"UserId" not in operation_codec("sts", "query", "GetCallerIdentity").encode({"UserId": None}, "r").body


@pytest.mark.parametrize(
    ("service", "protocol", "operation"),
    [
        ("sqs", "json", "SendMessage"),
        ("sts", "query", "GetCallerIdentity"),
        ("ec2", "ec2", "DescribeVpcs"),
        ("lambda", "rest-json", "GetFunction"),
        ("s3", "rest-xml", "ListBuckets"),
        ("cloudwatch", "smithy-rpc-v2-cbor", "ListMetrics"),
        ("s3", "rest-xml", "HeadBucket"),
    ],
)
def test_a_result_with_an_unknown_member_is_a_mistake(service: str, protocol: str, operation: str) -> None:
    with pytest.raises(NotAMember, match="Nimbus"):
        operation_codec(service, protocol, operation).encode({"Nimbus": 1}, "r")


def test_control_characters_are_referenced() -> None:
    body = operation_codec("iam", "query", "GetUser").encode({"User": {"UserName": "a\x01\r\ud800"}}, "r").body
    assert b"<UserName>a&#x1;&#xd;\xef\xbf\xbd</UserName>" in body


def test_a_compressed_request_is_decompressed() -> None:
    request = sent("cloudwatch", "json", "PutMetricData", {"Namespace": "n"})
    packed = HttpRequest("POST", "/", "", [("Content-Encoding", "gzip")], gzip.compress(request.body))
    assert operation_codec("cloudwatch", "json", "PutMetricData").decode(packed, {}) == {"Namespace": "n"}
    broken = HttpRequest("POST", "/", "", [("Content-Encoding", "gzip")], b"nonsense")
    with pytest.raises(AwsError, match="SerializationException"):
        operation_codec("cloudwatch", "json", "PutMetricData").decode(broken, {})
    bomb = HttpRequest("POST", "/", "", [("Content-Encoding", "gzip")], gzip.compress(bytes(40_000_000)))
    with pytest.raises(AwsError, match="RequestEntityTooLarge"):
        operation_codec("cloudwatch", "json", "PutMetricData").decode(bomb, {})
