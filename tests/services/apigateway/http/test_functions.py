"""Functions behind routes and authorizers of HTTP APIs: what they get, what becomes of what they answer."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest

from foulweather.engines.functions.interpreters import available
from foulweather.gates.authenticate import Caller
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.policy.principal import Principal
from foulweather.services.apigateway import traffic
from harness import ACCOUNT
from services.apigateway.http.opened import FUNCTION, INVOCATION, Shop
from services.apigateway.rest.served import header, told
from services.lambda_.packaged import function, role

ECHO = "def handler(event, context):\n    return event\n"
SWITCH = """
import json
def handler(event, context):
    return {
        "/text": "Hello",
        "/object": {"message": "Hello"},
        "/full": {"statusCode": 201, "headers": {"X-A": "1"}, "cookies": ["a=1", "b=2"], "body": "aGk=",
                  "isBase64Encoded": True},
        "/body": {"statusCode": 200, "body": {"no": "text"}},
        "/status": {"statusCode": "many"},
        "/none": None,
    }[event["rawPath"]] if event["rawPath"] != "/fails" else 1 / 0
"""
JUDGE = """
def handler(event, context):
    who = (event.get("identitySource") or ["?"])[0]
    if who == "raise": raise Exception("Unauthorized")
    if who == "break": return {"isAuthorized": "yes"}
    return {"isAuthorized": who == "ann", "context": {"who": who, "route": event["routeArn"].split(":")[-1]}}
"""
POLICY = """
def handler(event, context):
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}
    return {"principalId": "ann", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
            "context": {"n": 1}}
"""

pytestmark = pytest.mark.skipif(not available(), reason="no interpreter for functions")


async def work(shop: Shop, code: str, name: str = "work") -> str:
    """A function that the API may invoke; its ARN."""
    aws = shop.web.aws
    if name == "work":
        role(aws)
    arn = await function(aws, code, name)
    source = f"arn:aws:execute-api:us-east-1:111122223333:{shop.api}/*"
    aws.lambda_.add_permission(
        {
            "FunctionName": name,
            "StatementId": "api",
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": source,
        }
    )
    return arn


def behind(shop: Shop, version: str = "2.0", **more: Any) -> str:
    asked = {"IntegrationType": "AWS_PROXY", "IntegrationUri": FUNCTION, "PayloadFormatVersion": version}
    return shop.integration(**asked, **more)


async def test_the_function_gets_the_request_in_format_two(shop: Shop) -> None:
    await work(shop, ECHO)
    shop.stage("dev", StageVariables={"color": "blue"})
    shop.route("POST /orders/{id}", behind(shop))
    headers = {"X-One": "1", "Cookie": "a=1; b=2,3", "Content-Type": "application/json", "User-Agent": "tests"}
    response = await shop.ask("POST", "/dev/orders/a%20b?x=1&x=2&y=", headers, b'{"n": 1}')
    event = told(response)
    assert (event["version"], event["routeKey"]) == ("2.0", "POST /orders/{id}")
    assert (event["rawPath"], event["rawQueryString"]) == ("/dev/orders/a b", "x=1&x=2&y=")
    assert event["cookies"] == ["a=1", "b=2,3"]
    assert event["queryStringParameters"] == {"x": "1,2", "y": ""}
    assert event["pathParameters"] == {"id": "a b"}
    assert event["stageVariables"] == {"color": "blue"}
    assert (event["body"], event["isBase64Encoded"]) == ('{"n": 1}', False)
    assert event["headers"]["x-one"] == "1"
    assert "cookie" not in event["headers"]
    assert event["headers"]["x-forwarded-port"] == "443"
    assert event["headers"]["host"] == f"{shop.api}.execute-api.us-east-1.amazonaws.com"
    context = event["requestContext"]
    at_ms = context.pop("timeEpoch")
    assert context.pop("time").startswith("01/Jan/2026:00:00:")
    assert at_ms > 0
    assert context == {
        "accountId": "111122223333",
        "apiId": shop.api,
        "domainName": f"{shop.api}.execute-api.us-east-1.amazonaws.com",
        "domainPrefix": shop.api,
        "http": {
            "method": "POST",
            "path": "/dev/orders/a b",
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": "tests",
        },
        "requestId": header(response, "apigw-requestid"),
        "routeKey": "POST /orders/{id}",
        "stage": "dev",
    }
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert told(await shop.ask("POST", "/dev/orders/1", form, b"a=b"))["isBase64Encoded"] is True


async def test_the_function_gets_the_request_in_format_one(shop: Shop) -> None:
    await work(shop, "import json\ndef handler(e, c):\n    return {'statusCode': 200, 'body': json.dumps(e)}\n")
    shop.route("$default", behind(shop, "1.0"))
    event = told(await shop.ask("GET", "/any/where?a=1&a=2", {"X-A": "1"}))
    assert (event["version"], event["resource"], event["path"]) == ("1.0", "$default", "/any/where")
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"]}
    assert event["headers"]["X-A"] == "1"
    assert (event["body"], event["pathParameters"], event["stageVariables"]) == (None, None, None)
    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"
    assert event["requestContext"]["authorizer"] == {"claims": None, "scopes": None}


async def test_the_function_sees_what_is_mapped(shop: Shop) -> None:
    await work(shop, ECHO)
    mapped = {
        "overwrite:header.x-one": "$request.path.id",
        "remove:querystring.a": "''",
        "append:querystring.b": "2",
        "overwrite:path": "/other",
    }
    shop.route("GET /orders/{id}", behind(shop, RequestParameters=mapped))
    event = told(await shop.ask("GET", "/orders/7?a=1&b=1", {"X-One": "1"}))
    assert (event["headers"]["x-one"], event["rawQueryString"], event["rawPath"]) == ("7", "b=1&b=2", "/other")


async def test_what_the_function_answers_is_inferred(shop: Shop) -> None:
    await work(shop, SWITCH)
    shop.route("$default", behind(shop))
    text = await shop.ask("GET", "/text")
    assert (text.status, text.body, header(text, "content-type")) == (200, b"Hello", "application/json")
    assert told(await shop.ask("GET", "/object")) == {"message": "Hello"}
    full = await shop.ask("GET", "/full")
    assert (full.status, full.body, header(full, "x-a")) == (201, b"hi", "1")
    assert [value for name, value in full.headers if name == "set-cookie"] == ["a=1", "b=2"]
    assert (await shop.ask("GET", "/none")).body == b"null"
    for path in ("/body", "/status", "/fails"):
        response = await shop.ask("GET", path)
        assert (response.status, told(response)) == (500, {"message": "Internal Server Error"}), path
    assert "division by zero" in shop.web.why().cause


async def test_a_function_that_may_not_be_invoked_names_the_permission(shop: Shop) -> None:
    role(shop.web.aws)
    await function(shop.web.aws, ECHO)
    shop.route("GET /orders/{id}", behind(shop))
    response = await shop.ask("GET", "/orders/1")
    assert (response.status, told(response)) == (500, {"message": "Internal Server Error"})
    (remedy,) = shop.web.why().remedy
    assert remedy.startswith(f"aws lambda add-permission --function-name {FUNCTION} ")
    assert remedy.endswith(f"--source-arn 'arn:aws:execute-api:us-east-1:111122223333:{shop.api}/*/GET/orders/{{id}}'")


async def test_a_function_that_takes_too_long_is_a_503(shop: Shop) -> None:
    await work(shop, "import time\ndef handler(e, c):\n    time.sleep(1)\n")
    shop.route("GET /", behind(shop, TimeoutInMillis=100))
    waiting = shop.ask()
    response = await waiting
    assert (response.status, told(response)) == (503, {"message": "Service Unavailable"})
    assert "100 ms" in shop.web.why().cause


def judged(shop: Shop, version: str = "2.0", **more: Any) -> str:
    asked = {
        "ApiId": shop.api,
        "Name": f"judge{version}",
        "AuthorizerType": "REQUEST",
        "AuthorizerUri": INVOCATION,
        "AuthorizerPayloadFormatVersion": version,
        "IdentitySource": ["$request.header.who"],
        **more,
    }
    return shop.v2.create_authorizer(asked)["AuthorizerId"]


async def test_a_simple_answer_of_an_authorizer_is_used_again_until_its_time_is_up(shop: Shop) -> None:
    await work(shop, JUDGE)
    authorizer = judged(shop, EnableSimpleResponses=True, AuthorizerResultTtlInSeconds=60)
    asked = {"RequestParameters": {"append:header.x-who": "$context.authorizer.who"}}
    for key in ("GET /a", "GET /b"):
        shop.route(key, shop.integration(**asked), AuthorizationType="CUSTOM", AuthorizerId=authorizer)
    bare = await shop.ask("GET", "/a")
    assert (bare.status, told(bare)) == (401, {"message": "Unauthorized"})
    assert (await shop.ask("GET", "/a", {"who": "ann"})).status == 200
    assert shop.backend.asked.header("x-who") == "ann"
    assert (await shop.ask("GET", "/b", {"who": "ann"})).status == 200
    denied = await shop.ask("GET", "/a", {"who": "bob"})
    assert (denied.status, told(denied)) == (403, {"message": "Forbidden"})
    assert (await shop.ask("GET", "/a", {"who": "raise"})).status == 401
    broken = await shop.ask("GET", "/a", {"who": "break"})
    assert (broken.status, told(broken)) == (500, {"message": "Internal Server Error"})
    shop.web.aws.lambda_.delete_function({"FunctionName": "work"})
    assert (await shop.ask("GET", "/a", {"who": "ann"})).status == 200, "still held"
    shop.v2.reset_authorizers_cache({"ApiId": shop.api, "StageName": "$default"})
    await shop.web.aws.advance(seconds=1)
    assert (await shop.ask("GET", "/a", {"who": "ann"})).status == 500


async def test_a_cached_policy_that_is_too_narrow_denies_another_route(shop: Shop) -> None:
    await work(shop, POLICY)
    authorizer = judged(shop, "1.0", AuthorizerResultTtlInSeconds=60)
    for key in ("GET /a", "GET /b"):
        shop.route(key, AuthorizationType="CUSTOM", AuthorizerId=authorizer)
    assert [(await shop.ask("GET", path, {"who": "ann"})).status for path in ("/a", "/b")] == [200, 403]
    assert "It was cached when" in shop.web.why().cause


async def test_a_route_for_signed_requests_is_forbidden_to_others(shop: Shop) -> None:
    shop.route("GET /", AuthorizationType="AWS_IAM")
    response = await shop.ask()
    assert (response.status, told(response)) == (403, {"message": "Forbidden"})
    assert "wants a signature" in shop.web.why().cause


async def test_whom_iam_lets_may_call_a_route_for_signed_requests(shop: Shop) -> None:
    aws = shop.web.aws
    await work(shop, ECHO)
    shop.route("GET /a", behind(shop), AuthorizationType="AWS_IAM")
    user = aws.iam.create_user({"UserName": "ann"})["User"]
    caller = Caller(Principal("user", user["Arn"], ACCOUNT, user["UserId"]), ACCOUNT, "AKIAEXAMPLE", None)

    async def signed() -> HttpResponse:
        host = f"{shop.api}.execute-api.us-east-1.amazonaws.com"
        request = HttpRequest("GET", "/a", "", [("Host", host)])
        request.caller = caller
        reply = traffic.answer(aws.pipeline, request)
        return await reply if inspect.isawaitable(reply) else reply

    assert (await signed()).status == 403
    resource = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{shop.api}/$default/GET/a"
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke"}]}
    policy["Statement"][0]["Resource"] = resource
    aws.iam.put_user_policy({"UserName": "ann", "PolicyName": "p", "PolicyDocument": json.dumps(policy)})
    event = told(await signed())
    assert event["requestContext"]["authorizer"]["iam"]["userArn"] == user["Arn"]
