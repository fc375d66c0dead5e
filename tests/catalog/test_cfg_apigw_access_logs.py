"""An access log of one line of JSON for each request, and what Logs Insights makes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.configurations import refused
from catalog.functions import modelled
from catalog.gateways import KEY, NEEDS_KEY, Api, lambda_proxy, let_write, mock, rest_api, set_stage
from foulweather.testing import Aws

VARIABLES = {
    "requestId": "requestId",
    "ip": "identity.sourceIp",
    "requestTime": "requestTime",
    "httpMethod": "httpMethod",
    "path": "path",
    "status": "status",
    "responseLatency": "responseLatency",
    "integrationLatency": "integrationLatency",
}
FORMAT = json.dumps({name: f"$context.{variable}" for name, variable in VARIABLES.items()})
BY_PATH = "stats count(*) as n by path, status | sort path, status"


@pytest.fixture
def api(aws: Aws) -> Api:
    slow = modelled(aws, "orders", 'duration_ms = 700\ninit_ms = 0\nresponse = {statusCode = 201, body = "{}"}\n')
    paths = {
        "/orders": {"get": mock(), "post": lambda_proxy(aws, slow)},
        "/orders/{orderId}": {"get": mock(security=NEEDS_KEY)},
    }
    made = rest_api(aws, paths, "orders", components=KEY)
    aws.client("logs").create_log_group(logGroupName="access")
    return made


def log(aws: Aws, api: Api, form: str = FORMAT) -> None:
    """Have the stage write its access log."""
    group = f"arn:aws:logs:{aws.region}:{aws.account}:log-group:access"
    set_stage(api, method="accessLogSettings", destinationArn=group, format=form)


def lines(aws: Aws) -> list[dict[str, Any]]:
    """The log, read as JSON line by line."""
    found = aws.client("logs").filter_log_events(logGroupName="access")["events"]
    return [json.loads(event["message"]) for event in found]


def test_each_request_is_one_line_whether_it_was_refused_or_not(aws: Aws, api: Api) -> None:
    let_write(aws, api)
    log(aws, api)
    responses = [api.ask(*each) for each in (("GET", "/orders"), ("POST", "/orders", {}), ("GET", "/orders/7"))]
    found = lines(aws)
    assert [(line["httpMethod"], line["path"], line["status"]) for line in found] == [
        ("GET", "/prod/orders", "200"),
        ("POST", "/prod/orders", "201"),
        ("GET", "/prod/orders/7", "403"),
    ]
    assert [line["requestId"] for line in found] == [
        dict(response.headers)["x-amzn-RequestId"] for response in responses
    ]
    assert {line["ip"] for line in found} == {"127.0.0.1"}
    assert all(line["requestTime"].endswith(" +0000") for line in found)
    assert (found[1]["responseLatency"], found[1]["integrationLatency"]) == ("700", "700")
    assert found[2]["integrationLatency"] == "-"


def test_logs_insights_tells_statuses_by_path(aws: Aws, api: Api) -> None:
    let_write(aws, api)
    log(aws, api)
    for method, path in (("GET", "/orders"), ("GET", "/orders"), ("POST", "/orders"), ("GET", "/orders/7")):
        api.ask(method, path)
    logs = aws.client("logs")
    now = aws.now_ms // 1000
    started = logs.start_query(logGroupName="access", startTime=now - 600, endTime=now + 1, queryString=BY_PATH)
    aws.advance("5s")
    answer = logs.get_query_results(queryId=started["queryId"])["results"]
    assert [[each["value"] for each in row] for row in answer] == [
        ["/prod/orders", "200", "2"],
        ["/prod/orders", "201", "1"],
        ["/prod/orders/7", "403", "1"],
    ]


def test_without_the_accounts_role_or_the_request_id_there_is_no_log(aws: Aws, api: Api) -> None:
    patches = [
        {"op": "replace", "path": f"/accessLogSettings/{name}", "value": value}
        for name, value in (
            ("destinationArn", f"arn:aws:logs:{aws.region}:{aws.account}:log-group:access"),
            ("format", FORMAT),
        )
    ]
    asked = {"restApiId": api.id, "stageName": "prod"}
    error = refused(api.gateway.update_stage, **asked, patchOperations=patches)
    assert error["Code"] == "BadRequestException"
    assert "CloudWatch Logs role ARN must be set in account settings" in error["Message"]
    let_write(aws, api)
    patches[1]["value"] = "$context.status"
    assert "requestId" in refused(api.gateway.update_stage, **asked, patchOperations=patches)["Message"]
    api.ask("GET", "/orders")
    assert lines(aws) == []
