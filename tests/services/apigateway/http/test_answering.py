"""Routes, stages, CORS, throttles, mappings, logs and metrics of HTTP APIs, in front of an HTTP backend."""

from __future__ import annotations

import json
import random

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.apigateway.http.routes import Node
from foulweather.services.apigateway.region_records import DomainName, Place
from foulweather.services.apigateway.state import Places
from harness import ACCOUNT, REGION
from services.apigateway.http.opened import Shop
from services.apigateway.rest.served import header, told


def test_the_most_specific_route_that_takes_the_method_answers() -> None:
    root: Node[str] = Node()
    for key in (
        "GET /pets/dog/1",
        "GET /pets/dog/{id}",
        "GET /pets/{kind}/1",
        "ANY /pets/{proxy+}",
        "POST /",
        "GET /{x}",
    ):
        method, path = key.split()
        root.put(method, path, key)

    def found(method: str, path: str) -> tuple[str, dict[str, str]] | None:
        return root.find(method, path)

    assert found("GET", "/pets/dog/1") == ("GET /pets/dog/1", {})
    assert found("GET", "/pets/dog/a%20b") == ("GET /pets/dog/{id}", {"id": "a b"})
    assert found("GET", "/pets/cat/1") == ("GET /pets/{kind}/1", {"kind": "cat"})
    assert found("GET", "/pets/cat/2") == ("ANY /pets/{proxy+}", {"proxy": "cat/2"})
    assert found("PUT", "/pets/dog/1") == ("ANY /pets/{proxy+}", {"proxy": "dog/1"})
    assert found("GET", "/pets") == ("GET /{x}", {"x": "pets"})
    assert found("GET", "/pets/") is None, "a slash at the end is another path"
    assert (found("POST", "/"), found("GET", "/")) == (("POST /", {}), None)


async def test_a_request_goes_through_to_the_backend_and_back(shop: Shop) -> None:
    shop.route("ANY /base/{proxy+}", shop.integration(IntegrationUri=f"{shop.backend.origin}/to/{{proxy}}"))
    response = await shop.ask("PUT", "/base/a%20b/c?x=1&x=2", {"X-Own": "o", "X-Forwarded-For": "1.2.3.4"}, b"body")
    asked = shop.backend.asked
    assert (asked.method, asked.path, asked.query, asked.body) == ("PUT", "/to/a%20b/c", "x=1&x=2", b"body")
    assert asked.header("x-own") == "o"
    assert "for=1.2.3.4;for=127.0.0.1;host=" in asked.header("forwarded")
    assert header(response, "x-back") == "1"
    assert header(response, "apigw-requestid")


async def test_what_no_route_takes_is_not_found_and_says_why(shop: Shop) -> None:
    shop.route("GET /orders")
    response = await shop.ask("POST", "/orders")
    assert (response.status, told(response)) == (404, {"message": "Not Found"})
    assert "The path takes GET." in shop.web.why().cause
    assert (await shop.ask("GET", "/orders/")).status == 404
    assert "without the slash" in shop.web.why().cause
    shop.route("$default")
    assert (await shop.ask("POST", "/orders")).status == 200


async def test_a_stage_answers_with_its_deployment_until_the_next(shop: Shop) -> None:
    shop.v2.delete_stage({"ApiId": shop.api, "StageName": "$default"})
    shop.route("GET /a")
    assert (await shop.ask("GET", "/dev/a")).status == 404, "no such stage"
    shop.v2.create_stage({"ApiId": shop.api, "StageName": "dev"})
    assert (await shop.ask("GET", "/dev/a")).status == 404
    assert shop.web.why().cause == "Nothing is deployed to the stage dev of shop."
    shop.v2.create_deployment({"ApiId": shop.api, "StageName": "dev"})
    assert (await shop.ask("GET", "/dev/a")).status == 200
    shop.route("GET /b")
    assert (await shop.ask("GET", "/dev/b")).status == 404
    assert "made after the deployment" in shop.web.why().cause
    shop.v2.create_deployment({"ApiId": shop.api, "StageName": "dev"})
    assert (await shop.ask("GET", "/dev/b")).status == 200


async def test_a_disabled_endpoint_is_not_found(shop: Shop) -> None:
    shop.route("$default")
    shop.v2.update_api({"ApiId": shop.api, "DisableExecuteApiEndpoint": True})
    assert told(await shop.ask()) == {"message": "Not Found"}
    assert "its own endpoint is disabled" in shop.web.why().cause


async def test_requests_and_answers_are_mapped(shop: Shop) -> None:
    requests = {
        "append:header.x-one": "$request.querystring.a",
        "overwrite:header.x-two": "${request.path.id}-${context.stage}-${stageVariables.color}",
        "remove:header.x-gone": "''",
        "overwrite:querystring.b": "$request.body.deep[1].c",
        "remove:querystring.a": "''",
        "overwrite:path": "/other/$request.path",
        "append:header.x-none": "$request.header.missing",
    }
    responses = {
        "200": {
            "overwrite:statuscode": "403",
            "append:header.x-id": "$response.body.method",
            "remove:header.x-back": "''",
        }
    }
    shop.v2.update_stage({"ApiId": shop.api, "StageName": "$default", "StageVariables": {"color": "red"}})
    shop.route("ANY /orders/{id}", shop.integration(RequestParameters=requests, ResponseParameters=responses))
    body = json.dumps({"deep": [0, {"c": {"d": 1}}]}).encode()
    response = await shop.ask("POST", "/orders/7?a=1&a=2&c=3", {"X-Gone": "1", "X-One": "0"}, body)
    asked = shop.backend.asked
    assert [value for name, value in asked.headers if name.lower() == "x-one"] == ["0", "1,2"]
    assert asked.header("x-two") == "7-$default-red"
    assert (asked.header("x-gone"), asked.header("x-none")) == ("", "")
    assert asked.query == "c=3&b=%7B%22d%22%3A1%7D"
    assert asked.path == "/other/$request.path", "only a whole value, or braces, are looked up"
    assert (response.status, header(response, "x-id"), header(response, "x-back")) == (403, "POST", "")


async def test_the_gateway_answers_preflights_and_replaces_a_backends_headers(shop: Shop) -> None:
    cors = {"AllowOrigins": ["https://shop.example"], "AllowMethods": ["GET"], "AllowHeaders": ["x-a"], "MaxAge": 60}
    shop.v2.update_api({"ApiId": shop.api, "CorsConfiguration": {**cors, "AllowCredentials": True}})
    shop.route("GET /a")
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}
    response = await shop.ask("OPTIONS", "/a", asked)
    assert response.status == 204
    assert header(response, "access-control-allow-origin") == "https://shop.example"
    assert header(response, "access-control-allow-methods") == "GET"
    assert header(response, "access-control-allow-headers") == "x-a"
    assert header(response, "access-control-allow-credentials") == "true"
    assert header(response, "access-control-max-age") == "60"
    other = await shop.ask("OPTIONS", "/a", {**asked, "Origin": "https://evil.example"})
    assert (other.status, header(other, "access-control-allow-origin")) == (204, "")
    answer = await shop.ask("GET", "/a", {"Origin": "https://shop.example"})
    assert header(answer, "access-control-allow-origin") == "https://shop.example"
    assert header(await shop.ask("GET", "/a"), "access-control-allow-origin") == ""
    assert shop.backend.app.asked[0].method != "OPTIONS"


async def test_a_route_for_any_method_that_asks_for_a_token_refuses_preflights(shop: Shop) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html"""
    shop.v2.update_api({"ApiId": shop.api, "CorsConfiguration": {"AllowOrigins": ["*"], "AllowMethods": ["*"]}})
    authorizer = shop.jwt()
    for key in ("ANY /any", "GET /get"):
        shop.route(key, AuthorizationType="JWT", AuthorizerId=authorizer)
    asked = {"Origin": "https://x.example", "Access-Control-Request-Method": "GET"}
    assert (await shop.ask("OPTIONS", "/any", asked)).status == 401
    assert (await shop.ask("OPTIONS", "/get", asked)).status == 204


async def test_a_route_is_throttled_by_its_own_limit_on_the_worlds_clock(shop: Shop) -> None:
    shop.route("GET /a")
    shop.route("GET /b")
    settings = {"GET /a": {"ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 2}}
    shop.v2.update_stage({"ApiId": shop.api, "StageName": "$default", "RouteSettings": settings})
    assert [(await shop.ask("GET", "/a")).status for _ in range(3)] == [200, 200, 429]
    response = await shop.ask("GET", "/a")
    assert told(response) == {"message": "Too Many Requests"}
    assert "the stage $default for GET /a" in shop.web.why().cause
    assert (await shop.ask("GET", "/b")).status == 200
    await shop.web.aws.advance(seconds=1)
    assert (await shop.ask("GET", "/a")).status == 200


async def test_a_backend_that_is_gone_is_unavailable(shop: Shop) -> None:
    shop.route("GET /gone", shop.integration(IntegrationUri="http://127.0.0.1:1/"))
    shop.route("GET /none", shop.integration(IntegrationUri="http://example.com/"))
    shop.v2.create_route({"ApiId": shop.api, "RouteKey": "GET /empty"})
    response = await shop.ask("GET", "/gone")
    assert (response.status, told(response)) == (503, {"message": "Service Unavailable"})
    assert (await shop.ask("GET", "/none")).status == 500
    response = await shop.ask("GET", "/empty")
    assert (response.status, told(response)) == (500, {"message": "Internal Server Error"})
    assert "leads to no integration" in shop.web.why().cause


async def test_a_way_into_a_vpc_is_not_built_and_says_so(shop: Shop) -> None:
    link = shop.v2.create_vpc_link({"Name": "inside", "SubnetIds": ["subnet-0123456789abcdef0"]})["VpcLinkId"]
    listener = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/a/b/c"
    private = {"ConnectionType": "VPC_LINK", "ConnectionId": link, "IntegrationUri": listener}
    shop.route("GET /", shop.integration(**private))
    response = await shop.ask()
    assert (response.status, "VPC_LINK" in told(response)["message"]) == (501, True)


async def test_a_custom_domain_name_leads_to_a_stage(shop: Shop) -> None:
    shop.route("GET /a", shop.integration(RequestParameters={"append:header.x-path": "$context.path"}))
    state = shop.web.state
    state.domains.put("api.example.com", DomainName(domain_name="api.example.com", created_ms=0))
    place = Place(account=ACCOUNT, region=REGION)
    shop.web.aws.world.state(Places).domains.put("api.example.com@us-east-1", place)
    domain = {"DomainName": "api.example.com", "ApiId": shop.api, "Stage": "$default"}
    made = shop.v2.create_api_mapping({**domain, "ApiMappingKey": "v1/shop"})
    response = await shop.web.ask("GET", "/v1/shop/a", host="api.example.com", stage="")
    assert (response.status, shop.backend.asked.header("x-path")) == (200, "/a")
    assert (await shop.web.ask("GET", "/v2/a", host="api.example.com", stage="")).status == 403
    with pytest.raises(AwsError, match="Please remove all API mappings for the API"):
        shop.v2.delete_api({"ApiId": shop.api})
    shop.v2.delete_api_mapping({"DomainName": "api.example.com", "ApiMappingId": made["ApiMappingId"]})
    shop.v2.delete_api({"ApiId": shop.api})
    assert (await shop.ask("GET", "/a")).status != 200


async def test_access_logs_and_metrics_tell_of_each_request(shop: Shop) -> None:
    group = {"logGroupName": "/api"}
    shop.web.aws.logs.create_log_group(group)
    logs = {
        "DestinationArn": "arn:aws:logs:us-east-1:111122223333:log-group:/api",
        "Format": "$context.requestId $context.routeKey $context.status $context.integrationStatus $context.nothing",
    }
    stage = {"ApiId": shop.api, "StageName": "$default"}
    shop.v2.update_stage({**stage, "AccessLogSettings": logs, "DefaultRouteSettings": {"DetailedMetricsEnabled": True}})
    shop.route("GET /a")
    response = await shop.ask("GET", "/a")
    await shop.ask("GET", "/none")
    lines = [event["message"] for event in shop.web.aws.logs.filter_log_events(group)["events"]]
    assert lines[0] == f"{header(response, 'apigw-requestid')} GET /a 200 200 -"
    assert lines[1].endswith(" - 404 - -")
    await shop.web.aws.advance(seconds=120)
    found = shop.web.aws.cloudwatch.list_metrics({"Namespace": "AWS/ApiGateway"})["Metrics"]
    told_of = {(metric["MetricName"], len(metric["Dimensions"])) for metric in found}
    assert {
        ("Count", 1),
        ("Count", 2),
        ("Count", 4),
        ("4xx", 2),
        ("DataProcessed", 1),
        ("IntegrationLatency", 2),
    } <= told_of


async def test_an_api_is_reached_by_a_path_that_needs_no_name(shop: Shop) -> None:
    shop.stage("dev")
    shop.route("GET /a/{x}", shop.integration(IntegrationUri=f"{shop.backend.origin}/{{x}}"))
    for path in ("/a/b", "/$default/a/b", "/%24default/a/b", "/dev/a/b"):
        response = await shop.web.ask("GET", path, host="localhost:4566", stage=f"/_aws/execute-api/{shop.api}")
        assert (response.status, told(response)["path"]) == (200, "/b"), path


async def test_whatever_comes_is_answered(shop: Shop) -> None:
    shop.v2.update_api({"ApiId": shop.api, "CorsConfiguration": {"AllowOrigins": ["*"]}})
    shop.route("ANY /a/{x}/{rest+}", AuthorizationType="JWT", AuthorizerId=shop.jwt())
    mapped = {"append:header.b": "$request.body.a[0].b", "overwrite:querystring.c": "${context.none}${request.path.x}"}
    shop.route("$default", shop.integration(RequestParameters=mapped))
    draw = random.Random(7)
    texts = [
        "%",
        "%00",
        "%ff",
        "..",
        "//",
        "\\",
        "{x}",
        "$default",
        "\x7f",
        "é",
        "a" * 500,
        ";",
        "?a=%zz&&=&b",
        "#",
        "[[",
    ]
    for _ in range(300):
        path = "/" + "/".join(draw.choices(texts, k=draw.randint(0, 5)))
        headers = {draw.choice(["Authorization", "Cookie", "Origin", "X-Amz-Date", "Forwarded"]): draw.choice(texts)}
        body = draw.randbytes(draw.randint(0, 40)) if draw.random() < 0.5 else b"[" * 5000
        method = draw.choice(["GET", "POST", "OPTIONS", "HEAD", "PATCH"])
        response = await shop.ask(method, draw.choice(["", "/a"]) + path, headers, body)
        assert response.status in (200, 204, 400, 401, 404, 431, 503), (method, path, headers)
