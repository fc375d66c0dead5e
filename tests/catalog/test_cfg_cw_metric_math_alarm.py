"""An alarm on the share of requests that fail: above 5 % in two periods of five minutes; no traffic is no failure."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.watched import inbox, publish, stat, state
from foulweather.testing import Aws


@pytest.fixture
def watched(aws: Aws) -> tuple[Any, Any]:
    client = aws.client("cloudwatch")
    topic, subjects = inbox(aws)
    client.put_metric_alarm(
        AlarmName="error-rate",
        Metrics=[
            {"Id": "rate", "Expression": "(errors/requests)*100", "Label": "Error rate (%)", "ReturnData": True},
            stat("errors", "Errors", ReturnData=False),
            stat("requests", "Requests", ReturnData=False),
        ],
        EvaluationPeriods=2,
        Threshold=5,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[topic],
        OKActions=[topic],
    )
    return client, subjects


def traffic(aws: Aws, client: Any, minutes: int, failing_percent: int) -> None:
    for _ in range(minutes):
        publish(client, "Requests", 100)
        publish(client, "Errors", failing_percent)
        aws.advance("1m")


def test_six_percent_of_errors_raise_it_and_it_ends(aws: Aws, watched: tuple[Any, Any]) -> None:
    client, subjects = watched
    traffic(aws, client, 15, 1)
    assert state(client, "error-rate") == "OK"
    traffic(aws, client, 12, 6)
    assert state(client, "error-rate") == "ALARM"
    reason = client.describe_alarms(AlarmNames=["error-rate"])["MetricAlarms"][0]["StateReason"]
    assert reason.startswith("Threshold Crossed: 2 out of the last 2 datapoints [6.0")
    traffic(aws, client, 12, 1)
    assert state(client, "error-rate") == "OK"
    assert [subject for subject in subjects() if "ALARM" in subject] == ['ALARM: "error-rate" in US East (N. Virginia)']


def test_without_traffic_it_stays_ok(aws: Aws, watched: tuple[Any, Any]) -> None:
    client, _ = watched
    aws.advance("1h")
    assert state(client, "error-rate") == "OK"


def test_exactly_the_threshold_is_not_above_it(aws: Aws, watched: tuple[Any, Any]) -> None:
    client, _ = watched
    traffic(aws, client, 20, 5)
    assert state(client, "error-rate") == "OK"


def test_one_bad_period_is_not_two(aws: Aws, watched: tuple[Any, Any]) -> None:
    client, subjects = watched
    traffic(aws, client, 15, 1)
    traffic(aws, client, 2, 20)
    traffic(aws, client, 15, 1)
    assert not any("ALARM" in subject for subject in subjects())
