"""One alarm for three: it is raised when any of them is, held back by a suppressor, and its parts cannot be deleted."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from catalog.configurations import refused
from catalog.watched import inbox, state
from foulweather.testing import Aws

CHILDREN = ("latency", "errors", "backlog")


def child(client: Any, name: str) -> None:
    client.put_metric_alarm(
        AlarmName=name,
        Namespace="Orders",
        MetricName=name,
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
    )


def put(client: Any, name: str, value: str) -> None:
    client.set_alarm_state(AlarmName=name, StateValue=value, StateReason="the test says so")


@pytest.fixture
def watched(aws: Aws) -> tuple[Any, Any]:
    client = aws.client("cloudwatch")
    topic, subjects = inbox(aws)
    for name in (*CHILDREN, "deploying"):
        child(client, name)
        put(client, name, "OK")
    client.put_composite_alarm(
        AlarmName="service",
        AlarmRule=" OR ".join(f"ALARM({name})" for name in CHILDREN),
        AlarmActions=[topic],
        ActionsSuppressor="deploying",
        ActionsSuppressorWaitPeriod=60,
        ActionsSuppressorExtensionPeriod=60,
    )
    aws.advance("1s")
    return client, subjects


def test_its_truth_table(aws: Aws, watched: tuple[Any, Any]) -> None:
    client, _ = watched
    for values in itertools.product(("OK", "ALARM"), repeat=3):
        for name, value in zip(CHILDREN, values, strict=True):
            put(client, name, value)
        aws.advance("1s")
        assert state(client, "service") == ("ALARM" if "ALARM" in values else "OK"), values


def test_it_pages_once_for_three(aws: Aws, watched: tuple[Any, Any]) -> None:
    client, subjects = watched
    for name in CHILDREN:
        put(client, name, "ALARM")
    aws.advance("5m")
    assert subjects() == ['ALARM: "service" in US East (N. Virginia)']


def test_a_suppressor_holds_the_actions_back_and_not_the_state(aws: Aws, watched: tuple[Any, Any]) -> None:
    client, subjects = watched
    put(client, "deploying", "ALARM")
    put(client, "errors", "ALARM")
    aws.advance("5m")
    (told,) = client.describe_alarms(AlarmNames=["service"], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert (told["StateValue"], told["ActionsSuppressedBy"]) == ("ALARM", "Alarm")
    assert subjects() == []
    put(client, "deploying", "OK")
    aws.advance("2m")
    assert subjects() == ['ALARM: "service" in US East (N. Virginia)'], (
        "when the suppressor has ended, what is still so"
    )


def test_a_part_of_it_cannot_be_deleted(watched: tuple[Any, Any]) -> None:
    client, _ = watched
    for name in ("errors", "deploying"):
        error = refused(client.delete_alarms, AlarmNames=[name])
        assert error["Code"] == "ValidationError"
        assert "composite alarm" in error["Message"]
    client.delete_alarms(AlarmNames=["service"])
    client.delete_alarms(AlarmNames=list(CHILDREN))
    assert [alarm["AlarmName"] for alarm in client.describe_alarms()["MetricAlarms"]] == ["deploying"]
