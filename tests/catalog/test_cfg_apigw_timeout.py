"""The integration's time-out: 29 s by default, and no more without asking AWS."""

from __future__ import annotations

import json

import pytest

from catalog.configurations import refused
from catalog.functions import modelled
from catalog.gateways import lambda_proxy, rest_api
from foulweather.testing import Aws


@pytest.mark.parametrize(
    ("work_s", "status", "took_s", "told"),
    [(28, 200, 28, {}), (30, 504, 29, {"message": "Endpoint request timed out"})],
)
def test_a_backend_has_29_seconds(aws: Aws, work_s: int, status: int, took_s: int, told: dict[str, str]) -> None:
    answer = 'response = {statusCode = 200, body = "{}"}\n'
    arn = modelled(aws, "work", f"duration_ms = {work_s * 1000}\ninit_ms = 0\n{answer}", Timeout=60)
    api = rest_api(aws, {"/work": {"get": lambda_proxy(aws, arn)}}, "work")
    began = aws.now_ms
    response = api.ask("GET", "/work")
    assert (response.status, json.loads(response.body)) == (status, told)
    assert aws.now_ms - began == took_s * 1000
    aws.advance("5s")
    assert [event.facts["error"] for event in aws.events("lambda.Invoked")] == [""]  # it goes on, and ends well


def test_a_time_out_out_of_bounds_is_refused_and_a_shorter_one_kept(aws: Aws) -> None:
    arn = modelled(aws, "work", "duration_ms = 900\ninit_ms = 0\n")
    operation = lambda_proxy(aws, arn)
    operation["x-amazon-apigateway-integration"]["timeoutInMillis"] = 500
    api = rest_api(aws, {"/work": {"get": operation}}, "work")
    began = aws.now_ms
    assert (api.ask("GET", "/work").status, aws.now_ms - began) == (504, 500)
    place = {"restApiId": api.id, "resourceId": api.resource("/work"), "httpMethod": "GET"}
    for timeout_ms in (49, 29_001):
        error = refused(api.gateway.put_integration, **place, type="MOCK", timeoutInMillis=timeout_ms)
        assert (error["Code"], error["Status"]) == ("BadRequestException", 400)
        assert "Timeout should be between 50 ms and 29000 ms" in error["Message"]
