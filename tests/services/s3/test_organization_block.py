"""An organization's S3 policy decides about public access in its accounts, over the accounts' own settings."""

from __future__ import annotations

import json

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws
from services.s3.s3_calls import BUCKET, new_bucket
from services.s3.s3_people import open_up, policy, statement

NOTHING = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)


def content(value: str) -> str:
    return json.dumps({"s3_attributes": {"public_access_block_configuration": {"@@assign": value}}})


def attached(aws: Aws, value: str, target: str = "") -> str:
    """A policy's id, attached to the root or to an account."""
    made = aws.organizations.create_policy(
        {"Name": value, "Description": "", "Type": "S3_POLICY", "Content": content(value)}
    )
    policy_id = made["Policy"]["PolicySummary"]["Id"]
    root = aws.organizations.list_roots({})["Roots"][0]["Id"]
    aws.organizations.attach_policy({"PolicyId": policy_id, "TargetId": target or root})
    return policy_id


@pytest.fixture
def organized(aws: Aws) -> Aws:
    aws.organizations.create_organization({"FeatureSet": "ALL"})
    root = aws.organizations.list_roots({})["Roots"][0]["Id"]
    aws.organizations.enable_policy_type({"RootId": root, "PolicyType": "S3_POLICY"})
    new_bucket(aws)
    open_up(aws, BUCKET)
    return aws


def test_a_public_policy_is_refused_by_name_of_the_organization(organized: Aws) -> None:
    attached(organized, "all")
    with pytest.raises(AwsError, match="BlockPublicPolicy setting in S3 Block Public Access") as caught:
        policy(organized, BUCKET, statement(BUCKET))
    assert "for its organization" in caught.value.why.cause
    assert caught.value.why.remedy[0].startswith("aws organizations describe-policy --policy-id p-")


def test_the_account_s_own_settings_are_as_the_organization_says_and_come_back(organized: Aws) -> None:
    organized.s3control.put_public_access_block(
        {"AccountId": ACCOUNT, "PublicAccessBlockConfiguration": {**NOTHING, "BlockPublicPolicy": True}}
    )
    policy_id = attached(organized, "none")
    policy(organized, BUCKET, statement(BUCKET))
    asked = {"AccountId": ACCOUNT}
    assert organized.s3control.get_public_access_block(asked)["PublicAccessBlockConfiguration"] == NOTHING
    with pytest.raises(AwsError, match="AccessDenied"):
        organized.s3control.delete_public_access_block(asked)
    root = organized.organizations.list_roots({})["Roots"][0]["Id"]
    organized.organizations.detach_policy({"PolicyId": policy_id, "TargetId": root})
    with pytest.raises(AwsError, match="BlockPublicPolicy"):
        policy(organized, BUCKET, statement(BUCKET, "s3:PutObject"))


def test_the_policy_nearest_to_the_account_holds(organized: Aws) -> None:
    attached(organized, "all")
    attached(organized, "none", ACCOUNT)
    policy(organized, BUCKET, statement(BUCKET))


@pytest.mark.parametrize("text", ["{}", "x", content("some"), '{"s3_attributes": {}, "other": 1}', "[]"])
def test_what_is_no_s3_policy_is_refused(organized: Aws, text: str) -> None:
    with pytest.raises(AwsError, match="MalformedPolicyDocument"):
        organized.organizations.create_policy({"Name": "p", "Description": "", "Type": "S3_POLICY", "Content": text})
