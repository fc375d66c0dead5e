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


def test_metrics_are_by_api_and_stage_and_detailed_ones_by_method(aws: Aws, api: Api) -> None:
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

    set_stage(api, metrics_enabled=True)
    api.ask("GET", "/slow")
    aws.advance("2m")
    detailed = [*DIMENSIONS, {"Name": "Method", "Value": "GET"}, {"Name": "Resource", "Value": "/slow"}]
    assert value(aws, client, "Count", "Sum", detailed) == 1


ALARMS = (
    ("4XXError", {"Statistic": "Average"}, 0.05, "/not-there"),
    ("5XXError", {"Statistic": "Average"}, 0.05, "/broken"),
    ("IntegrationLatency", {"ExtendedStatistic": "p99"}, 500, "/slow"),
)


def test_an_alarm_rings_for_more_than_its_share_and_is_silent_again(aws: Aws, api: Api) -> None:
    client: Any = aws.client("cloudwatch")
    for metric, statistic, threshold, _ in ALARMS:
        client.put_metric_alarm(
            AlarmName=metric,
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

    def ringing_after(*paths: str) -> list[str]:
        for path in paths:
            api.ask("GET", path)
        aws.advance("2m")
        return [each["AlarmName"] for each in client.describe_alarms(StateValue="ALARM")["MetricAlarms"]]

    good = ["/ok"] * 9
    assert ringing_after(*good) == []
    for metric, _, _, bad in ALARMS:
        assert ringing_after(*good, bad) == [metric]
        assert ringing_after(*good) == []
