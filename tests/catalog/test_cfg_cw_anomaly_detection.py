"""An alarm on a latency that is higher by day: above the band of its own pattern, not above a number."""

from __future__ import annotations

import math
from typing import Any

import pytest

from catalog.watched import stat, state
from foulweather.testing import Aws

HOUR_MS = 3_600_000


@pytest.fixture
def watched(aws: Aws) -> Any:
    client = aws.client("cloudwatch")
    detector = {"Namespace": "Orders", "MetricName": "Latency", "Stat": "p99"}
    client.put_anomaly_detector(SingleMetricAnomalyDetector=detector)
    client.put_metric_alarm(
        AlarmName="unusual",
        Metrics=[
            stat("latency", "Latency", "p99", ReturnData=True),
            {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(latency, 2)", "ReturnData": True},
        ],
        ThresholdMetricId="band",
        ComparisonOperator="GreaterThanUpperThreshold",
        EvaluationPeriods=3,
        TreatMissingData="notBreaching",
    )
    return client


def usual(at_ms: int) -> float:
    """A hundred milliseconds by night, three hundred in the afternoon, and a little back and forth."""
    hour = at_ms / HOUR_MS % 24
    return 200 - 100 * math.cos((hour - 2) / 24 * 2 * math.pi) + (at_ms // 300_000 % 7)


def days(aws: Aws, client: Any, hours: int, extra: float = 0) -> set[str]:
    seen: set[str] = set()
    for _ in range(hours):
        for _ in range(12):
            data = [{"MetricName": "Latency", "Value": usual(aws.now_ms) + extra}]
            client.put_metric_data(Namespace="Orders", MetricData=data)
            aws.advance("5m")
        seen.add(state(client, "unusual"))
    return seen


def test_its_pattern_is_no_alarm_and_a_deviation_is_one(aws: Aws, watched: Any) -> None:
    days(aws, watched, 3 * 24)
    assert days(aws, watched, 2 * 24) == {"OK"}, "300 ms in the afternoon are usual"
    while aws.now_ms // HOUR_MS % 24 != 2:
        days(aws, watched, 1)
    assert days(aws, watched, 2, extra=100) == {"ALARM"}, "200 ms at night are not, though they are by day"
    days(aws, watched, 1)
    assert state(watched, "unusual") == "OK"


def test_the_band_can_be_drawn(aws: Aws, watched: Any) -> None:
    days(aws, watched, 3 * 24)
    answer = watched.get_metric_data(
        MetricDataQueries=[
            stat("latency", "Latency", "p99"),
            {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(latency, 2)"},
        ],
        StartTime=(aws.now_ms - HOUR_MS) / 1000,
        EndTime=aws.now_ms / 1000,
    )
    latency, upper, lower = answer["MetricDataResults"]
    # The band goes on where there is no datapoint yet.
    band = dict(zip(upper["Timestamps"], zip(upper["Values"], lower["Values"], strict=True), strict=True))
    points = zip(latency["Timestamps"], latency["Values"], strict=True)
    edges = [(value, *band[at]) for at, value in points]
    assert len(edges) >= 12
    assert sum(low < value < high for value, high, low in edges) >= 0.8 * len(edges)


def test_the_detector_is_told_as_trained_when_it_has_learned(aws: Aws, watched: Any) -> None:
    told = watched.describe_anomaly_detectors()["AnomalyDetectors"][0]
    assert told["StateValue"] == "PENDING_TRAINING"
    days(aws, watched, 3 * 24)
    assert watched.describe_anomaly_detectors()["AnomalyDetectors"][0]["StateValue"] == "TRAINED"
