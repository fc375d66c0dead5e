"""Pipes through Terraform: they stay as planned, and really carry."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients.running import Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]


def test_pipes_are_made_carry_are_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "pipes", "pipes")
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
    urls, sqs = terraform.outputs(), cloud.client("sqs")
    for amount in (50, 150):
        sqs.send_message(QueueUrl=urls["orders"], MessageBody=f'{{"amount": {amount}}}')
    (message,) = sqs.receive_message(QueueUrl=urls["large"], WaitTimeSeconds=10)["Messages"]
    assert message["Body"] == '{"amount": 150}'

    terraform("apply", "-auto-approve", "-input=false", "-var=above=10")
    terraform("plan", "-detailed-exitcode", "-input=false", "-var=above=10", status=NOTHING_TO_CHANGE)
    sqs.send_message(QueueUrl=urls["orders"], MessageBody='{"amount": 50}')
    (message,) = sqs.receive_message(QueueUrl=urls["large"], WaitTimeSeconds=10)["Messages"]
    assert message["Body"] == '{"amount": 50}'

    terraform("destroy", "-auto-approve", "-input=false", "-var=above=10")
    assert cloud.client("pipes").list_pipes()["Pipes"] == []
