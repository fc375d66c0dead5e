"""Grants: what they allow, to whom, in which encryption contexts, and who may end them."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.policy.principal import Principal
from foulweather.services.kms import limits
from harness import ACCOUNT, Aws
from services.kms.kms_calls import arn, decrypt, encrypt, make_key, make_user, refused

ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"


def grant(aws: Aws, key: str, *operations: str, to: str = ANN, **members: Any) -> dict[str, str]:
    return aws.kms.create_grant({"KeyId": key, "GranteePrincipal": to, "Operations": list(operations), **members})


def test_a_grant_allows_its_operations_and_no_others(aws: Aws) -> None:
    key, ann = make_key(aws), make_user(aws, "ann")
    made = grant(aws, key, "Decrypt", Name="readers")
    blob = encrypt(aws, key)
    assert decrypt(ann, blob) == b"secret"
    assert decrypt(ann, blob, GrantTokens=[made["GrantToken"]]) == b"secret"
    with refused("AccessDeniedException"):
        encrypt(ann, key)
    (shown,) = aws.kms.list_grants({"KeyId": key})["Grants"]
    assert shown == {
        "KeyId": arn(key),
        "GrantId": made["GrantId"],
        "Name": "readers",
        "CreationDate": aws.now,
        "GranteePrincipal": ANN,
        "IssuingAccount": f"arn:aws:iam::{ACCOUNT}:root",
        "Operations": ["Decrypt"],
    }


@pytest.mark.parametrize(
    ("constraint", "context", "allowed"),
    [
        ({"EncryptionContextSubset": {"a": "1"}}, {"a": "1", "b": "2"}, True),
        ({"EncryptionContextSubset": {"a": "1"}}, {"b": "2"}, False),
        ({"EncryptionContextSubset": {"a": "1"}}, {"A": "1"}, False),
        ({"EncryptionContextSubset": {"a": "1"}}, {"a": "2"}, False),
        ({"EncryptionContextEquals": {"a": "1"}}, {"a": "1"}, True),
        ({"EncryptionContextEquals": {"a": "1"}}, {"a": "1", "b": "2"}, False),
        ({"EncryptionContextEquals": {}, "EncryptionContextSubset": {"a": "1"}}, {"a": "1"}, True),
        ({"EncryptionContextEquals": {}}, {"a": "1"}, True),
    ],
)
def test_constraints(aws: Aws, constraint: dict[str, Any], context: dict[str, str], allowed: bool) -> None:
    key, ann = make_key(aws), make_user(aws, "ann")
    made = grant(aws, key, "Encrypt", "Decrypt", Constraints=constraint)
    if allowed:
        assert decrypt(ann, encrypt(ann, key, EncryptionContext=context), EncryptionContext=context)
        return
    with refused("AccessDeniedException") as refusal:
        encrypt(ann, key, EncryptionContext=context)
    near = next(reason for reason in refusal.error.why.because if made["GrantId"] in reason.cause)
    assert near.facts[0].property == f"Grant/{made['GrantId']}"
    assert near.facts[0].set_by is not None
    assert near.facts[0].set_by.operation == "kms:CreateGrant"


def test_a_grant_to_a_role_is_one_to_its_sessions(aws: Aws) -> None:
    trust = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
    )
    role = aws.iam.create_role({"RoleName": "worker", "AssumeRolePolicyDocument": trust})["Role"]
    session = Principal(
        "assumed-role", f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/s", ACCOUNT, f"{role['RoleId']}:s", role["Arn"]
    )
    key = make_key(aws)
    grant(aws, key, "Encrypt", to=role["Arn"])
    assert encrypt(aws.as_principal(session), key)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"Operations": ["Sign"]}, "ValidationException"),
        ({"Operations": ["Fly"]}, "ValidationException"),
        ({"GranteePrincipal": "ann"}, "InvalidArnException"),
        ({"GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:user/nobody"}, "InvalidArnException"),
        ({"RetiringPrincipal": "arn:aws:s3:::x"}, "InvalidArnException"),
        (
            {"Constraints": {"EncryptionContextEquals": {"a": ""}, "EncryptionContextSubset": {"b": ""}}},
            "ValidationException",
        ),
        ({"GrantTokens": ["x"]}, "InvalidGrantTokenException"),
        ({"DryRun": True}, "DryRunOperationException"),
    ],
)
def test_what_create_grant_refuses_grants_nothing(aws: Aws, members: dict[str, Any], code: str) -> None:
    key = make_key(aws)
    make_user(aws, "ann")
    with refused(code):
        aws.kms.create_grant({"KeyId": key, "GranteePrincipal": ANN, "Operations": ["Encrypt"], **members})
    assert aws.kms.list_grants({"KeyId": key})["Grants"] == []


def test_constraints_are_for_symmetric_keys(aws: Aws) -> None:
    make_user(aws, "ann")
    key = make_key(aws, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    with refused("ValidationException"):
        grant(aws, key, "Encrypt", Constraints={"EncryptionContextEquals": {"a": "b"}})
    with refused("ValidationException"):
        grant(aws, key, "GenerateDataKey")
    aws.kms.disable_key({"KeyId": key})
    with refused("DisabledException"):
        grant(aws, key, "Encrypt")


def test_a_named_grant_is_made_once(aws: Aws) -> None:
    key = make_key(aws)
    make_user(aws, "ann")
    first, again = grant(aws, key, "Encrypt", Name="x"), grant(aws, key, "Encrypt", Name="x")
    assert first["GrantId"] == again["GrantId"]
    assert first["GrantToken"] != again["GrantToken"]
    assert grant(aws, key, "Encrypt")["GrantId"] != grant(aws, key, "Encrypt")["GrantId"]


def test_there_is_a_quota_of_grants(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "GRANTS_PER_KEY_MAX", 1)
    key = make_key(aws)
    make_user(aws, "ann")
    grant(aws, key, "Encrypt")
    with refused("LimitExceededException"):
        grant(aws, key, "Encrypt")


def test_a_grant_passes_on_no_more_than_it_has(aws: Aws) -> None:
    key = make_key(aws)
    ann, bob = make_user(aws, "ann"), make_user(aws, "bob")
    grant(aws, key, "Encrypt", "CreateGrant", Constraints={"EncryptionContextSubset": {"a": "1"}})
    with refused("AccessDeniedException"):
        grant(ann, key, "Decrypt", to=BOB, Constraints={"EncryptionContextSubset": {"a": "1"}})
    with refused("AccessDeniedException"):
        grant(ann, key, "Encrypt", to=BOB)
    grant(ann, key, "Encrypt", to=BOB, Constraints={"EncryptionContextSubset": {"a": "1", "b": "2"}})
    assert encrypt(bob, key, EncryptionContext={"a": "1", "b": "2"})


def test_who_may_retire_a_grant(aws: Aws) -> None:
    key = make_key(aws)
    ann, bob, eve = (make_user(aws, name) for name in ("ann", "bob", "eve"))
    made = grant(aws, key, "Encrypt", RetiringPrincipal=BOB)
    named = {"KeyId": arn(key), "GrantId": made["GrantId"]}
    assert len(aws.kms.list_retirable_grants({"RetiringPrincipal": BOB})["Grants"]) == 1
    for nobody in (ann, eve):
        with refused("AccessDeniedException"):
            nobody.kms.retire_grant(named)
    bob.kms.retire_grant(named)
    with refused("NotFoundException"):
        aws.kms.retire_grant(named)
    made = grant(aws, key, "Encrypt", "RetireGrant")
    ann.kms.retire_grant({"GrantToken": made["GrantToken"]})
    with refused("InvalidGrantTokenException"):
        aws.kms.retire_grant({"GrantToken": made["GrantToken"]})
    with refused("ValidationException"):
        aws.kms.retire_grant({"KeyId": arn(key)})


def test_revoking(aws: Aws) -> None:
    key, ann = make_key(aws), make_user(aws, "ann")
    made = grant(aws, key, "Encrypt")
    with refused("InvalidGrantIdException"):
        aws.kms.revoke_grant({"KeyId": key, "GrantId": "x"})
    with refused("DryRunOperationException"):
        aws.kms.revoke_grant({"KeyId": key, "GrantId": made["GrantId"], "DryRun": True})
    aws.kms.revoke_grant({"KeyId": key, "GrantId": made["GrantId"]})
    with refused("AccessDeniedException"):
        encrypt(ann, key)
    with refused("InvalidGrantTokenException"):
        encrypt(aws, key, GrantTokens=[made["GrantToken"]])
