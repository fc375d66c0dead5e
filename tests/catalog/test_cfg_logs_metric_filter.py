"""Metric filters: a term, fields between spaces, members of JSON with a dimension; what they count is a metric."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.configurations import refused
from foulweather.testing import Aws

GROUP = "/shop/app"
SPACE = "Shop"
PAYMENT = '{ $.error_type = "PaymentFailed" }'
DELIMITED = "[timestamp, level=ERROR, ...]"
LINES = [
    "2024-03-01T11:00:00Z ERROR payment declined",
    "2024-03-01T11:00:01Z INFO payment taken",
    '{"error_type": "PaymentFailed", "error_code": "E42", "level": "ERROR"}',
    '{"error_type": "PaymentFailed", "error_code": "E43"}',
    '{"error_type": "Timeout", "error_code": "E42"}',
]


@pytest.fixture
def logs(aws: Aws) -> Any:
    client = aws.client("logs")
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName="s")
    return client


def filtering(logs: Any, name: str, pattern: str, **more: Any) -> None:
    transformation = {"metricName": name, "metricNamespace": SPACE, "metricValue": "1", **more}
    logs.put_metric_filter(
        logGroupName=GROUP, filterName=name, filterPattern=pattern, metricTransformations=[transformation]
    )


def write(aws: Aws, logs: Any, *lines: str) -> None:
    events = [{"timestamp": aws.now_ms, "message": line} for line in lines]
    logs.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=events)


def counted(aws: Aws, name: str, **dimensions: str) -> float:
    """The metric's sum."""
    found = aws.client("cloudwatch").get_metric_statistics(
        Namespace=SPACE,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=aws.now_ms // 1000 - 600,
        EndTime=aws.now_ms // 1000 + 60,
        Period=60,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in found["Datapoints"])


@pytest.mark.parametrize(
    ("pattern", "matching"),
    [('"ERROR"', [1, 3]), (DELIMITED, [1]), (PAYMENT, [3, 4]), ('{ $.error_code = "E4*" }', [3, 4, 5])],
)
def test_the_test_operation_tells_which_lines_match(logs: Any, pattern: str, matching: list[int]) -> None:
    found = logs.test_metric_filter(filterPattern=pattern, logEventMessages=LINES)["matches"]
    assert [match["eventNumber"] for match in found] == matching


def test_a_metric_counts_as_many_as_match_and_none_that_came_before(aws: Aws, logs: Any) -> None:
    write(aws, logs, *LINES)
    filtering(logs, "Errors", '"ERROR"')
    filtering(logs, "Delimited", DELIMITED)
    filtering(logs, "Payments", PAYMENT, dimensions={"ErrorCode": "$.error_code"})
    for _ in range(3):
        write(aws, logs, *LINES)
    aws.advance("2m")
    assert counted(aws, "Errors") == 6
    assert counted(aws, "Delimited") == 3
    assert (counted(aws, "Payments", ErrorCode="E42"), counted(aws, "Payments", ErrorCode="E43")) == (3, 3)
    assert counted(aws, "Payments") == 0, "a metric with dimensions is not one without"


def test_a_default_makes_a_zero_of_minutes_in_which_nothing_matched(aws: Aws, logs: Any) -> None:
    filtering(logs, "Errors", '"ERROR"', defaultValue=0)
    write(aws, logs, "fine")
    aws.advance("2m")
    asked = {"Namespace": SPACE, "MetricName": "Errors", "Period": 60, "Statistics": ["SampleCount", "Sum"]}
    now = aws.now_ms // 1000
    found = aws.client("cloudwatch").get_metric_statistics(StartTime=now - 600, EndTime=now, **asked)["Datapoints"]
    assert [(point["Sum"], point["SampleCount"]) for point in found] == [(0, 1)]


def test_three_dimensions_and_no_default_with_them(logs: Any) -> None:
    def asked(**more: Any) -> dict[str, Any]:
        transformation = {"metricName": "M", "metricNamespace": SPACE, "metricValue": "1", **more}
        return {
            "logGroupName": GROUP,
            "filterName": "f",
            "filterPattern": PAYMENT,
            "metricTransformations": [transformation],
        }

    three = {name: f"$.{name}" for name in ("a", "b", "c")}
    logs.put_metric_filter(**asked(dimensions=three))
    assert refused(logs.put_metric_filter, **asked(dimensions={**three, "d": "$.d"}))["Status"] == 400
    error = refused(logs.put_metric_filter, **asked(dimensions=three, defaultValue=0))
    assert error["Code"] == "InvalidParameterException"
    told = logs.describe_metric_filters(logGroupName=GROUP)["metricFilters"]
    assert [json.dumps(each["metricTransformations"][0]["dimensions"]) for each in told] == [json.dumps(three)]
