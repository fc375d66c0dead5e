"""X-Ray's active tracing along API, function and table: the map shows the chain, and latency where it arises.

https://docs.aws.amazon.com/xray/latest/devguide/xray-services-lambda.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.configurations import visit
from catalog.functions import let_in, modelled
from catalog.traced import PUT_SEGMENTS, api, traces
from foulweather.gates.faults import Faults
from foulweather.testing import Aws

CALLS = '[[calls]]\nservice = "dynamodb"\noperation = "put_item"\n'
PUTS = CALLS + 'request = {TableName = "orders", Item = {id = {S = "${uuid}"}}}\n'
MODEL = f'duration_ms = 40\nresponse = {{statusCode = 200, body = "ok"}}\n{PUTS}'
WRITE = {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*"}


def chain(aws: Aws, *statements: dict[str, Any], tracing: str = "Active", stage: bool = True) -> str:
    """The URL of an API whose function writes to a table."""
    aws.client("dynamodb").create_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    arn = modelled(aws, "place-order", MODEL, WRITE, *statements, TracingConfig={"Mode": tracing})
    url, source = api(aws, arn, tracing=stage)
    let_in(aws, "place-order", "apigateway", source)
    aws.advance("30s")
    return url


def graph(aws: Aws) -> dict[tuple[str, str], dict[str, Any]]:
    """The nodes of the map by name and type, each with those that it calls."""
    now = aws.now_ms / 1000
    services = aws.client("xray").get_service_graph(StartTime=now - 600, EndTime=now)["Services"]
    by_number = {each["ReferenceId"]: (each["Name"], each["Type"]) for each in services}
    return {
        by_number[each["ReferenceId"]]: {**each, "Calls": [by_number[edge["ReferenceId"]] for edge in each["Edges"]]}
        for each in services
    }


STAGE = ("orders/prod", "AWS::ApiGateway::Stage")
SERVICE, FUNCTION = ("place-order", "AWS::Lambda"), ("place-order", "AWS::Lambda::Function")
TABLE = ("orders", "AWS::DynamoDB::Table")


def test_the_map_shows_the_api_its_function_and_the_table(aws: Aws) -> None:
    url = chain(aws, PUT_SEGMENTS)
    response = visit(aws, "GET", url)
    assert response.status == 200
    sent = dict(response.headers)["X-Amzn-Trace-Id"]
    aws.advance("1s")
    found = graph(aws)
    assert found[STAGE]["Root"]
    assert found[STAGE]["Calls"] == [SERVICE]
    assert found[SERVICE]["Calls"] == [FUNCTION]
    assert found[FUNCTION]["Calls"] == [TABLE]
    assert found[TABLE]["State"] == "unknown"
    (trace,) = traces(aws)
    assert f"Root={trace['Id']};" in sent
    assert len(trace["Segments"]) == 3


def test_latency_appears_on_the_node_where_it_arises(aws: Aws) -> None:
    url = chain(aws, PUT_SEGMENTS)
    visit(aws, "GET", url)
    aws.advance("30s")
    before = graph(aws)[TABLE]["SummaryStatistics"]["TotalResponseTime"]
    world = aws.cloud.default.world
    Faults.of(world).add(kind="slow", service="dynamodb", delay_ms=700)
    visit(aws, "GET", url)
    aws.advance("5s")
    after = graph(aws)
    assert after[TABLE]["SummaryStatistics"]["TotalResponseTime"] - before == pytest.approx(0.7, abs=0.01)
    (slow,) = [one for one in after[STAGE]["ResponseTimeHistogram"] if one["Value"] >= 0.7]
    assert slow["Count"] == 1


def test_a_role_without_the_permission_has_no_segments_and_the_reason_is_on_record(aws: Aws) -> None:
    url = chain(aws)
    assert visit(aws, "GET", url).status == 200
    aws.advance("1s")
    (trace,) = traces(aws)
    names = [json.loads(each["Document"])["origin"] for each in trace["Segments"]]
    assert names == ["AWS::ApiGateway::Stage"]
    refused = aws.why()
    assert refused is not None
    hop = refused.first_wrong()
    assert hop is not None
    assert hop.why is not None
    assert (hop.service, hop.operation, hop.why.decision) == ("xray", "PutTraceSegments", "denied")


@pytest.mark.parametrize(
    ("stage", "tracing", "count"), [(False, "PassThrough", 0), (False, "Active", 2), (True, "PassThrough", 3)]
)
def test_the_function_follows_who_is_upstream(aws: Aws, stage: bool, tracing: str, count: int) -> None:
    url = chain(aws, PUT_SEGMENTS, tracing=tracing, stage=stage)
    root = dict(visit(aws, "GET", url).headers)["X-Amzn-Trace-Id"].partition(";")[0].removeprefix("Root=")
    aws.advance("1s")
    found = traces(aws)
    assert sum(len(trace["Segments"]) for trace in found) == count
    assert [trace["Id"] for trace in found] == [root] * len(found)
