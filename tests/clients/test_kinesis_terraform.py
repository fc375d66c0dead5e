"""Streams and their consumers through Terraform: they stay as planned, and really scale, keep and encrypt."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients.running import Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]


def test_streams_are_made_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "clicks", "clicks")
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
    made = terraform.outputs()
    assert made["hours"] == 48

    kinesis = cloud.client("kinesis")
    assert kinesis.put_record(StreamName="clicks", Data=b"x", PartitionKey="k")["EncryptionType"] == "KMS"
    changes = ("-var=hours=24", "-var=shards=2")
    terraform("apply", "-auto-approve", "-input=false", *changes)
    terraform("plan", "-detailed-exitcode", "-input=false", *changes, status=NOTHING_TO_CHANGE)
    found = kinesis.describe_stream_summary(StreamName="clicks")["StreamDescriptionSummary"]
    assert (found["OpenShardCount"], found["RetentionPeriodHours"], found["ConsumerCount"]) == (2, 24, 1)

    terraform("destroy", "-auto-approve", "-input=false", *changes)
    assert kinesis.list_streams()["StreamNames"] == []


def test_delivery_streams_are_made_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "lake", "lake")
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)

    kinesis, s3 = cloud.client("kinesis"), cloud.client("s3")
    kinesis.put_record(StreamName="lake-clicks", Data=b"streamed", PartitionKey="k")
    found: list[str] = []
    for _ in range(20):
        found = [each["Key"] for each in s3.list_objects_v2(Bucket="clicks-lake").get("Contents", [])]
        if found:
            break
        cloud.run("sleep", "0.5")
    assert found[0].startswith("streamed/20")
    body = s3.get_object(Bucket="clicks-lake", Key=found[0])["Body"].read()
    assert body == b"streamed"

    change = "-var=interval=300"
    terraform("apply", "-auto-approve", "-input=false", change)
    terraform("plan", "-detailed-exitcode", "-input=false", change, status=NOTHING_TO_CHANGE)
    terraform("destroy", "-auto-approve", "-input=false", change)
    assert cloud.client("firehose").list_delivery_streams()["DeliveryStreamNames"] == []
