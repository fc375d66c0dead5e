"""Calls that the tests of CloudWatch share."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws

MINUTE_MS = 60_000


def put(aws: Aws, value: float, *, name: str = "Latency", at_ms: int | None = None, **given: Any) -> None:
    datum: dict[str, Any] = {"MetricName": name, "Value": value, **given}
    if at_ms is not None:
        datum["Timestamp"] = at_ms
    aws.cloudwatch.put_metric_data({"Namespace": "Shop", "MetricData": [datum]})


def query(
    name: str = "Latency", stat: str = "Sum", period: int = 60, *, query_id: str = "m1", **given: Any
) -> dict[str, Any]:
    metric = {
        "Namespace": given.pop("namespace", "Shop"),
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in given.pop("dimensions", {}).items()],
    }
    return {"Id": query_id, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}, **given}


def data(aws: Aws, *queries: dict[str, Any], back_s: int = 3600, **given: Any) -> list[dict[str, Any]]:
    request = {
        "MetricDataQueries": list(queries),
        "StartTime": aws.now - back_s * 1000,
        "EndTime": aws.now + MINUTE_MS,
        "ScanBy": "TimestampAscending",
        **given,
    }
    return aws.cloudwatch.get_metric_data(request)["MetricDataResults"]


def values(aws: Aws, *queries: dict[str, Any], back_s: int = 3600) -> list[float]:
    return data(aws, *queries, back_s=back_s)[0]["Values"]


def refused(code: str, call: Any, request: dict[str, Any]) -> AwsError:
    with pytest.raises(AwsError) as caught:
        call(request)
    assert caught.value.code == code, caught.value
    return caught.value


def alarm(aws: Aws, name: str = "slow", **given: Any) -> None:
    request = {
        "AlarmName": name,
        "Namespace": "Shop",
        "MetricName": "Latency",
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 100.0,
        "ComparisonOperator": "GreaterThanThreshold",
        **given,
    }
    aws.cloudwatch.put_metric_alarm({key: value for key, value in request.items() if value is not None})


def told(aws: Aws, name: str = "slow") -> dict[str, Any]:
    answer = aws.cloudwatch.describe_alarms({"AlarmNames": [name], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]})
    (found,) = answer["MetricAlarms"] + answer["CompositeAlarms"]
    return found


def state(aws: Aws, name: str = "slow") -> str:
    return told(aws, name)["StateValue"]
