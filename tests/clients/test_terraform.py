"""A stack through Terraform and the AWS provider: what it makes stays as it was planned."""

from __future__ import annotations

import json
import shutil
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from clients.running import ACCOUNT, ROOT_KEYS, Cloud, Keys, found_tool, running, terraform_mirror

# Two to three minutes, most of it the provider polling: `make clients` runs it, and so does CI.
pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]

STACKS = Path(__file__).parent / "terraform"
NOTHING_TO_CHANGE = 0


class Terraform:
    """A working directory of Terraform."""

    def __init__(self, cloud: Cloud, directory: Path, stack: str) -> None:
        self.cloud = cloud
        self.directory = directory
        shutil.copytree(STACKS / stack, directory)
        configuration = directory / "terraform.rc"
        mirror = f'filesystem_mirror {{ path = "{terraform_mirror()}" }}'
        configuration.write_text(f"provider_installation {{ {mirror} }}\n".replace("{ ", "{\n").replace(" }", "\n}"))
        self.environment = cloud.aimed(ROOT_KEYS) | {
            "TF_CLI_CONFIG_FILE": str(configuration),
            "TF_CLI_ARGS": "-no-color",
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
        }

    def __call__(self, command: str, *options: str, status: int = 0) -> str:
        terraform = found_tool("terraform") or "terraform"
        ended = self.cloud.ran(
            terraform, f"-chdir={self.directory}", command, *options, timeout_s=150, **self.environment
        )
        assert ended.returncode == status, ended.stdout[-6000:] + ended.stderr[-6000:]
        return ended.stdout + ended.stderr if status else ended.stdout

    def outputs(self) -> dict[str, Any]:
        return {name: one["value"] for name, one in json.loads(self("output", "-json")).items()}

    def use_endpoints_block(self) -> None:
        """Name the endpoint as stacks did before AWS_ENDPOINT_URL."""
        shutil.copy(STACKS / "endpoints.tf", self.directory)
        del self.environment["AWS_ENDPOINT_URL"]
        self.environment["TF_VAR_endpoint"] = self.cloud.endpoint


def test_a_stack_is_made_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "orders", "orders")
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
    check_the_stack_works(cloud, terraform.outputs())

    terraform("apply", "-auto-approve", "-input=false", "-var=session_s=7200")
    terraform.use_endpoints_block()
    terraform("plan", "-detailed-exitcode", "-input=false", "-var=session_s=7200", status=NOTHING_TO_CHANGE)
    assert cloud.client("iam").get_role(RoleName="worker")["Role"]["MaxSessionDuration"] == 7200

    terraform("destroy", "-auto-approve", "-input=false")
    assert cloud.client("iam").list_users()["Users"] == []
    assert cloud.client("iam").list_roles()["Roles"] == []
    assert "QueueUrls" not in cloud.client("sqs").list_queues()
    assert cloud.client("sns").list_topics()["Topics"] == []


def check_the_stack_works(cloud: Cloud, outputs: dict[str, Any]) -> None:
    """What is wired lets the right message through, for the right caller."""
    assert outputs["account"] == ACCOUNT
    deployer = Keys(outputs["access_key_id"], outputs["secret"])
    number, order = {"DataType": "Number", "StringValue": "250"}, {"DataType": "String", "StringValue": "re-order"}
    sns = cloud.client("sns")
    sns.publish(TopicArn=outputs["topic"], Message="small")
    sns.publish(TopicArn=outputs["topic"], Message="big", MessageAttributes={"amount": number, "kind": order})
    sqs = cloud.client("sqs", deployer)
    (message,) = sqs.receive_message(QueueUrl=outputs["queue_url"], MaxNumberOfMessages=10)["Messages"]
    assert message["Body"] == "big"
    sqs.delete_message(QueueUrl=outputs["queue_url"], ReceiptHandle=message["ReceiptHandle"])
    with pytest.raises(ClientError, match="no identity-based policy allows the sqs:sendmessage action"):
        sqs.send_message(QueueUrl=outputs["queue_url"], MessageBody="mine")


def test_a_landing_zone_is_made_and_destroyed(tmp_path: Path) -> None:
    """An organization with an account and a policy, and what an account's administrator sets up first."""
    home = tmp_path / "home"
    home.mkdir()
    with running(home) as cloud:
        terraform = Terraform(cloud, tmp_path / "zone", "landing_zone")
        terraform("init", "-input=false")
        terraform("apply", "-auto-approve", "-input=false")
        terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
        member = Keys(terraform.outputs()["member"])
        cloud.client("sqs", member, "eu-west-1").create_queue(QueueName="here")
        with pytest.raises(ClientError, match="with an explicit deny in a service control policy"):
            cloud.client("sqs", member, "eu-west-2").create_queue(QueueName="there")
        # A closed account is in its unit for 90 days more, as everybody learns who tears down a landing zone.
        assert "OrganizationalUnitNotEmptyException" in terraform("destroy", "-auto-approve", "-input=false", status=1)
        cloud.foulweather("clock", "advance", "91d")
        terraform("destroy", "-auto-approve", "-input=false")
        with pytest.raises(ClientError, match="AWSOrganizationsNotInUseException"):
            cloud.client("organizations").describe_organization()


def test_keys_of_every_kind_are_made_changed_and_scheduled_for_deletion(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "keys", "keys")
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
    outputs = terraform.outputs()
    kms, sqs = cloud.client("kms"), cloud.client("sqs")
    opened = kms.decrypt(CiphertextBlob=b64decode(outputs["ciphertext"]), EncryptionContext={"kind": "order"})
    assert opened["Plaintext"] == b"a secret"
    sqs.send_message(QueueUrl=outputs["queue_url"], MessageBody="sealed")
    (message,) = sqs.receive_message(QueueUrl=outputs["queue_url"])["Messages"]
    assert message["Body"] == "sealed"
    there = cloud.client("kms", ROOT_KEYS, "eu-west-1")
    sealed = kms.encrypt(KeyId=outputs["everywhere"], Plaintext=b"x")["CiphertextBlob"]
    assert there.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"

    terraform("apply", "-auto-approve", "-input=false", "-var=rotation_days=180")
    assert kms.get_key_rotation_status(KeyId=outputs["key"])["RotationPeriodInDays"] == 180
    terraform("plan", "-detailed-exitcode", "-input=false", "-var=rotation_days=180", status=NOTHING_TO_CHANGE)

    terraform("destroy", "-auto-approve", "-input=false")
    assert kms.describe_key(KeyId=outputs["key"])["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert not any(alias["AliasName"] == "alias/orders" for alias in kms.list_aliases()["Aliases"])
