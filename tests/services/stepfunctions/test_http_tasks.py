"""`http:invoke` against a server of this machine, on a held clock.

https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from harness import ACCOUNT, Aws
from services.stepfunctions.workflows import Workflows, flow

INVOKE = "arn:aws:states:::http:invoke"
API_KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "ApiKey", "ApiKeyValue": "s3cret"}}
NEEDED = ("states:InvokeHTTPEndpoint", "events:RetrieveConnectionCredentials", "secretsmanager:*")


class Server:
    """Answers everything alike, and notes what came; `/token` gives tokens."""

    def __init__(self) -> None:
        self.status, self.kind, self.answer = 200, "application/json", b'{"ok": true}'
        self.got: list[tuple[str, dict[str, str], str]] = []
        self.tokens = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        body = (await reader.readexactly(int(headers.get("Content-Length", "0")))).decode()
        status, kind, answer = self.status, self.kind, self.answer
        if " /token" in lines[0]:
            self.tokens += 1
            status, answer = 200, json.dumps({"access_token": f"t{self.tokens}", "expires_in": 3600}).encode()
        else:
            self.got.append((lines[0], headers, body))
        head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\n\r\n"
        writer.write(head.encode() + answer)
        await writer.drain()
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    await server.open()
    yield server
    server.close()


async def connected(aws: Aws, parameters: dict[str, Any] | None = None, kind: str = "API_KEY") -> str:
    request = {"Name": "shop", "AuthorizationType": kind, "AuthParameters": parameters or API_KEY}
    arn = (await aws.events_.create_connection(request))["ConnectionArn"]
    await aws.advance(seconds=1)
    return arn


def task(server: Server, connection: str, *, path: str = "/v1/orders", **parameters: Any) -> dict[str, Any]:
    own = {"ApiEndpoint": server.url + path, "Method": "GET", "InvocationConfig": {"ConnectionArn": connection}}
    return {"Type": "Task", "Resource": INVOKE, "Parameters": {**own, **parameters}}


async def ended(flows: Workflows, state: dict[str, Any], *actions: str, **more: Any) -> dict[str, Any]:
    """What DescribeExecution tells of an execution of one task."""
    arn = flows.start(flows.machine(flow(("Call", {**state, **more})), *(actions or NEEDED)))
    await flows.aws.advance(seconds=1)
    return flows.execution(arn)


async def test_an_endpoint_answers_and_the_result_has_status_headers_and_body(flows: Workflows, server: Server) -> None:
    state = task(server, await connected(flows.aws), QueryParameters={"currency": "usd", "tag": ["a b", "c"]})
    found = await ended(flows, state)
    assert found["status"] == "SUCCEEDED", found
    result = json.loads(found["output"])
    assert (result["StatusCode"], result["StatusText"], result["ResponseBody"]) == (200, "OK", {"ok": True})
    assert result["Headers"]["content-type"] == ["application/json"]
    ((line, headers, body),) = server.got
    assert line == "GET /v1/orders?currency=usd&tag=a%20b&tag=c HTTP/1.1"
    assert (headers["ApiKey"], headers["Range"], body) == ("s3cret", "bytes=0-262144", "")
    assert headers["User-Agent"] == "Amazon|StepFunctions|HttpInvoke|us-east-1"
    (scheduled,) = [each for each in flows.events(found["executionArn"]) if each["type"] == "TaskScheduled"]
    assert scheduled["taskScheduledEventDetails"]["resourceType"] == "http"


async def test_what_the_connection_says_stands_above_the_definition(flows: Workflows, server: Server) -> None:
    http = {
        "BodyParameters": [{"Key": "BodyParam", "Value": "connection"}],
        "HeaderParameters": [{"Key": "header-param", "Value": "connection"}],
        "QueryStringParameters": [{"Key": "QueryParam", "Value": "connection"}],
    }
    arn = await connected(flows.aws, {**API_KEY, "InvocationHttpParameters": http})
    own: dict[str, Any] = {
        "Headers": {"Request-Id": "7", "Header-Param": "own"},
        "QueryParameters": {"QueryParam": "own"},
    }
    state = task(server, arn, Method="POST", RequestBody={"Job": "x", "BodyParam": "own"}, **own)
    assert (await ended(flows, state))["status"] == "SUCCEEDED"
    ((line, headers, body),) = server.got
    assert line == "POST /v1/orders?QueryParam=connection HTTP/1.1"
    assert (headers["Request-Id"], headers["header-param"]) == ("7", "connection")
    assert "Header-Param" not in headers
    assert headers["Content-Type"] == "application/json; charset=UTF-8"
    assert json.loads(body) == {"Job": "x", "BodyParam": "connection"}


async def test_a_body_of_text_cannot_be_merged(flows: Workflows, server: Server) -> None:
    http = {"BodyParameters": [{"Key": "a", "Value": "b"}]}
    arn = await connected(flows.aws, {**API_KEY, "InvocationHttpParameters": http})
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Call"}]
    found = await ended(flows, task(server, arn, Method="POST", RequestBody="text"), Catch=catch)
    assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")
    assert server.got == []


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ("INDICES", "array[0]=a&array[1]=b"),
        ("REPEAT", "array=a&array=b"),
        ("COMMAS", "array=a,b"),
        ("BRACKETS", "array[]=a&array[]=b"),
    ],
)
async def test_a_body_is_sent_as_a_form(flows: Workflows, server: Server, arrays: str, expected: str) -> None:
    form = {"RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": {"ArrayFormat": arrays}}
    body = {"metadata": {"order_details": "monthly report data"}, "array": ["a", "b"]}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    state = task(server, await connected(flows.aws), Method="POST", Headers=headers, RequestBody=body, Transform=form)
    assert (await ended(flows, state))["status"] == "SUCCEEDED"
    ((_, sent, text),) = server.got
    assert sent["Content-Type"] == "application/x-www-form-urlencoded"
    assert text.startswith("metadata%5Border_details%5D=monthly%20report%20data&")
    assert unquote(text).endswith(expected)


async def test_a_status_that_is_no_success_is_an_error_by_its_number(flows: Workflows, server: Server) -> None:
    server.status, server.answer = 404, b'{"message": "no such order"}'
    found = await ended(flows, task(server, await connected(flows.aws)))
    assert (found["status"], found["error"]) == ("FAILED", "States.Http.StatusCode.404")
    assert json.loads(found["cause"]) == {"message": "no such order"}
    assert flows.kinds(found["executionArn"])[-2:] == ["TaskFailed", "ExecutionFailed"]


async def test_a_retry_by_the_status_calls_again(flows: Workflows, server: Server) -> None:
    server.status = 503
    retry = [{"ErrorEquals": ["States.Http.StatusCode.503"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 1}]
    state = task(server, await connected(flows.aws))
    arn = flows.start(flows.machine(flow(("Call", {**state, "Retry": retry})), *NEEDED))
    await flows.aws.advance(seconds=5)
    assert flows.execution(arn)["error"] == "States.Http.StatusCode.503"
    assert len(server.got) == 3


async def test_an_answer_that_is_no_text_fails_the_execution(flows: Workflows, server: Server) -> None:
    server.kind = "application/octet-stream"
    assert (await ended(flows, task(server, await connected(flows.aws))))["error"] == "States.Runtime"


async def test_an_answer_that_is_too_large_fails_the_execution(flows: Workflows, server: Server) -> None:
    server.kind, server.answer = "text/plain", b"x" * 300_000
    assert (await ended(flows, task(server, await connected(flows.aws))))["error"] == "States.DataLimitExceeded"


async def test_nobody_at_the_endpoint_is_a_socket_error(flows: Workflows, server: Server) -> None:
    server.close()
    assert (await ended(flows, task(server, await connected(flows.aws))))["error"] == "States.Http.Socket"


async def test_a_host_elsewhere_is_not_reached_and_says_so(flows: Workflows, server: Server) -> None:
    state = task(server, await connected(flows.aws), ApiEndpoint="https://api.stripe.com/v1/customers")
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Call"}]
    found = await ended(flows, state, Catch=catch)
    assert found["error"] == "NotImplemented"
    assert flows.why().remedy == ("FOULWEATHER_HTTP_ALLOW=api.stripe.com foulweather start",)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"Headers": {"Authorization": "x"}}, "The header 'Authorization' is not permitted"),
        ({"Headers": {"x-amz-date": "x"}}, "The header 'x-amz-date' is not permitted"),
        ({"ApiEndpoint": "http://example.com"}, "must be the URL of an HTTPS endpoint"),
        ({"Method": "TRACE"}, "must be one of"),
        ({"InvocationConfig": None}, "Exactly one of the fields"),
        ({"Authentication": {"ConnectionArn": "x"}}, "Exactly one of the fields"),
        ({"Body": "x"}, "The field 'Body' is not supported"),
        ({"Transform": {"RequestBodyEncoding": "XML"}}, "must be one of [NONE, URL_ENCODED]"),
    ],
)
async def test_parameters_that_make_no_request_fail_the_execution(
    flows: Workflows, server: Server, parameters: dict[str, Any], words: str
) -> None:
    found = await ended(flows, task(server, await connected(flows.aws), **parameters))
    assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")
    assert words in found["cause"]
    assert server.got == []


@pytest.mark.parametrize(
    ("missing", "error"),
    [
        ("states:InvokeHTTPEndpoint", "States.Permissions"),
        ("events:RetrieveConnectionCredentials", "Events.ConnectionResource.AccessDenied"),
        ("secretsmanager:DescribeSecret", "Events.ConnectionResource.AccessDenied"),
        ("secretsmanager:GetSecretValue", "Events.ConnectionResource.AccessDenied"),
    ],
)
async def test_the_role_needs_each_permission(flows: Workflows, server: Server, missing: str, error: str) -> None:
    needed = [*NEEDED[:2], "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    found = await ended(flows, task(server, await connected(flows.aws)), *[each for each in needed if each != missing])
    assert found["error"] == error
    assert missing in found["cause"]
    assert server.got == []


async def test_a_role_may_be_bound_to_an_endpoint_and_a_method(flows: Workflows, server: Server) -> None:
    arn, role = await connected(flows.aws), flows.role(*NEEDED[1:])
    condition = {
        "StringEquals": {"states:HTTPMethod": "GET"},
        "StringLike": {"states:HTTPEndpoint": f"{server.url}/v1/*"},
    }
    statement = {"Effect": "Allow", "Action": NEEDED[0], "Resource": "*", "Condition": condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    flows.aws.iam.put_role_policy({"RoleName": "workflow", "PolicyName": "http", "PolicyDocument": document})
    states = {
        "read": task(server, arn),
        "write": task(server, arn, Method="POST"),
        "elsewhere": task(server, arn, path="/v2/orders"),
    }
    found: dict[str, str] = {}
    for name, state in states.items():
        execution = flows.start(flows.machine(flow(("Call", state)), name=name, role=role))
        await flows.aws.advance(seconds=1)
        found[name] = flows.execution(execution).get("error", "")
    assert found == {"read": "", "write": "States.Permissions", "elsewhere": "States.Permissions"}


async def test_a_connection_that_is_gone_or_not_authorized_is_an_error_of_its_own(
    flows: Workflows, server: Server
) -> None:
    arn = await connected(flows.aws)
    machine = flows.machine(flow(("Call", task(server, arn))), *NEEDED)
    errors: list[str] = []
    for change in (flows.aws.events_.deauthorize_connection, flows.aws.events_.delete_connection):
        answer = change({"Name": "shop"})
        if asyncio.iscoroutine(answer):
            await answer
        execution = flows.start(machine)
        await flows.aws.advance(seconds=1)
        errors.append(flows.execution(execution)["error"])
    assert errors == [
        "Events.ConnectionResource.InvalidConnectionState",
        "Events.ConnectionResource.ResourceNotFound",
    ]


async def test_a_token_that_is_refused_is_renewed_at_the_next_attempt(flows: Workflows, server: Server) -> None:
    client = {"ClientID": "me", "ClientSecret": "s3cret"}
    oauth = {"ClientParameters": client, "AuthorizationEndpoint": f"{server.url}/token", "HttpMethod": "POST"}
    arn = await connected(flows.aws, {"OAuthParameters": oauth}, "OAUTH_CLIENT_CREDENTIALS")
    server.status = 401
    retry = [{"ErrorEquals": ["States.Http.StatusCode.401"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    await ended(flows, task(server, arn), Retry=retry)
    await flows.aws.advance(seconds=3)
    assert [headers["Authorization"] for _, headers, _ in server.got] == ["Bearer t1", "Bearer t2"]


async def test_test_state_shows_what_went_over_the_wire_and_keeps_the_secrets_unless_told(
    flows: Workflows, server: Server
) -> None:
    state = {**task(server, await connected(flows.aws), Headers={"A": "b"}), "End": True}
    request = {"definition": json.dumps(state), "roleArn": flows.role(*NEEDED), "inspectionLevel": "TRACE"}
    told = await flows.sfn.test_state(request)
    seen = told["inspectionData"]
    assert (told["status"], seen["request"]["method"], seen["request"]["protocol"]) == ("SUCCEEDED", "GET", "http")
    assert "a: b" in seen["request"]["headers"]
    assert "s3cret" not in json.dumps(seen)
    assert (seen["response"]["statusCode"], seen["response"]["body"]) == ("200", '{"ok": true}')
    told = await flows.sfn.test_state({**request, "revealSecrets": True})
    assert "apikey: s3cret" in told["inspectionData"]["request"]["headers"]
    told = await flows.sfn.test_state({**request, "inspectionLevel": "DEBUG"})
    assert not {"request", "response"} & set(told["inspectionData"])


async def test_secrets_are_revealed_only_to_who_may_see_them(flows: Workflows, server: Server) -> None:
    state = {**task(server, await connected(flows.aws)), "End": True}
    request = {"definition": json.dumps(state), "roleArn": flows.role(*NEEDED), "revealSecrets": True}
    aws = flows.aws
    user = aws.iam.create_user({"UserName": "tester"})["User"]
    tester = aws.as_principal(Principal("user", user["Arn"], ACCOUNT, user["UserId"]))
    for actions, is_denied in ((["states:TestState", "iam:PassRole"], True), (["states:*", "iam:PassRole"], False)):
        allowed = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        aws.iam.put_user_policy({"UserName": "tester", "PolicyName": "p", "PolicyDocument": document})
        if is_denied:
            with pytest.raises(AwsError, match="states:RevealSecrets"):
                tester.stepfunctions.test_state(request)
        else:
            assert (await tester.stepfunctions.test_state(request))["status"] == "SUCCEEDED"
