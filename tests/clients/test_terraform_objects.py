"""Buckets, their settings, objects and access points through Terraform: they stay as planned, and work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from clients.running import ACCOUNT, Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform

# Three to four minutes, most of it the provider waiting until what it wrote is there everywhere.
pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]

CHANGED = ("-var=days=31", "-var=greeting=bye", "-var=status=Disabled")


def test_buckets_with_all_settings_are_made_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "objects", "objects")
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
    outputs = terraform.outputs()
    assert outputs["greeting"] == "hello"
    assert outputs["documents"] == ["documents/greeting", "documents/sealed"]
    assert outputs["folders"] == ["copies/", "documents/"]
    s3, sqs = cloud.client("s3"), cloud.client("sqs")
    s3.put_object(Bucket="objects-data", Key="images/1.jpg", Body=b"1")
    assert events(sqs, outputs["events"]) == ["images/1.jpg"]
    locked = s3.head_object(Bucket="objects-source", Key="orders/1")["VersionId"]
    with pytest.raises(ClientError, match="AccessDenied"):  # GOVERNANCE, until it is bypassed
        s3.delete_object(Bucket="objects-source", Key="orders/1", VersionId=locked)

    terraform("apply", "-auto-approve", "-input=false", *CHANGED)
    terraform("plan", "-detailed-exitcode", "-input=false", *CHANGED, status=NOTHING_TO_CHANGE)
    rules = s3.get_bucket_lifecycle_configuration(Bucket="objects-data")["Rules"]
    assert next(rule["Status"] for rule in rules if rule["ID"] == "archive") == "Disabled"
    assert s3.get_object(Bucket="objects-data", Key="copies/greeting")["Body"].read() in (b"hello", b"bye")

    terraform("destroy", "-auto-approve", "-input=false", *CHANGED)
    assert not [each for each in s3.list_buckets()["Buckets"] if each["Name"].startswith("objects-")]


def events(sqs: Any, queue_url: str) -> list[str]:
    """The keys that a queue has heard of, besides the test event of its configuration."""
    for _ in range(5):
        received = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=5)
        bodies = [json.loads(each["Body"]) for each in received.get("Messages", ())]
        found = [record["s3"]["object"]["key"] for body in bodies for record in body.get("Records", ())]
        if found:
            return found
    return []


def test_access_points_and_the_account_s_block_are_made_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "points", "points")
    # Clients put the account before the endpoint's host, and not every resolver knows names below localhost.
    terraform.environment |= {"AWS_ENDPOINT_URL": f"http://localhost:{cloud.port}", "HTTP_PROXY": cloud.endpoint}
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
    outputs = terraform.outputs()
    assert outputs["is_blocked"] is True
    s3 = cloud.client("s3")
    assert s3.get_object(Bucket=outputs["alias"], Key="orders/1")["Body"].read() == b"through a point"

    terraform("apply", "-auto-approve", "-input=false", "-var=is_blocked=false")
    terraform("plan", "-detailed-exitcode", "-input=false", "-var=is_blocked=false", status=NOTHING_TO_CHANGE)
    told = json.loads(terraform("show", "-json"))["values"]["root_module"]["resources"]
    assert any(ACCOUNT in each["values"].get("arn", "") for each in told if each["type"] == "aws_s3_access_point")

    terraform("destroy", "-auto-approve", "-input=false", "-var=is_blocked=false")
    assert not [each for each in s3.list_buckets()["Buckets"] if each["Name"].startswith("points-")]
