"""A customer managed key for each environment: rotated, with a key policy, used with an encryption context."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from catalog.configurations import code_of, policy, refused, role, session_of, user
from foulweather.testing import Aws

CONTEXT = {"tenant": "shop"}


class Keys(NamedTuple):
    production: str
    staging: str
    admin: Any
    app: Any


@pytest.fixture
def keys(aws: Aws) -> Keys:
    sessions: dict[str, Any] = {}
    arns: dict[str, str] = {}
    starter, arn = user(aws, "starter", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    for name in ("key-admin", "app"):
        arns[name] = role(aws, name, {"AWS": arn})
        sessions[name] = session_of(aws, starter.client("sts").assume_role(RoleArn=arns[name], RoleSessionName="work"))
    document = policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{aws.account}:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Sid": "Administer",
            "Effect": "Allow",
            "Principal": {"AWS": arns["key-admin"]},
            "Action": ["kms:Describe*", "kms:Enable*", "kms:Disable*", "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy"],
            "Resource": "*",
        },
        {
            "Sid": "Use",
            "Effect": "Allow",
            "Principal": {"AWS": arns["app"]},
            "Action": ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:EncryptionContext:tenant": "shop"}},
        },
    )
    kms = aws.client("kms")
    made: list[str] = []
    for environment in ("production", "staging"):
        key = kms.create_key(Description=environment, Policy=document)["KeyMetadata"]["Arn"]
        kms.create_alias(AliasName=f"alias/shop-{environment}", TargetKeyId=key)
        kms.enable_key_rotation(KeyId=key)
        made.append(key)
    return Keys(made[0], made[1], sessions["key-admin"], sessions["app"])


def sealed(keys: Keys, plain: bytes = b"4111 1111 1111 1111") -> bytes:
    return keys.app.client("kms").encrypt(KeyId="alias/shop-production", Plaintext=plain, EncryptionContext=CONTEXT)[
        "CiphertextBlob"
    ]


def test_the_right_context_opens_and_a_wrong_one_does_not(aws: Aws, keys: Keys) -> None:
    blob = sealed(keys)
    opened = keys.app.client("kms").decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)
    assert opened["Plaintext"] == b"4111 1111 1111 1111"
    assert opened["KeyId"] == keys.production
    # By somebody whom the policy holds to no context: the ciphertext itself is bound to it.
    decrypt = aws.client("kms").decrypt
    assert refused(decrypt, CiphertextBlob=blob, EncryptionContext={"tenant": "bank"})["Code"] == (
        "InvalidCiphertextException"
    )
    assert refused(decrypt, CiphertextBlob=blob)["Code"] == "InvalidCiphertextException"


def test_the_app_may_use_the_key_with_its_context_only_and_not_administer_it(keys: Keys) -> None:
    kms = keys.app.client("kms")
    wrong = {"KeyId": keys.production, "Plaintext": b"x", "EncryptionContext": {"tenant": "bank"}}
    assert code_of(kms.encrypt, **wrong) == "AccessDeniedException"
    assert code_of(kms.disable_key, KeyId=keys.production) == "AccessDeniedException"


def test_the_administrator_cannot_use_the_key(keys: Keys) -> None:
    kms = keys.admin.client("kms")
    assert code_of(kms.describe_key, KeyId=keys.production) == ""
    asked = {"KeyId": keys.production, "Plaintext": b"x", "EncryptionContext": CONTEXT}
    assert code_of(kms.encrypt, **asked) == "AccessDeniedException"


def test_rotation_keeps_old_data_readable(aws: Aws, keys: Keys) -> None:
    kms = aws.client("kms")
    status = kms.get_key_rotation_status(KeyId=keys.production)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 365)
    before = sealed(keys)
    aws.advance("366d")
    rotations = kms.list_key_rotations(KeyId=keys.production)["Rotations"]
    assert [rotation["RotationType"] for rotation in rotations] == ["AUTOMATIC"]
    opened = kms.decrypt(CiphertextBlob=before, EncryptionContext=CONTEXT)
    assert (opened["Plaintext"], opened["KeyId"]) == (b"4111 1111 1111 1111", keys.production)


def test_a_disabled_key_breaks_access_to_all_that_it_encrypted(aws: Aws, keys: Keys) -> None:
    s3, kms = aws.client("s3"), aws.client("kms")
    s3.create_bucket(Bucket="cards")
    s3.put_object(Bucket="cards", Key="1", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=keys.production)
    blob = sealed(keys)
    keys.admin.client("kms").disable_key(KeyId=keys.production)
    aws.advance("1m")
    assert refused(kms.decrypt, CiphertextBlob=blob, EncryptionContext=CONTEXT)["Code"] == "DisabledException"
    error = refused(s3.get_object, Bucket="cards", Key="1")
    assert error["Code"] in {"KMS.DisabledException", "KMSDisabled"}
    kms.enable_key(KeyId=keys.production)
    aws.advance("1m")
    assert s3.get_object(Bucket="cards", Key="1")["Body"].read() == b"x"


def test_a_key_of_one_environment_opens_nothing_of_the_other(keys: Keys) -> None:
    asked = {"CiphertextBlob": sealed(keys), "EncryptionContext": CONTEXT, "KeyId": keys.staging}
    assert refused(keys.app.client("kms").decrypt, **asked)["Code"] == "IncorrectKeyException"


def test_a_key_is_not_deleted_before_seven_days_and_can_be_kept(aws: Aws, keys: Keys) -> None:
    kms = aws.client("kms")
    asked = {"KeyId": keys.staging, "PendingWindowInDays": 6}
    assert refused(kms.schedule_key_deletion, **asked)["Code"] == "ValidationException"
    kms.schedule_key_deletion(KeyId=keys.staging, PendingWindowInDays=7)
    aws.advance("6d")
    assert kms.describe_key(KeyId=keys.staging)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    kms.cancel_key_deletion(KeyId=keys.staging)
    aws.advance("30d")
    assert kms.describe_key(KeyId=keys.staging)["KeyMetadata"]["KeyState"] == "Disabled"
