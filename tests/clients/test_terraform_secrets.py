"""Secrets and parameters through Terraform: they stay as planned, and are really there."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients.running import Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]


def test_secrets_and_parameters_are_made_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "secrets", "secrets")
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
    made = terraform.outputs()
    assert (made["password"], made["key"]) == ("hunter2", "hunter2")
    assert made["names"] == ["/shop/db/host", "/shop/db/zones"]

    terraform("apply", "-auto-approve", "-input=false", "-var=password=swordfish")
    terraform("plan", "-detailed-exitcode", "-input=false", "-var=password=swordfish", status=NOTHING_TO_CHANGE)
    assert terraform.outputs()["key"] == "swordfish"
    secrets, parameters = cloud.client("secretsmanager"), cloud.client("ssm")
    stages = secrets.describe_secret(SecretId="shop/db")["VersionIdsToStages"].values()
    assert sorted(label for labels in stages for label in labels) == ["AWSCURRENT", "AWSPREVIOUS"]
    history = parameters.get_parameter_history(Name="/shop/api/key", WithDecryption=True)["Parameters"]
    assert [one["Value"] for one in history] == ["hunter2", "swordfish"]

    terraform("destroy", "-auto-approve", "-input=false")
    assert parameters.describe_parameters()["Parameters"] == []
    assert secrets.list_secrets()["SecretList"] == []
    planned = secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]
    assert [one["Name"] for one in planned] == ["shop/db"]
