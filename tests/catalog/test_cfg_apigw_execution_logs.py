"""The execution log of a stage, with and without data, and metrics by method."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.functions import modelled
from catalog.gateways import Api, lambda_proxy, let_write, mock, rest_api, set_stage
from foulweather.testing import Aws

HELD = {"card": "4111-1111"}


@pytest.fixture
def api(aws: Aws) -> Api:
    good = modelled(aws, "good", 'duration_ms = 5\nresponse = {statusCode = 201, body = "{}"}\n')
    bad = modelled(aws, "bad", 'duration_ms = 5\nresponse = "no proxy response"\n')
    paths = {
        "/orders": {"get": mock(), "post": lambda_proxy(aws, good)},
        "/orders/{orderId}": {"post": lambda_proxy(aws, bad)},
    }
    made = rest_api(aws, paths, "good", "bad")
    let_write(aws, made)
    return made


def log(aws: Aws, api: Api) -> list[str]:
    """The stage's execution log; there is none before something is written."""
    logs: Any = aws.client("logs")
    name = f"API-Gateway-Execution-Logs_{api.id}/prod"
    if not logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
        return []
    return [event["message"] for event in logs.filter_log_events(logGroupName=name)["events"]]


def test_info_tells_each_step_and_no_data(aws: Aws, api: Api) -> None:
    api.ask("POST", "/orders", HELD)
    assert log(aws, api) == []
    set_stage(api, logging_loglevel="INFO", logging_dataTrace="false")
    response = api.ask("POST", "/orders", HELD)
    found = log(aws, api)
    request_id = dict(response.headers)["x-amzn-RequestId"]
    assert all(line.startswith(f"({request_id}) ") for line in found)
    steps = [line.partition(") ")[2] for line in found]
    assert "HTTP Method: POST, Resource Path: /orders" in steps
    assert "Method completed with status: 201" in steps
    assert not any(HELD["card"] in line for line in found)


def test_data_trace_writes_what_clients_send(aws: Aws, api: Api) -> None:
    set_stage(api, logging_loglevel="INFO", logging_dataTrace="true")
    api.ask("POST", "/orders", HELD)
    found = log(aws, api)
    assert any("Method request body before transformations" in line and HELD["card"] in line for line in found)


def test_errors_alone_are_written_where_that_is_the_level(aws: Aws, api: Api) -> None:
    set_stage(api, logging_loglevel="ERROR")
    api.ask("POST", "/orders", HELD)
    assert log(aws, api) == []
    assert api.ask("POST", "/orders/7", HELD).status == 502
    found = log(aws, api)
    assert any("Malformed Lambda proxy response" in line for line in found)
    assert not any("Resource Path" in line for line in found)


def test_detailed_metrics_are_by_method_and_resource_where_they_are_on(aws: Aws, api: Api) -> None:
    client: Any = aws.client("cloudwatch")

    def by_method() -> set[tuple[str, ...]]:
        aws.advance("2m")
        found = client.list_metrics(Namespace="AWS/ApiGateway", Dimensions=[{"Name": "Method"}])["Metrics"]
        return {tuple(f"{each['Name']}={each['Value']}" for each in metric["Dimensions"]) for metric in found}

    api.ask("GET", "/orders")
    assert by_method() == set()
    set_stage(api, metrics_enabled=True)
    api.ask("GET", "/orders")
    api.ask("POST", "/orders/7", {})
    told = {frozenset(each) for each in by_method()}
    names = {"ApiName=orders-api", "Stage=prod"}
    assert told == {
        frozenset({*names, "Method=GET", "Resource=/orders"}),
        frozenset({*names, "Method=POST", "Resource=/orders/{orderId}"}),
    }
