"""A Contributor Insights rule on access logs: who calls most, and who gets most of the errors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.testing import Aws

GROUP = "/shop/access"


def definition(keys: list[str], *filters: dict[str, Any]) -> str:
    return json.dumps(
        {
            "Schema": {"Name": "CloudWatchLogRule", "Version": 1},
            "LogGroupNames": [GROUP],
            "LogFormat": "JSON",
            "Contribution": {"Keys": keys, "Filters": list(filters)},
            "AggregateOn": "Count",
        }
    )


@pytest.fixture
def watched(aws: Aws) -> Any:
    logs, cloudwatch = aws.client("logs"), aws.client("cloudwatch")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="one")
    failed = {"Match": "$.status", "GreaterThan": 499}
    for name, text in (("callers", definition(["$.ip"])), ("failing", definition(["$.path", "$.ip"], failed))):
        cloudwatch.put_insight_rule(RuleName=name, RuleState="ENABLED", RuleDefinition=text)
    for ip, path, status, count in (
        ("10.0.0.1", "/a", 200, 50),
        ("10.0.0.2", "/a", 200, 7),
        ("10.0.0.2", "/b", 503, 5),
        ("10.0.0.3", "/b", 503, 1),
    ):
        message = json.dumps({"ip": ip, "path": path, "status": status})
        events = [{"timestamp": aws.now_ms, "message": message}] * count
        logs.put_log_events(logGroupName=GROUP, logStreamName="one", logEvents=events)
        aws.advance("10s")
    return cloudwatch


def top(aws: Aws, client: Any, name: str) -> list[tuple[list[str], float]]:
    now = aws.now_ms / 1000
    told = client.get_insight_rule_report(RuleName=name, StartTime=now - 3600, EndTime=now, Period=300)
    return [(each["Keys"], each["ApproximateAggregateValue"]) for each in told["Contributors"]]


def test_the_report_lists_the_top_contributors(aws: Aws, watched: Any) -> None:
    assert top(aws, watched, "callers") == [(["10.0.0.1"], 50), (["10.0.0.2"], 12), (["10.0.0.3"], 1)]


def test_a_filter_leaves_those_who_fail(aws: Aws, watched: Any) -> None:
    assert top(aws, watched, "failing") == [(["/b", "10.0.0.2"], 5), (["/b", "10.0.0.3"], 1)]


def test_the_rules_are_told_as_they_were_put(watched: Any) -> None:
    rules = watched.describe_insight_rules()["InsightRules"]
    assert [(rule["Name"], rule["State"]) for rule in rules] == [("callers", "ENABLED"), ("failing", "ENABLED")]
    watched.delete_insight_rules(RuleNames=["callers", "failing"])
    assert watched.describe_insight_rules()["InsightRules"] == []
