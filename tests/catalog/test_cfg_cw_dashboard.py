"""A dashboard of a service: traffic, error rate, latencies, business, logs and alarms; each widget has data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.configurations import refused
from catalog.watched import publish, stat
from foulweather.testing import Aws

REGION = "us-east-1"


def widget(kind: str, **properties: Any) -> dict[str, Any]:
    return {"type": kind, "x": 0, "y": 0, "width": 12, "height": 6, "properties": {"region": REGION, **properties}}


@pytest.fixture
def dashboard(aws: Aws) -> dict[str, Any]:
    arn = f"arn:aws:cloudwatch:{REGION}:{aws.account}:alarm:error-rate"
    rate = [{"expression": "100*errors/requests", "label": "Error rate", "id": "rate"}]
    named = [["Orders", name, {"id": name.lower(), "visible": False}] for name in ("Requests", "Errors")]
    latencies = [["Orders", "Latency", {"stat": each}] for each in ("p50", "p90", "p99")]
    alarms = widget("alarm") | {"properties": {"alarms": [arn], "title": "Alarms"}}
    return {
        "widgets": [
            widget("metric", metrics=[["Orders", "Requests"]], stat="Sum", period=60, title="Requests"),
            widget("metric", metrics=[rate, *named], stat="Sum", period=60),
            widget("metric", metrics=latencies, period=60),
            widget("metric", metrics=[["OrdersApp", "OrderValue", "Region", "eu"]], view="singleValue"),
            widget("log", query="SOURCE '/shop/api' | fields @message | limit 20"),
            alarms,
            {"type": "text", "x": 0, "y": 0, "width": 6, "height": 2, "properties": {"markdown": "# Orders"}},
        ]
    }


def test_it_is_put_without_a_complaint_and_told_as_it_was_put(aws: Aws, dashboard: dict[str, Any]) -> None:
    client = aws.client("cloudwatch")
    body = json.dumps(dashboard)
    assert client.put_dashboard(DashboardName="orders", DashboardBody=body)["DashboardValidationMessages"] == []
    assert json.loads(client.get_dashboard(DashboardName="orders")["DashboardBody"]) == dashboard
    (entry,) = client.list_dashboards()["DashboardEntries"]
    assert (entry["DashboardName"], entry["Size"]) == ("orders", len(body))


def test_a_body_that_is_none_is_refused(aws: Aws) -> None:
    client = aws.client("cloudwatch")
    assert refused(client.put_dashboard, DashboardName="orders", DashboardBody="{")["Code"] == "InvalidParameterInput"


def test_its_widgets_have_data(aws: Aws) -> None:
    client = aws.client("cloudwatch")
    for _ in range(5):
        publish(client, "Requests", 200)
        publish(client, "Errors", 3)
        for value in (10, 20, 400):
            publish(client, "Latency", value)
        aws.advance("1m")
    answer = client.get_metric_data(
        MetricDataQueries=[
            {"Id": "rate", "Expression": "100*errors/requests"},
            stat("errors", "Errors", period=60, ReturnData=False),
            stat("requests", "Requests", period=60, ReturnData=False),
            stat("p50", "Latency", "p50", 60),
            stat("p99", "Latency", "p99", 60),
        ],
        StartTime=aws.now_ms / 1000 - 600,
        EndTime=aws.now_ms / 1000,
    )
    assert {result["Id"]: set(result["Values"]) for result in answer["MetricDataResults"]} == {
        "rate": {1.5},
        "p50": {20.0},
        "p99": {400.0},
    }


def test_its_widgets_can_be_drawn(aws: Aws) -> None:
    client = aws.client("cloudwatch")
    publish(client, "Requests", 200)
    aws.advance("5m")
    drawn = {"metrics": [["Orders", "Requests"]], "width": 600, "height": 300, "start": "-PT1H", "end": "PT0H"}
    image = client.get_metric_widget_image(MetricWidget=json.dumps(drawn))["MetricWidgetImage"]
    assert image.startswith(b"\x89PNG\r\n")
    assert (int.from_bytes(image[16:20], "big"), int.from_bytes(image[20:24], "big")) == (600, 300)
