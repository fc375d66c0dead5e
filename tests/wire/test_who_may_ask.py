"""Which requests are believed: a signature is for one service, some data planes want one, and nobody is told so."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime
from unittest import mock

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.cloud import Cloud
from foulweather.world.world import World
from harness import Aws, new_aws
from wire.test_cloud import START_MS, answered

JSON = "application/x-amz-json-1.0"


def keys(aws: Aws) -> Credentials:
    aws.iam.create_user({"UserName": "dev"})
    policy = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    aws.iam.put_user_policy({"UserName": "dev", "PolicyName": "all", "PolicyDocument": policy})
    made = aws.iam.create_access_key({"UserName": "dev"})["AccessKey"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"])


def signed(who: Credentials, service: str, target: str) -> HttpRequest:
    headers = {"Content-Type": JSON, "X-Amz-Target": target}
    request = AWSRequest("POST", "http://localhost/", headers, b"{}")
    now = datetime.fromtimestamp(START_MS // 1000, UTC).replace(tzinfo=None)
    with mock.patch("botocore.auth.get_current_datetime", return_value=now):
        botocore.auth.SigV4Auth(who, service, "us-east-1").add_auth(request)
    made = request.prepare()
    lines = [(str(k), v.decode() if isinstance(v, bytes) else str(v)) for k, v in made.headers.items()]
    return HttpRequest("POST", "/", "", [("Host", "localhost"), *lines], b"{}")


def test_a_signature_is_for_the_service_that_it_names() -> None:
    aws = new_aws(world=World(mode="held", start_ms=START_MS))
    who = keys(aws)
    cloud = Cloud(aws.world)
    assert answered(cloud, signed(who, "dynamodb", "DynamoDB_20120810.ListTables")).status == 200
    assert answered(cloud, signed(who, "states", "AWSStepFunctions.ListStateMachines")).status == 200
    refused = answered(cloud, signed(who, "sqs", "DynamoDB_20120810.ListTables"))
    assert refused.status == 400
    assert b"InvalidSignatureException" in refused.body
    assert b"Credential should be scoped to correct service: 'dynamodb'." in refused.body


@pytest.mark.parametrize("operation", ["ListQueues", "StartMessageMoveTask", "ListMessageMoveTasks"])
def test_what_nobody_in_particular_may_not_do_is_denied(operation: str) -> None:
    cloud = Cloud(World(mode="held", start_ms=START_MS))
    headers = [("Host", "localhost"), ("Content-Type", JSON), ("X-Amz-Target", f"AmazonSQS.{operation}")]
    answer = answered(cloud, HttpRequest("POST", "/", "", headers, b'{"SourceArn": "x", "TaskHandle": "x"}'))
    assert answer.status in (400, 403)
    assert b"InternalFailure" not in answer.body


@pytest.mark.parametrize(("is_strict", "status"), [(True, 403), (False, 200)])
async def test_exporters_sign_their_spans_where_test_test_is_refused(is_strict: bool, status: int) -> None:
    cloud = Cloud(World(mode="held", start_ms=START_MS), is_strict=is_strict)
    headers = [("Host", "localhost"), ("Content-Type", "application/json")]
    for body, expected in ((b'{"resourceSpans": []}', status), (b"[" * 100_000, status if is_strict else 400)):
        reply = cloud.handle(HttpRequest("POST", "/v1/traces", "", headers, body))
        answer = await reply if isinstance(reply, Awaitable) else reply
        assert isinstance(answer, HttpResponse)
        assert answer.status == expected


@pytest.mark.parametrize(
    ("host", "headers", "status"),
    [
        ("localhost:4566", {}, 200),
        ("localhost:4566", {"Origin": "http://localhost:4566"}, 200),
        ("localhost:4566", {"Origin": "http://127.0.0.1:3000"}, 200),
        ("localhost:4566", {"Origin": "http://site.s3-website.localhost:4566"}, 403),
        ("site.s3-website.localhost:4566", {"Origin": "http://site.s3-website.localhost:4566"}, 403),
        ("site.s3-website.localhost:4566", {"Sec-Fetch-Site": "same-origin"}, 403),
        ("site.s3-website.localhost:4566", {}, 200),
        ("localhost:4566", {"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_a_page_that_is_served_here_does_not_administer_the_server(
    host: str, headers: dict[str, str], status: int
) -> None:
    cloud = Cloud(World(mode="held", start_ms=START_MS))
    request = HttpRequest("GET", "/_foulweather/clock", "", [("Host", host), *headers.items()])
    reply = cloud.handle(request)
    assert isinstance(reply, HttpResponse)
    assert reply.status == status
