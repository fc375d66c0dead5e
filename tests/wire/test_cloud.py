from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.trace import Traces
from foulweather.wire.app import Deferred
from foulweather.wire.cloud import Cloud
from foulweather.wire.codec import operation_codec
from foulweather.wire.route import Unroutable, route
from foulweather.world.world import World

START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
FORM = ("Content-Type", "application/x-www-form-urlencoded")
JSON = ("Content-Type", "application/x-amz-json-1.0")


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud(World(mode="held", start_ms=START_MS))
    yield made
    made.close()


def signed(service: str, body: str, *headers: tuple[str, str], key: str = "test", path: str = "/") -> HttpRequest:
    """A request of a key that no world has issued: nobody looks at its signature."""
    scope = f"{key}/20260101/us-east-1/{service}/aws4_request"
    proof = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
    given = [("Host", "localhost"), ("X-Amz-Date", "20260101T000000Z"), ("Authorization", proof), *headers]
    return HttpRequest("POST", path, "", given, body.encode())


def answered(cloud: Cloud, request: HttpRequest) -> HttpResponse:
    reply = cloud.handle(request)
    if isinstance(reply, Deferred):
        found: list[HttpResponse] = []
        early = reply.bind(found.append)
        cloud.default.world.store.commit()
        return early or found[0]
    assert isinstance(reply, HttpResponse)
    return reply


def request_id(response: HttpResponse) -> str:
    return dict(response.headers)["x-amzn-RequestId"]


def test_a_mistake_of_ours_is_told_as_aws_tells_of_its_own(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cloud.default.pipeline, "_delay", fail)
    for request, written in (
        (signed("sns", "Action=ListTopics&Version=2010-03-31", FORM), b"<Code>InternalFailure</Code>"),
        (signed("sqs", "{}", JSON, ("X-Amz-Target", "AmazonSQS.ListQueues")), b"#InternalFailure"),
    ):
        response = answered(cloud, request)
        assert response.status == 500
        assert written in response.body
        trace = cloud.default.world.state(Traces).find(request_id(response))
        assert trace is not None
        assert trace.hops[0].code == "InternalFailure"


def test_a_request_that_makes_no_sense_is_on_record(cloud: Cloud) -> None:
    response = answered(cloud, signed("sqs", "{", JSON, ("X-Amz-Target", "AmazonSQS.ListQueues")))
    assert response.status == 400
    assert b"SerializationException" in response.body
    trace = cloud.default.world.state(Traces).find(request_id(response))
    assert trace is not None
    (hop,) = trace.hops
    assert (hop.operation, hop.code) == ("ListQueues", "SerializationException")
    assert hop.why is not None


def test_a_refusal_before_the_call_names_the_operation(cloud: Cloud) -> None:
    request = signed("sns", "Action=ListTopics&Version=2010-03-31", FORM)
    request.headers[:] = [header for header in request.headers if header[0] != "Authorization"]
    request.headers[0] = ("Host", "sns.us-east-1.amazonaws.com")
    response = answered(cloud, request)
    assert (response.status, b"<Code>MissingAuthenticationToken</Code>" in response.body) == (403, True)
    trace = cloud.default.world.state(Traces).find(request_id(response))
    assert trace is not None
    assert (trace.hops[0].service, trace.hops[0].operation) == ("sns", "ListTopics")


def test_json_services_that_spoke_query_first_keep_its_codes(cloud: Cloud) -> None:
    response = answered(
        Cloud(World(mode="held", start_ms=START_MS), is_strict=True),
        signed("sqs", "{}", JSON, ("X-Amz-Target", "AmazonSQS.ListQueues")),
    )
    assert response.status == 403
    assert dict(response.headers)["x-amzn-query-error"] == "InvalidClientTokenId;Sender"
    assert json.loads(response.body)["message"] == "The security token included in the request is invalid."


def test_a_query_request_to_a_queue_s_address_is_about_that_queue(cloud: Cloud) -> None:
    making = signed("sqs", "Action=CreateQueue&Version=2012-11-05&QueueName=q", FORM)
    assert b"<QueueUrl>http://localhost/000000000000/q</QueueUrl>" in answered(cloud, making).body
    sending = "Action=SendMessage&Version=2012-11-05&MessageBody=hello"
    response = answered(cloud, signed("sqs", sending, FORM, path="/000000000000/q"))
    assert (response.status, b"<MessageId>" in response.body) == (200, True)
    # What the form says goes before the address.
    other = answered(
        cloud, signed("sqs", f"{sending}&QueueUrl=http://h/000000000000/other", FORM, path="/000000000000/q")
    )
    assert b"NonExistentQueue" in other.body


def test_what_several_services_share_goes_to_the_one_that_is_meant() -> None:
    asked = signed("rds", "Action=DescribeDBInstances&Version=2014-10-31", FORM)
    assert route(asked, "rds").service == "rds"
    for operation, service in (("WriteRecords", "timestream-write"), ("Query", "timestream-query")):
        target = ("X-Amz-Target", f"Timestream_20181101.{operation}")
        assert route(signed("timestream", "{}", target), "timestream").service == service


@pytest.mark.parametrize("service", ["sqs", "sns", "ec2"])
def test_a_form_without_an_action_is_told_so(service: str) -> None:
    with pytest.raises(Unroutable) as refused:
        route(signed(service, "Version=2012-11-05", FORM), service)
    assert refused.value.code == "MissingAction"
    assert refused.value.protocol in ("query", "ec2")


@pytest.mark.parametrize(
    ("headers", "path", "content_type"),
    [
        ([("X-Amz-Target", "Tea.Make"), JSON], "/", "application/x-amz-json-1.1"),
        ([("Smithy-Protocol", "rpc-v2-cbor")], "/service/Tea/operation/Make", "application/cbor"),
        ([FORM], "/", "text/xml"),
    ],
)
def test_what_is_for_nobody_is_refused_in_its_own_protocol(
    cloud: Cloud, headers: list[tuple[str, str]], path: str, content_type: str
) -> None:
    response = answered(cloud, signed("tea", "Action=Make&Version=1", *headers, path=path))
    assert 400 <= response.status < 500
    assert dict(response.headers)["Content-Type"] == content_type


def test_an_unsigned_request_for_nothing_in_particular_is_refused(cloud: Cloud) -> None:
    response = answered(cloud, HttpRequest("GET", "/", "", [("Host", "localhost:4566")], b""))
    assert (response.status, json.loads(response.body)["message"]) == (403, "Missing Authentication Token")


@pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_dynamodb_takes_compressed_requests(coding: str, compress: Callable[[bytes], bytes]) -> None:
    body = compress(b'{"Limit": 7}')
    codec = operation_codec("dynamodb", "json", "ListTables")
    assert codec.decode(HttpRequest("POST", "/", "", [("Content-Encoding", coding)], body), {}) == {"Limit": 7}
    for broken in (body[:-1], b"", b"nonsense"):
        with pytest.raises(AwsError, match="InternalServerError"):
            codec.decode(HttpRequest("POST", "/", "", [("Content-Encoding", coding)], broken), {})
