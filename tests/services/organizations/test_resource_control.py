"""Resource control policies in force over the services that have resources to guard."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws, new_aws
from services.organizations.alone import MEMBER, Tree

STRANGER = "999988887777"
TRUST = {"Principal": {"AWS": f"arn:aws:iam::{STRANGER}:root"}, "Effect": "Allow"}


def perimeter(*actions: str) -> str:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": list(actions),
        "Resource": "*",
        "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalAccount": [MEMBER, ACCOUNT]}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allowing(action: str, resource: str = "*") -> str:
    statement = {**TRUST, "Action": action}
    if resource:
        statement["Resource"] = resource
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def tree() -> Tree:
    tree = Tree(new_aws())
    tree.aws.organizations.enable_policy_type({"RootId": tree.root, "PolicyType": "RESOURCE_CONTROL_POLICY"})
    return tree


async def awaited(value: Any) -> Any:
    return await value if hasattr(value, "__await__") else value


async def sqs(member: Aws, stranger: Aws) -> Callable[[], Any]:
    url = member.sqs.create_queue({"QueueName": "q", "Attributes": {"Policy": allowing("sqs:*")}})["QueueUrl"]
    return lambda: stranger.sqs.send_message({"QueueUrl": url, "MessageBody": "x"})


async def s3(member: Aws, stranger: Aws) -> Callable[[], Any]:
    member.s3.create_bucket({"Bucket": "shared"})
    member.s3.put_bucket_policy({"Bucket": "shared", "Policy": allowing("s3:ListBucket", "arn:aws:s3:::shared")})
    return lambda: stranger.s3.list_objects_v2({"Bucket": "shared"})


async def kms(member: Aws, stranger: Aws) -> Callable[[], Any]:
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{each}:root"}, "Action": "kms:*", "Resource": "*"}
        for each in (MEMBER, STRANGER)
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    key = member.kms.create_key({"Policy": policy})["KeyMetadata"]["Arn"]
    return lambda: stranger.kms.describe_key({"KeyId": key})


async def sts(member: Aws, stranger: Aws) -> Callable[[], Any]:
    stranger.iam.create_user({"UserName": "alice"})
    user_id = stranger.iam.get_user({"UserName": "alice"})["User"]["UserId"]
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    stranger.iam.put_user_policy({"UserName": "alice", "PolicyName": "all", "PolicyDocument": policy})
    role = member.iam.create_role(
        {"RoleName": "open", "AssumeRolePolicyDocument": allowing("sts:AssumeRole", resource="")}
    )["Role"]["Arn"]
    from foulweather.policy.principal import Principal

    alice = stranger.as_principal(Principal("user", f"arn:aws:iam::{STRANGER}:user/alice", STRANGER, user_id))
    return lambda: alice.sts.assume_role({"RoleArn": role, "RoleSessionName": "session"})


async def secretsmanager(member: Aws, stranger: Aws) -> Callable[[], Any]:
    made = await awaited(member.secretsmanager.create_secret({"Name": "word"}))
    policy = allowing("secretsmanager:DescribeSecret")
    await awaited(member.secretsmanager.put_resource_policy({"SecretId": made["ARN"], "ResourcePolicy": policy}))
    return lambda: stranger.secretsmanager.describe_secret({"SecretId": made["ARN"]})


@pytest.mark.parametrize("service", [sqs, s3, kms, sts, secretsmanager], ids=lambda each: each.__name__)
async def test_a_perimeter_keeps_strangers_out_whatever_the_resource_says(tree: Tree, service: Any) -> None:
    stranger = tree.aws.in_account(STRANGER)
    attempt = await service(tree.member, stranger)
    assert await awaited(attempt()) is not None
    policy = tree.policy("Perimeter", perimeter(f"{service.__name__}:*"), "RESOURCE_CONTROL_POLICY")
    tree.attach(policy, tree.outer)
    with pytest.raises(AwsError) as caught:
        await awaited(attempt())
    assert caught.value.code.startswith("AccessDenied")
    assert "resource control policy" in str(caught.value.why)
    tree.detach(policy, tree.outer)
    assert await awaited(attempt()) is not None


async def test_services_that_no_such_policy_governs_go_on_as_before(tree: Tree) -> None:
    stranger = tree.aws.in_account(STRANGER)
    topic = tree.member.sns.create_topic({"Name": "open"})["TopicArn"]
    policy = allowing("sns:GetTopicAttributes", resource=topic)
    tree.member.sns.set_topic_attributes({"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy})
    tree.attach(tree.policy("Perimeter", perimeter("sns:*"), "RESOURCE_CONTROL_POLICY"), tree.outer)
    assert stranger.sns.get_topic_attributes({"TopicArn": topic})["Attributes"]["TopicArn"] == topic
