"""No public bucket in any account of an organization: account flags, and a policy that keeps them."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from catalog.configurations import code_of, policy, refused
from foulweather.testing import Aws

FOUR = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
FLAGS = ["s3:PutAccountPublicAccessBlock", "s3:DeleteAccountPublicAccessBlock"]


class Organization(NamedTuple):
    client: Any
    root: str
    members: list[str]


@pytest.fixture
def organization(aws: Aws) -> Organization:
    client = aws.client("organizations")
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    members: list[str] = []
    for name in ("shop", "payments"):
        request = client.create_account(Email=f"{name}@example.com", AccountName=name)["CreateAccountStatus"]["Id"]
        aws.advance("20m")
        status = client.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"]
        assert status["State"] == "SUCCEEDED"
        members.append(status["AccountId"])
    return Organization(client, root, members)


def with_flags(aws: Aws, organization: Organization) -> None:
    """What a StackSet does: the four flags in each account."""
    for account in organization.members:
        aws.session(account).client("s3control").put_public_access_block(
            AccountId=account, PublicAccessBlockConfiguration=FOUR
        )


def with_guard(organization: Organization) -> None:
    client = organization.client
    client.enable_policy_type(RootId=organization.root, PolicyType="SERVICE_CONTROL_POLICY")
    made = client.create_policy(
        Name="KeepBlockPublicAccess",
        Description="Nobody switches it off",
        Type="SERVICE_CONTROL_POLICY",
        Content=policy({"Effect": "Deny", "Action": FLAGS, "Resource": "*"}),
    )["Policy"]["PolicySummary"]["Id"]
    client.attach_policy(PolicyId=made, TargetId=organization.root)


def public_policy(account_s3: Any, bucket: str) -> dict[str, Any]:
    account_s3.create_bucket(Bucket=bucket)
    account_s3.delete_public_access_block(Bucket=bucket)
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    return {"Bucket": bucket, "Policy": policy(anybody)}


def test_a_public_policy_is_refused_in_every_account(aws: Aws, organization: Organization) -> None:
    with_flags(aws, organization)
    for account in organization.members:
        s3 = aws.session(account).client("s3")
        error = refused(s3.put_bucket_policy, **public_policy(s3, f"public-{account}"))
        assert (error["Code"], error["Status"]) == ("AccessDenied", 403)


def test_an_account_without_the_flags_is_open_to_it(aws: Aws, organization: Organization) -> None:
    s3 = aws.session(organization.members[0]).client("s3")
    assert code_of(s3.put_bucket_policy, **public_policy(s3, "public-shop")) == ""


def test_no_member_not_even_its_root_can_take_the_flags_off(aws: Aws, organization: Organization) -> None:
    with_flags(aws, organization)
    with_guard(organization)
    aws.advance("20m")
    for account in organization.members:
        control = aws.session(account).client("s3control")
        assert code_of(control.delete_public_access_block, AccountId=account) == "AccessDenied"
        off = dict.fromkeys(FOUR, False)
        asked = {"AccountId": account, "PublicAccessBlockConfiguration": off}
        assert code_of(control.put_public_access_block, **asked) == "AccessDenied"
        told = control.get_public_access_block(AccountId=account)["PublicAccessBlockConfiguration"]
        assert told == FOUR
