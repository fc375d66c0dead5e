"""Making keys, and what they tell of themselves."""

from __future__ import annotations

import pytest

from foulweather.kernel.model import ServiceModel
from foulweather.services.kms import limits
from foulweather.services.kms.access import ACCESS
from harness import ACCOUNT, START_MS, Aws
from services.kms.kms_calls import DAY_S, arn, described, encrypt, make_key, refused

ELSEWHERE = {"ConnectCustomKeyStore", "CreateCustomKeyStore", "DeleteCustomKeyStore", "DescribeCustomKeyStores",
             "DisconnectCustomKeyStore", "UpdateCustomKeyStore"}  # fmt: skip


def test_every_operation_but_those_of_custom_key_stores_is_there(aws: Aws) -> None:
    names = set(ServiceModel.load("kms").operations())
    assert names - set(ACCESS) == ELSEWHERE
    for name in ACCESS:
        assert aws.pipeline.services.operation("kms", name)
    with refused("NotImplemented", "foulweather does not implement kms:CreateCustomKeyStore yet."):
        aws.kms.create_custom_key_store({"CustomKeyStoreName": "x"})


def test_a_new_key_is_symmetric_and_enabled(aws: Aws) -> None:
    key = aws.kms.create_key({"Description": "mine", "Tags": [{"TagKey": "team", "TagValue": "a"}]})["KeyMetadata"]
    assert key == described(aws, key["KeyId"]) == described(aws, key["Arn"])
    material = key.pop("CurrentKeyMaterialId")
    assert len(material) == 64
    assert key == {
        "AWSAccountId": ACCOUNT,
        "KeyId": key["KeyId"],
        "Arn": arn(key["KeyId"]),
        "CreationDate": START_MS,
        "Enabled": True,
        "Description": "mine",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "MultiRegion": False,
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
    }
    assert aws.kms.list_keys({}) == {"Keys": [{"KeyId": key["KeyId"], "KeyArn": key["Arn"]}], "Truncated": False}
    assert aws.kms.list_resource_tags({"KeyId": key["KeyId"]})["Tags"] == [{"TagKey": "team", "TagValue": "a"}]


@pytest.mark.parametrize(
    ("members", "code", "message"),
    [
        ({"KeySpec": "SM2", "KeyUsage": "SIGN_VERIFY"}, "UnsupportedOperationException", None),
        ({"KeySpec": "RSA_2048"}, "ValidationException", None),
        ({"KeySpec": "RSA_2048", "KeyUsage": "KEY_AGREEMENT"}, "ValidationException",
         "KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048"),
        ({"KeySpec": "ECC_SECG_P256K1", "KeyUsage": "KEY_AGREEMENT"}, "ValidationException", None),
        ({"KeySpec": "HMAC_256", "KeyUsage": "SIGN_VERIFY"}, "ValidationException", None),
        ({"KeySpec": "RSA_2048", "CustomerMasterKeySpec": "RSA_2048"}, "ValidationException", None),
        ({"KeySpec": "NONE"}, "ValidationException", None),
        ({"Origin": "AWS_CLOUDHSM"}, "NotImplemented", None),
        ({"Tags": [{"TagKey": "aws:x", "TagValue": ""}]}, "TagException", None),
        ({"Tags": [{"TagKey": "x", "TagValue": ""}] * 2}, "TagException", None),
        ({"Tags": [{"TagKey": str(n), "TagValue": ""} for n in range(51)]}, "LimitExceededException", None),
        ({"Policy": "{"}, "MalformedPolicyDocumentException", None),
    ],
)  # fmt: skip
def test_what_create_key_refuses_makes_no_key(aws: Aws, members: dict[str, object], code: str, message: str) -> None:
    with refused(code, message):
        make_key(aws, **members)
    assert aws.kms.list_keys({})["Keys"] == []


def test_there_is_a_quota_of_keys(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "KEYS_MAX", 1)
    make_key(aws)
    with refused("LimitExceededException"):
        make_key(aws)


def test_identifiers_that_name_nothing(aws: Aws) -> None:
    missing = "11111111-2222-3333-4444-555555555555"
    with refused("NotFoundException", f"Key '{arn(missing)}' does not exist"):
        described(aws, missing)
    with refused("NotFoundException", f"Alias arn:aws:kms:us-east-1:{ACCOUNT}:alias/x is not found."):
        encrypt(aws, "alias/x")
    with refused("NotFoundException", "Invalid keyId 'x'"):
        described(aws, "x")
    with refused("NotFoundException", "Invalid arn eu-west-1"):
        described(aws, arn(missing, region="eu-west-1"))
    with refused("InvalidArnException"):
        described(aws, "arn:aws:sqs:us-east-1:111122223333:x")


def test_what_manages_a_key_takes_no_alias(aws: Aws) -> None:
    key = make_key(aws)
    aws.kms.create_alias({"AliasName": "alias/x", "TargetKeyId": key})
    with refused("NotFoundException", "Invalid keyId 'alias/x'"):
        aws.kms.disable_key({"KeyId": "alias/x"})
    assert described(aws, "alias/x")["KeyId"] == key


def test_a_disabled_key_is_of_no_use_until_it_is_enabled(aws: Aws) -> None:
    key = make_key(aws)
    blob = encrypt(aws, key)
    aws.kms.disable_key({"KeyId": key})
    assert (described(aws, key)["KeyState"], described(aws, key)["Enabled"]) == ("Disabled", False)
    with refused("DisabledException", f"{arn(key)} is disabled.") as refusal:
        encrypt(aws, key)
    fact = refusal.error.why.facts[0]
    assert (fact.property, fact.value) == ("KeyState", "Disabled")
    assert fact.set_by is not None
    assert fact.set_by.operation == "kms:DisableKey"
    with refused("DisabledException"):
        aws.kms.decrypt({"CiphertextBlob": blob})
    with refused("DisabledException"):
        aws.kms.generate_data_key({"KeyId": key, "KeySpec": "AES_256"})
    with refused("DisabledException"):
        aws.kms.enable_key_rotation({"KeyId": key})
    aws.kms.enable_key({"KeyId": key})
    assert aws.kms.decrypt({"CiphertextBlob": blob})["Plaintext"] == b"secret"


async def test_pending_deletion_refuses_what_would_use_or_change_the_key(aws: Aws) -> None:
    key = make_key(aws)
    aws.kms.schedule_key_deletion({"KeyId": key})
    message = f"{arn(key)} is pending deletion."
    for operation, members in (
        ("encrypt", {"Plaintext": b"x"}),
        ("enable_key", {}),
        ("disable_key", {}),
        ("schedule_key_deletion", {}),
        ("enable_key_rotation", {}),
        ("rotate_key_on_demand", {}),
        ("update_key_description", {"Description": "x"}),
        ("tag_resource", {"Tags": []}),
        ("create_grant", {"GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:root", "Operations": ["Encrypt"]}),
    ):
        with refused("KMSInvalidStateException", message):
            getattr(aws.kms, operation)({"KeyId": key, **members})
    with refused("KMSInvalidStateException", message):
        aws.kms.create_alias({"AliasName": "alias/x", "TargetKeyId": key})
    assert aws.kms.get_key_policy({"KeyId": key})["PolicyName"] == "default"
    assert aws.kms.list_grants({"KeyId": key})["Grants"] == []


def test_describing_and_tagging(aws: Aws) -> None:
    key = make_key(aws, Tags=[{"TagKey": "a", "TagValue": "1"}])
    aws.kms.update_key_description({"KeyId": key, "Description": "better"})
    assert described(aws, key)["Description"] == "better"
    aws.kms.tag_resource({"KeyId": key, "Tags": [{"TagKey": "a", "TagValue": "2"}, {"TagKey": "b", "TagValue": ""}]})
    aws.kms.untag_resource({"KeyId": key, "TagKeys": ["b", "c"]})
    assert aws.kms.list_resource_tags({"KeyId": key})["Tags"] == [{"TagKey": "a", "TagValue": "2"}]


async def test_the_last_use_is_known(aws: Aws) -> None:
    key = make_key(aws)
    assert "KeyLastUsage" not in aws.kms.get_key_last_usage({"KeyId": key})
    encrypt(aws, key)
    await aws.advance(seconds=DAY_S)
    aws.kms.generate_data_key({"KeyId": key, "NumberOfBytes": 5})
    use = aws.kms.get_key_last_usage({"KeyId": key})["KeyLastUsage"]
    assert (use["Operation"], use["Timestamp"]) == ("GenerateDataKey", START_MS + DAY_S * 1000)


def test_lists_come_in_pages(aws: Aws) -> None:
    keys = [make_key(aws) for _ in range(3)]
    first = aws.kms.list_keys({"Limit": 2})
    assert first["Truncated"]
    second = aws.kms.list_keys({"Limit": 2, "Marker": first["NextMarker"]})
    assert [one["KeyId"] for one in first["Keys"] + second["Keys"]] == keys
    assert not second["Truncated"]
    with refused("InvalidMarkerException"):
        aws.kms.list_keys({"Marker": "x"})
