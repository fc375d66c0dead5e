"""A trail that also writes to a log group, where a metric filter counts and an alarm watches."""

from __future__ import annotations

import json

import pytest

from catalog.configurations import code_of, policy, refused
from catalog.trails import Audit
from foulweather.testing import Aws


@pytest.fixture
def audit(aws: Aws) -> Audit:
    return Audit(aws)


def test_a_call_is_in_the_log_group_within_minutes_and_the_filter_counts_it(aws: Aws, audit: Audit) -> None:
    audit.begin()
    audit.aws.advance("2s")
    audit.trail.update_trail(Name="audit", **audit.logs())
    logs, watch = aws.client("logs"), aws.client("cloudwatch")
    transformation = {"metricName": "QueuesMade", "metricNamespace": "Audit", "metricValue": "1"}
    logs.put_metric_filter(
        logGroupName="trail",
        filterName="queues",
        filterPattern="{ $.eventName = CreateQueue }",
        metricTransformations=[transformation],
    )
    watch.put_metric_alarm(
        AlarmName="queues",
        Namespace="Audit",
        MetricName="QueuesMade",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=2,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    for name in ("a", "b"):
        aws.client("sqs").create_queue(QueueName=name)
    aws.advance("9m")
    pattern = "{ $.eventName = CreateQueue }"
    found = logs.filter_log_events(logGroupName="trail", filterPattern=pattern)["events"]
    assert [json.loads(each["message"])["requestParameters"]["queueName"] for each in found] == ["a", "b"]
    assert watch.describe_alarms(AlarmNames=["queues"])["MetricAlarms"][0]["StateValue"] == "ALARM"
    assert "LatestCloudWatchLogsDeliveryTime" in audit.trail.get_trail_status(Name="audit")


def test_a_group_without_its_asterisk_and_a_role_that_may_not_write_are_refused(aws: Aws, audit: Audit) -> None:
    audit.begin()
    asked = audit.logs("logs:DescribeLogGroups")
    aws.advance("2s")
    bare = {**asked, "CloudWatchLogsLogGroupArn": asked["CloudWatchLogsLogGroupArn"].removesuffix(":*")}
    assert code_of(audit.trail.update_trail, Name="audit", **bare) == "InvalidCloudWatchLogsLogGroupArnException"
    aws.advance("2s")
    error = refused(audit.trail.update_trail, Name="audit", **asked)
    assert error["Message"] == "Access denied. Check the permissions for your role."


def test_a_role_that_loses_its_right_shows_in_the_status_and_the_bucket_gets_its_files(aws: Aws, audit: Audit) -> None:
    audit.begin(**audit.logs())
    denied = {"Effect": "Deny", "Action": "logs:PutLogEvents", "Resource": "*"}
    aws.client("iam").put_role_policy(RoleName="trail-logs", PolicyName="off", PolicyDocument=policy(denied))
    aws.advance("10m")
    status = audit.trail.get_trail_status(Name="audit")
    assert status["LatestCloudWatchLogsDeliveryError"].startswith("AccessDenied")
    assert "LatestDeliveryError" not in status
    assert audit.files()
