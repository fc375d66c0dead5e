"""CloudTrail through the AWS CLI: the history, a trail, and a chain of files whose every change is found out."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from clients.running import ACCOUNT, ROOT_KEYS, Cloud, allowing, policy, running

pytestmark = [pytest.mark.client, pytest.mark.needs("aws")]

BUCKET = "audit-bucket"
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"
SERVICE = {"Service": "cloudtrail.amazonaws.com"}


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A server with a trail that has delivered the files and digests of three hours."""
    home: Path = tmp_path_factory.mktemp("home")
    with running(home, "--clock", "held") as cloud:
        cloud.aws("s3api", "create-bucket", "--bucket", BUCKET)
        control = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
        document = policy(
            allowing("s3:GetBucketAcl", f"arn:aws:s3:::{BUCKET}", Principal=SERVICE),
            allowing(
                "s3:PutObject", f"arn:aws:s3:::{BUCKET}/AWSLogs/{ACCOUNT}/*", Principal=SERVICE, Condition=control
            ),
        )
        refusal = cloud.ran(
            *("aws", "cloudtrail", "create-trail", "--name", "audit", "--s3-bucket-name", BUCKET), keys=ROOT_KEYS
        )
        assert "(InsufficientS3BucketPolicyException)" in refusal.stderr
        cloud.foulweather("clock", "advance", "2s")
        cloud.aws("s3api", "put-bucket-policy", "--bucket", BUCKET, "--policy", document)
        options = ("--is-multi-region-trail", "--enable-log-file-validation")
        made = cloud.aws("cloudtrail", "create-trail", "--name", "audit", "--s3-bucket-name", BUCKET, *options)
        assert made["TrailARN"] == ARN
        cloud.aws("cloudtrail", "start-logging", "--name", "audit")
        for hour in range(3):
            cloud.aws("sqs", "create-queue", "--queue-name", f"queue-{hour}")
            cloud.foulweather("clock", "advance", "1h")
        yield cloud


def validated(cloud: Cloud) -> str:
    ended = cloud.ran(
        *("aws", "cloudtrail", "validate-logs", "--trail-arn", ARN, "--start-time", "2020-01-01T00:00:00Z"),
        *("--end-time", "2035-01-01T00:00:00Z", "--verbose"),
        keys=ROOT_KEYS,
    )
    return ended.stdout + ended.stderr


def test_the_history_names_who_did_what(logged: Cloud) -> None:
    attribute = "AttributeKey=EventName,AttributeValue=CreateQueue"
    events = logged.aws("cloudtrail", "lookup-events", "--lookup-attributes", attribute)["Events"]
    assert [each["ResourceName"] for one in events for each in one["Resources"][1:]] == [
        "queue-2",
        "queue-1",
        "queue-0",
    ]
    record = json.loads(events[0]["CloudTrailEvent"])
    assert record["userIdentity"]["type"] == "Root"
    assert record["userAgent"].startswith("aws-cli/")
    assert record["sourceIPAddress"] == "127.0.0.1"


def test_the_status_tells_of_deliveries(logged: Cloud) -> None:
    status = logged.aws("cloudtrail", "get-trail-status", "--name", "audit")
    assert status["IsLogging"] is True
    assert status["LatestDeliveryTime"]
    assert status["LatestDigestDeliveryTime"]
    assert "LatestDeliveryError" not in status


def test_files_are_found_valid_changed_and_missing(logged: Cloud) -> None:
    said = validated(logged)
    assert "3/3 digest files valid" in said
    # How many there are depends on where in CloudTrail's five minutes the clock was moved.
    found = re.search(r"\b([3-9])/\1 log files valid", said)
    assert found is not None
    count = int(found[1])
    assert "INVALID" not in said
    s3 = logged.client("s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"] if one["Size"]]
    first, second = [key for key in keys if "/CloudTrail/" in key][:2]
    body = gzip.decompress(s3.get_object(Bucket=BUCKET, Key=first)["Body"].read())
    s3.put_object(Bucket=BUCKET, Key=first, Body=gzip.compress(body.replace(b"queue-0", b"queue-9")))
    s3.delete_object(Bucket=BUCKET, Key=second)
    said = validated(logged)
    assert f"{first}\tINVALID: hash value doesn't match" in said
    assert f"{second}\tINVALID: not found" in said
    assert f"{count - 2}/{count} log files valid, 2/{count} log files INVALID" in said
    digest = next(key for key in keys if "/CloudTrail-Digest/" in key)
    held = s3.get_object(Bucket=BUCKET, Key=digest)
    changed = gzip.compress(gzip.decompress(held["Body"].read()).replace(first.encode(), second.encode()))
    s3.put_object(Bucket=BUCKET, Key=digest, Body=changed, Metadata=held["Metadata"])
    assert f"{digest}\tINVALID: signature verification failed" in validated(logged)


def test_selectors_and_insights_are_set_and_a_wrong_type_is_refused(logged: Cloud) -> None:
    resource = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::my-bucket/"]}
    selectors = json.dumps([{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [resource]}])
    put = ("cloudtrail", "put-event-selectors", "--trail-name", "audit", "--event-selectors")
    assert logged.aws(*put, selectors)["EventSelectors"][0]["DataResources"] == [resource]
    logged.foulweather("clock", "advance", "2s")
    ecs = json.dumps([{"DataResources": [{"Type": "AWS::ECS::Service", "Values": ["arn:aws:ecs"]}]}])
    refusal = logged.ran("aws", *put, ecs, keys=ROOT_KEYS).stderr
    assert "(InvalidEventSelectorsException)" in refusal
    insights = ("--insight-selectors", '[{"InsightType": "ApiCallRateInsight"}]')
    made = logged.aws("cloudtrail", "put-insight-selectors", "--trail-name", "audit", *insights)
    assert made["InsightSelectors"] == [{"InsightType": "ApiCallRateInsight"}]
    logged.foulweather("clock", "advance", "2s")
    updated = logged.aws("cloudtrail", "update-trail", "--name", "audit", "--no-is-multi-region-trail")
    assert updated["IsMultiRegionTrail"] is False
