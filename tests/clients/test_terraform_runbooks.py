"""Documents, settings and further secrets through Terraform: they stay as planned, and really run."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from clients.running import ACCOUNT, Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]

ROTATED = """
resource "aws_secretsmanager_secret_rotation" "signing" {
  secret_id           = aws_secretsmanager_secret.signing.id
  rotation_lambda_arn = "arn:aws:lambda:us-east-1:%s:function:rotate"
  rotation_rules {
    automatically_after_days = 30
  }
}
"""


def test_documents_are_made_run_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "runbooks", "runbooks")
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
    made = terraform.outputs()
    assert made["image"].startswith("ami-")
    assert (made["greeting"], made["secrets"]) == ("hello", ["shop/signing"])
    check_the_runbook_runs(cloud)

    terraform("apply", "-auto-approve", "-input=false", "-var=words=goodbye")
    terraform("plan", "-detailed-exitcode", "-input=false", "-var=words=goodbye", status=NOTHING_TO_CHANGE)
    ssm = cloud.client("ssm")
    document = ssm.describe_document(Name="shop-greet")["Document"]
    assert (document["DefaultVersion"], document["LatestVersion"]) == ("2", "2")
    assert "goodbye" in ssm.get_document(Name="shop-greet")["Content"]
    (window,) = ssm.describe_maintenance_windows()["WindowIdentities"]
    assert (window["Description"], window["NextExecutionTime"][-12:-6]) == ("goodbye", "T02:00")
    (task,) = ssm.describe_maintenance_window_tasks(WindowId=window["WindowId"])["Tasks"]
    assert task["Targets"][0]["Key"] == "WindowTargetIds"
    assert ssm.get_calendar_state(CalendarNames=["shop-freeze"])["NextTransitionTime"] == "2030-12-20T00:00:00Z"
    check_a_rotation_without_its_function_is_refused(cloud, terraform)

    terraform("destroy", "-auto-approve", "-input=false", "-var=words=goodbye")
    assert ssm.list_documents()["DocumentIdentifiers"] == []
    assert ssm.list_associations()["Associations"] == []
    assert ssm.describe_maintenance_windows()["WindowIdentities"] == []
    assert ssm.describe_parameters()["Parameters"] == []
    assert cloud.client("secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"] == []
    setting = ssm.get_service_setting(SettingId="/ssm/parameter-store/default-parameter-tier")["ServiceSetting"]
    assert setting["Status"] == "Default"


def check_the_runbook_runs(cloud: Cloud) -> None:
    """Under its role, by the clock."""
    ssm, sqs = cloud.client("ssm"), cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    started = ssm.start_automation_execution(DocumentName="shop-purge")["AutomationExecutionId"]
    status = "Pending"
    for _ in range(60):
        found = ssm.get_automation_execution(AutomationExecutionId=started)["AutomationExecution"]
        status = found["AutomationExecutionStatus"]
        if status not in ("Pending", "InProgress"):
            break
        time.sleep(0.5)
    assert status == "Success"


def check_a_rotation_without_its_function_is_refused(cloud: Cloud, terraform: Terraform) -> None:
    """It is refused, and by name while functions are not built; nothing else is changed by it."""
    more = terraform.directory / "rotation.tf"
    more.write_text(ROTATED % ACCOUNT)
    failed = terraform("apply", "-auto-approve", "-input=false", "-var=words=goodbye", status=1)
    assert "NotImplemented" in failed or "AccessDeniedException" in failed
    described = cloud.client("secretsmanager").describe_secret(SecretId="shop/signing")
    assert "RotationEnabled" not in described
    more.unlink()
