"""Handshakes over real sockets: who may connect, and every way in which somebody does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from foulweather.engines.functions.interpreters import available
from services.apigateway.sockets.served import FUNCTION, MOCK, PROXY, URI, Chat
from services.lambda_.packaged import function, modelled, role

needs_functions = pytest.mark.skipif(not available(), reason="no interpreter for functions")


def permit(chat: Chat, source: str = "*") -> None:
    chat.aws.lambda_.add_permission(
        {
            "FunctionName": "work",
            "StatementId": "api",
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": f"arn:aws:execute-api:us-east-1:111122223333:{chat.api}/{source}",
        }
    )


async def answering(chat: Chat, response: Any, *, more: str = "") -> None:
    """A function that answers always the same."""
    role(chat.aws)
    await modelled(chat.aws, f"duration_ms = 10\nresponse = {_toml(response)}\n{more}")


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {_toml(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return json.dumps(value)


async def test_a_stage_without_a_connect_route_lets_everybody_in(chat: Chat) -> None:
    chat.route("$default")
    chat.deploy()
    async with chat.peer(path="/prod/") as peer:
        assert peer.status == 101
    async with chat.peer(f"/_aws/execute-api/{chat.api}/prod", "localhost:4566") as peer:
        assert peer.status == 101
    async with chat.peer(host=f"{chat.api}.execute-api.us-east-1.localhost:4566") as peer:
        assert peer.status == 101


@pytest.mark.parametrize("path", ["/", "/other", "/prod/more"])
async def test_what_is_no_stage_is_forbidden(chat: Chat, path: str) -> None:
    chat.route("$default")
    chat.deploy()
    async with chat.peer(path) as peer:
        assert (peer.status, peer.body) == (403, b'{"message":"Forbidden"}')
    assert chat.api in str(chat.why()) or "below the stage" in chat.why().cause


async def test_a_plain_request_is_told_to_upgrade(chat: Chat) -> None:
    chat.route("$default")
    chat.deploy()
    async with chat.peer(Upgrade="h2c") as peer:
        assert peer.status == 426
        assert json.loads(peer.body)["message"] == "Upgrade Required"


async def test_an_endpoint_that_is_disabled_is_forbidden(chat: Chat) -> None:
    chat.route("$default")
    chat.deploy()
    chat.v2.update_api({"ApiId": chat.api, "DisableExecuteApiEndpoint": True})
    async with chat.peer() as peer:
        assert peer.status == 403
    assert "custom domain names only" in chat.why().cause


async def test_the_status_of_a_mock_refuses(chat: Chat) -> None:
    chat.route("$connect", {**MOCK, "RequestTemplates": {"$default": '{"statusCode": 403}'}})
    chat.deploy()
    async with chat.peer() as peer:
        assert peer.status == 403


async def test_required_parameters_are_checked(chat: Chat) -> None:
    chat.route("$connect", RequestParameters={"route.request.querystring.room": {"Required": True}})
    chat.deploy()
    async with chat.peer() as peer:
        assert peer.status == 400
        assert json.loads(peer.body)["message"] == "Missing required request parameters: [room]"
    async with chat.peer("/prod?room=1") as peer:
        assert peer.status == 101


async def test_iam_wants_a_signature(chat: Chat) -> None:
    chat.route("$connect", AuthorizationType="AWS_IAM")
    chat.deploy()
    async with chat.peer() as peer:
        assert (peer.status, json.loads(peer.body)["message"]) == (403, "Missing Authentication Token")
    async with chat.peer(Authorization="nonsense") as peer:
        assert peer.status == 403


def _signed(chat: Chat, key: str, secret: str) -> dict[str, str]:
    request = AWSRequest("GET", f"http://{chat.host}/prod", headers={"Host": chat.host})
    SigV4Auth(Credentials(key, secret), "execute-api", "us-east-1").add_auth(request)
    return {name.replace("-", "_"): value for name, value in request.headers.items() if name != "Host"}


async def test_who_signed_a_handshake_stays_with_its_connection_and_needs_a_permission(chat: Chat) -> None:
    chat.route("$connect", AuthorizationType="AWS_IAM")
    answer = '"$context.identity.userArn $context.identity.accountId"'
    responses = {"$default": {"TemplateSelectionExpression": "\\$default", "ResponseTemplates": {"$default": answer}}}
    chat.route("who", responses=responses, answers=True)
    chat.deploy()
    chat.aws.iam.create_user({"UserName": "bob"})
    made = chat.aws.iam.create_access_key({"UserName": "bob"})["AccessKey"]
    headers = _signed(chat, made["AccessKeyId"], made["SecretAccessKey"])
    async with chat.peer(**headers) as peer:
        assert peer.status == 403
        resource = f"arn:aws:execute-api:us-east-1:********3333:{chat.api}/prod/$connect"
        assert f"execute-api:Invoke on resource: {resource}" in json.loads(peer.body)["message"]
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": f"arn:aws:execute-api:*:*:{chat.api}/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    chat.aws.iam.put_user_policy({"UserName": "bob", "PolicyName": "p", "PolicyDocument": document})
    async with chat.peer(**headers) as peer:
        assert peer.status == 101
        peer.say({"action": "who"})
        assert await peer.heard() == '"arn:aws:iam::111122223333:user/bob 111122223333"'
    async with chat.peer(**_signed(chat, made["AccessKeyId"], "wrong")) as peer:
        assert peer.status == 403


async def test_more_than_500_new_connections_a_second_are_throttled(chat: Chat) -> None:
    from foulweather.services.apigateway.rest.buckets import Buckets

    chat.route("$default")
    chat.deploy()
    key = ("connections", chat.aws.account, chat.aws.region)
    Buckets.of(chat.aws.world).fills[key] = (1_000_000, chat.aws.now)
    async with chat.peer() as peer:
        assert peer.status == 101
    async with chat.peer() as peer:
        assert (peer.status, json.loads(peer.body)["message"]) == (429, "Too Many Requests")
    assert "500 a second" in chat.why().cause


@needs_functions
async def test_the_function_behind_connect_chooses_the_subprotocol_and_may_refuse(chat: Chat) -> None:
    chat.route("$connect", PROXY)
    chat.deploy()
    await answering(chat, {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "chat.v1"}})
    permit(chat)
    async with chat.peer(Sec_WebSocket_Protocol="chat.v1, chat.v2") as peer:
        assert (peer.status, peer.headers["sec-websocket-protocol"]) == (101, "chat.v1")


@needs_functions
@pytest.mark.parametrize(
    ("response", "status"),
    [({"statusCode": 401, "body": "who?"}, 401), ({"body": "no status"}, 502), ("just text", 502)],
)
async def test_what_the_function_behind_connect_answers_decides(chat: Chat, response: Any, status: int) -> None:
    chat.route("$connect", PROXY)
    chat.deploy()
    await answering(chat, response)
    permit(chat)
    async with chat.peer() as peer:
        assert peer.status == status


@needs_functions
async def test_a_function_that_may_not_be_invoked_is_a_500_with_the_command_that_mends_it(chat: Chat) -> None:
    chat.route("$connect", PROXY)
    chat.deploy()
    await answering(chat, {"statusCode": 200})
    async with chat.peer() as peer:
        assert (peer.status, json.loads(peer.body)["message"]) == (500, "Internal server error")
    assert "aws lambda add-permission" in chat.why().remedy[0]
    assert f"{chat.api}/prod/$connect" in chat.why().remedy[0]


@needs_functions
async def test_a_function_that_fails_is_a_502_and_one_that_takes_too_long_a_504(chat: Chat) -> None:
    chat.route("$connect", {**PROXY, "TimeoutInMillis": 1000})
    chat.deploy()
    await answering(chat, {"statusCode": 200}, more="error_rate = 1.0\n")
    permit(chat)
    async with chat.peer() as peer:
        assert peer.status == 502
    chat.aws.lambda_.delete_function({"FunctionName": "work"})
    await modelled(chat.aws, "duration_ms = 2000\n", Timeout=30)
    permit(chat)
    async with chat.peer() as peer:
        assert (peer.status, json.loads(peer.body)["message"]) == (504, "Endpoint request timed out")


def _authorized(chat: Chat, **more: Any) -> None:
    own = chat.v2.create_authorizer(
        {
            "ApiId": chat.api,
            "Name": "door",
            "AuthorizerType": "REQUEST",
            "AuthorizerUri": URI,
            "IdentitySource": ["route.request.querystring.token"],
            **more,
        }
    )["AuthorizerId"]
    chat.route("$connect", AuthorizationType="CUSTOM", AuthorizerId=own)
    answer = '{"who": "$context.authorizer.principalId", "room": "$context.authorizer.room"}'
    responses = {
        "$default": {"TemplateSelectionExpression": "\\$default", "ResponseTemplates": {"$default": answer}},
    }
    chat.route("who", responses=responses, answers=True)
    chat.deploy()
    permit(chat, "authorizers/*")


def _policy(effect: str, resource: str = "*") -> dict[str, Any]:
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}
    return {
        "principalId": "ann",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"room": 7},
    }


@needs_functions
async def test_what_an_authorizer_tells_of_a_client_stays_with_its_connection(chat: Chat) -> None:
    await answering(chat, _policy("Allow"))
    _authorized(chat)
    async with chat.peer() as peer:
        assert (peer.status, json.loads(peer.body)["message"]) == (401, "Unauthorized")
    assert chat.aws.events("lambda.Invoked") == []
    async with chat.peer("/prod?token=t") as peer:
        assert peer.status == 101
        peer.say({"action": "who"})
        assert json.loads(await peer.heard()) == {"who": "ann", "room": "7"}


@needs_functions
@pytest.mark.parametrize(
    ("answer", "status", "cause"),
    [
        (_policy("Deny"), 403, "denies execute-api:Invoke"),
        (_policy("Allow", "arn:aws:execute-api:us-east-1:111122223333:other/*"), 403, "does not allow"),
        ({"principalId": "ann"}, 500, "is no policy"),
    ],
)
async def test_what_an_authorizer_does_not_allow(chat: Chat, answer: Any, status: int, cause: str) -> None:
    await answering(chat, answer)
    _authorized(chat)
    async with chat.peer("/prod?token=t") as peer:
        assert peer.status == status
    assert cause in chat.why().cause


TELLING = """
import json, os, urllib.request
def handler(event, context):
    print(json.dumps(event))
    return {"statusCode": 200, "body": json.dumps(event)}
"""


@needs_functions
async def test_functions_get_connect_message_and_disconnect_as_aws_sends_them(chat: Chat) -> None:
    role(chat.aws)
    await function(chat.aws, TELLING)
    permit(chat)
    for key in ("$connect", "$disconnect", "$default"):
        chat.route(key, PROXY, answers=key == "$default")
    chat.deploy(StageVariables={"color": "blue"})
    async with chat.peer("/prod?room=1&room=2", User_Agent="tests") as peer:
        assert peer.status == 101
        held = chat.connection()
        peer.say("hello")
        event = json.loads(await peer.heard())
        assert (event["body"], event["isBase64Encoded"], event["stageVariables"]) == ("hello", False, {"color": "blue"})
        assert "headers" not in event
        context = event["requestContext"]
        assert context == {
            "routeKey": "$default",
            "messageId": context["messageId"],
            "eventType": "MESSAGE",
            "extendedRequestId": context["requestId"],
            "requestTime": context["requestTime"],
            "messageDirection": "IN",
            "stage": "prod",
            "connectedAt": held.connected_ms,
            "requestTimeEpoch": context["requestTimeEpoch"],
            "identity": {"sourceIp": "127.0.0.1", "userAgent": "tests"},
            "requestId": context["requestId"],
            "domainName": chat.host,
            "connectionId": held.id,
            "apiId": chat.api,
        }
        peer.leave(4000, "enough")
        assert (await peer.next()).code == 4000
    events = await _logged(chat, 3)
    connect, _, end = events
    assert connect["requestContext"]["eventType"] == "CONNECT"
    assert connect["requestContext"]["routeKey"] == "$connect"
    assert "messageId" not in connect["requestContext"]
    assert connect["queryStringParameters"] == {"room": "2"}
    assert connect["multiValueQueryStringParameters"] == {"room": ["1", "2"]}
    assert connect["headers"]["Host"] == chat.host
    assert connect["headers"]["Sec-WebSocket-Version"] == "13"
    assert "Upgrade" not in connect["headers"]
    told = end["requestContext"]
    assert (told["eventType"], told["disconnectStatusCode"], told["disconnectReason"]) == (
        "DISCONNECT",
        4000,
        "enough",
    )
    assert told["connectionId"] == held.id
    assert end["headers"]["x-restapi"] == ""
    assert FUNCTION in chat.aws.events("lambda.Invoked")[0].resource


async def _logged(chat: Chat, count: int) -> list[Any]:
    import asyncio

    for _ in range(200):
        await asyncio.sleep(0.01)
        if len(chat.aws.events("lambda.Invoked")) >= count and chat.aws.world.in_flight == 0:
            break
    chat.aws.pipeline.settle()
    await chat.aws.advance(seconds=1)
    told = chat.aws.logs.filter_log_events({"logGroupName": "/aws/lambda/work", "filterPattern": "requestContext"})
    return [json.loads(each["message"]) for each in told["events"]]
