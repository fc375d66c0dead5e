"""Functions behind methods: the event, the answer, and every way in which it goes wrong."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest

from foulweather.engines.functions.interpreters import available
from services.apigateway.rest.served import Web, header, method, told
from services.lambda_.packaged import function, modelled, role

ARN = "arn:aws:lambda:us-east-1:111122223333:function:work"
URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{ARN}/invocations"
PROXY = {"type": "AWS_PROXY", "httpMethod": "POST", "uri": URI}
ECHO = "def handler(event, context):\n    return {'statusCode': 200, 'body': __import__('json').dumps(event)}\n"

pytestmark = pytest.mark.skipif(not available(), reason="no interpreter for functions")


async def work(web: Web, code: str = ECHO, *, permitted: bool = True, **more: Any) -> None:
    role(web.aws)
    await function(web.aws, code, **more)
    if permitted:
        permit(web)


def permit(web: Web, source: str = "arn:aws:execute-api:us-east-1:111122223333:api1/*/GET/*") -> None:
    web.aws.lambda_.add_permission(
        {
            "FunctionName": "work",
            "StatementId": "api",
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": source,
        }
    )


def answering(value: str) -> str:
    return f"import json\ndef handler(event, context):\n    return {value}\n"


async def test_the_function_gets_the_request_in_format_one(web: Web) -> None:
    await work(web)
    permit_any(web)
    web.api(
        {"/orders/{id}": {"ANY": method(PROXY)}},
        {"variables": {"color": "blue"}},
        restApi={"binaryMediaTypes": ["image/png"]},
    )
    headers = {"X-One": "1", "Content-Type": "application/json", "User-Agent": "tests"}
    response = await web.ask("POST", "/orders/a%20b?x=1&x=2&y=", headers, b'{"n": 1}')
    event = told(response)
    assert event["resource"] == "/orders/{id}"
    assert event["path"] == "/orders/a b"
    assert event["httpMethod"] == "POST"
    assert event["pathParameters"] == {"id": "a b"}
    assert event["queryStringParameters"] == {"x": "2", "y": ""}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"], "y": [""]}
    assert event["headers"]["X-One"] == "1"
    assert event["headers"]["X-Forwarded-For"] == "127.0.0.1"
    assert event["multiValueHeaders"]["Host"] == ["api1.execute-api.us-east-1.amazonaws.com"]
    assert event["stageVariables"] == {"color": "blue"}
    assert (event["body"], event["isBase64Encoded"]) == ('{"n": 1}', False)
    context = event["requestContext"]
    assert context["resourcePath"] == "/orders/{id}"
    assert context["path"] == "/prod/orders/a%20b"
    assert context["requestId"] == header(response, "x-amzn-requestid")
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert context["identity"]["userAgent"] == "tests"
    assert context["requestTime"].startswith("01/Jan/2026:00:00:")
    assert header(response, "x-amzn-trace-id").startswith("Root=1-")
    image = told(await web.ask("POST", "/orders/1", {"Content-Type": "image/png"}, b"\x89PNG"))
    assert (base64.b64decode(image["body"]), image["isBase64Encoded"]) == (b"\x89PNG", True)
    bare = told(await web.ask("GET", "/orders/1"))
    assert (bare["body"], bare["queryStringParameters"], bare["isBase64Encoded"]) == (None, None, False)


def permit_any(web: Web) -> None:
    web.aws.lambda_.remove_permission({"FunctionName": "work", "StatementId": "api"})
    permit(web, "arn:aws:execute-api:us-east-1:111122223333:api1/*")


async def test_the_answer_says_status_headers_and_body(web: Web) -> None:
    text = base64.b64encode(b"\x00\x01").decode()
    answer = (
        "{'statusCode': '201', 'headers': {'X-A': 'a', 'x-many': 'lost'}, 'multiValueHeaders': {'X-Many': ['1', '2']}, "
        f"'body': '{text}', 'isBase64Encoded': True}}"
    )
    await work(web, answering(answer))
    web.api({"/": {"GET": method(PROXY)}}, restApi={"binaryMediaTypes": ["image/png"]})
    response = await web.ask("GET", "", {"Accept": "image/png, */*"})
    assert (response.status, response.body) == (201, b"\x00\x01")
    assert [value for name, value in response.headers if name.lower() == "x-many"] == ["1", "2"]
    assert header(response, "x-a") == "a"
    assert header(response, "content-type") == "application/json"
    assert (await web.ask("GET", "", {"Accept": "text/html"})).body.decode() == text


async def test_headers_that_are_the_gateways_own_come_out_renamed(web: Web) -> None:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
    headers = "{'Server': 'mine', 'Date': 'never', 'WWW-Authenticate': 'Basic', 'Content-Length': '999'}"
    await work(web, answering(f"{{'statusCode': 401, 'headers': {headers}, 'body': 'no'}}"))
    web.api({"/": {"GET": method(PROXY)}})
    response = await web.ask("GET", "")
    told = {name.lower(): value for name, value in response.headers}
    assert [told[f"x-amzn-remapped-{name}"] for name in ("server", "date", "www-authenticate")] == [
        "mine",
        "never",
        "Basic",
    ]
    assert not {"server", "date", "www-authenticate", "content-length"} & set(told)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("{'message': 'hi'}", "mean nothing here: message"),
        ("{'body': 'x'}", "no statusCode"),
        ("{'statusCode': 200, 'body': {'a': 1}}", "body is no string"),
        ("{'statusCode': 200, 'cookies': []}", "cookies"),
        ("None", "no statusCode"),
        ("'text'", "no object"),
        ("{'statusCode': 200, 'headers': {'a': {}}}", "headers"),
    ],
)
async def test_a_malformed_answer_is_a_502_and_no_error_of_the_function(web: Web, answer: str, problem: str) -> None:
    await work(web, answering(answer))
    web.api({"/": {"GET": method(PROXY)}})
    response = await web.ask("GET", "")
    assert (response.status, told(response)) == (502, {"message": "Internal server error"})
    assert header(response, "x-amzn-errortype") == "InternalServerErrorException"
    assert problem in web.why().cause
    assert web.aws.events("lambda.Invoked")[0].facts["error"] == ""


async def test_an_exception_is_a_502_whose_reason_has_the_error(web: Web) -> None:
    await work(web, "def handler(event, context):\n    raise ValueError('broken')\n")
    web.api({"/": {"GET": method(PROXY)}})
    response = await web.ask("GET", "")
    assert (response.status, told(response)) == (502, {"message": "Internal server error"})
    assert "broken" in web.why().cause
    assert web.why().remedy == ("aws logs tail /aws/lambda/work",)


async def test_without_permission_or_function_it_is_a_500_and_the_remedy_permits(web: Web) -> None:
    await work(web, permitted=False)
    web.api({"/orders/{id}": {"GET": method(PROXY)}})
    response = await web.ask("GET", "/orders/1")
    assert (response.status, told(response)) == (500, {"message": "Internal server error"})
    remedy = web.why().remedy[0]
    assert "--source-arn 'arn:aws:execute-api:us-east-1:111122223333:api1/*/GET/orders/*'" in remedy
    permit(web, "arn:aws:execute-api:us-east-1:111122223333:api1/*/POST/*")
    assert (await web.ask("GET", "/orders/1")).status == 500
    permit_any(web)
    assert (await web.ask("GET", "/orders/1")).status == 200
    web.api({"/": {"GET": method({**PROXY, "uri": URI.replace(":work/", ":other/")})}})
    assert (await web.ask("GET", "")).status == 500
    assert "There is no function other" in web.why().cause


async def test_lambdas_throttle_is_not_passed_on(web: Web) -> None:
    await work(web)
    web.aws.lambda_.put_function_concurrency({"FunctionName": "work", "ReservedConcurrentExecutions": 0})
    web.api({"/": {"GET": method(PROXY)}})
    response = await web.ask("GET", "")
    assert (response.status, told(response)) == (500, {"message": "Internal server error"})
    assert "throttled" in web.why().cause


async def test_a_slow_function_is_a_504_after_the_integrations_time_out_and_goes_on(web: Web) -> None:
    role(web.aws)
    answer = '{statusCode = 200, body = "late"}'
    await modelled(web.aws, f"duration_ms = 40000.0\nresponse = {answer}\n", Timeout=60)
    permit(web)
    web.api({"/": {"GET": method(PROXY)}, "/short": {"GET": method({**PROXY, "timeoutInMillis": 1_000})}})
    for path, took_ms in (("", 29_000), ("/short", 1_000)):
        began = web.aws.now
        response = await web.ask("GET", path)
        assert (response.status, told(response)) == (504, {"message": "Endpoint request timed out"})
        assert web.aws.now - began == took_ms
    await web.aws.advance(seconds=60)
    assert [event.facts["error"] for event in web.aws.events("lambda.Invoked")] == ["", ""]


async def test_lambda_is_invoked_by_post_and_by_nothing_else(web: Web) -> None:
    await work(web)
    web.api({"/": {"GET": method({**PROXY, "httpMethod": "GET"})}})
    assert (await web.ask("GET", "")).status == 500
    assert "path=/httpMethod,value=POST" in web.why().remedy[0]


async def test_a_stage_variable_names_the_function(web: Web) -> None:
    await work(web)
    uri = URI.replace(":work/", ":${stageVariables.name}/")
    web.api({"/": {"GET": method({**PROXY, "uri": uri})}}, {"variables": {"name": "work"}})
    assert (await web.ask("GET", "")).status == 200


async def test_a_custom_integration_maps_request_error_and_answer(web: Web) -> None:
    code = (
        "def handler(event, context):\n"
        "    if event['n'] == '0': raise ValueError('[NotFound] no such order')\n"
        "    return {'got': event['n'], 'user': event['user']}\n"
    )
    await work(web, code)
    integration = {
        "type": "AWS",
        "httpMethod": "POST",
        "uri": URI,
        "requestTemplates": {
            "application/json": '{"n": "$input.params(\'id\')", "user": "$context.identity.userAgent"}'
        },
        "integrationResponses": {
            "200": {
                "statusCode": "200",
                "responseTemplates": {"application/json": "{\"id\": $input.json('$.got')}"},
                "responseParameters": {"method.response.header.X-User": "integration.response.body.user"},
            },
            "404": {
                "statusCode": "404",
                "selectionPattern": r"\[NotFound\].*",
                "responseTemplates": {"application/json": "{\"e\": $input.json('$.errorMessage')}"},
            },
        },
    }
    web.api({"/orders/{id}": {"GET": method(integration)}})
    response = await web.ask("GET", "/orders/7", {"User-Agent": "tests"})
    assert (response.status, told(response), header(response, "x-user")) == (200, {"id": "7"}, "tests")
    response = await web.ask("GET", "/orders/0")
    assert (response.status, told(response)) == (404, {"e": "[NotFound] no such order"})


async def test_an_event_is_queued_by_a_header_mapping(web: Web) -> None:
    await work(web)
    integration = {
        "type": "AWS",
        "httpMethod": "POST",
        "uri": URI,
        "requestParameters": {"integration.request.header.X-Amz-Invocation-Type": "'Event'"},
        "integrationResponses": {"202": {"statusCode": "202"}},
    }
    web.api({"/": {"GET": method(integration)}})
    assert (await web.ask("GET", "")).status == 202
    await web.aws.advance(seconds=5)
    assert len(web.aws.events("lambda.Invoked")) == 1


async def test_the_execution_role_of_an_integration_invokes(web: Web) -> None:
    await work(web, permitted=False)
    trust = {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    web.aws.iam.create_role({"RoleName": "gateway", "AssumeRolePolicyDocument": document})
    web.api({"/": {"GET": method({**PROXY, "credentials": "arn:aws:iam::111122223333:role/gateway"})}})
    assert (await web.ask("GET", "")).status == 500
    allow = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    web.aws.iam.put_role_policy({"RoleName": "gateway", "PolicyName": "p", "PolicyDocument": policy})
    assert (await web.ask("GET", "")).status == 200


async def test_a_client_that_leaves_does_not_end_the_function_and_leaves_nothing_in_flight(web: Web) -> None:
    role(web.aws)
    await modelled(web.aws, "duration_ms = 5000.0\nresponse = {statusCode = 200}\n", Timeout=60)
    permit(web)
    web.api({"/": {"GET": method(PROXY)}})
    asking = asyncio.ensure_future(web.ask("GET", ""))
    for _ in range(3):
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert asking.cancelled()
    await web.aws.advance(seconds=60)
    assert len(web.aws.events("lambda.Invoked")) == 1
    assert web.aws.world.in_flight == 0


async def test_requests_at_once_share_the_functions_concurrency(web: Web) -> None:
    role(web.aws)
    await modelled(web.aws, "duration_ms = 1000.0\nresponse = {statusCode = 200}\n", Timeout=60)
    permit(web)
    web.aws.lambda_.put_function_concurrency({"FunctionName": "work", "ReservedConcurrentExecutions": 10})
    web.api({"/": {"GET": method(PROXY)}})
    answers = await asyncio.gather(*(web.ask("GET", "") for _ in range(50)))
    statuses = [answer.status for answer in answers]
    assert (statuses.count(200), statuses.count(500)) == (10, 40)
