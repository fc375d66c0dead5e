"""Messages over real sockets: which route they take, what comes back, and what clients are told when it goes wrong."""

from __future__ import annotations

import json
import shlex

import pytest

from services.apigateway.sockets.served import MOCK, Chat

ECHO = {**MOCK, "RequestTemplates": {"$default": '{"statusCode": 200}'}}
ANSWERS = {
    "$default": {
        "TemplateSelectionExpression": "\\$default",
        "ResponseTemplates": {"$default": '{"route": "$context.routeKey", "id": "$context.connectionId"}'},
    }
}


async def test_a_message_takes_the_route_that_it_names_and_else_the_default(chat: Chat) -> None:
    chat.route("send", responses=ANSWERS, answers=True)
    chat.route("$default", responses=ANSWERS, answers=True)
    chat.deploy()
    async with chat.peer() as peer:
        assert peer.status == 101
        own = chat.connection().id
        peer.say({"action": "send"})
        assert json.loads(await peer.heard()) == {"route": "send", "id": own}
        for other in ({"action": "else"}, {"action": "$connect"}, {"nothing": 1}, "no JSON at all", "[1]"):
            peer.say(other)
            assert json.loads(await peer.heard())["route"] == "$default"


async def test_a_route_without_a_response_is_one_way(chat: Chat) -> None:
    chat.route("send", responses=ANSWERS)
    chat.deploy()
    async with chat.peer() as peer:
        peer.say({"action": "send"})
        assert await peer.is_silent()
    assert [event.facts["route"] for event in chat.aws.events("apigateway.SocketEvent")][:2] == ["$connect", "send"]


async def test_what_no_route_takes_is_forbidden_in_awss_words(chat: Chat) -> None:
    chat.route("send")
    chat.deploy()
    async with chat.peer() as peer:
        peer.say({"action": "other"})
        text = await peer.heard()
        told = json.loads(text)
        assert text.startswith('{"message": "Forbidden", "connectionId":"')
        assert (told["message"], told["connectionId"]) == ("Forbidden", chat.connection().id)
    assert "no $default" in chat.why().cause
    assert any(fact.value == ["send"] for fact in chat.why().facts)


async def test_a_remedy_quotes_what_a_stranger_wrote(chat: Chat) -> None:
    chat.route("send")
    chat.deploy()
    async with chat.peer() as peer:
        peer.say({"action": "'; rm -rf ~; '" + "x" * 1000})
        assert json.loads(await peer.heard())["message"] == "Forbidden"
    words = shlex.split(chat.why().remedy[0])
    assert words[words.index("--route-key") + 1] == ("'; rm -rf ~; '" + "x" * 1000)[:128]


async def test_an_expression_of_several_variables_and_a_literal_chooses_a_route(chat: Chat) -> None:
    chat.v2.update_api({"ApiId": chat.api, "RouteSelectionExpression": "${request.body.kind}-${request.body.version}"})
    chat.route("order-2", responses=ANSWERS, answers=True)
    chat.deploy()
    async with chat.peer() as peer:
        peer.say({"kind": "order", "version": 2})
        assert json.loads(await peer.heard())["route"] == "order-2"
        peer.say({"kind": "order"})
        assert json.loads(await peer.heard())["message"] == "Forbidden"


async def test_a_mock_chooses_its_response_by_the_status_and_its_template_by_an_expression(chat: Chat) -> None:
    integration = {
        **MOCK,
        "RequestTemplates": {"ok": '{"statusCode": 200}', "not": '{"statusCode": 404}'},
        "TemplateSelectionExpression": "${request.body.how}",
    }
    responses = {
        r"/2\d\d/": {"ResponseTemplates": {"$default": "fine"}, "TemplateSelectionExpression": "\\$default"},
        r"/4\d\d/": {"ResponseTemplates": {"$default": "gone"}, "TemplateSelectionExpression": "\\$default"},
    }
    chat.route("ask", integration, responses, answers=True)
    chat.deploy()
    async with chat.peer() as peer:
        peer.say({"action": "ask", "how": "ok"})
        assert await peer.heard() == "fine"
        peer.say({"action": "ask", "how": "not"})
        assert await peer.heard() == "gone"


async def test_a_route_that_answers_without_an_integration_response_is_an_error_with_a_reason(chat: Chat) -> None:
    chat.route("ask", answers=True)
    chat.deploy()
    async with chat.peer() as peer:
        peer.say({"action": "ask"})
        assert json.loads(await peer.heard())["message"] == "Internal server error"
    assert "create-integration-response" in chat.why().remedy[0]


async def test_a_message_that_its_model_does_not_fit_is_refused_before_the_integration(chat: Chat) -> None:
    schema = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
    chat.v2.create_model(
        {"ApiId": chat.api, "Name": "Talk", "ContentType": "application/json", "Schema": json.dumps(schema)}
    )
    chat.route(
        "say", responses=ANSWERS, answers=True, RequestModels={"$default": "Talk"}, ModelSelectionExpression="$default"
    )
    chat.deploy()
    async with chat.peer() as peer:
        peer.say({"action": "say", "text": 1})
        assert json.loads(await peer.heard())["message"] == "Bad request body"
        peer.say({"action": "say", "text": "x"})
        assert json.loads(await peer.heard())["route"] == "say"
    assert "does not follow the model Talk" in chat.why().cause


async def test_binary_frames_end_the_connection_and_templates_may_make_binary_messages(chat: Chat) -> None:
    responses = {
        "$default": {
            "TemplateSelectionExpression": "\\$default",
            "ResponseTemplates": {"$default": "$util.base64Encode('hello')"},
            "ContentHandlingStrategy": "CONVERT_TO_BINARY",
        }
    }
    chat.route("ask", responses=responses, answers=True)
    chat.deploy()
    async with chat.peer() as peer:
        peer.say({"action": "ask"})
        assert await peer.heard() == b"hello"
        peer.say(b"\x00\x01")
        assert (await peer.next()).code == 1003


@pytest.mark.parametrize(("size", "is_whole"), [(32 << 10, True), ((32 << 10) + 1, False)])
async def test_frames_of_32_kib_pass_and_larger_ones_end_the_connection(chat: Chat, size: int, is_whole: bool) -> None:
    chat.route("$default", responses=ANSWERS, answers=True)
    chat.deploy()
    async with chat.peer() as peer:
        peer.say("x" * size)
        event = await peer.next()
        assert (getattr(event, "code", None) == 1009) is not is_whole


@pytest.mark.parametrize(
    "message",
    [
        '{"action": "say", "text": "\\ud800"}',
        '{"action": {"a": [1]}}',
        "[" * 20_000,
        '{"action": 1e999}',
        "\u0000",
        "",
        "null",
    ],
)
async def test_hostile_messages_end_nothing(chat: Chat, message: str) -> None:
    answer = {"TemplateSelectionExpression": "\\$default", "ResponseTemplates": {"$default": "$input.path('$.text')!"}}
    passed = {**MOCK, "RequestTemplates": {"$default": '{"statusCode": 200, "text": $input.json("$.text")}'}}
    chat.route("say", passed, {"$default": answer}, answers=True)
    chat.route("$default", passed, ANSWERS, answers=True)
    chat.deploy()
    async with chat.peer() as peer:
        peer.say(message)
        await peer.heard()
        peer.say({"action": "other"})
        assert json.loads(await peer.heard())["route"] == "$default"


async def test_a_route_that_is_throttled_says_so(chat: Chat) -> None:
    chat.route("send")
    chat.deploy(RouteSettings={"send": {"ThrottlingBurstLimit": 1, "ThrottlingRateLimit": 1.0}})
    async with chat.peer() as peer:
        peer.say({"action": "send"})
        assert await peer.is_silent()
        peer.say({"action": "send"})
        assert json.loads(await peer.heard())["message"] == "Too Many Requests"
        await chat.aws.advance(seconds=1)
        peer.say({"action": "send"})
        assert await peer.is_silent()
    assert chat.why().decision == "throttled"
    assert "ThrottlingRateLimit=2" in chat.why().remedy[0]


async def test_a_new_deployment_answers_those_who_are_connected_already(chat: Chat) -> None:
    chat.route("$default", responses=ANSWERS, answers=True)
    chat.deploy()
    async with chat.peer() as peer:
        chat.route("later", responses=ANSWERS, answers=True)
        peer.say({"action": "later"})
        assert json.loads(await peer.heard())["route"] == "$default"
        chat.deploy()
        peer.say({"action": "later"})
        assert json.loads(await peer.heard())["route"] == "later"


async def test_metrics_count_connections_messages_both_ways_and_errors(chat: Chat) -> None:
    chat.route("$connect")
    chat.route("ask", responses=ANSWERS, answers=True)
    chat.route("broken", answers=True)
    chat.deploy()
    async with chat.peer() as peer:
        for action in ("ask", "broken", "none"):
            peer.say({"action": action})
            await peer.heard()
        await chat.aws.advance(seconds=120)
        found = {
            name: _sum(chat, name)
            for name in ("ConnectCount", "MessageCount", "ClientError", "ExecutionError", "IntegrationError")
        }
    assert found == {
        "ConnectCount": 1,
        "MessageCount": 6,
        "ClientError": 1,
        "ExecutionError": 1,
        "IntegrationError": 0,
    }


def _sum(chat: Chat, name: str) -> float:
    told = chat.aws.cloudwatch.get_metric_statistics(
        {
            "Namespace": "AWS/ApiGateway",
            "MetricName": name,
            "Dimensions": [{"Name": "ApiId", "Value": chat.api}, {"Name": "Stage", "Value": "prod"}],
            "StartTime": chat.aws.now - 600_000,
            "EndTime": chat.aws.now,
            "Period": 600,
            "Statistics": ["Sum"],
        }
    )
    return sum(point["Sum"] for point in told["Datapoints"])
