"""Aliases, AWS managed keys, and quotas."""

from __future__ import annotations

import pytest

from foulweather.services.kms import limits
from harness import ACCOUNT, REGION, Aws
from services.kms.kms_calls import described, encrypt, make_key, refused


def alias_arn(name: str) -> str:
    return f"arn:aws:kms:{REGION}:{ACCOUNT}:{name}"


def test_an_alias_names_its_key_until_it_names_another(aws: Aws) -> None:
    first, second = make_key(aws), make_key(aws)
    aws.kms.create_alias({"AliasName": "alias/x", "TargetKeyId": first})
    assert described(aws, "alias/x")["KeyId"] == described(aws, alias_arn("alias/x"))["KeyId"] == first
    with refused("AlreadyExistsException", f"An alias with the name {alias_arn('alias/x')} already exists"):
        aws.kms.create_alias({"AliasName": "alias/x", "TargetKeyId": second})
    aws.kms.update_alias({"AliasName": "alias/x", "TargetKeyId": second})
    assert described(aws, "alias/x")["KeyId"] == second
    (shown,) = aws.kms.list_aliases({"KeyId": second})["Aliases"]
    assert (shown["AliasArn"], shown["TargetKeyId"]) == (alias_arn("alias/x"), second)
    assert aws.kms.list_aliases({"KeyId": first})["Aliases"] == []
    aws.kms.delete_alias({"AliasName": "alias/x"})
    with refused("NotFoundException", f"Alias {alias_arn('alias/x')} is not found."):
        aws.kms.delete_alias({"AliasName": "alias/x"})


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("x", "ValidationException"),
        ("alias/aws/x", "InvalidAliasNameException"),
        ("alias/a:b", "InvalidAliasNameException"),
        ("alias/ä", "ValidationException"),
    ],
)
def test_names_that_no_alias_may_have(aws: Aws, name: str, code: str) -> None:
    with refused(code):
        aws.kms.create_alias({"AliasName": name, "TargetKeyId": make_key(aws)})


def test_an_alias_stays_with_keys_of_one_kind(aws: Aws) -> None:
    aws.kms.create_alias({"AliasName": "alias/x", "TargetKeyId": make_key(aws)})
    mac = make_key(aws, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    with refused("ValidationException"):
        aws.kms.update_alias({"AliasName": "alias/x", "TargetKeyId": mac})
    with refused("NotFoundException"):
        aws.kms.update_alias({"AliasName": "alias/y", "TargetKeyId": mac})


def test_there_is_a_quota_of_aliases(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ALIASES_PER_KEY_MAX", 1)
    key = make_key(aws)
    aws.kms.create_alias({"AliasName": "alias/x", "TargetKeyId": key})
    with refused("LimitExceededException"):
        aws.kms.create_alias({"AliasName": "alias/y", "TargetKeyId": key})


def test_an_aws_managed_key_is_made_when_it_is_asked_for(aws: Aws) -> None:
    with refused("NotFoundException"):
        encrypt(aws, "alias/aws/s3")
    listed = {alias["AliasName"]: alias for alias in aws.kms.list_aliases({})["Aliases"]}
    assert listed["alias/aws/s3"] == {"AliasName": "alias/aws/s3", "AliasArn": alias_arn("alias/aws/s3")}
    key = described(aws, "alias/aws/s3")
    assert (key["KeyManager"], key["KeyState"]) == ("AWS", "Enabled")
    assert described(aws, "alias/aws/s3")["KeyId"] == key["KeyId"]
    listed = {alias["AliasName"]: alias.get("TargetKeyId") for alias in aws.kms.list_aliases({})["Aliases"]}
    assert listed["alias/aws/s3"] == key["KeyId"]
    assert aws.kms.get_key_rotation_status({"KeyId": key["KeyId"]})["RotationPeriodInDays"] == 365
    with refused("NotFoundException"):
        described(aws, "alias/aws/nothing")


def test_nobody_uses_changes_or_deletes_an_aws_managed_key_directly(aws: Aws) -> None:
    key = described(aws, "alias/aws/sqs")["KeyId"]
    policy = aws.kms.get_key_policy({"KeyId": key})["Policy"]
    assert "sqs.us-east-1.amazonaws.com" in policy
    for operation, members in (
        ("encrypt", {"Plaintext": b"x"}),
        ("put_key_policy", {"Policy": policy}),
        ("schedule_key_deletion", {}),
        ("disable_key", {}),
        ("tag_resource", {"Tags": []}),
    ):
        with refused("AccessDeniedException") as refusal:
            getattr(aws.kms, operation)({"KeyId": key, **members})
        assert "no resource-based policy allows" in refusal.error.message
    with refused("AccessDeniedException"):
        aws.kms.delete_alias({"AliasName": "alias/aws/sqs"})


async def test_cryptographic_operations_share_a_quota_by_type_of_key(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SYMMETRIC_PER_S", {REGION: 3})
    key = make_key(aws)
    mac = make_key(aws, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    blob = encrypt(aws, key)
    aws.kms.decrypt({"CiphertextBlob": blob})
    aws.kms.generate_mac({"KeyId": mac, "Message": b"m", "MacAlgorithm": "HMAC_SHA_256"})
    with refused(
        "ThrottlingException",
        "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
    ) as refusal:
        encrypt(aws, key)
    assert refusal.error.why.decision == "throttled"
    assert encrypt(aws.in_region("eu-west-2"), make_key(aws.in_region("eu-west-2")))
    curve = make_key(aws, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    assert aws.kms.sign({"KeyId": curve, "Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"})
    await aws.advance(seconds=1)
    assert encrypt(aws, key)


async def test_the_control_plane_is_slow(aws: Aws) -> None:
    for _ in range(50):
        make_key(aws)
    with refused("ThrottlingException"):
        make_key(aws)
    await aws.advance(seconds=1)
    assert make_key(aws)
