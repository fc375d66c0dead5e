"""Streams and their consumers through Terraform: they stay as planned, and really scale, keep and encrypt."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients.running import Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform
from services.lambda_.packaged import zipped

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]


CODE = """
def handler(event, context):
    for record in event["Records"]:
        print("FROM", record["eventSourceARN"])
"""


def sources_seen(cloud: Cloud) -> set[str]:
    """The streams and consumers by which the function has had a record, within some seconds."""
    logs, found = cloud.client("logs"), set[str]()
    for _ in range(20):
        cloud.run("sleep", "0.5")
        try:
            events = logs.filter_log_events(logGroupName="/aws/lambda/counter", filterPattern="FROM")["events"]
        except logs.exceptions.ResourceNotFoundException:
            continue
        found = {event["message"].split()[-1] for event in events}
        if len(found) > 1:
            break
    return found


def test_streams_are_made_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "clicks", "clicks")
    (terraform.directory / "app.zip").write_bytes(zipped({"app.py": CODE}))
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
    made = terraform.outputs()
    assert made["hours"] == 48

    kinesis = cloud.client("kinesis")
    assert kinesis.put_record(StreamName="clicks", Data=b"x", PartitionKey="k")["EncryptionType"] == "KMS"
    assert sources_seen(cloud) == {made["stream"], made["consumer"]}
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
