"""A monitoring account sees others' metrics by a link of OAM. That is not built, and says so."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.configurations import refused
from foulweather.testing import Aws


def test_links_and_sinks_are_not_made_up(aws: Aws) -> None:
    error = refused(aws.client("oam").create_sink, Name="monitoring")
    assert error["Status"] == 501
    assert "CreateSink" in error["Message"]


QUERY = {
    "Id": "m1",
    "AccountId": "222222222222",
    "MetricStat": {"Metric": {"Namespace": "Orders", "MetricName": "Requests"}, "Period": 60, "Stat": "Sum"},
}


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("list_metrics", {"IncludeLinkedAccounts": True}),
        ("get_metric_data", {"MetricDataQueries": [QUERY], "StartTime": 0, "EndTime": 60}),
    ],
)
def test_other_accounts_metrics_are_not_left_out_in_silence(aws: Aws, operation: str, request_: dict[str, Any]) -> None:
    assert refused(getattr(aws.client("cloudwatch"), operation), **request_)["Status"] == 501


def test_a_dashboard_alone_shares_nothing(aws: Aws) -> None:
    source = aws.session("222222222222").client("cloudwatch")
    source.put_metric_data(Namespace="Orders", MetricData=[{"MetricName": "Requests", "Value": 1}])
    assert aws.client("cloudwatch").list_metrics(Namespace="Orders")["Metrics"] == []
