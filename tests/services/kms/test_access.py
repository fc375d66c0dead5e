"""Who may use a key: its policy first, then IAM policies if it enables them, and grants."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from foulweather.policy import principal as principals
from harness import ACCOUNT, REGION, Aws
from services.kms.kms_calls import (
    OTHER,
    allow,
    arn,
    decrypt,
    enabling_iam,
    encrypt,
    make_key,
    make_user,
    policy,
    refused,
    statement,
)


def user_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


def test_iam_policies_count_where_the_key_policy_enables_them(aws: Aws) -> None:
    key = make_key(aws)
    ann = make_user(aws, "ann", "kms:Encrypt")
    blob = encrypt(ann, key)
    with refused(
        "AccessDeniedException",
        f"User: {user_arn('ann')} is not authorized to perform: kms:Decrypt on resource: {arn(key)} "
        "because no identity-based policy allows the kms:Decrypt action",
    ) as refusal:
        decrypt(ann, blob)
    assert refusal.error.status == 400
    assert "put-user-policy" in refusal.error.why.remedy[0]


def test_without_the_account_in_the_key_policy_iam_policies_do_not_count(aws: Aws) -> None:
    ann, bob = make_user(aws, "ann", "kms:*"), make_user(aws, "bob")
    with refused(
        "MalformedPolicyDocumentException",
        "The new key policy will not allow you to update the key policy in the future.",
    ):
        aws.kms.create_key({"Policy": policy(statement(user_arn("ann"), "kms:*"))})
    alone = {"Policy": policy(statement(user_arn("bob"), "kms:*")), "BypassPolicyLockoutSafetyCheck": True}
    key = make_key(aws, **alone)
    blob = encrypt(bob, key)
    for refused_one in (ann, aws):
        with refused(
            "AccessDeniedException",
            f"User: {refused_one.principal.arn} is not authorized to perform: kms:Decrypt on resource: {arn(key)} "
            "because no resource-based policy allows the kms:Decrypt action",
        ) as refusal:
            decrypt(refused_one, blob)
        assert refusal.error.why.remedy[0].startswith(f"aws kms put-key-policy --key-id {arn(key)} --policy ")
        assert refusal.error.why.because[0].facts[0].set_by is not None


def test_the_remedy_of_a_key_policy_mends_it(aws: Aws) -> None:
    ann = make_user(aws, "ann")
    key = make_key(aws, Policy=policy(statement(f"arn:aws:iam::{ACCOUNT}:root", "kms:Put*", "kms:CreateKey")))
    with refused("AccessDeniedException") as refusal:
        encrypt(ann, key)
    words = shlex.split(refusal.error.why.remedy[0])
    document = words[words.index("--policy") + 1]
    assert json.loads(document)
    aws.kms.put_key_policy({"KeyId": key, "Policy": document})
    assert encrypt(ann, key)


def test_policies_must_be_whole_and_of_principals_that_are_there(aws: Aws) -> None:
    key = make_key(aws)
    for text, message in (
        ('{"Version":"2012-10-17"}', None),
        (
            policy(enabling_iam(), statement(user_arn("nobody"), "kms:Encrypt")),
            "Policy contains a statement with one or more invalid principals.",
        ),
    ):
        with refused("MalformedPolicyDocumentException", message):
            aws.kms.put_key_policy({"KeyId": key, "Policy": text})
    with refused("LimitExceededException"):
        aws.kms.put_key_policy({"KeyId": key, "Policy": policy(*[enabling_iam()] * 400)})
    with refused("NotFoundException"):
        aws.kms.put_key_policy({"KeyId": key, "PolicyName": "other", "Policy": policy(enabling_iam())})
    assert aws.kms.list_key_policies({"KeyId": key})["PolicyNames"] == ["default"]


def test_an_explicit_deny_in_the_key_policy_stops_root_too(aws: Aws) -> None:
    root = f"arn:aws:iam::{ACCOUNT}:root"
    key = make_key(aws, Policy=policy(enabling_iam(), {**statement(root, "kms:Encrypt"), "Effect": "Deny"}))
    with refused("AccessDeniedException") as refusal:
        encrypt(aws, key)
    assert refusal.error.message.endswith("with an explicit deny in a resource-based policy")


def test_another_account_needs_its_own_permission_too(aws: Aws) -> None:
    key = make_key(aws, Policy=policy(enabling_iam(), statement(f"arn:aws:iam::{OTHER}:root", "kms:Encrypt")))
    eve = make_user(aws.in_account(OTHER), "eve")
    with refused("AccessDeniedException") as refusal:
        encrypt(eve, arn(key))
    assert "no identity-based policy allows the kms:Encrypt action" in refusal.error.message
    allow(aws.in_account(OTHER), "eve", "kms:Encrypt")
    assert encrypt(eve, arn(key))


@pytest.mark.parametrize(
    ("conditions", "context", "allowed"),
    [
        ({"StringEquals": {"kms:EncryptionContext:dept": "IT"}}, {"dept": "IT", "more": "x"}, True),
        ({"StringEquals": {"kms:EncryptionContext:dept": "IT"}}, {"dept": "HR"}, False),
        ({"StringEquals": {"kms:EncryptionContext:dept": "IT"}}, {}, False),
        ({"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["dept"]}}, {"dept": "x", "b": ""}, False),
        ({"Null": {"kms:EncryptionContextKeys": "false"}}, {"dept": "x"}, True),
        ({"StringEquals": {"kms:RequestAlias": "alias/orders"}}, {}, True),
        ({"StringEquals": {"kms:RequestAlias": "alias/other"}}, {}, False),
        ({"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/ord*"}}, {}, True),
        ({"StringEquals": {"aws:ResourceTag/team": "a", "kms:KeySpec": "SYMMETRIC_DEFAULT"}}, {}, True),
        ({"StringEquals": {"aws:ResourceTag/team": "b"}}, {}, False),
        ({"StringEquals": {"kms:CallerAccount": ACCOUNT, "kms:KeyOrigin": "AWS_KMS"}}, {}, True),
        ({"StringEquals": {"kms:KeyUsage": "SIGN_VERIFY"}}, {}, False),
        ({"StringEquals": {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}}, {}, False),
        ({"Bool": {"kms:MultiRegion": "true"}}, {}, False),
        ({"StringEquals": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}}, {}, True),
    ],
)
def test_conditions(aws: Aws, conditions: dict[str, Any], context: dict[str, str], allowed: bool) -> None:
    key = make_key(aws, Tags=[{"TagKey": "team", "TagValue": "a"}])
    aws.kms.create_alias({"AliasName": "alias/orders", "TargetKeyId": key})
    ann = make_user(aws, "ann", "kms:Encrypt", **conditions)
    if allowed:
        assert encrypt(ann, "alias/orders", EncryptionContext=context)
    else:
        with refused("AccessDeniedException"):
            encrypt(ann, "alias/orders", EncryptionContext=context)


def test_conditions_of_other_operations(aws: Aws) -> None:
    ann = make_user(aws, "ann", "kms:*", NumericLessThan={"kms:ScheduleKeyDeletionPendingWindowInDays": "20"})
    key = make_key(aws)
    with refused("AccessDeniedException"):
        ann.kms.schedule_key_deletion({"KeyId": key, "PendingWindowInDays": 20})
    ann.kms.schedule_key_deletion({"KeyId": key, "PendingWindowInDays": 19})
    allow(aws, "ann", "kms:*", StringEquals={"kms:KeySpec": "HMAC_256"})
    with refused("AccessDeniedException"):
        make_key(ann)
    mac = make_key(ann, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    allow(aws, "ann", "kms:*", StringEquals={"kms:GrantOperations": "x"})
    with refused("AccessDeniedException"):
        ann.kms.create_grant({"KeyId": mac, "GranteePrincipal": user_arn("ann"), "Operations": ["GenerateMac"]})


def test_tags_on_a_new_key_need_permission_of_their_own(aws: Aws) -> None:
    ann = make_user(aws, "ann", "kms:CreateKey")
    assert make_key(ann)
    with refused("AccessDeniedException") as refusal:
        make_key(ann, Tags=[{"TagKey": "a", "TagValue": "b"}])
    assert "kms:TagResource" in refusal.error.message


def test_re_encrypting_needs_both_permissions(aws: Aws) -> None:
    first, second = make_key(aws), make_key(aws)
    blob = encrypt(aws, first)
    ann = make_user(aws, "ann", "kms:ReEncryptFrom", resource=arn(first))
    asked = {"CiphertextBlob": blob, "DestinationKeyId": second}
    with refused("AccessDeniedException") as refusal:
        ann.kms.re_encrypt(asked)
    assert "kms:ReEncryptTo" in refusal.error.message
    allow(aws, "ann", "kms:ReEncrypt*")
    assert ann.kms.re_encrypt(asked)


def test_an_alias_needs_permission_on_itself_and_its_key(aws: Aws) -> None:
    key = make_key(aws)
    ann = make_user(aws, "ann", "kms:CreateAlias", resource=arn(key))
    with refused("AccessDeniedException") as refusal:
        ann.kms.create_alias({"AliasName": "alias/a", "TargetKeyId": key})
    assert f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/a" in refusal.error.message
    allow(aws, "ann", "kms:CreateAlias", resource=f"arn:aws:kms:{REGION}:{ACCOUNT}:*")
    ann.kms.create_alias({"AliasName": "alias/a", "TargetKeyId": key})


def test_a_service_needs_the_key_policy(aws: Aws) -> None:
    key = make_key(aws)
    sns = aws.as_principal(principals.service("sns.amazonaws.com"))
    with refused("AccessDeniedException") as refusal:
        sns.kms.generate_data_key({"KeyId": arn(key), "KeySpec": "AES_256"})
    assert "no resource-based policy allows the kms:GenerateDataKey action" in refusal.error.message
    shared = policy(enabling_iam(), statement({"Service": "sns.amazonaws.com"}, "kms:GenerateDataKey*"))
    aws.kms.put_key_policy({"KeyId": key, "Policy": shared})
    assert sns.kms.generate_data_key({"KeyId": arn(key), "KeySpec": "AES_256"})


def test_a_decision_is_not_kept_beyond_a_policy_or_a_grant(aws: Aws) -> None:
    key = make_key(aws)
    ann = make_user(aws, "ann")
    grant = aws.kms.create_grant(
        {"KeyId": key, "GranteePrincipal": user_arn("ann"), "Operations": ["Encrypt"]}
    )["GrantId"]  # fmt: skip
    for _ in range(3):
        assert encrypt(ann, key)
    aws.kms.revoke_grant({"KeyId": key, "GrantId": grant})
    with refused("AccessDeniedException"):
        encrypt(ann, key)
    aws.kms.put_key_policy({"KeyId": key, "Policy": policy(enabling_iam(), statement(user_arn("ann"), "kms:Encrypt"))})
    for _ in range(3):
        assert encrypt(ann, key)
    aws.kms.put_key_policy({"KeyId": key, "Policy": policy(enabling_iam())})
    with refused("AccessDeniedException"):
        encrypt(ann, key)
