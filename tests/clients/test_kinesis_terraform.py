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
