"""Function URLs: who may, what the function gets, what comes back."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from foulweather.engines.functions.interpreters import available
from foulweather.kernel.call import Call, Origin
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.policy import principal as principals
from foulweather.wire.app import Deferred
from foulweather.wire.cloud import Cloud
from harness import ACCOUNT, REGION, Aws, new_aws
from services.lambda_.packaged import function, made, modelled, role, zipped

ECHO = "def handler(event, context):\n    return event\n"


class Web:
    """A server with one world in it, and a function's URL."""

    def __init__(self) -> None:
        self.aws: Aws = new_aws()
        self.cloud = Cloud(self.aws.world)
        self.cloud.default.pipeline = self.aws.pipeline
        self.cloud.start()
        self.host = ""

    async def url(self, name: str = "work", auth: str = "NONE", public: bool = True, **more: Any) -> None:
        """Give a function a URL, and let everybody in."""
        made_url = self.aws.lambda_.create_function_url_config({"FunctionName": name, "AuthType": auth, **more})
        self.host = made_url["FunctionUrl"].removeprefix("https://").rstrip("/").replace(".on.aws", ".localhost:4566")
        if public:
            url_type = {"FunctionUrlAuthType": auth}
            self.allow(name, "lambda:InvokeFunctionUrl", **url_type)
            self.allow(name, "lambda:InvokeFunction", InvokedViaFunctionUrl=True)

    def allow(self, name: str, action: str, **more: Any) -> None:
        """Let everybody do something with a function."""
        statement = {"FunctionName": name, "StatementId": action.partition(":")[2], "Action": action, "Principal": "*"}
        self.aws.lambda_.add_permission({**statement, **more})

    async def ask(
        self, method: str = "GET", path: str = "/", headers: dict[str, str] | None = None, body: bytes = b""
    ) -> HttpResponse:
        bare, _, query = path.partition("?")
        request = HttpRequest(method, bare, query, [("Host", self.host), *(headers or {}).items()], body)
        reply = self.cloud.handle(request)
        assert not isinstance(reply, Deferred)
        return reply if isinstance(reply, HttpResponse) else await reply


@pytest_asyncio.fixture
async def web() -> AsyncIterator[Web]:
    found = Web()
    role(found.aws)
    yield found
    found.cloud.close()


def header(response: HttpResponse, name: str) -> str:
    return next((value for each, value in response.headers if each.lower() == name.lower()), "")


async def test_a_new_url_wants_permission_to_invoke_the_function_too(web: Web) -> None:
    await modelled(web.aws, "response = {ok = true}\n")
    await web.url(public=False)
    web.allow("work", "lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE")
    assert (await web.ask()).status == 403
    web.allow("work", "lambda:InvokeFunction", InvokedViaFunctionUrl=True)
    assert (await web.ask()).status == 200


async def test_the_function_gets_the_request_in_format_two(web: Web) -> None:
    await function(web.aws, ECHO)
    await web.url()
    response = await web.ask(
        "POST",
        "/a%20b?x=1&x=2&y=",
        {"Content-Type": "application/json", "Cookie": "a=1; b=2", "X-One": "1"},
        b'{"n":1}',
    )
    event = json.loads(response.body)
    assert (response.status, header(response, "content-type")) == (200, "application/json")
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "$default", "/a b")
    assert event["rawQueryString"] == "x=1&x=2&y="
    assert event["queryStringParameters"] == {"x": "1,2", "y": ""}
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["headers"]["x-one"] == "1"
    assert (event["body"], event["isBase64Encoded"]) == ('{"n":1}', False)
    assert event["requestContext"]["http"]["method"] == "POST"
    assert event["requestContext"]["accountId"] == "anonymous"
    assert event["requestContext"]["domainName"].endswith(".lambda-url.us-east-1.on.aws")


async def test_a_body_that_is_no_text_comes_in_base64(web: Web) -> None:
    await function(web.aws, ECHO)
    await web.url()
    event = json.loads((await web.ask("POST", "/", {"Content-Type": "image/png"}, b"\x89PNG")).body)
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b"\x89PNG"


async def test_an_answer_with_a_status_is_the_answer(web: Web) -> None:
    await modelled(
        web.aws,
        'response = {statusCode = 201, headers = {X-Made = "yes", Content-Type = "text/plain"}, '
        'cookies = ["a=1", "b=2"], body = "aGk=", isBase64Encoded = true}\n',
    )
    await web.url()
    response = await web.ask()
    assert (response.status, response.body, header(response, "x-made")) == (201, b"hi", "yes")
    assert [value for name, value in response.headers if name == "Set-Cookie"] == ["a=1", "b=2"]


async def test_a_function_that_fails_is_a_bad_gateway(web: Web) -> None:
    await modelled(web.aws, "error_rate = 1.0\n")
    await web.url()
    response = await web.ask()
    assert (response.status, response.body) == (502, b"Internal Server Error")


async def test_without_a_policy_nobody_gets_in(web: Web) -> None:
    await modelled(web.aws, "response = 1\n")
    await web.url(public=False)
    response = await web.ask()
    assert (response.status, response.body) == (403, b'{"Message":"Forbidden"}')
    assert header(response, "x-amzn-ErrorType") == "AccessDeniedException"
    assert web.aws.events("lambda.Invoked") == []


async def test_a_url_with_iam_wants_a_signature(web: Web) -> None:
    await modelled(web.aws, "response = 1\n")
    await web.url(auth="AWS_IAM")
    assert (await web.ask()).status == 403
    signed = {
        "X-Amz-Date": "20260101T000000Z",
        "Authorization": "AWS4-HMAC-SHA256 Credential=111122223333/20260101/us-east-1/lambda/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64,
    }
    # The key stands for the root user of the function's account.
    assert (await web.ask(headers=signed)).status == 200


async def test_a_throttled_function_is_too_many_requests(web: Web) -> None:
    await modelled(web.aws, "response = 1\n")
    await web.url()
    web.aws.lambda_.put_function_concurrency({"FunctionName": "work", "ReservedConcurrentExecutions": 0})
    response = await web.ask()
    assert (response.status, json.loads(response.body)["Message"]) == (429, "Rate Exceeded.")


async def test_a_browser_is_told_what_it_may(web: Web) -> None:
    await modelled(web.aws, "response = 1\n")
    cors = {"AllowOrigins": ["https://shop.example"], "AllowMethods": ["GET"], "MaxAge": 60}
    await web.url(Cors=cors)
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}
    told = await web.ask("OPTIONS", "/", asked)
    assert (told.status, header(told, "access-control-allow-methods")) == (200, "GET")
    assert header(told, "access-control-allow-origin") == "https://shop.example"
    answered = await web.ask(headers={"Origin": "https://shop.example"})
    assert header(answered, "access-control-allow-origin") == "https://shop.example"
    other = await web.ask(headers={"Origin": "https://other.example"})
    assert header(other, "access-control-allow-origin") == ""
    assert len(web.aws.events("lambda.Invoked")) == 2


BOOTSTRAP = """#!/usr/bin/python3
import http.client, os
host = os.environ["AWS_LAMBDA_RUNTIME_API"]
while True:
    asking = http.client.HTTPConnection(host)
    asking.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = asking.getresponse()
    answer.read()
    path = "/2018-06-01/runtime/invocation/%s/response" % answer.getheader("Lambda-Runtime-Aws-Request-Id")
    def pieces():
        yield b'{"statusCode": 206, "headers": {"Content-Type": "text/plain"}}' + bytes(8)
        yield b"one "
        yield b"two"
    telling = http.client.HTTPConnection(host)
    headers = {"Lambda-Runtime-Function-Response-Mode": "streaming", "Transfer-Encoding": "chunked",
               "Content-Type": "application/vnd.awslambda.http-integration-response"}
    telling.request("POST", path, pieces(), headers, encode_chunked=True)
    telling.getresponse().read()
"""


async def test_a_streamed_answer_begins_with_its_status(web: Web) -> None:
    await made(web.aws, {"bootstrap": BOOTSTRAP}, "work", Runtime="provided.al2023", Handler="x")
    await web.url(InvokeMode="RESPONSE_STREAM")
    response = await web.ask()
    assert response.stream is not None
    body = b"".join([piece async for piece in response.stream])
    assert (response.status, header(response, "content-type"), body) == (206, "text/plain", b"one two")


async def test_invoke_with_response_stream_gives_the_pieces_and_the_end(web: Web) -> None:
    await made(web.aws, {"bootstrap": BOOTSTRAP}, "work", Runtime="provided.al2023", Handler="x")
    answer = await web.aws.lambda_.invoke_with_response_stream({"FunctionName": "work", "Payload": b"{}"})
    events = [event async for event in answer["EventStream"]]
    assert b"".join(told["Payload"] for name, told in events if name == "PayloadChunk").endswith(b"one two")
    assert events[-1] == ("InvokeComplete", {})


NODE = """
exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
  stream = awslambda.HttpResponseStream.from(stream, { statusCode: 203, headers: { "X-Made": "yes" } });
  for (const word of ["one ", "two ", "three"]) {
    stream.write(word);
    await new Promise((resolve) => setTimeout(resolve, 60000));
  }
  stream.end();
});
"""


async def test_node_streams_and_sleeps_in_between(web: Web) -> None:
    runtime = next((name for name in available().split(", ") if name.startswith("nodejs")), "")
    if not runtime:
        pytest.skip("there is no Node.js here")
    await made(web.aws, {"index.js": NODE}, "work", Runtime=runtime, Handler="index.handler", Timeout=600)
    await web.url(InvokeMode="RESPONSE_STREAM")
    began = web.aws.now
    response = await web.ask()
    assert (response.status, header(response, "x-made")) == (203, "yes")
    assert response.stream is not None
    assert b"".join([piece async for piece in response.stream]) == b"one two three"
    assert web.aws.now == began + 180_000


FAILING = """
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  if (event.rawPath === "/early") throw new Error("early");
  stream.setContentType("text/html");
  stream.write({ n: 1 });
  if (event.rawPath === "/late") throw new TypeError("late");
  stream.end();
});
"""


async def test_a_stream_says_what_it_is_and_breaks_where_the_function_fails(web: Web) -> None:
    runtime = next((name for name in available().split(", ") if name.startswith("nodejs")), "")
    if not runtime:
        pytest.skip("there is no Node.js here")
    await made(web.aws, {"index.js": FAILING}, "work", Runtime=runtime, Handler="index.handler", Timeout=600)
    await web.url(InvokeMode="RESPONSE_STREAM")
    early = await web.ask("GET", "/early")
    assert (early.status, early.body, early.stream) == (502, b"Internal Server Error", None)
    well = await web.ask()
    assert (well.status, header(well, "Content-Type")) == (200, "text/html")
    assert well.stream is not None
    assert b"".join([piece async for piece in well.stream]) == b'{"n":1}'
    late = await web.ask("GET", "/late")
    assert late.stream is not None
    assert await anext(late.stream) == b'{"n":1}'
    with pytest.raises(ConnectionAbortedError):
        await anext(late.stream)


async def test_what_is_answered_as_a_whole_is_one_piece(web: Web) -> None:
    await modelled(web.aws, "response = {a = 1}\n")
    answer = await web.aws.lambda_.invoke_with_response_stream({"FunctionName": "work"})
    events = [event async for event in answer["EventStream"]]
    assert events == [("PayloadChunk", {"Payload": b'{"a": 1}'}), ("InvokeComplete", {})]


async def fetched(web: Web, location: str) -> HttpResponse:
    _, _, rest = location.partition("://")
    host, _, path = rest.partition("/")
    bare, _, query = f"/{path}".partition("?")
    reply = web.cloud.handle(HttpRequest("GET", bare, query, [("Host", host)], b""))
    assert not isinstance(reply, Deferred)
    return reply if isinstance(reply, HttpResponse) else await reply


def location(web: Web, operation: str, request: dict[str, Any]) -> str:
    """Where the API says that a package is, asked by a client."""
    asked = web.aws.pipeline.services.operation("lambda", operation)
    root = principals.root(ACCOUNT)
    call = Call(web.aws.pipeline, "lambda", operation, ACCOUNT, REGION, root, origin=Origin(host="127.0.0.1:4566"))
    answer = web.aws.pipeline.run(call, asked, request)
    return (answer.get("Code") or answer["Content"])["Location"]


async def test_a_package_can_be_fetched_from_where_it_is_told_to_be_for_ten_minutes(web: Web) -> None:
    await function(web.aws, ECHO)
    where = location(web, "GetFunction", {"FunctionName": "work"})
    assert where.startswith("http://127.0.0.1:4566/_awslambda-us-east-1-tasks/snapshots/111122223333/work-")
    response = await fetched(web, where)
    assert (response.status, response.body) == (200, zipped({"app.py": ECHO}))
    assert (await fetched(web, where[:-4] + "0000")).status == 403
    await web.aws.advance(seconds=601)
    assert b"Request has expired" in (await fetched(web, where)).body


async def test_a_layers_package_can_be_fetched_too(web: Web) -> None:
    content = zipped({"python/shared.py": "x = 1\n"})
    await web.aws.lambda_.publish_layer_version({"LayerName": "shared", "Content": {"ZipFile": content}})
    where = location(web, "GetLayerVersion", {"LayerName": "shared", "VersionNumber": 1})
    assert (await fetched(web, where)).body == content


async def test_a_url_without_a_signature_hands_the_authorization_header_on(web: Web) -> None:
    await function(web.aws, ECHO)
    await web.url()
    event = json.loads((await web.ask(headers={"Authorization": "Bearer abc"})).body)
    assert event["headers"]["authorization"] == "Bearer abc"


async def test_the_configured_headers_of_cors_take_precedence_over_the_functions(web: Web) -> None:
    own = "{'Access-Control-Allow-Origin': '*', 'Vary': 'Accept'}"
    await function(web.aws, f"def handler(event, context):\n    return {{'statusCode': 200, 'headers': {own}}}\n")
    await web.url(Cors={"AllowOrigins": ["https://a.example"]})
    answered = await web.ask(headers={"Origin": "https://a.example"})
    told = [value for name, value in answered.headers if name.lower() == "access-control-allow-origin"]
    assert told == ["https://a.example"]
    assert [value for name, value in answered.headers if name == "Vary"] == ["Accept", "Origin"]
    other = await web.ask(headers={"Origin": "https://b.example"})
    assert header(other, "Access-Control-Allow-Origin") == "*"


async def test_a_header_that_is_null_is_none_and_a_list_makes_no_sense(web: Web) -> None:
    await modelled(web.aws, 'response = {statusCode = 200, headers = {x-list = ["a"]}}\n')
    await web.url()
    assert (await web.ask()).status == 502
    await function(web.aws, "def handler(e, c):\n    return {'statusCode': 200, 'headers': {'x-null': None}}\n", "own")
    await web.url("own")
    answered = await web.ask()
    assert (answered.status, header(answered, "x-null")) == (200, "")
