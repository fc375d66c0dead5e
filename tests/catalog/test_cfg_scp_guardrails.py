"""Service control policies that hold in every member account, for its administrators and its root user too."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.configurations import code_of, policy, refused
from catalog.organizations import Organization
from foulweather.testing import Aws

EVERYBODY = {"Effect": "Deny", "Resource": "*"}
GUARDRAILS = {
    "DenyLeaveOrganization": {**EVERYBODY, "Action": "organizations:LeaveOrganization"},
    "RestrictRegions": {
        **EVERYBODY,
        "NotAction": ["iam:*", "organizations:*", "sts:*", "s3:*"],
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}},
    },
    "DenyRootUser": {
        **EVERYBODY,
        "Action": "*",
        "Condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}},
    },
    "RequireEncryption": {
        **EVERYBODY,
        "Action": "s3:PutObject",
        "Condition": {"Null": {"s3:x-amz-server-side-encryption": "true"}},
    },
    "KeepKeys": {**EVERYBODY, "Action": ["kms:ScheduleKeyDeletion", "kms:DisableKey"]},
}


@pytest.fixture
def organization(aws: Aws) -> Organization:
    return Organization(aws, "SERVICE_CONTROL_POLICY")


@pytest.fixture
def member(organization: Organization) -> str:
    (member,) = organization.accounts("shop")
    statements = [{"Sid": name, **statement} for name, statement in GUARDRAILS.items()]
    organization.policy("Guardrails", policy(*statements), organization.root)
    return member


def attempts(session: Any) -> dict[str, Any]:
    """What each guardrail forbids, by its name."""
    kms = session.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    s3 = session.client("s3")
    account = session.client("sts").get_caller_identity()["Account"]
    s3.create_bucket(Bucket=f"files-{account}")
    return {
        "DenyLeaveOrganization": lambda: session.client("organizations").leave_organization(),
        "RestrictRegions": lambda: session.client("sqs", region_name="ap-south-1").list_queues(),
        "RequireEncryption": lambda: s3.put_object(Bucket=f"files-{account}", Key="k", Body=b"x"),
        "KeepKeys": lambda: kms.schedule_key_deletion(KeyId=key),
    }


def test_an_administrator_of_a_member_account_is_stopped_by_each(organization: Organization, member: str) -> None:
    session = organization.administrator(member)
    for name, attempt in attempts(session).items():
        error = refused(attempt)
        assert error["Code"].startswith("AccessDenied"), name
        assert "with an explicit deny in a service control policy" in error["Message"], name
    s3 = session.client("s3")
    assert s3.put_object(Bucket=f"files-{member}", Key="k", Body=b"x", ServerSideEncryption="AES256")
    assert session.client("sqs", region_name="eu-west-1").create_queue(QueueName="here")


def test_a_member_accounts_root_user_can_do_nothing(aws: Aws, organization: Organization, member: str) -> None:
    error = refused(aws.session(member).client("sqs").create_queue, QueueName="q")
    assert "service control policy" in error["Message"]


def test_the_management_account_is_under_none_of_them(aws: Aws, organization: Organization, member: str) -> None:
    assert aws.client("sqs", region_name="ap-south-1").create_queue(QueueName="q")
    kms = aws.client("kms")
    assert kms.schedule_key_deletion(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])


def test_a_policy_with_comments_is_no_policy(organization: Organization) -> None:
    text = '{"Version":"2012-10-17", // ours\n"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'
    request = {"Name": "n", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": text}
    assert code_of(organization.client.create_policy, **request) == "MalformedPolicyDocumentException"
