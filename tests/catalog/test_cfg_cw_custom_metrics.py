"""Metrics of one's own: a latency, and orders by region with values, counts and processing times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from catalog.configurations import refused
from foulweather.testing import Aws


@pytest.fixture
def cloudwatch(aws: Aws) -> Any:
    client = aws.client("cloudwatch")
    client.put_metric_data(
        Namespace="MyApp", MetricData=[{"MetricName": "ApiLatency", "Value": 150, "Unit": "Milliseconds"}]
    )
    for region, value in (("eu", 20.0), ("eu", 40.0), ("us", 100.0)):
        dimensions = [{"Name": "Region", "Value": region}]
        data = [
            {"MetricName": "OrderValue", "Value": value, "Unit": "None", "Dimensions": dimensions},
            {"MetricName": "OrderCount", "Value": 1, "Unit": "Count", "Dimensions": dimensions},
            {"MetricName": "ProcessingTime", "Values": [10, 30], "Counts": [9, 1], "Dimensions": dimensions},
        ]
        client.put_metric_data(Namespace="OrdersApp", MetricData=data)
    aws.advance("1m")
    return client


def statistics(aws: Aws, client: Any, name: str, *, namespace: str = "OrdersApp", **given: Any) -> list[dict[str, Any]]:
    now = datetime.fromtimestamp(aws.now_ms / 1000, UTC)
    dimensions = [{"Name": key, "Value": value} for key, value in given.pop("dimensions", {}).items()]
    request = given or {"Statistics": ["Sum", "Average", "SampleCount", "Maximum"]}
    return client.get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=dimensions,
        StartTime=now - timedelta(hours=1),
        EndTime=now,
        Period=60,
        **request,
    )["Datapoints"]


def test_what_was_put_is_told(aws: Aws, cloudwatch: Any) -> None:
    (point,) = statistics(aws, cloudwatch, "ApiLatency", namespace="MyApp")
    assert (point["Average"], point["Unit"]) == (150, "Milliseconds")


def test_each_set_of_dimensions_is_a_metric_of_its_own(aws: Aws, cloudwatch: Any) -> None:
    (eu,) = statistics(aws, cloudwatch, "OrderValue", dimensions={"Region": "eu"})
    assert (eu["Sum"], eu["SampleCount"], eu["Maximum"]) == (60, 2, 40)
    (us,) = statistics(aws, cloudwatch, "OrderValue", dimensions={"Region": "us"})
    assert us["Sum"] == 100
    assert statistics(aws, cloudwatch, "OrderValue") == [], "no sum over regions is made"
    assert statistics(aws, cloudwatch, "OrderValue", dimensions={"Region": "ap"}) == []


def test_values_with_counts_make_percentiles(aws: Aws, cloudwatch: Any) -> None:
    (point,) = statistics(
        aws, cloudwatch, "ProcessingTime", dimensions={"Region": "us"}, ExtendedStatistics=["p50", "p95"]
    )
    assert point["ExtendedStatistics"] == {"p50": 10, "p95": 30}


def test_the_metrics_are_listed(cloudwatch: Any) -> None:
    listed = cloudwatch.list_metrics(Namespace="OrdersApp", Dimensions=[{"Name": "Region", "Value": "eu"}])["Metrics"]
    assert {metric["MetricName"] for metric in listed} == {"OrderValue", "OrderCount", "ProcessingTime"}


def test_awss_own_namespaces_are_not_for_users(cloudwatch: Any) -> None:
    error = refused(cloudwatch.put_metric_data, Namespace="AWS/Mine", MetricData=[{"MetricName": "x", "Value": 1}])
    assert (error["Code"], error["Status"]) == ("InvalidParameterValue", 400)
