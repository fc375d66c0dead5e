"""What a trail records: management events, data events of one bucket, reads or writes alone."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.trails import BUCKET, Audit
from foulweather.testing import Aws

MANAGEMENT = {"Field": "eventCategory", "Equals": ["Management"]}
DATA = [
    {"Field": "eventCategory", "Equals": ["Data"]},
    {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
    {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::kept/"]},
]


@pytest.fixture
def audit(aws: Aws) -> Audit:
    audit = Audit(aws)
    for bucket in ("kept", "other"):
        audit.s3.create_bucket(Bucket=bucket)
    audit.begin()
    aws.advance("2s")
    return audit


def use(aws: Aws, audit: Audit) -> None:
    for bucket in ("kept", "other"):
        audit.s3.put_object(Bucket=bucket, Key=f"in-{bucket}", Body=b"x")
        audit.s3.get_object(Bucket=bucket, Key=f"in-{bucket}")
    aws.client("sqs").create_queue(QueueName="q")
    aws.client("sqs").list_queues()
    aws.advance("15m")


def names(audit: Audit) -> set[str]:
    return {each["eventName"] for each in audit.records()}


def of_kept(kind: str = "All", **more: Any) -> dict[str, Any]:
    resource = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::kept/"]}
    return {"ReadWriteType": kind, "IncludeManagementEvents": True, "DataResources": [resource], **more}


def test_a_trail_records_no_object_until_it_is_told_to(aws: Aws, audit: Audit) -> None:
    use(aws, audit)
    assert audit.put_keys() == []
    assert {"CreateQueue", "ListQueues"} <= names(audit)


@pytest.mark.parametrize("kind", ["basic", "advanced"])
def test_objects_of_the_selected_bucket_alone_and_management_events_go_on(aws: Aws, audit: Audit, kind: str) -> None:
    if kind == "basic":
        audit.trail.put_event_selectors(TrailName="audit", EventSelectors=[of_kept()])
    else:
        selectors = [{"FieldSelectors": [MANAGEMENT]}, {"FieldSelectors": DATA}]
        audit.trail.put_event_selectors(TrailName="audit", AdvancedEventSelectors=selectors)
    use(aws, audit)
    assert audit.put_keys() == ["in-kept"]
    assert {"CreateQueue", "ListQueues", "GetObject"} <= names(audit)


def test_writes_alone(aws: Aws, audit: Audit) -> None:
    audit.trail.put_event_selectors(TrailName="audit", EventSelectors=[of_kept("WriteOnly")])
    use(aws, audit)
    assert audit.put_keys() == ["in-kept"]
    assert "CreateQueue" in names(audit)
    assert names(audit).isdisjoint({"GetObject", "ListQueues"})


def test_reads_alone(aws: Aws, audit: Audit) -> None:
    audit.trail.put_event_selectors(TrailName="audit", EventSelectors=[of_kept("ReadOnly")])
    use(aws, audit)
    assert audit.put_keys() == []
    assert {"GetObject", "ListQueues"} <= names(audit)
    assert "CreateQueue" not in names(audit)


def test_the_history_goes_on_whatever_a_trail_selects_and_has_no_data_events(aws: Aws, audit: Audit) -> None:
    audit.trail.put_event_selectors(TrailName="audit", EventSelectors=[of_kept("ReadOnly")])
    use(aws, audit)
    seen = {each["EventName"] for each in audit.trail.lookup_events()["Events"]}
    assert {"CreateQueue", "ListQueues"} <= seen
    assert seen.isdisjoint({"PutObject", "GetObject"})
    assert BUCKET in str(audit.trail.get_trail(Name="audit"))
