"""API destinations against a server of this machine, on a held clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws

TRUST = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}


class Server:
    """Answers with the statuses it is given, the last one for ever; to `/token` with tokens."""

    def __init__(self) -> None:
        self.statuses = [200]
        self.got: list[tuple[str, dict[str, str], str]] = []
        self.tokens = 0
        self.url = ""
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        body = (await reader.readexactly(int(headers.get("Content-Length", "0")))).decode()
        status, answer = 200, "ok"
        if " /token" in lines[0]:
            self.tokens += 1
            answer = json.dumps({"access_token": f"t{self.tokens}", "expires_in": 3600})
        else:
            self.got.append((lines[0], headers, body))
            status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(answer)}\r\n\r\n{answer}".encode())
        await writer.drain()
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    await server.open()
    yield server
    server.close()


API_KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "s3cret"}}


async def connected(aws: Aws, kind: str = "API_KEY", parameters: dict[str, Any] | None = None) -> str:
    request = {"Name": "shop", "AuthorizationType": kind, "AuthParameters": parameters or API_KEY}
    arn = (await aws.events_.create_connection(request))["ConnectionArn"]
    await aws.advance(seconds=1)
    return arn


def role(aws: Aws, *actions: str) -> str:
    document = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    arn = aws.iam.create_role({"RoleName": "sender", "AssumeRolePolicyDocument": document})["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    aws.iam.put_role_policy({"RoleName": "sender", "PolicyName": "all", "PolicyDocument": policy})
    return arn


def aimed(aws: Aws, server: Server, connection: str, *, path: str = "/hook", rate: int = 300, **target: Any) -> str:
    destination = aws.events_.create_api_destination(
        {
            "Name": "hook",
            "ConnectionArn": connection,
            "InvocationEndpoint": server.url + path,
            "HttpMethod": "POST",
            "InvocationRateLimitPerSecond": rate,
        }
    )["ApiDestinationArn"]
    aws.events_.put_rule({"Name": "r", "EventPattern": '{"source":["shop"]}'})
    sender = target.pop("RoleArn", None) or role(aws, "events:InvokeApiDestination")
    aws.events_.put_targets({"Rule": "r", "Targets": [{"Id": "d", "Arn": destination, "RoleArn": sender, **target}]})
    return destination


def put(aws: Aws, **detail: Any) -> None:
    entry = {"Source": "shop", "DetailType": "order", "Detail": json.dumps(detail)}
    assert aws.events_.put_events({"Entries": [entry]})["FailedEntryCount"] == 0


async def test_a_retry_waits_for_its_turn_too(aws: Aws, server: Server) -> None:
    aimed(aws, server, await connected(aws), rate=1)
    server.statuses = [500, 500, 200]
    for number in range(3):
        put(aws, number=number)
    await aws.advance(seconds=10)
    assert len(server.got) == 5


async def test_an_event_is_sent_with_the_connections_key(aws: Aws, server: Server) -> None:
    connection = await connected(aws)
    aimed(aws, server, connection, InputPath="$.detail")
    put(aws, number=7)
    await aws.advance(seconds=1)
    ((line, headers, body),) = server.got
    assert line == "POST /hook HTTP/1.1"
    assert headers["x-key"] == "s3cret"
    assert headers["User-Agent"] == "Amazon/EventBridge/ApiDestinations"
    assert json.loads(body) == {"number": 7}


async def test_what_is_secret_is_in_the_secret_alone(aws: Aws) -> None:
    extra = {
        "HeaderParameters": [{"Key": "a", "Value": "hidden", "IsValueSecret": True}, {"Key": "b", "Value": "open"}]
    }
    await connected(aws, parameters={**API_KEY, "InvocationHttpParameters": extra})
    told = aws.events_.describe_connection({"Name": "shop"})
    assert (told["ConnectionState"], told["AuthorizationType"]) == ("AUTHORIZED", "API_KEY")
    assert told["AuthParameters"] == {
        "ApiKeyAuthParameters": {"ApiKeyName": "x-key"},
        "InvocationHttpParameters": {
            "HeaderParameters": [
                {"Key": "a", "IsValueSecret": True},
                {"Key": "b", "Value": "open", "IsValueSecret": False},
            ]
        },
    }
    secret = aws.secretsmanager.describe_secret({"SecretId": told["SecretArn"]})
    assert secret["OwningService"] == "events"
    await aws.events_.delete_connection({"Name": "shop"})
    with pytest.raises(AwsError, match="does not exist"):
        aws.events_.describe_connection({"Name": "shop"})


async def test_parameters_of_the_target_and_the_connection_make_the_request(aws: Aws, server: Server) -> None:
    extra = {
        "HeaderParameters": [{"Key": "x-team", "Value": "shop"}],
        "QueryStringParameters": [{"Key": "v", "Value": "2"}],
        "BodyParameters": [{"Key": "by", "Value": "events"}],
    }
    basic = {"BasicAuthParameters": {"Username": "ada", "Password": "pw"}}
    connection = await connected(aws, "BASIC", {**basic, "InvocationHttpParameters": extra})
    told = {
        "PathParameterValues": ["$.detail.number"],
        "HeaderParameters": {"x-order": "$.detail.number", "x-team": "mine"},
        "QueryStringParameters": {"q": "a b"},
    }
    aimed(aws, server, connection, path="/orders/*/items", HttpParameters=told, InputPath="$.detail")
    put(aws, number=7)
    await aws.advance(seconds=1)
    ((line, headers, body),) = server.got
    assert line == "POST /orders/7/items?q=a+b&v=2 HTTP/1.1"
    assert (headers["x-order"], headers["x-team"], headers["Authorization"]) == ("7", "shop", "Basic YWRhOnB3")
    assert json.loads(body) == {"number": 7, "by": "events"}


async def test_a_token_is_had_kept_and_renewed_when_it_is_refused(aws: Aws, server: Server) -> None:
    told = {
        "ClientParameters": {"ClientID": "me", "ClientSecret": "mine"},
        "AuthorizationEndpoint": f"{server.url}/token",
        "HttpMethod": "POST",
    }
    connection = await connected(aws, "OAUTH_CLIENT_CREDENTIALS", {"OAuthParameters": told})
    assert server.tokens == 1
    aimed(aws, server, connection)
    server.statuses = [401, 200]
    put(aws, number=7)
    await aws.advance(seconds=5)
    assert [headers["Authorization"] for _, headers, _ in server.got] == ["Bearer t1", "Bearer t2"]
    await aws.advance(seconds=3600)
    put(aws, number=8)
    await aws.advance(seconds=1)
    assert server.got[-1][1]["Authorization"] == "Bearer t3"


async def test_an_endpoint_that_gives_no_token_leaves_the_connection_unauthorized(aws: Aws, server: Server) -> None:
    told = {
        "ClientParameters": {"ClientID": "me", "ClientSecret": "mine"},
        "AuthorizationEndpoint": f"{server.url}/elsewhere",
        "HttpMethod": "POST",
    }
    connection = await connected(aws, "OAUTH_CLIENT_CREDENTIALS", {"OAuthParameters": told})
    shown = aws.events_.describe_connection({"Name": "shop"})
    assert shown["ConnectionState"] == "DEAUTHORIZED"
    assert "no access token" in shown["StateReason"]
    aimed(aws, server, connection)
    assert aws.events_.describe_api_destination({"Name": "hook"})["ApiDestinationState"] == "INACTIVE"


async def test_the_rate_spreads_events_over_time(aws: Aws, server: Server) -> None:
    aimed(aws, server, await connected(aws), rate=2)
    for number in range(6):
        put(aws, number=number)
    await aws.advance(ms=1_000)
    assert len(server.got) == 3  # at once, and after half a second, and after a whole one
    await aws.advance(ms=1_500)
    assert len(server.got) == 6


@pytest.mark.parametrize(("status", "attempts"), [(500, 4), (429, 4), (400, 1), (302, 1)])
async def test_what_may_pass_is_tried_again(aws: Aws, server: Server, status: int, attempts: int) -> None:
    dead = aws.sqs.create_queue({"QueueName": "dead"})["QueueUrl"]
    policy = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}]}'
    aws.sqs.set_queue_attributes({"QueueUrl": dead, "Attributes": {"Policy": policy}})
    letters = {"Arn": f"arn:aws:sqs:us-east-1:{aws.account}:dead"}
    retries = {"MaximumRetryAttempts": 3}
    aimed(aws, server, await connected(aws), DeadLetterConfig=letters, RetryPolicy=retries)
    server.statuses = [status]
    put(aws, number=7)
    await aws.advance(seconds=60)
    assert len(server.got) == attempts
    (letter,) = aws.sqs.receive_message({"QueueUrl": dead, "MessageAttributeNames": ["All"]})["Messages"]
    code = letter["MessageAttributes"]["ERROR_CODE"]["StringValue"]
    assert code == ("THROTTLING" if status == 429 else "ERROR_FROM_TARGET")


async def test_the_role_must_be_allowed_to_invoke_it(aws: Aws, server: Server) -> None:
    aimed(aws, server, await connected(aws), RoleArn=role(aws, "sqs:SendMessage"))
    put(aws, number=7)
    await aws.advance(seconds=60)
    assert server.got == []
    assert aws.events("events.FailedInvocation")[0].facts["error"] == "AccessDeniedException"


async def test_what_cannot_be_is_refused(aws: Aws, server: Server) -> None:
    connection = await connected(aws)
    with pytest.raises(AwsError, match="already exists"):
        await connected(aws)
    asked = {"Name": "d", "ConnectionArn": connection, "InvocationEndpoint": "http://example.com", "HttpMethod": "GET"}
    with pytest.raises(AwsError, match="must be an HTTPS endpoint"):
        aws.events_.create_api_destination(asked)
    gone = connection.replace("/shop/", "/other/")
    with pytest.raises(AwsError, match="Connection 'other' does not exist"):
        aws.events_.create_api_destination({**asked, "InvocationEndpoint": server.url, "ConnectionArn": gone})
    request = {"Name": "x", "AuthorizationType": "BASIC", "AuthParameters": API_KEY}
    with pytest.raises(AwsError, match="not valid for authorization type BASIC"):
        await aws.events_.create_connection(request)
    arn = aws.events_.create_api_destination({**asked, "InvocationEndpoint": server.url})["ApiDestinationArn"]
    aws.events_.put_rule({"Name": "r", "EventPattern": '{"source":["shop"]}'})
    with pytest.raises(AwsError, match="RoleArn is required"):
        aws.events_.put_targets({"Rule": "r", "Targets": [{"Id": "d", "Arn": arn}]})


async def test_a_change_keeps_what_it_does_not_name(aws: Aws, server: Server) -> None:
    connection = await connected(aws)
    aimed(aws, server, connection)
    changed = {"ApiKeyAuthParameters": {"ApiKeyValue": "newer"}}
    await aws.events_.update_connection({"Name": "shop", "AuthParameters": changed})
    await aws.advance(seconds=1)
    aws.events_.update_api_destination({"Name": "hook", "HttpMethod": "PUT"})
    put(aws, number=7)
    await aws.advance(seconds=1)
    ((line, headers, _),) = server.got
    assert line == "PUT /hook HTTP/1.1"
    assert headers["x-key"] == "newer"
    aws.events_.deauthorize_connection({"Name": "shop"})
    (only,) = aws.events_.list_api_destinations({"ConnectionArn": connection})["ApiDestinations"]
    assert only["ApiDestinationState"] == "INACTIVE"
    (kept,) = aws.events_.list_connections({"ConnectionState": "DEAUTHORIZED"})["Connections"]
    assert kept["Name"] == "shop"
