"""The embedded metric format: a line in a log makes metrics, and no call of CloudWatch is needed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.testing import Aws

GROUP = "/aws/lambda/orders"


@pytest.fixture
def logs(aws: Aws) -> Any:
    client = aws.client("logs")
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName="one")
    return client


def write(aws: Aws, logs: Any, *messages: str) -> None:
    events = [{"timestamp": aws.now_ms, "message": message} for message in messages]
    logs.put_log_events(logGroupName=GROUP, logStreamName="one", logEvents=events)
    aws.advance("1m")


def line(aws: Aws, **changed: Any) -> dict[str, Any]:
    metrics = [{"Name": "OrderValue", "Unit": "None"}, {"Name": "ProcessingTime", "Unit": "Milliseconds"}]
    directive = {"Namespace": "OrdersApp", "Dimensions": [["Region"]], "Metrics": metrics, **changed}
    about = {"Timestamp": aws.now_ms, "CloudWatchMetrics": [directive]}
    return {"_aws": about, "Region": "eu", "OrderValue": 42.5, "ProcessingTime": 120, "orderId": "o-1"}


def values(aws: Aws, name: str) -> list[float]:
    metric = {
        "Namespace": "OrdersApp",
        "MetricName": name,
        "Dimensions": [{"Name": "Region", "Value": "eu"}],
    }
    query = {"Id": "m1", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    client = aws.client("cloudwatch")
    now = aws.now_ms / 1000
    answer = client.get_metric_data(MetricDataQueries=[query], StartTime=now - 3600, EndTime=now)
    return answer["MetricDataResults"][0]["Values"]


def test_a_line_makes_metrics_and_stays_a_line(aws: Aws, logs: Any) -> None:
    write(aws, logs, json.dumps(line(aws)))
    assert values(aws, "OrderValue") == [42.5]
    assert values(aws, "ProcessingTime") == [120]
    (event,) = logs.filter_log_events(logGroupName=GROUP, filterPattern='{ $.orderId = "o-1" }')["events"]
    assert json.loads(event["message"])["OrderValue"] == 42.5


@pytest.mark.parametrize(
    "changed", [{"Metrics": "none"}, {"Namespace": ""}, {"Dimensions": [["Region"], "Page"]}, {"Metrics": [{}]}]
)
def test_a_directive_that_is_none_is_ignored(aws: Aws, logs: Any, changed: dict[str, Any]) -> None:
    write(aws, logs, json.dumps(line(aws, **changed)), "START", "{}")
    assert values(aws, "OrderValue") == []
    assert len(logs.get_log_events(logGroupName=GROUP, logStreamName="one")["events"]) == 3
