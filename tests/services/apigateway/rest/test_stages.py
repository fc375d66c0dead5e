"""What a stage adds: a cache, a canary, logs; and custom domain names in front of it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from foulweather.kernel.http import HttpRequest
from foulweather.services.apigateway.region_records import DomainName, Mapping, Place, Settings
from foulweather.services.apigateway.state import Places
from harness import ACCOUNT, REGION
from services.apigateway.rest.served import MOCK, Web, header, method, told

TEMPLATE = '"$context.requestId"'
FRESH = {
    **MOCK,
    "integrationResponses": {"200": {"statusCode": "200", "responseTemplates": {"application/json": TEMPLATE}}},
}


# --- the cache


def cached(web: Web, *keys: str, **setting: Any) -> None:
    settings = {"*/*": {"cachingEnabled": True, "cacheTtlInSeconds": 60, **setting}}
    stage = {"cacheClusterEnabled": True, "cacheClusterSize": "0.5", "methodSettings": settings}
    own = method({**FRESH, "cacheKeyParameters": list(keys)})
    web.api({"/orders": {"GET": own, "POST": own}}, stage)


async def text(web: Web, path: str = "/orders", verb: str = "GET", **headers: str) -> str:
    return told(await web.ask(verb, path, {name.replace("_", "-"): value for name, value in headers.items()}))


async def test_what_is_no_cache_key_makes_no_difference(web: Web) -> None:
    cached(web)
    assert await text(web, "/orders?page=1") == await text(web, "/orders?page=2", Authorization="other")
    assert await text(web, verb="POST") != await text(web, verb="POST")  # only GET is cached unless a method says so


async def test_cache_keys_tell_requests_apart_until_the_time_is_over(web: Web) -> None:
    cached(web, "method.request.querystring.page", "method.request.header.Authorization")
    first = await text(web, "/orders?page=1", Authorization="a")
    assert await text(web, "/orders?page=2", Authorization="a") != first
    assert await text(web, "/orders?page=1", Authorization="b") != first
    assert await text(web, "/orders?page=1&x=y", Authorization="a") == first
    await web.aws.advance(seconds=61)
    assert await text(web, "/orders?page=1", Authorization="a") != first
    found = [event.facts["cache"] for event in web.aws.events("apigateway.Request")]
    assert found == ["miss", "miss", "miss", "hit", "miss"]


async def test_flushing_empties_the_cache(web: Web) -> None:
    cached(web)
    first = await text(web)
    await web.aws.advance(seconds=1)
    web.state.stages["api1/prod"].cache_flushed_ms = web.aws.now
    web.state.stages.touch("api1/prod")
    assert await text(web) != first


@pytest.mark.parametrize(
    ("strategy", "required", "status", "same", "warned"),
    [
        ("SUCCEED_WITH_RESPONSE_HEADER", True, 200, True, True),
        ("SUCCEED_WITHOUT_RESPONSE_HEADER", True, 200, True, False),
        ("FAIL_WITH_403", True, 403, False, False),
        ("FAIL_WITH_403", False, 200, False, False),
    ],
)
async def test_who_may_have_the_cache_answer_afresh(
    web: Web, strategy: str, required: bool, status: int, same: bool, warned: bool
) -> None:
    cached(web, unauthorizedCacheControlHeaderStrategy=strategy, requireAuthorizationForCacheControl=required)
    first = await text(web)
    response = await web.ask("GET", "/orders", {"Cache-Control": "max-age=0"})
    assert response.status == status
    assert (told(response) == first) is same
    assert ("Warning" in dict(response.headers)) is warned


async def test_without_a_cluster_nothing_is_cached(web: Web) -> None:
    cached(web)
    web.state.stages["api1/prod"].cache_cluster_enabled = False
    assert await text(web) != await text(web)


# --- a canary


async def test_a_canary_answers_its_share_with_its_own_variables(web: Web) -> None:
    template = '{"v": "$stageVariables.v", "canary": "$context.isCanaryRequest", "d": "$context.deploymentId"}'
    answer = {"200": {"statusCode": "200", "responseTemplates": {"application/json": template}}}
    held = {"/": {"GET": method({**MOCK, "integrationResponses": answer})}}
    web.api(held)
    canary = {"percentTraffic": 25.0, "deploymentId": "d1", "stageVariableOverrides": {"v": "new"}}
    web.api(held, {"variables": {"v": "old"}, "canarySettings": canary})
    answers = [told(await web.ask("GET", "")) for _ in range(400)]
    fresh = [each for each in answers if each["canary"] == "true"]
    assert 60 < len(fresh) < 140
    assert all((each["v"], each["d"]) == ("new", "d1") for each in fresh)
    assert all((each["v"], each["d"]) == ("old", "d2") for each in answers if each["canary"] == "false")


# --- logs

ROLE = f"arn:aws:iam::{ACCOUNT}:role/logger"


def logged(web: Web, *, level: str = "INFO", allows: str = "logs:*", data: bool = False) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    web.aws.iam.create_role({"RoleName": "logger", "AssumeRolePolicyDocument": document})
    allow = {"Effect": "Allow", "Action": allows, "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    web.aws.iam.put_role_policy({"RoleName": "logger", "PolicyName": "p", "PolicyDocument": policy})
    web.state.settings.put("account", Settings(cloudwatch_role_arn=ROLE))
    web.aws.logs.create_log_group({"logGroupName": "access"})
    form = (
        "$context.requestId $context.identity.sourceIp $context.httpMethod $context.resourcePath $context.status "
        "$context.responseLength $context.integrationLatency $context.authorizer.claims.sub $context.error.message"
    )
    destination = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:access"
    stage = {
        "methodSettings": {"*/*": {"loggingLevel": level, "dataTraceEnabled": data}},
        "accessLogSettings": {"destinationArn": destination, "format": form},
    }
    broken = method({**MOCK, "requestTemplates": {"application/json": "{}"}})
    web.api({"/orders": {"GET": method()}, "/broken": {"GET": broken}}, stage)


def messages(web: Web, group: str) -> list[str]:
    return [event["message"] for event in web.aws.logs.filter_log_events({"logGroupName": group})["events"]]


EXECUTION = "API-Gateway-Execution-Logs_api1/prod"


async def test_each_request_has_its_line_and_its_steps(web: Web) -> None:
    logged(web, data=True)
    response = await web.ask("GET", "/orders?a=1")
    request_id = header(response, "x-amzn-requestid")
    assert messages(web, "access") == [f"{request_id} 127.0.0.1 GET /orders 200 12 0 - -"]
    lines = messages(web, EXECUTION)
    assert all(line.startswith(f"({request_id}) ") for line in lines)
    told_of = [line.partition(") ")[2] for line in lines]
    assert f"Starting execution for request: {request_id}" in told_of
    assert "HTTP Method: GET, Resource Path: /orders" in told_of
    assert "Method request query string: {a=1}" in told_of
    assert told_of[-1] == "Method completed with status: 200"
    failed = await web.ask("GET", "/nothing")
    assert messages(web, "access")[-1].endswith("GET - 403 42 - - Missing Authentication Token")
    assert failed.status == 403


async def test_at_level_error_only_errors_are_logged(web: Web) -> None:
    logged(web, level="ERROR")
    await web.ask("GET", "/orders")
    await web.ask("GET", "/broken")
    lines = [line.partition(") ")[2] for line in messages(web, EXECUTION)]
    assert lines == [
        "Execution failed due to configuration error: Unable to parse statusCode. It should be an integer.",
        "Gateway response type: API_CONFIGURATION_ERROR with status code: 500",
    ]


async def test_without_the_accounts_role_there_are_no_logs(web: Web) -> None:
    logged(web)
    web.state.settings.delete("account")
    assert (await web.ask("GET", "/orders")).status == 200
    assert messages(web, "access") == []
    groups = web.aws.logs.describe_log_groups({})["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["access"]


async def test_a_role_that_may_not_write_loses_the_logs_and_says_why(web: Web) -> None:
    logged(web, allows="s3:*")
    assert (await web.ask("GET", "/orders")).status == 200
    from foulweather.kernel.trace import Traces

    trace = web.aws.world.state(Traces).last_wrong()
    assert trace is not None
    assert any(hop.operation == "Logging" and hop.why and hop.why.decision == "dropped" for hop in trace.hops)


# --- custom domain names


def domain(web: Web, *mappings: tuple[str, str]) -> None:
    row = msgspec.convert({"domainName": "api.example.com", "createdMs": 0}, DomainName)
    web.state.domains.put("api.example.com", row)
    web.aws.world.state(Places).domains.put(f"api.example.com@{REGION}", Place(account=ACCOUNT, region=REGION))
    for index, (base, stage) in enumerate(mappings):
        made = Mapping(id=f"m{index}", domain="api.example.com", base_path=base, api_id="api1", stage=stage)
        web.state.mappings.put(f"api.example.com/{base}", made)


async def test_a_domain_name_leads_to_the_stage_of_its_longest_base_path(web: Web) -> None:
    template = '"$context.stage $context.path $context.customDomain.basePathMatched $context.domainName"'
    answer = {"200": {"statusCode": "200", "responseTemplates": {"application/json": template}}}
    own = method({**MOCK, "integrationResponses": answer})
    paths = {"/": {"GET": own}, "/orders": {"GET": own}}
    web.api(paths, {"stageName": "dev"})
    web.api(paths)
    domain(web, ("v1", "prod"), ("v1/dev", "dev"), ("any", ""))
    host = "api.example.com.localhost:4566"
    for path, expected in (
        ("/v1/orders", "prod /v1/orders v1 api.example.com"),
        ("/v1/dev", "dev /v1/dev/ v1/dev api.example.com"),
        ("/any/prod/orders", "prod /any/orders any api.example.com"),
    ):
        response = await web.ask("GET", path, host=host, stage="")
        assert (response.status, told(response)) == (200, expected), path
    for path in ("/v2/orders", "/v1orders", "/", "/any/none"):
        response = await web.ask("GET", path, host=host, stage="")
        assert (response.status, told(response)) == (403, {"message": "Forbidden"}), path


async def test_a_disabled_endpoint_answers_under_its_domain_name_only(web: Web) -> None:
    web.api({"/": {"GET": method()}}, restApi={"disableExecuteApiEndpoint": True})
    domain(web, ("", "prod"))
    assert (await web.ask("GET", "")).status == 403
    assert "disableExecuteApiEndpoint" in web.why().remedy[0]
    assert (await web.ask("GET", "", host="api.example.com.localhost", stage="")).status == 200


# --- signatures on the wire


async def test_a_bearer_token_is_no_signature_unless_one_is_wanted(web: Web) -> None:
    web.api({"/": {"GET": method()}, "/iam": {"GET": method(authorizationType="AWS_IAM")}})
    token = {"Authorization": "Bearer abc"}
    assert (await web.ask("GET", "", token)).status == 200
    for path in ("/iam", "/nothing"):
        response = await web.ask("GET", path, token)
        assert response.status == 403
        assert "in Authorization header" in told(response)["message"]


async def test_a_path_that_needs_no_name_does_not_vouch_for_a_name(web: Web) -> None:
    web.api({"/": {"GET": method()}})
    response = await web.ask("GET", "", host="evil.example.com", stage="/_aws/execute-api/api1/prod")
    assert (response.status, b"Forbidden by foulweather" in response.body) == (403, True)


async def test_a_signed_request_is_let_in_and_a_forged_one_is_not(web: Web) -> None:
    web.api({"/iam": {"GET": method(authorizationType="AWS_IAM")}})
    host = "api1.execute-api.us-east-1.amazonaws.com"
    name, key = "ann", web.aws.iam
    key.create_user({"UserName": name})
    made = key.create_access_key({"UserName": name})["AccessKey"]
    document = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [document]})
    key.put_user_policy({"UserName": name, "PolicyName": "p", "PolicyDocument": text})
    for secret, status in ((made["SecretAccessKey"], 200), ("wrong", 403)):
        asked = AWSRequest("GET", f"https://{host}/prod/iam", headers={"Host": host})
        SigV4Auth(Credentials(made["AccessKeyId"], secret), "execute-api", "us-east-1").add_auth(asked)
        response = await web.send(HttpRequest("GET", "/prod/iam", "", list(dict(asked.headers).items())))
        assert response.status == status, response.body
    assert header(response, "x-amzn-errortype") == "InvalidSignatureException"
    assert "signature" in told(response)["message"]
