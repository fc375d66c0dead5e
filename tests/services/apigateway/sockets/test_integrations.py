"""What stands behind routes: HTTP backends, other services, functions; what they are sent, and what is told of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from foulweather.engines.functions.interpreters import available
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.services.apigateway.region_records import DomainName, Mapping, Place, Settings
from foulweather.services.apigateway.state import Places, RestState
from harness import ACCOUNT, REGION
from loopback import Application, serving
from services.apigateway.sockets.served import MOCK, PROXY, URI, Chat
from services.lambda_.packaged import function, modelled, role

needs_functions = pytest.mark.skipif(not available(), reason="no interpreter for functions")
ROLE = "arn:aws:iam::111122223333:role/gateway"
PASSED = {"$default": {}}
FORM = "$context.eventType $context.routeKey $context.status $context.connectionId $context.nothing $context.requestId"


class Backend:
    """A server that answers with the status in its path, and remembers what it was asked."""

    def __init__(self) -> None:
        self.app = Application(self.answer)
        self.port = 0

    async def answer(self, request: HttpRequest) -> HttpResponse:
        status = int(request.path[1:]) if request.path[1:].isdecimal() else 200
        return HttpResponse(status, [("Content-Type", "application/json"), ("X-Back", "1")], b'{"a": "b"}')

    @property
    def asked(self) -> HttpRequest:
        return self.app.asked[-1]

    def integration(self, path: str, kind: str = "HTTP", **more: Any) -> dict[str, Any]:
        uri = f"http://127.0.0.1:{self.port}{path}"
        return {"IntegrationType": kind, "IntegrationMethod": "POST", "IntegrationUri": uri, **more}


@pytest_asyncio.fixture
async def backend() -> AsyncIterator[Backend]:
    found = Backend()
    async with serving(found.app) as server:
        found.port = server.port
        yield found


async def test_a_proxy_gets_the_message_and_its_answer_goes_back(chat: Chat, backend: Backend) -> None:
    mapped = {
        "integration.request.header.connectionId": "context.connectionId",
        "integration.request.querystring.room": "route.request.body.room",
        "integration.request.header.X-Static": "'s'",
    }
    chat.route("$default", backend.integration("/in", "HTTP_PROXY", RequestParameters=mapped), answers=True)
    chat.deploy()
    async with chat.peer() as peer:
        peer.say({"room": "a b"})
        assert await peer.heard() == '{"a": "b"}'
        asked = backend.asked
        assert (asked.method, asked.path, asked.query) == ("POST", "/in", "room=a+b")
        assert json.loads(asked.body) == {"room": "a b"}
        assert asked.header("connectionid") == chat.connection().id
        assert asked.header("x-static") == "s"
        assert asked.header("x-amzn-apigateway-api-id") == chat.api


async def test_a_proxys_status_refuses_a_handshake_and_any_other_integrations_does_not(
    chat: Chat, backend: Backend
) -> None:
    chat.route("$connect", backend.integration("/403", "HTTP_PROXY"))
    chat.deploy()
    async with chat.peer(X_Own="o") as peer:
        assert peer.status == 403
        assert backend.asked.header("x-own") == "o"
    other = Chat()
    other.route("$connect", backend.integration("/403"))
    other.deploy()
    await other.server.start()
    async with other.peer() as peer:
        assert peer.status == 101
    await other.server.stop(0.2)
    other.cloud.close()


async def test_templates_both_ways_and_a_response_by_the_status(chat: Chat, backend: Backend) -> None:
    chosen = {"TemplateSelectionExpression": "\\$default"}
    integration = backend.integration(
        "/404",
        **chosen,
        RequestTemplates={"$default": '{"text": $input.json("$.text"), "stage": "$context.stage"}'},
    )
    responses = {
        "/200/": {**chosen, "ResponseTemplates": {"$default": "not this"}},
        r"/4\d\d/": {**chosen, "ResponseTemplates": {"$default": "got $input.path('$.a') $context.eventType"}},
    }
    chat.route("say", integration, responses, answers=True)
    chat.deploy()
    async with chat.peer() as peer:
        peer.say({"action": "say", "text": "x"})
        assert await peer.heard() == "got b MESSAGE"
        assert json.loads(backend.asked.body) == {"text": "x", "stage": "prod"}
    (event,) = [each for each in chat.aws.events("apigateway.SocketEvent") if each.facts["route"] == "say"]
    assert (event.facts["error"], event.facts["messages"]) == ("integration", 2)


async def test_what_has_no_template_passes_only_where_it_may(chat: Chat, backend: Backend) -> None:
    chat.route("say", backend.integration("/in", PassthroughBehavior="NEVER"), PASSED, answers=True)
    chat.route("$default", backend.integration("/in"), PASSED, answers=True)
    chat.deploy()
    async with chat.peer() as peer:
        peer.say({"action": "say"})
        assert json.loads(await peer.heard())["message"] == "Unsupported Media Type"
        peer.say({"action": "other"})
        assert await peer.heard() == '{"a": "b"}'


async def test_a_backend_that_is_not_there(chat: Chat) -> None:
    gone = {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "POST", "IntegrationUri": "http://127.0.0.1:1/"}
    chat.route("$default", gone)
    chat.deploy()
    async with chat.peer() as peer:
        peer.say("x")
        assert json.loads(await peer.heard())["message"] == "Internal server error"
    assert "gives no answer" in chat.why().cause


def _role(chat: Chat, *actions: str) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    chat.aws.iam.create_role({"RoleName": "gateway", "AssumeRolePolicyDocument": document})
    allow = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    chat.aws.iam.put_role_policy({"RoleName": "gateway", "PolicyName": "p", "PolicyDocument": policy})


async def test_a_queue_behind_a_route(chat: Chat) -> None:
    _role(chat, "sqs:SendMessage")
    url = chat.aws.sqs.create_queue({"QueueName": "q"})["QueueUrl"]
    integration = {
        "IntegrationType": "AWS",
        "IntegrationMethod": "POST",
        "IntegrationUri": "arn:aws:apigateway:us-east-1:sqs:path/111122223333/q",
        "CredentialsArn": ROLE,
        "RequestParameters": {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
        "RequestTemplates": {"$default": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"},
        "TemplateSelectionExpression": "\\$default",
    }
    chat.route("$default", integration, PASSED, answers=True)
    chat.deploy()
    async with chat.peer() as peer:
        peer.say("a&b")
        assert "SendMessageResponse" in await peer.heard()
    assert chat.aws.sqs.receive_message({"QueueUrl": url})["Messages"][0]["Body"] == "a&b"


async def test_the_handshakes_trace_goes_on_to_what_connect_asks_for(chat: Chat) -> None:
    _role(chat, "sqs:SendMessage")
    url = chat.aws.sqs.create_queue({"QueueName": "q"})["QueueUrl"]
    integration = {
        "IntegrationType": "AWS",
        "IntegrationMethod": "POST",
        "IntegrationUri": "arn:aws:apigateway:us-east-1:sqs:path/111122223333/q",
        "CredentialsArn": ROLE,
        "RequestParameters": {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
        "RequestTemplates": {"$default": "Action=SendMessage&MessageBody=hello"},
        "TemplateSelectionExpression": "\\$default",
    }
    chat.route("$connect", integration, PASSED, answers=True)
    chat.deploy()
    header = "Root=1-67890abc-1234567890abcdef12345678;Parent=1111111111111111;Sampled=1"
    async with chat.peer(x_amzn_trace_id=header):
        (message,) = chat.aws.sqs.receive_message({"QueueUrl": url, "AttributeNames": ["All"]})["Messages"]
    assert message["Attributes"]["AWSTraceHeader"] == header


async def test_a_route_that_speaks_to_its_own_client_without_a_function(chat: Chat) -> None:
    _role(chat, "execute-api:ManageConnections")
    path = f"{chat.api}.execute-api:path/prod/@connections/{{connectionId}}"
    integration = {
        "IntegrationType": "AWS",
        "IntegrationMethod": "POST",
        "IntegrationUri": f"arn:aws:apigateway:us-east-1:{path}",
        "CredentialsArn": ROLE,
        "RequestParameters": {"integration.request.path.connectionId": "context.connectionId"},
    }
    chat.route("$default", integration)
    chat.deploy()
    async with chat.peer() as peer:
        peer.say("to myself")
        assert await peer.heard() == "to myself"


async def test_a_role_that_cannot_be_assumed_is_an_error_with_a_reason(chat: Chat) -> None:
    integration = {
        "IntegrationType": "AWS",
        "IntegrationMethod": "POST",
        "IntegrationUri": "arn:aws:apigateway:us-east-1:sqs:path/111122223333/q",
        "CredentialsArn": ROLE,
    }
    chat.route("$default", integration)
    chat.deploy()
    async with chat.peer() as peer:
        peer.say("x")
        assert json.loads(await peer.heard())["message"] == "Internal server error"
    assert "cannot act as" in chat.why().cause


def _permit(chat: Chat) -> None:
    chat.aws.lambda_.add_permission(
        {
            "FunctionName": "work",
            "StatementId": "api",
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": f"arn:aws:execute-api:us-east-1:111122223333:{chat.api}/*",
        }
    )


@needs_functions
async def test_a_function_behind_a_route_that_answers_and_one_that_fails(chat: Chat) -> None:
    role(chat.aws)
    await modelled(chat.aws, 'response = {statusCode = 200, body = "hi"}\n')
    _permit(chat)
    chat.route("ask", PROXY, answers=True)
    chat.route("tell", PROXY)
    chat.deploy()
    async with chat.peer() as peer:
        peer.say({"action": "ask"})
        assert await peer.heard() == "hi"
        peer.say({"action": "tell"})
        assert await peer.is_silent()
        chat.aws.lambda_.delete_function({"FunctionName": "work"})
        await modelled(chat.aws, "error_rate = 1.0\n")
        _permit(chat)
        peer.say({"action": "tell"})
        assert json.loads(await peer.heard())["message"] == "Internal server error"
    assert "The function work failed" in chat.why().cause


@needs_functions
async def test_a_function_without_the_whole_event_gets_what_the_template_makes(chat: Chat) -> None:
    role(chat.aws)
    await modelled(chat.aws, 'response = {errorMessage = "late"}\n')
    _permit(chat)
    own = {
        "IntegrationType": "AWS",
        "IntegrationMethod": "POST",
        "IntegrationUri": URI,
        "IntegrationResponseSelectionExpression": "$integration.response.body.errorMessage",
    }
    chosen = {"TemplateSelectionExpression": "\\$default"}
    responses = {
        "/late/": {**chosen, "ResponseTemplates": {"$default": "too late"}},
        "$default": {**chosen, "ResponseTemplates": {"$default": "fine"}},
    }
    chat.route("ask", own, responses, answers=True)
    chat.deploy()
    async with chat.peer() as peer:
        peer.say({"action": "ask"})
        assert await peer.heard() == "too late"


@needs_functions
async def test_messages_do_not_wait_for_one_another(chat: Chat) -> None:
    role(chat.aws)
    await modelled(chat.aws, 'duration_ms = 5000\nresponse = {statusCode = 200, body = "slow"}\n', Timeout=30)
    _permit(chat)
    chat.route("slow", PROXY, answers=True)
    answer = {"$default": {"TemplateSelectionExpression": "\\$default", "ResponseTemplates": {"$default": "fast"}}}
    chat.route("fast", MOCK, answer, answers=True)
    chat.deploy()
    async with chat.peer() as peer:
        began = chat.aws.now
        peer.say({"action": "slow"})
        peer.say({"action": "fast"})
        assert [await peer.heard(), await peer.heard()] == ["fast", "slow"]
        assert chat.aws.now - began >= 5000


async def test_each_event_has_its_line_in_the_access_log(chat: Chat) -> None:
    _role(chat, "logs:*")
    state = chat.aws.world.state(RestState, ACCOUNT, REGION)
    state.settings.put("account", Settings(cloudwatch_role_arn=ROLE))
    chat.aws.logs.create_log_group({"logGroupName": "talk"})
    chat.route("$disconnect")
    chat.route("$default")
    chat.deploy(
        AccessLogSettings={
            "DestinationArn": "arn:aws:logs:us-east-1:111122223333:log-group:talk",
            "Format": FORM,
        }
    )
    async with chat.peer() as peer:
        own = chat.connection().id
        peer.say("x")
        assert await peer.is_silent()
        peer.leave()
        assert (await peer.next()).code == 1000
    async with asyncio.timeout(5):
        while len(lines := _lines(chat)) < 3:
            await asyncio.sleep(0.01)
    assert lines == [
        f"CONNECT $connect 200 {own} -",
        f"MESSAGE $default 200 {own} -",
        f"DISCONNECT $disconnect 200 {own} -",
    ]


async def test_the_steps_of_what_goes_wrong_are_in_the_execution_log(chat: Chat) -> None:
    _role(chat, "logs:*")
    state = chat.aws.world.state(RestState, ACCOUNT, REGION)
    state.settings.put("account", Settings(cloudwatch_role_arn=ROLE))
    chat.route("quiet")
    chat.route("ask", answers=True)
    chat.deploy(
        DefaultRouteSettings={"LoggingLevel": "ERROR"},
        RouteSettings={"quiet": {"LoggingLevel": "INFO", "DataTraceEnabled": True}},
    )
    async with chat.peer() as peer:
        peer.say({"action": "ask"})
        own = json.loads(await peer.heard())["requestId"]
        peer.say({"action": "quiet"})
        assert await peer.is_silent()
    told = chat.aws.logs.filter_log_events({"logGroupName": f"/aws/apigateway/{chat.api}/prod"})
    lines = [event["message"] for event in told["events"]]
    assert len(lines) == 5
    assert lines[0].startswith(f"({own}) Execution failed due to configuration error: No match for output mapping")
    assert "WebSocket Request Route: [quiet]" in lines[1]
    assert 'Request body: {"action": "quiet"}' in lines[3]


def _lines(chat: Chat) -> list[str]:
    told = chat.aws.logs.filter_log_events({"logGroupName": "talk"})
    return [event["message"].rpartition(" ")[0] for event in told["events"]]


async def test_a_domain_name_leads_to_a_stage(chat: Chat) -> None:
    chat.route("$default")
    chat.deploy()
    state, places = chat.aws.world.state(RestState, ACCOUNT, REGION), chat.aws.world.state(Places)
    state.domains.put("talk.example.com", DomainName(domain_name="talk.example.com", created_ms=chat.aws.now))
    places.domains.put(f"talk.example.com@{REGION}", Place(account=ACCOUNT, region=REGION))
    mapping = Mapping(id="m1", domain="talk.example.com", base_path="v1", api_id=chat.api, stage="prod")
    state.mappings.put("talk.example.com/v1", mapping)
    async with chat.peer("/v1", "talk.example.com.localhost") as peer:
        assert peer.status == 101
        assert chat.connection().domain == "talk.example.com"
    async with chat.peer("/v2", "talk.example.com.localhost") as peer:
        assert peer.status == 403


async def test_a_key_opens_the_stage_of_its_plan(chat: Chat) -> None:
    chat.route("$connect", ApiKeyRequired=True)
    chat.deploy()
    gateway = chat.aws.apigateway
    key = gateway.create_api_key({"name": "k", "enabled": True})
    async with chat.peer() as peer:
        assert (peer.status, json.loads(peer.body)["message"]) == (403, "Forbidden")
    async with chat.peer(x_api_key=key["value"]) as peer:
        assert peer.status == 403
    assert "opens the stage" in chat.why().cause
    plan = gateway.create_usage_plan(
        {
            "name": "p",
            "apiStages": [{"apiId": chat.api, "stage": "prod"}],
            "quota": {"limit": 2, "period": "DAY", "offset": 0},
            "throttle": {"rateLimit": 1.0, "burstLimit": 1},
        }
    )
    gateway.create_usage_plan_key({"usagePlanId": plan["id"], "keyId": key["id"], "keyType": "API_KEY"})
    for expected in (101, 429, 429):  # connected, too fast, and out of quota
        async with chat.peer(x_api_key=key["value"]) as peer:
            assert peer.status == expected
    assert "quota" in chat.why().cause


ECHOING = """
import boto3, json, os
def handler(event, context):
    told = event["requestContext"]
    endpoint = f"{os.environ['AWS_ENDPOINT_URL']}/_aws/execute-api/{told['apiId']}/{told['stage']}"
    client = boto3.client("apigatewaymanagementapi", endpoint_url=endpoint)
    client.post_to_connection(ConnectionId=told["connectionId"], Data=b"echo " + event["body"].encode())
    return {"statusCode": 200}
"""


@needs_functions
async def test_a_function_speaks_to_the_client_with_its_roles_permission(chat: Chat) -> None:
    resource = f"arn:aws:execute-api:us-east-1:111122223333:{chat.api}/prod/POST/@connections/*"
    role(chat.aws, [{"Effect": "Allow", "Action": "execute-api:ManageConnections", "Resource": resource}])
    await function(chat.aws, ECHOING, Timeout=30)
    _permit(chat)
    chat.route("$default", PROXY)
    chat.deploy()
    async with chat.peer() as peer:
        peer.say("hello")
        assert await peer.heard() == "echo hello"
