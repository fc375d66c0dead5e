"""What CloudWatch Logs tells: its own metrics, metric filters, embedded metrics."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness import Aws
from services.cloudwatch.watching import alarm, query, state, values

GROUP = "/shop/api"


@pytest.fixture
def logs(aws: Aws) -> Any:
    aws.logs.create_log_group({"logGroupName": GROUP})
    aws.logs.create_log_stream({"logGroupName": GROUP, "logStreamName": "one"})
    return aws.logs


async def write(aws: Aws, *messages: str, back_ms: int = 0) -> None:
    events = [{"timestamp": aws.now - back_ms, "message": message} for message in messages]
    answer = aws.logs.put_log_events({"logGroupName": GROUP, "logStreamName": "one", "logEvents": events})
    if not isinstance(answer, dict):
        await answer


def of_group(name: str, stat: str = "Sum") -> dict[str, Any]:
    return query(name, stat, namespace="AWS/Logs", dimensions={"LogGroupName": GROUP})


async def test_what_a_group_takes_in_is_counted(aws: Aws, logs: Any) -> None:
    await write(aws, "a", "bb")
    await aws.advance(seconds=60)
    assert values(aws, of_group("IncomingLogEvents")) == [2]
    assert values(aws, of_group("IncomingBytes")) == [3 + 2 * 26]
    assert values(aws, query("IncomingLogEvents", namespace="AWS/Logs")) == [2]


async def test_a_metric_filters_values_are_a_metric_and_raise_an_alarm(aws: Aws, logs: Any) -> None:
    transformation = {
        "metricNamespace": "Shop",
        "metricName": "Errors",
        "metricValue": "$.n",
        "dimensions": {"Page": "$.page"},
    }
    logs.put_metric_filter(
        {"logGroupName": GROUP, "filterName": "errors", "filterPattern": "{ $.level = error }",
         "metricTransformations": [transformation]}
    )  # fmt: skip
    alarm(aws, MetricName="Errors", Statistic="Sum", Dimensions=[{"Name": "Page", "Value": "home"}], Threshold=4.0)
    await write(aws, *(json.dumps({"level": "error", "n": n, "page": "home"}) for n in (2, 3)), '{"level": "info"}')
    await aws.advance(seconds=120)
    assert values(aws, query("Errors", dimensions={"Page": "home"})) == [5]
    assert state(aws) == "ALARM"


async def test_a_value_is_of_its_events_time(aws: Aws, logs: Any) -> None:
    transformation = {"metricNamespace": "Shop", "metricName": "Lines", "metricValue": "1"}
    logs.put_metric_filter(
        {"logGroupName": GROUP, "filterName": "all", "filterPattern": "", "metricTransformations": [transformation]}
    )
    await write(aws, "late", back_ms=600_000)
    await aws.advance(seconds=60)
    (told,) = aws.cloudwatch.get_metric_data(
        {"MetricDataQueries": [query("Lines")], "StartTime": aws.now - 3_600_000, "EndTime": aws.now}
    )["MetricDataResults"]
    assert told["Timestamps"] == [(aws.now - 660_000) // 60_000 * 60_000]


async def test_embedded_metrics_are_metrics(aws: Aws, logs: Any) -> None:
    metrics = [{"Name": "Time", "Unit": "Milliseconds", "StorageResolution": 1}]
    about = {"Namespace": "Shop", "Dimensions": [["Page"], []], "Metrics": metrics}
    embedded = {"_aws": {"Timestamp": aws.now, "CloudWatchMetrics": [about]}, "Page": "home", "Time": [10, 30]}
    await write(aws, json.dumps(embedded))
    await aws.advance(seconds=60)
    assert values(aws, query("Time", "Average", dimensions={"Page": "home"})) == [20]
    assert values(aws, query("Time", "Maximum")) == [30]
    assert values(aws, query("Time", "Maximum", 1)) == [30]
