"""Metrics of an API by name and stage, and the alarms on shares and latencies that teams set on them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from catalog.functions import modelled
from catalog.gateways import Api, lambda_proxy, mock, rest_api, set_stage
from foulweather.testing import Aws

DIMENSIONS = [{"Name": "ApiName", "Value": "orders-api"}, {"Name": "Stage", "Value": "prod"}]
METRICS = ["4XXError", "5XXError", "Count", "IntegrationLatency", "Latency"]


@pytest.fixture
def api(aws: Aws) -> Api:
    slow = modelled(aws, "slow", 'duration_ms = 700\ninit_ms = 0\nresponse = {statusCode = 200, body = "{}"}\n')
    broken = modelled(aws, "broken", "duration_ms = 5\nerror_rate = 1.0\n")
    paths = {
        "/ok": {"get": mock()},
        "/slow": {"get": lambda_proxy(aws, slow)},
        "/broken": {"get": lambda_proxy(aws, broken)},
    }
    return rest_api(aws, paths, "slow", "broken")


def value(aws: Aws, client: Any, metric: str, statistic: str, dimensions: Any = None) -> float:
    now = datetime.fromtimestamp(aws.now_ms // 1000, UTC)
    found = client.get_metric_statistics(
        Namespace="AWS/ApiGateway",
        MetricName=metric,
        Dimensions=dimensions or DIMENSIONS,
        StartTime=datetime.fromtimestamp(aws.now_ms // 1000 - 600, UTC),
        EndTime=now,
        Period=600,
        Statistics=[statistic],
    )["Datapoints"]
    return max(point[statistic] for point in found)


def test_each_metric_has_the_apis_and_the_stages_dimension(aws: Aws, api: Api) -> None:
    api.ask("GET", "/slow")
    api.ask("GET", "/broken")
    api.ask("GET", "/not-there")
    aws.advance("2m")
    client: Any = aws.client("cloudwatch")
    found = client.list_metrics(Namespace="AWS/ApiGateway", Dimensions=DIMENSIONS)["Metrics"]
    assert sorted(metric["MetricName"] for metric in found) == METRICS
    assert value(aws, client, "Count", "Sum") == 3
    assert (value(aws, client, "4XXError", "Sum"), value(aws, client, "5XXError", "Sum")) == (1, 1)
    assert value(aws, client, "Latency", "Maximum") == value(aws, client, "IntegrationLatency", "Maximum") == 700


def test_detailed_metrics_are_by_method(aws: Aws, api: Api) -> None:
    set_stage(api, metrics_enabled=True)
    api.ask("GET", "/slow")
    aws.advance("2m")
    detailed = [*DIMENSIONS, {"Name": "Method", "Value": "GET"}, {"Name": "Resource", "Value": "/slow"}]
    assert value(aws, aws.client("cloudwatch"), "Count", "Sum", detailed) == 1


@pytest.mark.parametrize(
    ("metric", "statistic", "threshold", "bad"),
    [
        ("4XXError", {"Statistic": "Average"}, 0.05, "/not-there"),
        ("5XXError", {"Statistic": "Average"}, 0.05, "/broken"),
        ("IntegrationLatency", {"ExtendedStatistic": "p99"}, 500, "/slow"),
    ],
)
def test_an_alarm_rings_for_more_than_its_share_and_is_silent_again(
    aws: Aws, api: Api, metric: str, statistic: dict[str, str], threshold: float, bad: str
) -> None:
    client: Any = aws.client("cloudwatch")
    client.put_metric_alarm(
        AlarmName="api",
        Namespace="AWS/ApiGateway",
        MetricName=metric,
        Dimensions=DIMENSIONS,
        Period=60,
        EvaluationPeriods=1,
        Threshold=threshold,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        **statistic,
    )

    def state_after(*paths: str) -> str:
        for path in paths:
            api.ask("GET", path)
        aws.advance("2m")
        return client.describe_alarms(AlarmNames=["api"])["MetricAlarms"][0]["StateValue"]

    good = ["/ok"] * 9
    assert state_after(*good) == "OK"
    assert state_after(*good, bad) == "ALARM"
    assert state_after(*good) == "OK"
