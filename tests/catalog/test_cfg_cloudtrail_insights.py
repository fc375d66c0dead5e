"""Insights: an API that is called, or fails, far more often than in the week before."""

from __future__ import annotations

import pytest

from catalog.configurations import code_of
from catalog.trails import Audit
from foulweather.testing import Aws


@pytest.fixture
def audit(aws: Aws) -> Audit:
    audit = Audit(aws)
    audit.begin()
    aws.advance("2s")
    kinds = [{"InsightType": kind} for kind in ("ApiCallRateInsight", "ApiErrorRateInsight")]
    audit.trail.put_insight_selectors(TrailName="audit", InsightSelectors=kinds)
    return audit


def a_week(aws: Aws) -> None:
    """One queue's tags an hour."""
    sqs = aws.client("sqs")
    queue = sqs.create_queue(QueueName="orders")["QueueUrl"]
    for hour in range(7 * 24):
        sqs.tag_queue(QueueUrl=queue, Tags={"hour": str(hour)})
        aws.advance("1h")


def test_a_burst_of_writes_is_an_insight_and_its_end_too(aws: Aws, audit: Audit) -> None:
    a_week(aws)
    assert audit.records("/CloudTrail-Insight/") == []
    sqs = aws.client("sqs")
    queue = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    for number in range(60):
        sqs.tag_queue(QueueUrl=queue, Tags={"burst": str(number)})
    aws.advance("40m")
    details = [each["insightDetails"] for each in audit.records("/CloudTrail-Insight/")]
    assert [(each["state"], each["insightType"], each["eventName"]) for each in details] == [
        ("Start", "ApiCallRateInsight", "TagQueue"),
        ("End", "ApiCallRateInsight", "TagQueue"),
    ]
    statistics = details[0]["insightContext"]["statistics"]
    assert statistics["insight"]["average"] > 10 * statistics["baseline"]["average"]
    seen = audit.trail.lookup_events(EventCategory="insight")["Events"]
    assert {each["EventName"] for each in seen} == {"TagQueue"}


def test_a_burst_of_errors_is_one_by_its_code(aws: Aws, audit: Audit) -> None:
    a_week(aws)
    iam = aws.client("iam")
    for _ in range(40):
        assert code_of(iam.get_user, UserName="nobody") == "NoSuchEntity"
    aws.advance("40m")
    details = [each["insightDetails"] for each in audit.records("/CloudTrail-Insight/")]
    found = {(each["insightType"], each["eventName"], each.get("errorCode")) for each in details}
    assert ("ApiErrorRateInsight", "GetUser", "NoSuchEntityException") in found


def test_a_quiet_week_has_none(aws: Aws, audit: Audit) -> None:
    a_week(aws)
    assert audit.trail.lookup_events(EventCategory="insight")["Events"] == []
